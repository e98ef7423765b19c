from closerlook.analysis.tables import write_table
from closerlook.analysis.tuning import tuning
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    write_table(snakemake.output[0], tuning(snakemake.input))
