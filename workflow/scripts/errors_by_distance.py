from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.errors import errors_by_distance
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    figure = errors_by_distance(read_table(snakemake.input[0]), snakemake.params.models, snakemake.params.tasks)
    style.save(figure, snakemake.output)
