"""Rows of Parquet files, and of folders that `datasets` has written with `save_to_disk`."""

import json
from pathlib import Path

from closerlook.corpora.cells import check_columns
from closerlook.corpora.names import are_names, named
from closerlook.corpora.sources import saved_files
from closerlook.errors import InputError

BATCH = 1000  # rows held as Python objects at a time


def parquet(path, wanted, plain=()):
    """Yield (row from 1, {column: value}) of a Parquet file.

    Where `datasets` has left the names of a column's integers, the names are used, except for the columns in `plain`.
    """
    import pyarrow.parquet as pq

    def open_file():
        file = pq.ParquetFile(path)
        return file.schema_arrow, lambda: file.iter_batches(BATCH, columns=wanted)

    return _rows(path, open_file, wanted, plain, "Parquet")


def saved(path, wanted, plain=()):
    """Yield the same of a folder of `Dataset.save_to_disk`."""
    import pyarrow as pa

    files = [file for file in saved_files(path) if file.suffix == ".arrow"]

    def batches():
        for file in files:
            for batch in pa.ipc.open_stream(pa.memory_map(str(file))):
                for start in range(0, len(batch), BATCH):
                    yield batch.slice(start, BATCH).select(wanted)

    def open_file():
        return pa.ipc.open_stream(pa.memory_map(str(files[0]))).schema, batches

    return _rows(path, open_file, wanted, plain, "a saved data set")


def _rows(path, open_file, wanted, plain, what):
    import pyarrow as pa

    number = 0
    try:
        schema, batches = open_file()
        check_columns(wanted, schema.names, path)
        names = {column: _class_names(column, schema, path) for column in wanted if column not in plain}
        for batch in batches():
            for values in zip(*(_values(column) for column in batch.columns)):
                number += 1
                row = dict(zip(batch.schema.names, values))
                yield number, row | {c: _renamed(row[c], of, f"{path}:{number}") for c, of in names.items() if of}
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as {what} after row {number} ({error}): make it again.") from error


def _values(column):
    """A column's values; for short floats their text, since 0.1 as a double would be 0.10000000149011612."""
    import numpy as np
    import pyarrow as pa

    kind = column.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    inner = kind.value_type if listed else kind
    short = np.float32 if pa.types.is_float32(inner) else np.float16 if pa.types.is_float16(inner) else None
    if short is None:
        return column.to_pylist()

    def text(value):
        if isinstance(value, list):
            return [text(one) for one in value]
        return value if value is None or float(value).is_integer() else str(short(value))

    return [text(value) for value in column.to_pylist()]


def _class_names(column, schema, path):
    """The names of a column's integers, from the description that `datasets` leaves in a file or beside it."""
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None and path.is_dir():
        text = Path(path, "dataset_info.json").read_bytes()
    try:
        info = json.loads(text or b"{}")
        info = info.get("info", info)
        feature = info["features"][column]
        while feature.get("_type") != "ClassLabel":
            feature = feature[0] if isinstance(feature, list) else feature["feature"]
            feature = feature[0] if isinstance(feature, list) else feature
        return feature["names"] if are_names(feature["names"]) else None
    except (ValueError, AttributeError, LookupError, TypeError):
        return None  # no names, or a description of another kind


def _renamed(value, names, place):
    """A value in which names stand for integers; a list may hold others."""
    if isinstance(value, list):
        return [_renamed(one, names, place) for one in value]
    return named(value, names, place)
