import numpy as np

from closerlook.files import read_json, write_json
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged
from closerlook.probes.mlp import classifier
from closerlook.probes.predictions import write_predictions
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    labels = read_json(snakemake.input.labels)
    words = read_json(snakemake.input.words) if snakemake.input.words else None
    words = words and (words["train"], words["test"])
    options, layer = snakemake.params.classifier, int(snakemake.wildcards.layer)
    train, test = ((read_vectors(snakemake.input[split]), np.array(labels[split])) for split in ("train", "test"))
    result = classifier.probe(train, test, **options, words=words, predictions=True, threads=snakemake.threads)
    predicted = {"predictions": result.pop("predictions"), "linear": result.pop("linear_predictions")}
    write_predictions(snakemake.output.predictions, test[1], **predicted)
    write_json(snakemake.output.record, {**result, "layer": layer, "made_by": made_by(**options)})
