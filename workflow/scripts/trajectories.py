from pathlib import Path

from closerlook.analysis.tables import write_table
from closerlook.analysis.trajectories import trajectories
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    names = {Path(f).parent.name: read_json(f)["names"] for f in snakemake.input.labels}
    spaces, labels = trajectories(snakemake.input.runs, names)
    write_table(snakemake.output.spaces, spaces)
    write_table(snakemake.output.labels, labels)
