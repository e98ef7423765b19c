"""A task: labelled sentences with a train and a test split, as one folder that every later step reads."""

import contextlib
import dataclasses
import hashlib
import json
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np

from closerlook.corpora.cautions import is_measured
from closerlook.corpora.example import SIZES, Example, called, parts
from closerlook.corpora.repeats import conflicts, described, repeats, without
from closerlook.corpora.sources import saved_files
from closerlook.corpora.summary import CONFLICTS, summarise
from closerlook.errors import InputError
from closerlook.files import read_json, staged, write_json

__all__ = ["SIZES", "Example", "build_task", "kind_of", "load_labels", "save_task"]

CHUNK = 1000  # sentences held as Python objects at a time


def build_task(kind, train, test):
    """Make the data set of a task.

    Parameters
    ----------
    kind : {"word", "span", "pair", "sentence", "span_pair", "sentence_pair"}
    train, test : iterable of Example
        Read once, in order.

    Returns
    -------
    datasets.DatasetDict
        Splits `train` and `test`, a row per sentence that has a target: `id`, `words`, `targets`, and `labels` as
        `ClassLabel` over the sorted names of both. In memory as Arrow; the fingerprints depend on the content only.

    Raises
    ------
    InputError
        If a split has no example, the train split fewer than two labels, or a target is not of this kind.
    """
    splits, _ = _gather(kind, train, test)
    return _dataset(_names(splits), splits)


def save_task(kind, train, test, folder, drop_conflicts=False):
    """Write a task's folder: the data set of `build_task`, as `save_to_disk` does, and four JSON files beside it.

    labels.json holds `names`, and for each split the ids of its targets in order, so that a probe need not import
    `datasets`; words.json in the same order the targets' words (of a pair the dependent's, of one or two spans all), in
    lower case, or null for sentences; sentences.json in the same order a digest of each target's sentence, the same in
    every task that has it. summary.json holds the kind, sizes, label counts, what was left out, and what is odd
    about the labels. Nothing is written if anything is wrong. Memory: 100,000 sentences with 2 million pairs peak at
    half a gigabyte.

    Parameters
    ----------
    kind, train, test
        As for `build_task`; what an iterable has `left_out` (`closerlook.corpora.reading.Examples`) is in the summary.
    folder : path
    drop_conflicts : bool
        Leave out, in both splits, every target that occurs with two or more labels in the same words.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    InputError
        As `build_task` does; also if dropping conflicts leaves nothing, or if the labels are a score.
    """
    splits, times = _gather(kind, train, test)
    dropped = _drop(kind, splits, times) if drop_conflicts else None
    names = _names(splits)
    _check_classes(names, splits, getattr(train, "label", None))
    summary = summarise(kind, names, splits, times, dropped)
    ids = {split: _ids(content.table, names).flatten().to_pylist() for split, content in splits.items()}
    with staged(folder) as part:
        with _quiet():
            _dataset(names, splits).save_to_disk(part)
        write_json(part / "labels.json", {"names": names, **ids})
        write_json(part / "words.json", {split: _words(kind, content.table) for split, content in splits.items()})
        write_json(part / "sentences.json", {split: _sentences(content) for split, content in splits.items()})
        write_json(part / "summary.json", summary)
    return summary


def load_labels(folder, split):
    """Read the labels of a split.

    Returns
    -------
    names : list of str
    ids : ndarray of int64, shape (n_targets,)
        In the order of the vectors: rows, then targets inside the row.
    """
    labels = read_json(Path(folder) / "labels.json")
    return labels["names"], np.array(labels[split], dtype=np.int64)


def load_rows(folder, split):
    """Map the rows of a split from its files, as `save_task` writes them.

    Without `datasets`, whose import takes a job longer than the reading does.

    Returns
    -------
    pyarrow.Table
        A row per sentence: `id`, `words`, `targets`, `labels` (ids), `text`, `places`, `second`.
    """
    import pyarrow as pa

    files = [file for file in saved_files(folder, split) if file.suffix == ".arrow"]
    return pa.concat_tables([pa.ipc.open_stream(pa.memory_map(str(file))).read_all() for file in files])


def kind_of(folder):
    """Return a task's kind, such as `word` or `span_pair`. A target's size does not determine it."""
    return read_json(Path(folder) / "summary.json")["kind"]


@dataclasses.dataclass
class Split:
    """One split in memory, and what was noted while it was read."""

    table: object  # pyarrow.Table of id, words, targets, labels (text)
    places: list[str]  # per row, "file:line"
    keys: list[bytes]  # per row, a digest of the words, and of which sentence they are in where there are two
    digest: str  # of words, targets, labels and text
    left_out: dict[str, int]  # by reason

    def counts(self):
        """Count the targets of each label."""
        return {item["values"]: item["counts"] for item in _flat(self.table).value_counts().to_pylist()}


def _gather(kind, train, test):
    """Stream both splits into ({split: Split}, how often each sentence occurs)."""
    if kind not in SIZES:
        raise InputError(f"there is no kind {kind!r}: use one of {', '.join(SIZES)}.")
    times = Counter()
    return {split: _stream(kind, split, of, times) for split, of in (("train", train), ("test", test))}, times


def _names(splits):
    """The sorted labels of both splits; one alone in the train split is an error."""
    counts = {split: content.counts() for split, content in splits.items()}
    if len(counts["train"]) < 2:
        file = splits["train"].places[0].rpartition(":")[0]
        raise InputError(f"{file}: the train split has one label only, {next(iter(counts['train']))!r}: take more.")
    return sorted({name for count in counts.values() for name in count})


def _check_classes(names, splits, column):
    """Labels that are measurements are an error: every probe would take each number for a class."""
    if is_measured(names):
        file = splits["train"].places[0].rpartition(":")[0]
        where = f" in column {column!r}" if column else ""
        raise InputError(
            f"{file}: the labels{where} are {len(names)} different numbers, with decimals, like those of a score, and "
            "every probe would take each for a class of its own: put them into bins, such as low, middle and high."
        )


def _stream(kind, split, examples, times):
    """One split as a `Split`; `times` counts its sentences."""
    import pyarrow as pa
    from tqdm import tqdm

    schema = pa.schema(
        {
            "id": pa.string(),
            "words": pa.list_(pa.string()),
            "targets": pa.list_(pa.list_(pa.int32())),
            "labels": pa.list_(pa.string()),
            "text": pa.string(),
            "places": pa.list_(pa.list_(pa.int32())),
            "second": pa.string(),
        }
    )
    digest, places, keys, batches = hashlib.sha256(), [], [], []
    labelled = (example for example in examples if example.targets)
    labelled = iter(tqdm(labelled, desc=split, unit=" sentences", delay=10))
    while chunk := list(islice(labelled, CHUNK)):
        for example in chunk:
            _check(kind, example)
            content = [example.words, example.targets, example.labels, example.text, example.places]
            content += [] if example.second is None else [example.second]
            digest.update(json.dumps(content).encode() + b"\n")
            words = example.words if example.second is None else parts(example.words, example.second)
            keys.append(hashlib.blake2b(json.dumps(words).encode(), digest_size=16).digest())
            places.append(example.where)
            times[keys[-1]] += 1 + (len(set(example.targets)) < len(example.targets))  # two labels on one target
        columns = [[getattr(example, name) for example in chunk] for name in schema.names]
        batches.append(pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema))
    if not batches:
        raise InputError(f"the {split} split has no example: check the task's files, `rows` and `where`.")
    left_out = dict(getattr(examples, "left_out", {}))  # complete only now
    return Split(pa.Table.from_batches(batches), places, keys, digest.hexdigest(), left_out)


def _check(kind, example):
    """A target that is not of the task's kind is an error."""
    for target in example.targets:
        if len(target) != SIZES[kind]:
            size = f"{len(target)} positions, and a {called(kind)} has {SIZES[kind]}"
            raise InputError(f"{example.where}: target {list(target)} has {size}: correct it, or `kind`.")
        if kind in ("span", "span_pair") and any(a > b for a, b in zip(target[::2], target[1::2])):
            raise InputError(f"{example.where}: the span {list(target)} ends before it begins: correct it.")
    if (kind == "sentence_pair") != (example.second is not None):
        raise InputError(f"{example.where}: a sentence pair, and nothing else, has a second text: correct `kind`.")


def _drop(kind, splits, times):
    """Leave out all targets with conflicting labels; what the summary says of it."""
    clashes = conflicts(repeats(splits, times))
    told = {"total": len(clashes), "first": [described(same, kind, splits) for same in clashes[:CONFLICTS]]}
    before = {split: content.counts() for split, content in splits.items()}
    for split, content in splits.items():
        drop = {case[1:3] for same in clashes for case in same.cases if case[0] == split}
        content.table, rows = without(content.table, drop)
        if not len(rows):
            raise InputError(f"`drop_conflicts` leaves the {split} split with no example: set it to false.")
        content.places, content.keys = [content.places[i] for i in rows], [content.keys[i] for i in rows]
        if drop:
            content.digest = hashlib.sha256(json.dumps([content.digest, sorted(drop)]).encode()).hexdigest()
    after = {split: content.counts() for split, content in splits.items()}
    if len(after["train"]) < 2 <= len(before["train"]):
        only = next(iter(after["train"]))
        raise InputError(f"`drop_conflicts` leaves the train split with one label only, {only!r}: set it to false.")
    lost = {split: sum(before[split].values()) - sum(after[split].values()) for split in splits}
    gone = {split: sorted(before[split].keys() - after[split].keys()) for split in splits}
    return told | {"targets": lost, "labels_gone": gone}


def _flat(table):
    """The labels of a table's targets, one after the other."""
    return table["labels"].combine_chunks().flatten()


def _ids(table, names):
    """A table's labels as positions in `names`, a list per row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pc.index_in(_flat(table), value_set=pa.array(names)).cast(pa.int64())
    return pa.ListArray.from_arrays(table["labels"].combine_chunks().offsets, ids)


def _dataset(names, splits):
    """The `DatasetDict` of what `_gather` returns."""
    from datasets import ClassLabel, Dataset, DatasetDict, DatasetInfo, Features, NamedSplit, Sequence, Value

    features = Features(
        {
            "id": Value("string"),
            "words": Sequence(Value("string")),
            "targets": Sequence(Sequence(Value("int32"))),
            "labels": Sequence(ClassLabel(names=names)),
            "text": Value("string"),
            "places": Sequence(Sequence(Value("int32"))),
            "second": Value("string"),
        }
    )
    made = DatasetDict()
    for split, content in splits.items():
        table = content.table.set_column(3, "labels", _ids(content.table, names))
        mark = hashlib.sha256(json.dumps([names, content.digest]).encode()).hexdigest()[:16]
        made[split] = Dataset(table, DatasetInfo(features=features), NamedSplit(split), fingerprint=mark)
    return made


def _words(kind, table):
    """The words of every target, in lower case: those of its spans, or its last word. None for sentences."""
    if not SIZES[kind]:
        return None
    rows = (row for batch in table.select(["words", "targets"]).to_batches() for row in batch.to_pylist())
    return [" ".join(_of_target(kind, row["words"], t)).lower() for row in rows for t in row["targets"]]


def _of_target(kind, words, target):
    spans = zip(target[::2], target[1::2]) if kind in ("span", "span_pair") else [(target[-1], target[-1])]
    return [word for first, last in spans for word in words[first : last + 1]]


def _sentences(content):
    """The sentence of every target, as a digest of its words."""
    counts = map(len, content.table["labels"].to_pylist())
    return [key.hex()[:16] for key, n in zip(content.keys, counts) for _ in range(n)]


@contextlib.contextmanager
def _quiet():
    """Without the progress bars of `datasets`: what is written here takes a second."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()
