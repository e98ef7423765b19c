"""Downloads: what may be a passing failure is tried again, and what arrives is complete."""

import hashlib
import logging
import time
from pathlib import Path

from closerlook.errors import InputError

CHUNK = 1 << 16  # bytes
LARGE = 20 << 20  # bytes from which a progress bar is shown
BUSY = (429, 500, 502, 503, 504)  # answers that may differ a moment later
INSTEAD = "or get the file by other means and give it as a local `path:`"

log = logging.getLogger(__name__)


class _Passing(Exception):
    """A failure that may be gone at the next attempt."""


def download(url, path, timeout, waits):
    """Download to `path`, again if a failure may pass; the SHA-256 and the number of bytes."""
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
            found, size = write(answer.iter_content(CHUNK), path, total, url)
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


def write(chunks, path, total, name):
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
