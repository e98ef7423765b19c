from importlib import import_module

from closerlook.analysis.inputs import given
from closerlook.analysis.tables import write_table
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    name, params = snakemake.wildcards.table, snakemake.params
    make = getattr(import_module(f"closerlook.analysis.{name}"), name)
    write_table(snakemake.output[0], make(**given(snakemake.input, params.subjects), **params.told))
