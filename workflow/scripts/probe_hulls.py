import numpy as np

from closerlook.files import read_json, write_json
from closerlook.joblog import logged
from closerlook.probes.direct.hull_classifier import score
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels, options = read_json(snakemake.input.labels), snakemake.params.direct
    labels = {split: np.array(labels[split]) for split in ("train", "test")}
    files = zip(snakemake.params.layers, snakemake.input.train, snakemake.input.test, snakemake.input.clusters)
    for (layer, train, test, clusters), out in zip(files, snakemake.output):
        spaces = [(read_vectors(vectors), labels[split]) for vectors, split in ((train, "train"), (test, "test"))]
        with np.load(clusters, allow_pickle=False) as arrays:
            result = score(*spaces, dict(arrays), **options, threads=snakemake.threads)
        write_json(out, {**result, "layer": layer, "made_by": made_by(**options)})
