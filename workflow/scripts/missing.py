from pathlib import Path

from closerlook.analysis.tables import write_table
from closerlook.jobs.joblog import logged
from closerlook.jobs.missing import missing_cells

with logged(snakemake.log[0]):
    logs = Path(snakemake.log[0]).parents[1]
    write_table(snakemake.output[0], missing_cells(snakemake.params.absent, logs, snakemake.params.brought))
