"""A task: labelled sentences with a train and a test split, as one folder that every later step reads."""

import contextlib
import dataclasses
import hashlib
import json
from collections import Counter
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import numpy as np

from closerlook.errors import InputError
from closerlook.files import read_json, staged, write_json

SIZES = {"word": 1, "pair": 2, "sentence": 0}  # kind -> positions in a target
CHUNK = 1000  # sentences held as Python objects at a time
SHOWN = 5  # conflicts spelled out in the summary


@dataclasses.dataclass(frozen=True)
class Example:
    """A sentence with its targets: what every reader yields.

    Attributes
    ----------
    id : str
    words : list of str
    targets : list of tuple of int
        0-based positions in `words`: one (word), head and dependent (pair), none (sentence).
    labels : list of str
        Parallel to `targets`.
    where : str
        "file:line", for messages.

    Raises
    ------
    InputError
        If there is no word, a word is empty, or a target lies outside the sentence.
    """

    id: str
    words: list[str]
    targets: list[tuple[int, ...]]
    labels: list[str]
    where: str

    def __post_init__(self):
        if not self.words:
            raise InputError(f"{self.where}: the sentence has no word: remove it, or check which column is read.")
        for i, word in enumerate(self.words):
            if not isinstance(word, str) or not word.strip():
                raise InputError(f"{self.where}: word {i} (counted from 0) is {word!r}: give it a text, or remove it.")
        if len(self.labels) != len(self.targets):
            raise InputError(f"{self.where}: {len(self.labels)} labels for {len(self.targets)} targets: give one each.")
        for i in (i for target in self.targets for i in target):
            if not 0 <= i < len(self.words):
                raise InputError(
                    f"{self.where}: target {i} is outside the sentence, whose {len(self.words)} words are counted "
                    f"from 0 to {len(self.words) - 1}: correct the target or the words."
                )


def lines(path, encoding="utf-8"):
    """Yield (number from 1, line with its end) of a text file; a line in another encoding is an error that names it."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path}:{number}: byte {error.start + 1} of the line, 0x{line[error.start]:02x}, is not "
                    f"{encoding.upper()}: convert the file, for example by `iconv -f iso-8859-1 -t utf-8`."
                ) from error
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def meets(cells, where):
    """Whether every cell that `where` names matches its glob; `_` stands for an empty cell."""
    return all(fnmatchcase(cells[column] or "_", glob) for column, glob in where.items())


def build_task(kind, train, test):
    """Make the data set of a task.

    Parameters
    ----------
    kind : {"word", "pair", "sentence"}
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
    names, splits, _ = _gather(kind, train, test)
    return _dataset(names, splits)


def save_task(kind, train, test, folder):
    """Write a task's folder: the data set of `build_task`, as `save_to_disk` does, and three JSON files beside it.

    labels.json holds `names`, and for each split the ids of its targets in order, so that a probe need not import
    `datasets`; words.json in the same order the targets' words (of a pair, the dependent's), in lower case, or null
    for sentences. summary.json holds sizes, label counts and what is odd about the labels. Nothing is written if
    anything is wrong. Memory: 100,000 sentences with 2 million pairs peak at half a gigabyte. Parameters and errors
    are those of `build_task`.

    Returns
    -------
    dict
        The summary.
    """
    names, splits, times = _gather(kind, train, test)
    summary = _summary(kind, names, splits, times)
    ids = {split: _ids(content.table, names).flatten().to_pylist() for split, content in splits.items()}
    with staged(folder) as part:
        with _quiet():
            _dataset(names, splits).save_to_disk(part)
        write_json(part / "labels.json", {"names": names, **ids})
        write_json(part / "words.json", {split: _words(kind, content.table) for split, content in splits.items()})
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


@dataclasses.dataclass
class _Split:
    table: object  # pyarrow.Table of id, words, targets, labels (text)
    places: list[str]  # per row, "file:line"
    keys: list[bytes]  # per row, a digest of the words
    digest: str  # of words, targets and labels


def _gather(kind, train, test):
    """Stream both splits into (label names, {split: _Split}, how often each sentence occurs)."""
    if kind not in SIZES:
        raise InputError(f"there is no kind {kind!r}: use one of {', '.join(SIZES)}.")
    times, splits = Counter(), {}
    for split, examples in (("train", train), ("test", test)):
        splits[split] = _stream(kind, split, examples, times)
    counts = {split: _counts(content.table) for split, content in splits.items()}
    if len(counts["train"]) < 2:
        file = splits["train"].places[0].rpartition(":")[0]
        raise InputError(f"{file}: the train split has one label only, {next(iter(counts['train']))!r}: take more.")
    return sorted({name for count in counts.values() for name in count}), splits, times


def _stream(kind, split, examples, times):
    """One split as a `_Split`; `times` counts its sentences."""
    import pyarrow as pa
    from tqdm import tqdm

    schema = pa.schema(
        {
            "id": pa.string(),
            "words": pa.list_(pa.string()),
            "targets": pa.list_(pa.list_(pa.int32())),
            "labels": pa.list_(pa.string()),
        }
    )
    digest, places, keys, batches = hashlib.sha256(), [], [], []
    labelled = (example for example in examples if example.targets)
    examples = iter(tqdm(labelled, desc=split, unit=" sentences", delay=10))
    while chunk := list(islice(examples, CHUNK)):
        for example in chunk:
            for target in example.targets:
                if len(target) != SIZES[kind]:
                    size = f"{len(target)} positions, and a {kind} has {SIZES[kind]}"
                    raise InputError(f"{example.where}: target {list(target)} has {size}: correct it, or `kind`.")
            digest.update(json.dumps([example.words, example.targets, example.labels]).encode() + b"\n")
            keys.append(hashlib.blake2b(json.dumps(example.words).encode(), digest_size=16).digest())
            places.append(example.where)
            times[keys[-1]] += 1 + (len(set(example.targets)) < len(example.targets))  # two labels on one target
        columns = [[getattr(example, name) for example in chunk] for name in schema.names]
        batches.append(pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema))
    if not batches:
        raise InputError(f"the {split} split has no example: check the task's files, `rows` and `where`.")
    return _Split(pa.Table.from_batches(batches), places, keys, digest.hexdigest())


def _flat(table):
    """The labels of a table's targets, one after the other."""
    return table["labels"].combine_chunks().flatten()


def _counts(table):
    """{label: number of targets} of a table."""
    return {item["values"]: item["counts"] for item in _flat(table).value_counts().to_pylist()}


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
        }
    )
    made = DatasetDict()
    for split, content in splits.items():
        table = content.table.set_column(3, "labels", _ids(content.table, names))
        mark = hashlib.sha256(json.dumps([names, content.digest]).encode()).hexdigest()[:16]
        made[split] = Dataset(table, DatasetInfo(features=features), NamedSplit(split), fingerprint=mark)
    return made


def _words(kind, table):
    """The word of every target, in lower case; its last one where there are two. None for sentences."""
    if not SIZES[kind]:
        return None
    rows = (row for batch in table.select(["words", "targets"]).to_batches() for row in batch.to_pylist())
    return [row["words"][target[-1]].lower() for row in rows for target in row["targets"]]


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


def _summary(kind, names, splits, times):
    """What summary.json holds; it changes with the data set only, so neither versions nor folders are in it."""
    found = {}  # (digest of the words, target) -> its words and its (label, place) in each split, if seen again
    for split, content in splits.items():
        again = np.array([i for i, key in enumerate(content.keys) if times[key] > 1], np.int64)
        for i, row in zip(again, content.table.take(again).to_pylist()):
            for target, label in zip(row["targets"], row["labels"]):
                same = found.setdefault(
                    (content.keys[i], tuple(target)), {"words": row["words"], "train": [], "test": []}
                )
                same[split].append((label, Path(content.places[i]).name))

    conflicts = {"train": 0, "test": 0, "across": 0, "first": []}
    duplicates, overlap = {"train": 0, "test": 0}, 0
    for (_, target), same in found.items():
        labels = {split: {label for label, _ in same[split]} for split in splits}
        for split in splits:
            duplicates[split] += len(same[split]) - len(labels[split])
            conflicts[split] += len(labels[split]) > 1
            if len(labels[split]) > 1 and len(conflicts["first"]) < SHOWN:
                cases = [{"label": label, "where": place} for label, place in same[split]]
                conflicts["first"].append({"words": " ".join(same["words"]), "target": list(target), "cases": cases})
        if labels["train"]:
            overlap += len(same["test"])
            conflicts["across"] += sum(label not in labels["train"] for label, _ in same["test"])

    counts = {split: _counts(content.table) for split, content in splits.items()}
    digest = hashlib.sha256(json.dumps([kind, *(content.digest for content in splits.values())]).encode())
    return {
        "kind": kind,
        "n_labels": len(names),
        "splits": {
            split: {
                "n_sentences": content.table.num_rows,
                "n_targets": sum(counts[split].values()),
                "labels": counts[split],
            }
            for split, content in splits.items()
        },
        "labels_only_in_train": sorted(counts["train"].keys() - counts["test"].keys()),
        "labels_only_in_test": sorted(counts["test"].keys() - counts["train"].keys()),
        "conflicts": conflicts,
        "duplicates": duplicates,
        "train_test_overlap": overlap,
        "digest": digest.hexdigest(),
    }
