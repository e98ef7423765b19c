from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.claims import claims
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    style.save(claims(read_table(snakemake.input.claims), read_table(snakemake.input.pairs)), snakemake.output)
