import logging

import numpy as np

from closerlook.files import read_json, staged, write_json
from closerlook.joblog import logged
from closerlook.probes.direct.geometry import measure
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    labels = np.array(read_json(snakemake.input.labels)[snakemake.wildcards.split])
    options = snakemake.params.direct
    files = zip(snakemake.params.layers, snakemake.input.layers, snakemake.output.json, snakemake.output.npz)
    for layer, vectors, json, npz in files:
        record, arrays = measure(read_vectors(vectors), labels, **options, threads=snakemake.threads)
        with staged(npz) as part, open(part, "wb") as file:
            np.savez_compressed(file, **arrays)
        write_json(json, {**record, "layer": layer, "made_by": made_by(**options)})
        logging.info("layer %d: %s clusters in %.1f s", layer, record["n_clusters"], record["seconds"])
