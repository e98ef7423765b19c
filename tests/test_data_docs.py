"""The examples of docs/data.md: each file, read as the task below it says, gives the lines below that."""

import re
from pathlib import Path

import pytest
import yaml
from corpora_fixtures import write

from closerlook.config import Task
from closerlook.corpora.example import SIZES, marked
from closerlook.corpora.reading import read_examples

TEXT = (Path(__file__).resolve().parent.parent / "docs/data.md").read_text(encoding="utf-8")
BLOCK = "```{}\n(.*?)```\n"
EXAMPLES = re.findall(
    BLOCK.format("(csv|tsv|jsonl|conllu|conll|edge_probing)") + BLOCK.format("yaml") + BLOCK.format("text"), TEXT, re.S
)


@pytest.mark.parametrize("suffix, text, task, lines", EXAMPLES, ids=[task.strip() for _, _, task, _ in EXAMPLES])
def test_the_page_on_data_tells_the_truth(tmp_path, suffix, text, task, lines):
    task = Task(corpus="c", **yaml.safe_load(task))
    form = suffix if suffix in ("conllu", "conll", "edge_probing") else "table"
    examples = read_examples(
        form,
        write(tmp_path, f"a.{suffix}", text),
        kind=task.kind,
        label=task.label,
        where=task.where,
        columns={"words": task.words, "target": task.target, "second": task.second} if form == "table" else None,
        names=task.names,
    )
    found = [
        f"{marked(e.words, target, task.kind, e.second)}  {label}"
        for e in examples
        for target, label in zip(e.targets, e.labels)
    ]
    found += [f"left out: {n} {reason}" for reason, n in examples.left_out.items()]
    assert found == lines.splitlines()


def test_the_page_has_an_example_of_every_kind():
    assert {yaml.safe_load(task)["kind"] for _, _, task, _ in EXAMPLES} == SIZES.keys()
    assert len(EXAMPLES) == len(re.findall(BLOCK.format("text"), TEXT, re.S))
