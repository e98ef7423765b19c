from closerlook.analysis.movement import measure_movement
from closerlook.files import read_json, save_arrays
from closerlook.jobs.joblog import logged
from closerlook.layout import by_layer
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels = read_json(snakemake.input.labels)["train"]
    before, after = (by_layer(snakemake.input[end]) for end in ("before", "after"))
    spaces = ((n, read_vectors(before[n]), read_vectors(after[n])) for n in sorted(before))
    save_arrays(snakemake.output[0], measure_movement(spaces, labels))
