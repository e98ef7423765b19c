import numpy as np

from closerlook.analysis.movement import movement
from closerlook.files import read_json, staged
from closerlook.joblog import logged
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels = read_json(snakemake.input.labels)["train"]
    pairs = zip(snakemake.params.layers, snakemake.input.before, snakemake.input.after)
    arrays = movement(((n, read_vectors(a), read_vectors(b)) for n, a, b in pairs), labels)
    with staged(snakemake.output[0]) as part, open(part, "wb") as file:
        np.savez_compressed(file, **arrays)
