"""Checkpoints that are trusted only if they are whole and were made for the same run."""

import logging
import shutil
from pathlib import Path

from closerlook.files import read_json, sha256, write_json

log = logging.getLogger(__name__)
SEAL = "sealed.json"


def seal(checkpoint, run):
    """Declare a checkpoint folder complete: note the digest of every file, and the run that it belongs to."""
    checkpoint = Path(checkpoint)
    files = {p.name: sha256(p) for p in sorted(checkpoint.iterdir()) if p.is_file() and p.name != SEAL}
    write_json(checkpoint / SEAL, {"run": run, "files": files})


def update_of(checkpoint):
    """The update after which a checkpoint was made."""
    return int(Path(checkpoint).name.split("-")[1])


def prune(folder, n):
    """Keep the newest n checkpoints of a folder."""
    for old in sorted(Path(folder).glob("checkpoint-*"), key=update_of)[:-n]:
        shutil.rmtree(old)


def latest(folder, run):
    """Find the newest checkpoint to resume from.

    Parameters
    ----------
    folder : path
        The folder of `checkpoint-{update}` folders. What cannot be used is deleted, with a warning; the whole folder,
        if nothing in it can be.
    run : str
        Says what the run computes; a checkpoint of another run is of no use.

    Returns
    -------
    Path or None
    """
    found = sorted(Path(folder).glob("checkpoint-*"), key=update_of, reverse=True)
    whole = []
    for checkpoint in found:
        if trouble := _trouble(checkpoint, run):
            log.warning("%s: %s; it is not used", checkpoint, trouble)
            shutil.rmtree(checkpoint)
        else:
            whole.append(checkpoint)
    if not whole:
        shutil.rmtree(folder, ignore_errors=True)
    return whole[0] if whole else None


def _trouble(checkpoint, run):
    try:
        note = read_json(checkpoint / SEAL)
        if note["run"] != run:
            return "made by another recipe, seed, model or task"
        if any(sha256(checkpoint / name) != digest for name, digest in note["files"].items()):
            return "damaged"
    except (OSError, ValueError, KeyError):
        return "incomplete"
    return None
