from closerlook.analysis.tables import read_table, write_table
from closerlook.analysis.transfer import transfer
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces, params = read_table(snakemake.input.spaces), snakemake.params
    labels = read_table(snakemake.input.labels)
    table = transfer(spaces, labels, params.models, params.tasks, params.tol)
    write_table(snakemake.output[0], table)
