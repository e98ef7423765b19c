from pathlib import Path

from closerlook.encoders.bringing import bring_run
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    out, model = Path(snakemake.output.weights).parent, Path(snakemake.input.weights).parent
    bring_run(out, snakemake.output.steps, model, **snakemake.params.run)
