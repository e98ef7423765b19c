"""Geometry is compiled once: at setup, or by the first job while the others wait, and by no job of a later study."""

import contextlib
import fcntl
import hashlib
import logging
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding
import numba

from closerlook.probes.compiled import FUNCTIONS

REHEARSAL = "closerlook.probes.rehearsal"  # by name: an edit there is no reason to run a job again
NOTE = "compiled"
PACKAGE = Path(__file__).resolve().parents[1]


def ready():
    """Compile what jobs use of the probes that have been imported, unless the cache has it.

    Which it has is noted in the cache itself; a lock, released by the kernel however a process ends, lets one process
    compile while others wait. Where no cache can be written, each job compiles for itself.
    """
    folder = cache()
    if folder is None or _noted(folder):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / f"{NOTE}.lock", "w")
    except OSError:  # read-only: with what a read-only cache has
        return
    with lock:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        if _noted(folder):
            return
        logging.info("compiling the geometry, once: a minute")
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        done = subprocess.run([sys.executable, "-m", REHEARSAL], env=os.environ | {"PYTHONPATH": path})
        if done.returncode == 0:  # else a job compiles for itself, and says what is wrong
            (folder / NOTE).write_text(_state(), encoding="utf-8")


def cache():
    """Where numba keeps what it compiles, beside the code or in NUMBA_CACHE_DIR; None where it keeps nothing."""
    paths = (f.stats.cache_path for f in FUNCTIONS if hasattr(f, "stats"))  # a plain function with NUMBA_DISABLE_JIT
    return next((Path(path) for path in paths if path), None)


def _noted(folder):
    try:
        return (folder / NOTE).read_text(encoding="utf-8") == _state()
    except OSError:
        return False


def _state():
    """What numba's cache depends on: the code's files, by time and size, numba itself, and the processor."""
    files = [(f.name, f.stat().st_mtime, f.stat().st_size) for f in sorted((PACKAGE / "probes").rglob("*.py"))]
    machine = (
        numba.__version__,
        llvmlite.binding.get_host_cpu_name(),
        llvmlite.binding.get_host_cpu_features().flatten(),
    )
    return hashlib.sha256(repr((files, machine, sys.version)).encode()).hexdigest()


if __name__ == "__main__":
    import closerlook.probes.hulls.descent  # noqa: F401  (one that is compiled)

    ready()
