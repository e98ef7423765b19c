"""Corpora from where they are: a path, a URL, the hub. What arrives is complete and checked, or nothing does."""

import hashlib
import shutil
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from closerlook.corpora.download import CHUNK, INSTEAD, download, write
from closerlook.corpora.hub import fetch_hub
from closerlook.corpora.sources import suffix_of
from closerlook.errors import InputError
from closerlook.files import staged

__all__ = ["fetch_corpus", "fetch_file", "fetch_hub", "fetch_saved"]


def fetch_corpus(corpus, folder, local):
    """Fetch both splits of a corpus.

    Parameters
    ----------
    corpus : dict
        As the config has it: `format`, `train` and `test`, and the keys that this format and its splits have
        (`closerlook.corpora.formats`).
    folder : path
        Where to write them: as train and test, with the suffix that gives their type, or as folders.
    local : dict of str to list of path
        The files that a split's `path` stands for (`closerlook.corpora.sources.files_of`).

    Returns
    -------
    dict
        For each split what `fetch_file`, `fetch_hub` or `fetch_saved` return.

    Raises
    ------
    InputError
        As they do.
    """
    folder, fetched, done = Path(folder), {}, {}
    for split in ("train", "test"):
        source = corpus[split]
        origin = source.get("path") or source.get("url")
        if corpus["format"] == "hub":
            fetched[split] = fetch_hub(
                corpus["name"],
                corpus.get("revision"),
                source["split"],
                folder / f"{split}.parquet",
                config_name=corpus.get("config_name"),
            )
        elif len(local[split]) > 1:
            fetched[split] = fetch_saved(origin, local[split], folder / split)
        else:
            suffix = suffix_of(source.get("path"), source.get("url"), source.get("type")) or f".{corpus['format']}"
            dest = folder / f"{split}{suffix}"
            if origin in done and source.get("sha256") in (None, fetched["train"]["sha256"]):  # both splits in one file
                shutil.copyfile(done[origin], dest)
                fetched[split] = fetched["train"]
            else:
                from_here = Path(local[split][0]) if source.get("path") else origin
                fetched[split] = fetch_file(from_here, dest, source.get("sha256")) | {"source": origin}
                done[origin] = dest
    return fetched


def fetch_saved(source, files, dest):
    """Copy the files of a saved data set to the folder `dest`.

    Returns
    -------
    dict
        `source`, the number of `bytes`, and `sha256`, over the files' names and checksums.
    """
    size, whole = 0, hashlib.sha256()
    with staged(dest) as part:
        part.mkdir(parents=True, exist_ok=True)
        for file in map(Path, files):
            found = fetch_file(file, part / file.name)
            size += found["bytes"]
            whole.update(f"{file.name} {found['sha256']}\n".encode())
    return {"source": source, "sha256": whole.hexdigest(), "bytes": size}


def fetch_file(source, dest, sha256=None, *, timeout=30, waits=(1, 2, 4)):
    """Copy or download a file.

    Parameters
    ----------
    source : path or str
        A local path, or as a text also a URL that starts with http://, https:// or file://.
    dest : path
        The file to write; it is there only once it is complete and its checksum is right.
    sha256 : str, optional
        The expected SHA-256, as hex.
    timeout : float
        Seconds without an answer, or without another byte, after which an attempt is given up.
    waits : sequence of float
        Seconds to wait before each further attempt, after a failure that may pass: no connection, a busy server,
        a download that breaks off.

    Returns
    -------
    dict
        `source`, `sha256` and `bytes` of what was fetched.

    Raises
    ------
    InputError
        If there is no such file, no network, no complete answer, or a checksum other than expected.
    """
    is_path, source = isinstance(source, Path), str(source)
    with staged(dest) as part:
        try:
            scheme = "" if is_path else urlsplit(source).scheme
        except ValueError as error:
            raise InputError(f"{source}: not a URL ({error}): correct it, {INSTEAD}.") from error
        if scheme in ("http", "https"):
            found, size = download(source, part, timeout, waits)
        elif is_path or scheme == "file" or "://" not in source:
            path = Path(url2pathname(urlsplit(source).path) if scheme == "file" else source)
            try:
                with open(path, "rb") as file:
                    found, size = write(iter(lambda: file.read(CHUNK), b""), part, path.stat().st_size, source)
            except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
                raise InputError(f"{path}: cannot be read ({error.strerror}): correct the path.") from error
        else:
            raise InputError(f"{source}: cannot fetch from {scheme}://: use http, https or file, {INSTEAD}.")
        if sha256 and found != sha256.lower():
            raise InputError(
                f"{source}: the SHA-256 is {found}, expected {sha256}: if the file has changed for a good reason, "
                f"put the new checksum into the config, otherwise correct the source, {INSTEAD}."
            )
    return {"source": source, "sha256": found, "bytes": size}
