"""What happens around a job's one library call: its log, and its errors."""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
import traceback
from pathlib import Path

from closerlook.errors import InputError

ENVIRONMENT = {  # what is not the code's fault, and what to do
    os.strerror(errno.ENOSPC): "free some space there",
    os.strerror(errno.EDQUOT): "free some space there, or have your quota raised",
    os.strerror(errno.EROFS): "make it writable",
}
PR_SET_PDEATHSIG = 1  # of Linux: the signal that a process gets when the one that started it ends


@contextlib.contextmanager
def logged(path):
    """Send everything that the block prints, progress bars included, to the file `path`.

    An `InputError`, a full disk or a read-only one ends the process with one sentence, any other error with its
    traceback, in the log or, where that cannot be written, in the terminal; an interruption (Ctrl-C, SIGTERM) with one
    word. The end of the process that started this one is an interruption too: a job whose Snakemake was killed would
    write beside the one that the next Snakemake starts.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    terminal = os.dup(2)
    with open(path, "w", buffering=1, encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)  # the descriptors, so that C libraries and child processes write there too
        os.dup2(log.fileno(), 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.captureWarnings(True)
    signal.signal(signal.SIGTERM, _interrupt)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        yield
    except InputError as error:
        _end(f"Error: {error}", terminal)
    except (Exception, KeyboardInterrupt) as error:
        chain: list[BaseException] = [error]
        while cause := chain[-1].__cause__ or chain[-1].__context__:
            chain.append(cause)
        if any(isinstance(one, KeyboardInterrupt) for one in chain):  # also one that cleaning up ran into
            _end("Interrupted.", terminal, 130)  # what shells report for it
        _end(_environment(chain, Path(path).parent) or traceback.format_exc().rstrip(), terminal)


def _interrupt(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # more would come, one for each thread of the process that ended
    raise KeyboardInterrupt


def _environment(chain, folder):
    """The sentence on errors whose cause is the machine's, or None; `folder` is where, if none of them knows."""
    for error in chain:
        for trouble, remedy in ENVIRONMENT.items():
            if trouble in str(error):  # libraries that are not Python's raise errors of their own kinds
                where = getattr(error, "filename", None) or folder
                return f"Error: {trouble}: {where}: {remedy}, then give the same command again."
    return None


def _end(text, terminal, status=1):
    """End the process with a text in its log, or in the terminal if the log's disk is full."""
    line = f"{text}\n".encode()
    for descriptor in (2, terminal):
        with contextlib.suppress(OSError):
            if os.write(descriptor, line) == len(line):
                break
    sys.exit(status)
