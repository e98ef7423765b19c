"""A look at a table before anything runs: its columns, and the fifth of its rows that is held out."""

import hashlib
import json
import random
from itertools import islice
from pathlib import Path

from closerlook.corpora.cells import label_of, shortened, text_of
from closerlook.corpora.sources import files_of, saved_files
from closerlook.corpora.table import reader
from closerlook.errors import InputError
from closerlook.files import read_json, sha256, staged, write_json

LOOK = 100  # rows to take example values from
SHOWN = 3  # values of a column
PART = 5  # one in so many is held out
TESTS = ("test", "validation", "dev")  # what a saved data set may call its test split; the first that exists is taken


def columns(path):
    """The columns of a table, each with a few of its values.

    Parameters
    ----------
    path : Path
        A file, or a folder that `datasets` wrote with `save_to_disk`.

    Returns
    -------
    dict of str to list of str

    Raises
    ------
    InputError
        A file that is not there, is not a table, or has no rows.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    read = reader(path)
    names = _typed(path) if path.is_dir() or path.suffix.lower() == ".parquet" else []
    found = {name: [] for name in names}
    for _, row in islice(read(path, names), LOOK):
        for name, value in row.items():
            values = found.setdefault(name, [])
            if (text := shortened(value)) not in values and len(values) < SHOWN:
                values.append(text)
    if not any(found.values()):
        raise InputError(f"{path}: has no rows.")
    return found


def _typed(path):
    """The columns of a file with a schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if not path.is_dir():
            return pq.read_schema(path).names
        first = next(file for file in saved_files(path) if file.suffix == ".arrow")
        return pa.ipc.open_stream(pa.memory_map(str(first))).schema.names
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error}): make it again.") from error


def splits(path):
    """The training and the test split of a saved data set that has both, as a config names them, else None."""
    listed = path / "dataset_dict.json"
    if not listed.is_file():
        return None
    names = read_json(listed).get("splits", [])
    test = next((name for name in TESTS if name in names), None)
    if "train" not in names or not test:
        raise InputError(f"{path}: has the splits {', '.join(names)}: give the folder of one, and `--test` another.")
    return {"path": str(path), "split": "train"}, {"path": str(path), "split": test}


def hold_out(path, folder, text, label, others, tagged, seed):
    """Write a table's rows to `train.jsonl` and `test.jsonl` in a folder, with a fifth of each label's in the latter.

    Rows with the same text stay together. A row is on the same line in its file as in the table, so a message
    about a line is right for both. Nothing is written again while the table's bytes, the columns and the seed are the
    same.

    Parameters
    ----------
    path, folder : Path
    text, label : str
        Columns.
    others : list of str
        Further columns that are needed.
    tagged : bool
        The label is a list, one per word: rows then count as of one label.
    seed : int

    Returns
    -------
    dict
        `train` and `test`: how many rows.

    Raises
    ------
    InputError
        A column that is not there, a row that cannot be read, or too few rows of each label.
    """
    wanted = list(dict.fromkeys([text, label, *others]))
    made = {"table": str(path), "sha256": _digest(path), "columns": wanted, "tagged": tagged, "seed": seed}
    parts = {name: folder / f"{name}.jsonl" for name in ("train", "test")}
    note = folder / "split.json"
    if note.is_file() and all(part.is_file() for part in parts.values()):
        known = read_json(note)
        if known.items() >= made.items():
            return known["rows"]
    rows = list(reader(path)(path, wanted))
    keys = ["" if tagged else label_of(row.get(label), label, f"{path}:{number}") for number, row in rows]
    test = _fifth([json.dumps(row.get(text), default=str) for _, row in rows], keys, seed)
    if not test:
        raise InputError(
            f"{path}: {len(rows)} rows with {len(set(keys) - {None})} labels in column {label!r} are too few to hold "
            "some of each out: give a test set with `--test FILE`, or another column as the label."
        )
    for name, part in parts.items():
        _write(part, [row for i, row in enumerate(rows) if (i in test) == (name == "test")])
    counts = {"train": len(rows) - len(test), "test": len(test)}
    write_json(note, {**made, "rows": counts})
    return counts


def _fifth(texts, labels, seed):
    """Indices of the rows to hold out. A row without a label is never one."""
    groups = {}
    for i, text in enumerate(texts):
        groups.setdefault(text, []).append(i)
    of_label = {}
    for members in groups.values():
        of_label.setdefault(labels[members[0]], []).append(members)
    of_label.pop(None, None)
    draw, chosen = random.Random(seed), set()
    for label in sorted(of_label):
        draw.shuffle(of_label[label])
        chosen.update(i for members in of_label[label][: round(len(of_label[label]) / PART)] for i in members)
    return chosen


def _write(path, rows):
    with staged(path) as part, open(part, "w", encoding="utf-8") as file:
        line = 1
        for number, row in rows:
            text = json.dumps(row, ensure_ascii=False, default=lambda value: text_of(value, "one", path))
            file.write("\n" * (number - line) + text + "\n")
            line = number + 1


def _digest(path):
    """SHA-256 of a file, or of the digests of a saved data set's files."""
    files = files_of(Path(path))
    return sha256(files[0]) if files == [path] else hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()
