from closerlook.analysis.representations import compare
from closerlook.files import write_json
from closerlook.joblog import logged
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    layers, found = snakemake.params.layers, {}
    for split in ("train", "test"):
        pairs = zip(layers, snakemake.input[f"{split}_before"], snakemake.input[f"{split}_after"])
        found[split] = {n: compare(read_vectors(a), read_vectors(b)) for n, a, b in pairs}
    write_json(snakemake.output[0], {"layers": found, "made_by": made_by()})
