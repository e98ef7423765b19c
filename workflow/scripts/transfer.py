from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.transfer import transfer
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    style.save(
        transfer(read_table(snakemake.input[0]), snakemake.params.models, snakemake.params.tasks), snakemake.output
    )
