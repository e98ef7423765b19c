from closerlook.analysis.hulls import hull_table
from closerlook.analysis.tables import read_table, write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    write_table(snakemake.output[0], hull_table(snakemake.input.hulls, read_table(snakemake.input.spaces)))
