from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.depth import layer_distances
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    figure = layer_distances(read_table(snakemake.input[0]), snakemake.wildcards.model, snakemake.params.tasks)
    style.save(figure, snakemake.output)
