from pathlib import Path

from closerlook.files import read_json, write_json
from closerlook.jobs.joblog import logged
from closerlook.report.explorer import explorer

with logged(snakemake.log[0]):
    files = snakemake.input
    labels = {Path(f).parent.name: read_json(f) for f in files.labels}
    shown = explorer(files.movements, files.traces, files.clusters, labels, snakemake.params.runs)
    write_json(snakemake.output[0], shown)
