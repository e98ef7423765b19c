from closerlook.analysis.table7 import markdown, table7
from closerlook.analysis.tables import read_table, write_table
from closerlook.files import staged
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    options = snakemake.params
    table = table7(read_table(snakemake.input[0]), options.models, options.tasks, options.min_cluster_size)
    write_table(snakemake.output.csv, table.round(4))
    with staged(snakemake.output.markdown) as part:
        part.write_text(markdown(table))
