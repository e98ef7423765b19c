import pandas as pd

from closerlook.figures import style
from closerlook.figures.trajectory import label_distances
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces = pd.read_csv(snakemake.input.spaces)
    labels = pd.read_csv(snakemake.input.labels)
    style.save(label_distances(labels, spaces, snakemake.params.pairs), snakemake.output)
