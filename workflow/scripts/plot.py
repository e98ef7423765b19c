from importlib import import_module

from closerlook.analysis.inputs import given
from closerlook.figures import style
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    told = dict(snakemake.params.told)
    kind, read = told.pop("kind"), given(snakemake.input, snakemake.params.subjects)
    if names := read.pop("names", None):
        told["looks"] = {task: style.looks(labels) for task, labels in names.items()}
    draw = getattr(import_module(f"closerlook.figures.{kind}"), kind)
    style.save(draw(**read, **told), snakemake.output)
