from closerlook.analysis.memorisation import probe_curves
from closerlook.analysis.tables import write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    write_table(snakemake.output[0], probe_curves(snakemake.input))
