from closerlook.analysis.claims import Study, claims
from closerlook.analysis.tables import read_table, write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    tables = {name: read_table(snakemake.input[name]) for name in ("spaces", "labels", "movement")}
    table, pairs = claims(Study(**tables, **snakemake.params.expected))
    write_table(snakemake.output.claims, table)
    write_table(snakemake.output.pairs, pairs)
