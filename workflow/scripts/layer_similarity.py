from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.trajectory import layer_similarity
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces = read_table(snakemake.input.spaces)
    style.save(layer_similarity(spaces, snakemake.params.pairs), snakemake.output)
