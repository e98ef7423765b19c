from pathlib import Path

from closerlook.encoders.pinning import pin_model
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    options = dict(snakemake.params.model)
    if options.pop("like", None):
        options["path"] = str(Path(snakemake.input.weights).parent)
    pin_model(Path(snakemake.output.weights).parent, **options)
