"""The files that other tools read: one Parquet file, or the folder of TensorBoard's projector."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from closerlook.errors import InputError

LEFT_OUT = ("example", "start", "end", "start_2", "end_2", "x", "y", "vector")  # of a projector's metadata
BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")  # what ends a cell or, to some readers, a line
PROJECTOR = """\
embeddings {{
  tensor_name: "{name}"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
}}
"""


def write_parquet(source, path):
    """Write a space as one Parquet file, a row group for each of its tables.

    Parameters
    ----------
    source : closerlook.export.source.Source
    path : path
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = _progress(source)
    first = next(tables)
    worded = [field.name for field in first.schema if field.type == pa.string()]
    with pq.ParquetWriter(path, first.schema, compression="zstd", use_dictionary=worded) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def write_projector(source, folder):
    """Write a space as a folder with tensors.tsv, metadata.tsv and projector_config.pbtxt.

    Parameters
    ----------
    source : closerlook.export.source.Source
    folder : path
    """
    import pyarrow as pa
    from pyarrow import csv

    folder.mkdir()
    plain = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    with (
        open(folder / "tensors.tsv", "wb") as tensors,
        open(folder / "metadata.tsv", "w", encoding="utf-8", newline="\n") as metadata,
    ):
        for i, table in enumerate(_progress(source)):
            dim = table.schema.field("vector").type.list_size
            X = table["vector"].combine_chunks().flatten().to_numpy().reshape(-1, dim)
            csv.write_csv(pa.table([np.ascontiguousarray(c) for c in X.T], list(map(str, range(dim)))), tensors, plain)
            table = table.drop_columns([name for name in LEFT_OUT if name in table.column_names])
            names = sorted(table.column_names, key=lambda name: name != "label")  # the tool shows the first one
            if i == 0:
                metadata.write("\t".join(names) + "\n")
            for row in zip(*(table[name].to_pylist() for name in names)):
                metadata.write("\t".join(BREAKS.sub(" ", cell or "") for cell in row) + "\n")
    space = source.space
    name = f"{space.model}/{space.state}/{space.task}/layer{space.layer}"
    (folder / "projector_config.pbtxt").write_text(PROJECTOR.format(name=name), encoding="utf-8")


def _progress(source):
    return iter(tqdm(source.tables(), desc=str(source.space.state), unit=" parts", delay=10))


def _parquet_place(path):
    if path.suffix != ".parquet" or path.is_dir():
        raise InputError(f"{path}: is not the name of a Parquet file: give one that ends in .parquet.")


def _projector_place(path):
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file: give a folder for the projector's three files.")


@dataclass(frozen=True)
class Format:
    """How a space is written: the suffix of its path, a check of a path, and `write(source, path)`."""

    suffix: str
    check: Callable
    write: Callable


FORMATS = {
    "parquet": Format(".parquet", _parquet_place, write_parquet),
    "projector": Format("", _projector_place, write_projector),
}
