import numpy as np

from closerlook.files import read_json, write_json
from closerlook.jobs.joblog import logged
from closerlook.probes.direct.hull_classifier import score
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels, options = read_json(snakemake.input.labels), snakemake.params.direct
    spaces = [(read_vectors(snakemake.input[split]), np.array(labels[split])) for split in ("train", "test")]
    with np.load(snakemake.input.clusters, allow_pickle=False) as arrays:
        result = score(*spaces, dict(arrays), **options, threads=snakemake.threads)
    layer = int(snakemake.wildcards.layer)
    write_json(snakemake.output[0], {**result, "layer": layer, "made_by": made_by(**options)})
