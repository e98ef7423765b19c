from closerlook.analysis.layer_matrices import gram, matrices
from closerlook.analysis.similarity import measure_similarity
from closerlook.files import write_json
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, Space, by_layer
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    found, grams = {split: {} for split in SPLITS}, {}
    for split in SPLITS:
        files = {end: by_layer(snakemake.input[f"{split}_{end}"]) for end in ("before", "after", "peer")}
        for n in sorted(files["before"]):
            spaces = {end: read_vectors(layers[n]) for end, layers in files.items() if layers}
            found[split][n] = measure_similarity(spaces["before"], spaces["after"], peer=spaces.get("peer"))
            if split == "test":
                grams[n] = {end: gram(space) for end, space in spaces.items()}
    peer = Space.of(snakemake.input.test_peer[0]).state.run if snakemake.input.test_peer else None
    result = {"layers": found, "peer": peer, "matrices": matrices(grams)}
    write_json(snakemake.output[0], result | {"made_by": made_by()})
