import pandas as pd

from closerlook.figures import style
from closerlook.figures.trajectory import layer_similarity
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces = pd.read_csv(snakemake.input.spaces)
    style.save(layer_similarity(spaces, snakemake.params.pairs), snakemake.output)
