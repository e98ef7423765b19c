import pandas as pd

from closerlook.figures import style
from closerlook.figures.transfer import transfer
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    style.save(
        transfer(pd.read_csv(snakemake.input[0]), snakemake.params.models, snakemake.params.tasks), snakemake.output
    )
