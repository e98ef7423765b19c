from closerlook.analysis.similarity import measure_similarity
from closerlook.files import write_json
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, by_layer
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    found = {}
    for split in SPLITS:
        before, after = (by_layer(snakemake.input[f"{split}_{end}"]) for end in ("before", "after"))
        pairs = ((n, read_vectors(before[n]), read_vectors(after[n])) for n in sorted(before))
        found[split] = {n: measure_similarity(a, b) for n, a, b in pairs}
    write_json(snakemake.output[0], {"layers": found, "made_by": made_by()})
