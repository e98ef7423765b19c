"""Which files a split is read from, and what their names say."""

import json
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from closerlook.errors import InputError

HERE = "is a folder on this machine; give it as `path:` in format `table` if it is a saved data set, else its files"
TABLES = (".tsv", ".csv", ".jsonl", ".json", ".parquet")


def suffix_of(path=None, url=None, type=None):
    """What the name of a split's file ends in, in lower case, or what `type` says in its place."""
    if type:
        return f".{type}"
    return (PurePosixPath(urlsplit(url).path) if url else Path(path)).suffix.lower()


def files_of(path, split=None):
    """Every file that is read where a split's `path` is this one: the file, or those of a saved data set."""
    if path is None:
        return []
    return [str(file) for file in saved_files(path, split)] if Path(path).is_dir() else [path]


def saved_files(folder, split=None):
    """Return the files of a data set that `datasets` wrote with `save_to_disk`, those with its rows in their order.

    Parameters
    ----------
    folder : path
        Of a `Dataset`, or of a `DatasetDict`, of which `split` names one.
    split : str, optional

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        If the folder is not a saved data set, is not complete, or does not have this split.
    """
    folder = Path(folder)
    if (folder / "dataset_dict.json").is_file():
        splits = _read(folder / "dataset_dict.json").get("splits", [])
        if split not in splits:
            what = f"no split {split!r}" if split else "several splits"
            raise InputError(f"{folder}: the saved data set has {what}: set `split` to one of {', '.join(splits)}.")
        folder = folder / split
    elif split:
        raise InputError(f"{folder}: `split` is for a saved data set that has several: remove it.")
    if not (folder / "state.json").is_file():
        raise InputError(f"{folder}: is a folder, but not one that `datasets` wrote with `save_to_disk`: name a file.")
    names = [entry["filename"] for entry in _read(folder / "state.json").get("_data_files") or []]
    files = [folder / name for name in ("state.json", "dataset_info.json", *names)]
    lost = [file.name for file in files if not file.is_file()]
    if lost or not names:
        raise InputError(f"{folder}: the saved data set lacks {', '.join(lost) or 'rows'}: save it again.")
    return files


def _read(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file}: is not JSON ({error}): save the data set again.") from error
