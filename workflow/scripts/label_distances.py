from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.trajectory import label_distances
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces = read_table(snakemake.input.spaces)
    labels = read_table(snakemake.input.labels)
    style.save(label_distances(labels, spaces, snakemake.params.pairs), snakemake.output)
