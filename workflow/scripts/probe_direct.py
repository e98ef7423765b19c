import logging

import numpy as np

from closerlook.files import read_json, save_arrays, write_json
from closerlook.jobs.compiling import ready
from closerlook.jobs.joblog import logged
from closerlook.probes.direct.geometry import measure_samples
from closerlook.probes.direct.samples import Sample
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]):
    ready()
    files, of, options = snakemake.input, snakemake.wildcards, dict(snakemake.params.direct)
    labels = np.array(read_json(files.labels)[of.split])
    sample = Sample.asked(options.pop("sample", None), of.task, of.split, map(read_json, files.sizes))
    vectors = read_vectors(files.vectors)
    record, arrays = measure_samples(vectors, labels, sample, **options, threads=snakemake.threads)
    save_arrays(snakemake.output.arrays, arrays)
    record |= {"layer": int(of.layer), "made_by": made_by(**snakemake.params.direct)}
    write_json(snakemake.output.record, record)
    logging.info("%s clusters in %.1f s", record["n_clusters"], record["seconds"])
