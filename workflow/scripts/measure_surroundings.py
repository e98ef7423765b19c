import numpy as np

from closerlook.analysis.surroundings import measure_surroundings
from closerlook.files import read_json, save_arrays
from closerlook.jobs.compiling import ready
from closerlook.jobs.joblog import logged
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    ready()
    files, labels = snakemake.input, read_json(snakemake.input.labels)
    train, test = ((read_vectors(files[split]), np.array(labels[split])) for split in ("train", "test"))
    with np.load(files.clusters, allow_pickle=False) as arrays:
        found = measure_surroundings(train, test, dict(arrays), **snakemake.params.direct, threads=snakemake.threads)
    save_arrays(snakemake.output[0], found)
