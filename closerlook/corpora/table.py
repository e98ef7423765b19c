"""People's own data: one example a row, as TSV, CSV, JSON Lines or Parquet."""

import csv
import json
import re

from closerlook.corpora.task import SIZES, Example, lines, meets
from closerlook.errors import InputError

PRINTED = re.compile(r"""\[\s*(?:'.*'|".*")\s*\]""", re.DOTALL)  # a list written out by Python
QUOTED = re.compile(r'"(?:[^"]|"")*""(?:[^"]|"")*"', re.DOTALL)  # a cell quoted as in CSV


def sentences(path, kind, label, where, columns=None):
    """Yield an `Example` for every row of the file, labelled or not.

    The words are a list, or a text that is split at white space. The label is one value; or, for words without a
    target column, one value per word. See `closerlook.corpora.reading.read_examples` for the parameters.
    """
    read = READERS.get(path.suffix.lower())
    if not read:
        raise InputError(f"{path}: {path.suffix!r} is no table: use {', '.join(READERS)} (.json: one object a line).")
    words_column, target_column = (columns or {}).get("words"), (columns or {}).get("target")
    if not words_column:
        raise InputError(f"{path}: which column holds the words? Set `columns: {{words: NAME, target: NAME or null}}`.")
    if kind == "pair" and not target_column or kind == "sentence" and target_column:
        raise InputError(f"{path}: a pair needs a target column, a sentence takes none: correct `columns.target`.")
    named = [words_column, *[target_column] * bool(target_column), label, *where]
    for number, row in read(path, list(dict.fromkeys(named))):
        place = f"{path}:{number}"
        words = _words(row[words_column], place)
        if not meets({column: _scalar(row[column], column, place) for column in where}, where):
            found = []
        elif kind == "word" and not target_column:
            found = [((i,), value) for i, value in enumerate(_tags(row[label], len(words), label, place))]
        else:
            value = _scalar(row[label], label, place)
            found = [(_target(row[target_column], kind, target_column, place) if target_column else (), value)]
        found = [(target, value) for target, value in found if value is not None]
        yield Example(f"{path.stem}-{number}", words, [t for t, _ in found], [v for _, v in found], place)


def _words(value, place):
    """A row's words, from a list or a text."""
    if isinstance(value, str):
        if PRINTED.fullmatch(value.strip()):
            raise InputError(f"{place}: the words are a printed list: put a space between words, or use JSON Lines.")
        return value.split()
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _scalar(value, column, place):
    """A cell as text; None if it is empty, `_` or NaN."""
    if isinstance(value, float) and value.is_integer():  # what pandas makes of integers with a gap
        value = int(value)
    if value is None or value != value:
        return None
    if not isinstance(value, (str, int)):
        raise InputError(f"{place}: column {column!r} holds {value!r}: give one text or integer.")
    return None if str(value).strip() in ("", "_") else str(value).strip()


def _tags(value, n_words, column, place):
    """One label per word, from a list or a text; None where there is none (`_`, null, -100)."""
    values = value.split() if isinstance(value, str) else [None] * n_words if value is None else value
    if not isinstance(values, (list, tuple)):
        raise InputError(f"{place}: column {column!r} holds one value: give a label per word, or `columns.target`.")
    if len(values) != n_words:
        raise InputError(f"{place}: {len(values)} labels in column {column!r} for {n_words} words: give one per word.")
    values = [_scalar(one, column, place) for one in values]
    return [None if one == "-100" else one for one in values]  # -100: what PyTorch's losses leave out


def _target(value, kind, column, place):
    """The positions a target column names: 3, [3, 5], "3" or "3 5"."""
    items = value.split() if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    try:
        target = tuple(int(item) for item in items)
        whole = all(isinstance(i, str) or (i == t and not isinstance(i, bool)) for i, t in zip(items, target))
        if len(target) == SIZES[kind] and whole:
            return target
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(
        f"{place}: {value!r} in column {column!r} is no target: "
        f"a {kind} takes {SIZES[kind]} position{'s' * (SIZES[kind] > 1)}, counted from 0."
    )


def _check(named, known, place):
    for column in named:
        if list(known).count(column) != 1:
            raise InputError(
                f"{place}: there is {'no' if column not in known else 'more than one'} column {column!r}: "
                f"use one of {', '.join(map(str, known))}."
            )


def _delimited(path, named):
    """Rows of a CSV, or of a TSV, where a quote is a character like any other."""
    tsv = path.suffix.lower() == ".tsv"
    style = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if tsv else {"strict": True}
    reader, header = csv.reader((line for _, line in lines(path)), **style), None
    while True:
        place = f"{path}:{reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{place}: the row that starts here cannot be read ({error}): mind its quotes.") from error
        if cells is None:
            return
        if not cells:  # a blank line
            continue
        if header is None:
            header = cells
            _check(named, header, place)
            continue
        if len(cells) != len(header):
            raise InputError(f"{place}: {len(cells)} cells, and the header has {len(header)}: complete or quote them.")
        row = dict(zip(header, cells))
        if tsv and any(QUOTED.fullmatch(row[column]) for column in named):
            raise InputError(f"{place}: a cell is quoted as in CSV: write the TSV without quoting, or name it .csv.")
        yield int(place.rpartition(":")[2]), row


def _json(path, named):
    """Rows of JSON Lines; a key may be absent from a row, as null, but not from all."""
    seen = {}
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            json.dumps(row, ensure_ascii=False).encode()  # refuses half a surrogate pair, which no file can hold
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}:{number}: not JSON Lines ({error}): write one object a line.") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: a {type(row).__name__}, not an object: write one object a line.")
        seen.update(row)
        _check(named[:1], row, f"{path}:{number}")
        yield number, {column: row.get(column) for column in named}
    if seen:
        _check(named, seen, path)


def _parquet(path, named):
    """Rows of a Parquet file; where `datasets` has left the names of a column's integers, the names are used."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(path)
        _check(named, file.schema_arrow.names, path)
        meta = json.loads((file.schema_arrow.metadata or {}).get(b"huggingface", b"{}"))
        features = meta.get("info", {}).get("features", {})
        names = {column: _class_names(features.get(column)) for column in named}
        for batch in file.iter_batches(1000, columns=named):
            for row in batch.to_pylist():
                number += 1
                yield number, {c: _renamed(row[c], names[c], f"{path}:{number}") for c in named}
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as Parquet after row {number} ({error}): make it again.") from error


def _class_names(feature):
    """The names of a `ClassLabel`, or of a list of them, in the description that `datasets` leaves in a file."""
    while feature and not (isinstance(feature, dict) and feature.get("_type") == "ClassLabel"):
        feature = feature[0] if isinstance(feature, list) else feature.get("feature")
    return feature and feature["names"]


def _renamed(value, names, place):
    """Integers as names; -1 is how `datasets` marks a label that is withheld."""
    if names is None or value is None or value in (-1, -100):
        return value if names is None else None
    if isinstance(value, list):
        return [_renamed(one, names, place) for one in value]
    if not 0 <= value < len(names):
        raise InputError(f"{place}: the label {value} is not one of the {len(names)} that the file names: correct it.")
    return names[value]


READERS = {".tsv": _delimited, ".csv": _delimited, ".jsonl": _json, ".json": _json, ".parquet": _parquet}
