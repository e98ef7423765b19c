import numpy as np

from closerlook.files import read_json, write_json
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged
from closerlook.probes.mlp import classifier
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    labels = read_json(snakemake.input.labels)
    words = read_json(snakemake.input.words) if snakemake.input.words else None
    words = words and (words["train"], words["test"])
    options, layer = snakemake.params.classifier, int(snakemake.wildcards.layer)
    spaces = [(read_vectors(snakemake.input[split]), np.array(labels[split])) for split in ("train", "test")]
    result = classifier.probe(*spaces, **options, words=words, threads=snakemake.threads)
    write_json(snakemake.output[0], {**result, "layer": layer, "made_by": made_by(**options)})
