"""The config's corpora and tasks: where the data lie, of which type they are, what can be asked of them."""

import pytest
from config_fixtures import edited

from closerlook.config import load
from closerlook.errors import InputError


def with_corpus(train, test=None, **more):
    """A config with a corpus `c` of tables, and a task on it."""
    raw = edited("corpora.c", {"format": "table", "train": train, "test": test or train} | more)
    raw["tasks"]["t"] = {"corpus": "c", "kind": "sentence", "label": "y"}
    return raw


@pytest.mark.parametrize(
    "source",
    [
        {"url": "https://x.org/d/train.csv?download=true"},
        {"url": "https://x.org/d/train.JSONL#x"},
        {"url": "https://x.org/get?id=7", "type": "parquet"},
        {"path": "set#1/a?b.tsv"},
        {"path": "A.CSV"},
        {"path": "a.txt", "type": "tsv"},
    ],
)
def test_a_tables_type_is_told_by_its_name_or_by_type(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set#1").mkdir()
    for name in ("set#1/a?b.tsv", "A.CSV", "a.txt"):
        (tmp_path / name).write_text("")
    load(with_corpus(source))


@pytest.mark.parametrize("source", [{"url": "https://x.org/get?file=a.csv"}, {"url": "https://x.org/a.zip"}])
def test_where_neither_tells_it_the_key_is_named(source):
    with pytest.raises(InputError, match=r"corpora\.c\.test: the name of a table ends in .*; or set `type`"):
        load(with_corpus(source))


def test_a_saved_data_set_is_checked_before_anything_runs(tmp_path):
    from datasets import Dataset, DatasetDict

    made = Dataset.from_dict({"text": ["a"], "y": ["x"]})
    DatasetDict(train=made, test=made).save_to_disk(tmp_path / "dict")
    made.save_to_disk(tmp_path / "one")
    both, one = str(tmp_path / "dict"), str(tmp_path / "one")
    load(with_corpus({"path": both, "split": "train"}, {"path": both, "split": "test"}))
    load(with_corpus({"path": one}))
    for source, says in (
        ({"path": both}, "several splits: set `split` to one of train, test"),
        ({"path": both, "split": "dev"}, "has no split 'dev'"),
        ({"path": one, "split": "train"}, "`split` is for a saved data set that has several"),
        ({"path": one, "sha256": "0" * 64}, r"corpora\.c\.test\.sha256: is for a file"),
        ({"path": one, "type": "csv"}, r"corpora\.c\.test\.type: is for the file of a table"),
        ({"path": str(tmp_path)}, "but not one that `datasets` wrote with `save_to_disk`"),
    ):
        with pytest.raises(InputError, match=says):
            load(with_corpus(source))


@pytest.mark.parametrize(
    "format, kinds",
    [
        ("trec", {"sentence": {}}),
        ("conll", {"word": {}, "span": {}}),
        ("conllu", {"word": {}, "span": {}, "pair": {}, "sentence": {}}),
        ("edge_probing", {"word": {}, "span": {}, "span_pair": {}}),
        ("table", {"word": {}, "span": {}, "pair": {"target": "at"}, "sentence": {}}
            | {"span_pair": {"target": "at"}, "sentence_pair": {"words": "a", "second": "b"}}),
    ],
)  # fmt: skip
def test_a_format_has_kinds_of_targets(format, kinds):
    for kind in ("word", "span", "pair", "sentence", "span_pair", "sentence_pair"):
        raw = with_corpus({"url": "https://x.org/a.csv"}, format=format)
        raw["tasks"]["t"] |= {"kind": kind} | kinds.get(kind, {})
        if kind in kinds:
            load(raw)
        else:
            with pytest.raises(InputError, match=f"tasks.t.kind: is '{kind}', but the format {format} has"):
                load(raw)


@pytest.mark.parametrize(
    "format, task, says",
    [
        ("table", {"kind": "pair"}, "target: is missing; name the column with the positions of the pair"),
        ("table", {"kind": "span_pair"}, "target: is missing; name the column with the positions of the span pair"),
        ("table", {"kind": "sentence_pair"}, "second: is missing; name the column with the second text"),
        ("table", {"kind": "sentence_pair", "second": "words"}, "second: names the column of the first text, 'words'"),
        ("table", {"kind": "sentence", "second": "b"}, "second: is for kind sentence_pair, and not sentence"),
        (
            "table",
            {"kind": "sentence_pair", "second": "b", "target": "at"},
            "target: a sentence is labelled as a whole",
        ),
        (
            "trec",
            {"kind": "sentence", "second": "b"},
            "second: names a column of `table` and `hub`, but trec has its own",
        ),
    ],
)
def test_a_task_names_the_columns_that_its_kind_needs(format, task, says):
    raw = with_corpus({"url": "https://x.org/a.csv"}, format=format)
    raw["tasks"]["t"] |= task
    with pytest.raises(InputError, match=f"tasks.t.{says}"):
        load(raw)
