from pathlib import Path

from closerlook.analysis.missing import missing_cells
from closerlook.analysis.tables import write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    write_table(snakemake.output[0], missing_cells(snakemake.params.absent, Path(snakemake.log[0]).parent))
