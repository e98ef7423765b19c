import logging
from pathlib import Path

from closerlook.corpora.reading import read_split
from closerlook.corpora.task import save_task
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    task, corpus = snakemake.params.task, snakemake.params.corpus
    names = next(iter(snakemake.input.names), None)
    given = (corpus, task, names, snakemake.input.fetched)
    splits = [read_split(snakemake.input.files, split, *given) for split in ("train", "test")]
    folder = Path(snakemake.output.summary).parent
    summary = save_task(task["kind"], *splits, folder, drop_conflicts=task["drop_conflicts"])
    for warning in summary["warnings"]:
        logging.warning(warning)
