from pathlib import Path

from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import save_task
from closerlook.joblog import logged

FORMATS = {"grammar": "conllu", "hub": "table"}  # what their files are

with logged(snakemake.log[0]):
    task, corpus = snakemake.params.task, snakemake.params.corpus
    form = FORMATS.get(corpus["format"], corpus["format"])
    splits = [
        read_examples(
            form,
            next(Path(snakemake.input.files).glob(f"{split}.*")),
            kind=task["kind"],
            label=task["label"],
            where=task["where"],
            columns={"words": task["words"], "target": task["target"]} if form == "table" else None,
            rows=(corpus[split] or {}).get("rows"),
        )
        for split in ("train", "test")
    ]
    save_task(task["kind"], *splits, Path(snakemake.output.summary).parent)
