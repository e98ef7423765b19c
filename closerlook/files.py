"""Files that are either complete or absent, and their digests."""

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path


@contextlib.contextmanager
def staged(path):
    """Yield a path beside `path` to write to; it takes `path`'s place when the block ends without an error.

    Whatever is written there may be a file or a folder. A folder's files are moved into `path` one by one (it may
    exist already, as the parent of a job's outputs), names ending in `.json` last, since those say "complete".
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part{os.getpid()}")
    try:
        yield part
        if part.is_dir():
            path.mkdir(exist_ok=True)
            for item in sorted(part.iterdir(), key=lambda p: (p.suffix == ".json", p.name)):
                if (path / item.name).is_dir():
                    shutil.rmtree(path / item.name)
                os.replace(item, path / item.name)
        else:
            os.replace(part, path)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


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
