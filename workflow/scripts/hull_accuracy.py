from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.hulls import hull_accuracy
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    figure = hull_accuracy(read_table(snakemake.input[0]), snakemake.params.models, snakemake.params.tasks)
    style.save(figure, snakemake.output)
