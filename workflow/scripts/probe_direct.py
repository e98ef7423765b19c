import logging

import numpy as np

from closerlook.files import read_json, save_arrays, write_json
from closerlook.jobs.joblog import logged
from closerlook.probes.direct.geometry import measure
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels = np.array(read_json(snakemake.input.labels)[snakemake.wildcards.split])
    options, layer = snakemake.params.direct, int(snakemake.wildcards.layer)
    vectors = read_vectors(snakemake.input.vectors)
    record, arrays = measure(vectors, labels, **options, threads=snakemake.threads)
    save_arrays(snakemake.output.arrays, arrays)
    write_json(snakemake.output.record, {**record, "layer": layer, "made_by": made_by(**options)})
    logging.info("%s clusters in %.1f s", record["n_clusters"], record["seconds"])
