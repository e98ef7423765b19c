"""Corpora from where they are: a path, a URL, the hub. What arrives is complete and checked, or nothing does."""

import hashlib
import logging
import tempfile
import time
from pathlib import Path
from textwrap import shorten
from urllib.parse import urlsplit
from urllib.request import url2pathname

from closerlook.errors import InputError
from closerlook.files import sha256 as digest_of
from closerlook.files import staged

CHUNK = 1 << 16  # bytes
LARGE = 20 << 20  # bytes from which a progress bar is shown
BUSY = (429, 500, 502, 503, 504)  # answers that may be another a moment later
INSTEAD = "or get the file by other means and give it as a local `path:`"

log = logging.getLogger(__name__)


class _Passing(Exception):
    """A failure that may be gone at the next attempt."""


def fetch_file(source, dest, sha256=None, *, timeout=30, waits=(1, 2, 4)):
    """Copy or download a file.

    Parameters
    ----------
    source : path or str
        A local path, or a URL that starts with http://, https:// or file://.
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
        If there is no such file, no network, no complete answer, or another checksum than expected.
    """
    source = str(source)
    with staged(dest) as part:
        try:
            scheme = urlsplit(source).scheme
        except ValueError as error:
            raise InputError(f"{source}: no URL ({error}): correct it, {INSTEAD}.") from error
        if scheme in ("http", "https"):
            found, size = _download(source, part, timeout, waits)
        elif scheme == "file" or "://" not in source:
            path = Path(url2pathname(urlsplit(source).path) if scheme == "file" else source)
            try:
                with open(path, "rb") as file:
                    found, size = _write(iter(lambda: file.read(CHUNK), b""), part, path.stat().st_size, source)
            except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
                raise InputError(f"{path}: cannot be read ({error.strerror}): correct the path.") from error
        else:
            raise InputError(f"{source}: cannot fetch from {scheme}://: use http, https or file, {INSTEAD}.")
        if sha256 and found != sha256.lower():
            raise InputError(
                f"{source}: the SHA-256 is {found}, expected {sha256}: if the file has changed for good reason, "
                f"put the new checksum into the config, otherwise correct the source, {INSTEAD}."
            )
    return {"source": source, "sha256": found, "bytes": size}


def _write(chunks, path, total, name):
    """Write chunks of bytes to `path`; their SHA-256 and number of bytes."""
    from tqdm import tqdm

    digest, size = hashlib.sha256(), 0
    with (
        open(path, "wb") as file,
        tqdm(total=total, unit="B", unit_scale=True, desc=Path(name).name, disable=(total or 0) < LARGE) as bar,
    ):
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            bar.update(len(chunk))
    return digest.hexdigest(), size


def _download(url, path, timeout, waits):
    """Download to `path`, again if a failure may pass."""
    for wait in (*waits, None):
        try:
            return _attempt(url, path, timeout)
        except _Passing as error:
            if wait is None:
                raise InputError(f"{url}: {error}: try again later, {INSTEAD}.") from error
            log.warning("%s: %s; another attempt in %g s", url, error, wait)
            time.sleep(wait)


def _attempt(url, path, timeout):
    import requests

    total = None
    try:
        # identity: as the file is, so that Content-Length is its length
        with requests.get(url, stream=True, timeout=timeout, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code in BUSY:
                raise _Passing(f"the server answers {answer.status_code} {answer.reason}")
            if not answer.ok:
                raise InputError(
                    f"{url}: the server answers {answer.status_code} {answer.reason}: correct the URL, {INSTEAD}."
                )
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() and "Content-Encoding" not in answer.headers else None
            found, size = _write(answer.iter_content(CHUNK), path, total, url)
    except requests.exceptions.ChunkedEncodingError as error:
        how_far = f"after {answer.raw.tell()} of {total} bytes" if total else "half-way"
        raise _Passing(f"the download broke off {how_far}") from error
    except requests.exceptions.SSLError as error:
        raise InputError(f"{url}: no secure connection ({_root(error)}): correct the URL, {INSTEAD}.") from error
    except requests.exceptions.Timeout as error:
        raise _Passing(f"no answer within {timeout:g} s") from error
    except requests.exceptions.ConnectionError as error:
        raise _Passing(f"no connection ({_root(error)})") from error
    except (requests.exceptions.RequestException, UnicodeError) as error:
        raise InputError(f"{url}: cannot be fetched ({_root(error)}): correct the URL, {INSTEAD}.") from error
    if total not in (None, size):
        raise _Passing(f"the download broke off after {size} of {total} bytes")
    return found, size


def _root(error):
    """What the operating system, or the innermost library, said first."""
    while error.__context__:
        error = error.__context__
    return getattr(error, "strerror", None) or error


def fetch_hub(name, revision, split, dest, config_name=None):
    """Fetch one split of a data set of the Hugging Face hub as a Parquet file.

    Parameters
    ----------
    name : str
        The data set's id, as in "CogComp/trec".
    revision : str or None
        A branch, tag or commit; None is the main branch. What it means today is looked up and recorded.
    split : str
        Also a slice, as `datasets` understands it.
    dest : path
        The file to write, ending in .parquet.
    config_name : str, optional
        The configuration, for data sets that have several.

    Returns
    -------
    dict
        `source` ("hub:NAME"), `config_name`, `split`, `revision` (the commit), and `sha256` and `bytes` of `dest`.

    Raises
    ------
    InputError
        If the hub cannot be reached, or does not have this data set, revision, configuration or split.
    """
    import datasets
    from huggingface_hub import HfApi

    dest = Path(dest)
    with staged(dest) as part, tempfile.TemporaryDirectory(dir=dest.parent, prefix=".hub") as cache:
        try:
            commit = HfApi().dataset_info(name, revision=revision, timeout=30).sha
            made = datasets.load_dataset(name, config_name, split=split, revision=commit, cache_dir=cache)
            made.to_parquet(part)
        except Exception as error:  # from four libraries, with no base in common
            what = " ".join(filter(None, (name, config_name, split, revision and f"at {revision}")))
            reason = shorten(str(error) or type(error).__name__, 240)
            raise InputError(
                f"hub data set {what}: cannot be fetched ({reason}): check its name and your network, "
                "or give its files as a local `path:` in format `table`."
            ) from error
        size, found = part.stat().st_size, digest_of(part)
    source = {"source": f"hub:{name}", "config_name": config_name, "split": split, "revision": commit}
    return source | {"sha256": found, "bytes": size}
