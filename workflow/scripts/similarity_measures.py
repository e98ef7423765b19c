from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.similarity import similarity_measures
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    frames = [read_table(snakemake.input[name]) for name in ("similarity", "spaces")]
    style.save(similarity_measures(*frames, snakemake.params.models, snakemake.params.tasks), snakemake.output)
