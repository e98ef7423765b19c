"""Hands a machine's GPUs to its jobs, each to as many as are allowed at a time; the kernel takes them back."""

import contextlib
import fcntl
import logging
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from closerlook.errors import InputError

LOCKS = Path("/tmp/closerlook-gpus")  # of all users of the machine, whatever their TMPDIR is
SHARED = "JOBS_PER_GPU"
BATCH = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")  # in a batch job, device 0 is the first of its own


@contextlib.contextmanager
def one_gpu(wanted=1, poll=0.5):
    """Run a block with one GPU to itself: CUDA_VISIBLE_DEVICES names it, and no other block has it at the same time.

    Snakemake's `--resources gpu=2` counts jobs but tells none of them which device is its own. Here a job takes a file
    lock (`flock`) per device, waiting for one where all are taken; the kernel releases it when the process ends,
    however it ends. The choice is among the devices that CUDA_VISIBLE_DEVICES names already, as a cluster sets it, or
    else among all. The environment variable JOBS_PER_GPU says how many jobs may share a device (default 1). Call it
    before torch looks for devices.

    Parameters
    ----------
    wanted : int
        0 hides all GPUs. Where there is no GPU the block runs without one, whatever is wanted.
    poll : float
        Seconds between two tries.

    Raises
    ------
    InputError
        JOBS_PER_GPU is not a positive number.
    """
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = devices() if wanted else []
    with contextlib.ExitStack() as held:
        if not wanted:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        elif found:
            os.environ["CUDA_VISIBLE_DEVICES"] = device = _take(found, held, poll)
            logging.info("GPU %s", device)
        try:
            yield
        finally:
            os.environ.pop("CUDA_VISIBLE_DEVICES", None)
            if before is not None:
                os.environ["CUDA_VISIBLE_DEVICES"] = before


def devices():
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; empty where there are none."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        names = [name.strip() for name in visible.split(",")]
        return names[: names.index("-1")] if "-1" in names else [name for name in names if name]  # as CUDA reads it
    if shutil.which("nvidia-smi"):
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
        return re.findall(r"^GPU (\d+):", listed, re.MULTILINE)
    return sorted((f.name.removeprefix("nvidia") for f in Path("/dev").glob("nvidia[0-9]*")), key=int)


def _take(names, held, poll):
    """Lock a place on one of the devices, an empty one before one that others have; `held` releases it."""
    places = os.environ.get(SHARED, "1")
    if not re.fullmatch(r"[1-9]\d*", places):
        raise InputError(f"{SHARED}: `{places}` is not a number of jobs; write 1, or 2 where two jobs fit on a GPU.")
    batch = next((f"{os.environ[name]}." for name in BATCH if os.environ.get(name)), "")
    waiting = False
    while True:
        for place in range(int(places)):
            for name in names:
                if (lock := _lock(f"{batch}{name}.{place}")) is not None:
                    held.callback(os.close, lock)
                    return name
        if not waiting:
            logging.info("waiting for a GPU: %s taken", ", ".join(names))
            waiting = True
        time.sleep(poll)


def _lock(name):
    """The descriptor of a locked file, or None where another process has it."""
    with contextlib.suppress(FileExistsError):
        LOCKS.mkdir()
        LOCKS.chmod(0o1777)
    path = LOCKS / name
    with contextlib.suppress(FileExistsError):
        new = os.open(path, os.O_CREAT | os.O_EXCL)
        os.fchmod(new, 0o644)
        os.close(new)
    lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)  # another user's file: readable, and that is enough to lock it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
