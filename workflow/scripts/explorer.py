from pathlib import Path

from closerlook.files import read_json, write_json
from closerlook.joblog import logged
from closerlook.report.explorer import explorer

with logged(snakemake.log[0]):
    labels = {Path(f).parent.name: read_json(f) for f in snakemake.input.labels}
    files = snakemake.input
    write_json(snakemake.output[0], explorer(files.movements, files.trajectories, files.direct, labels))
