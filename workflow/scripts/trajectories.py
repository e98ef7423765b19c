from pathlib import Path

from closerlook.analysis.trajectories import trajectories
from closerlook.files import read_json, staged
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    names = {Path(f).parent.name: read_json(f)["names"] for f in snakemake.input.labels}
    tables = trajectories(snakemake.input.runs, names)
    for table, out in zip(tables, (snakemake.output.spaces, snakemake.output.labels)):
        with staged(out) as part:
            table.to_csv(part, index=False)
