from closerlook.analysis.clusters import cluster_table
from closerlook.analysis.tables import read_table, write_table
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    table = cluster_table(read_table(snakemake.input[0]), snakemake.params.models, snakemake.params.tasks)
    write_table(snakemake.output[0], table.round(4))
