from closerlook.analysis.representations import similarities
from closerlook.analysis.tables import write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    write_table(snakemake.output[0], similarities(snakemake.input).round(6))
