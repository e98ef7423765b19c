"""Files that are either complete or absent, and their digests."""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
from pathlib import Path

from closerlook.errors import InputError


@contextlib.contextmanager
def staged(path):
    """Yield a path beside `path` to write to; it takes `path`'s place when the block ends without an error.

    Whatever is written there may be a file or a folder; files get the umask's mode. A folder's files are moved into
    `path` one by one (it may exist already, as the parent of a job's outputs), names ending in `.json` last, since
    those say "complete". What a process left there that was killed is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.part[0-9]*"):
        if not _alive(int(left.name.rpartition(".part")[2])):
            _remove(left)
    part = path.with_name(f".{path.name}.part{os.getpid()}")
    try:
        yield part
        _open_to(part)
        if part.is_dir():
            path.mkdir(exist_ok=True)
            for item in sorted(part.iterdir(), key=lambda p: (p.suffix == ".json", p.name)):
                if (path / item.name).is_dir():
                    shutil.rmtree(path / item.name)
                os.replace(item, path / item.name)
        else:
            os.replace(part, path)
    except OSError as error:
        error.filename = error.filename or str(path)  # no write says which file it was for
        raise
    finally:
        _remove(part)


def save_arrays(path, arrays):
    """Write arrays, by their names, as a compressed `.npz` file that is either complete or absent."""
    import numpy as np

    with staged(path) as part, open(part, "wb") as file:
        np.savez_compressed(file, **arrays)


def _open_to(path):
    """Give files the mode that the umask wants: some libraries write for the owner alone."""
    umask = os.umask(0)
    os.umask(umask)
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if file.is_file():
            file.chmod(0o666 & ~umask)


@contextlib.contextmanager
def alone(path):
    """Keep other processes from working in `path`, a folder or a file that need not exist yet, during a block.

    The lock is on a file beside it; the kernel releases it when the process ends, however it ends.

    Raises
    ------
    InputError
        Another process, which is named, has the lock.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.lock")
    with _lock(place, path):
        try:
            yield
        finally:
            place.unlink(missing_ok=True)


def _lock(place, path):
    """Open and lock the file `place`."""
    while True:
        lock = open(place, "a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                lock.seek(0)
                raise InputError(
                    f"{path}: {lock.read() or 'another process'} is at work there, maybe left behind by a Snakemake "
                    "that was killed: let it end, or end it, and give the same command again."
                ) from None
        except OSError:
            pass  # a file system without locks
        if os.fstat(lock.fileno()).st_nlink:
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {os.uname().nodename}")
            lock.flush()
            return lock
        lock.close()  # removed in the meantime, by the process that had it


def writable(folder):
    """Check that `folder`, which need not exist yet, can be written to; an `InputError` where it cannot."""
    folder = Path(folder).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{there}: cannot be written to: make it writable, or give another folder as the results'.")


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _alive(pid):
    """Whether this machine has a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def write_json(path, value):
    """Write `value` as JSON with stable key order; NaN and infinities are refused, since they are not JSON."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with staged(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256(path):
    """SHA-256 of a file's bytes, as hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
