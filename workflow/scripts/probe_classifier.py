import numpy as np

from closerlook.files import read_json, write_json
from closerlook.joblog import logged
from closerlook.probes import classifier
from closerlook.provenance import made_by

with logged(snakemake.log[0]):
    labels = read_json(snakemake.input.labels)
    layers, options = snakemake.params.layers, snakemake.params.classifier
    files = list(snakemake.input.layers)  # all layers of train, then all of test
    for layer, train, test, out in zip(layers, files[: len(layers)], files[len(layers) :], snakemake.output):
        spaces = [(np.load(f), np.array(labels[split])) for f, split in ((train, "train"), (test, "test"))]
        result = classifier.probe(*spaces, **options, threads=snakemake.threads)
        write_json(out, {**result, "layer": layer, "made_by": made_by(**options)})
