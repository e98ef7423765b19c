import numpy as np

from closerlook.files import read_json, write_json
from closerlook.jobs.compiling import ready
from closerlook.jobs.joblog import logged
from closerlook.probes.direct.hull_classifier import score
from closerlook.probes.predictions import write_predictions
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    ready()
    labels, options = read_json(snakemake.input.labels), snakemake.params.direct
    train, test = ((read_vectors(snakemake.input[split]), np.array(labels[split])) for split in ("train", "test"))
    with np.load(snakemake.input.clusters, allow_pickle=False) as arrays:
        result, predictions = score(train, test, dict(arrays), **options, threads=snakemake.threads)
    layer = int(snakemake.wildcards.layer)
    write_predictions(snakemake.output.predictions, test[1], predictions)
    write_json(snakemake.output.record, {**result, "layer": layer, "made_by": made_by(**options)})
