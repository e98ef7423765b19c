import numpy as np

from closerlook.files import read_json, write_json
from closerlook.gpus import one_gpu
from closerlook.joblog import logged
from closerlook.probes.mlp import classifier
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    labels = read_json(snakemake.input.labels)
    words = read_json(snakemake.input.words) if snakemake.input.words else None
    words = words and (words["train"], words["test"])
    layers, options = snakemake.params.layers, snakemake.params.classifier
    files = list(snakemake.input.layers)  # all layers of train, then all of test
    for layer, train, test, out in zip(layers, files[: len(layers)], files[len(layers) :], snakemake.output):
        spaces = [(read_vectors(f), np.array(labels[split])) for f, split in ((train, "train"), (test, "test"))]
        result = classifier.probe(*spaces, **options, words=words, threads=snakemake.threads)
        write_json(out, {**result, "layer": layer, "made_by": made_by(**options)})
