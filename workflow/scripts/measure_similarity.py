from closerlook.analysis.similarity import measure_similarity
from closerlook.files import write_json
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, Space
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    found = {}
    for split in SPLITS:
        ends = (snakemake.input[f"{split}_{end}"] for end in ("before", "after"))
        before, after = ({Space.of(file).layer: file for file in files} for files in ends)
        pairs = ((n, read_vectors(before[n]), read_vectors(after[n])) for n in sorted(before))
        found[split] = {n: measure_similarity(a, b) for n, a, b in pairs}
    write_json(snakemake.output[0], {"layers": found, "made_by": made_by()})
