"""GPUs are handed to one job each, whatever becomes of the jobs."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from closerlook.errors import InputError
from closerlook.jobs import gpus

ROOT = Path(__file__).resolve().parent.parent

# An abstract socket is bound to one process at a time, and the kernel frees it too: the witness that no device has two.
JOB = """
import os, socket, sys, time
from pathlib import Path
from closerlook.jobs import gpus
gpus.LOCKS = Path(sys.argv[1])
with gpus.one_gpu(poll=0.01):
    device = os.environ["CUDA_VISIBLE_DEVICES"]
    witness = socket.socket(socket.AF_UNIX)
    try:
        witness.bind(f"\\0{sys.argv[1]}.{device}")
        print("on", device, flush=True)
    except OSError:
        print("two on", device, flush=True)
    time.sleep(float(sys.argv[2]))
    witness.close()
"""


@pytest.fixture(autouse=True)
def locks(tmp_path, monkeypatch):
    monkeypatch.setattr(gpus, "LOCKS", tmp_path / "locks")
    for name in ("CUDA_VISIBLE_DEVICES", gpus.SHARED, *gpus.BATCH):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "locks"


def start(locks, seconds, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", JOB, str(locks), str(seconds)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        env=os.environ | environment,
    )  # fmt: skip


def test_40_jobs_of_which_some_are_killed_never_meet_on_one_of_4_devices(locks):
    rng = random.Random(0)
    waiting = [rng.uniform(0.05, 0.2) for _ in range(40)]
    running, said, killed = [], [], 0
    while waiting or running:
        while waiting and len(running) < 6:  # more than devices, so that some wait
            running.append(start(locks, waiting.pop(), CUDA_VISIBLE_DEVICES="4,5,6,7"))
        time.sleep(0.02)
        if rng.random() < 0.1:
            victim = rng.choice(running)
            victim.send_signal(signal.SIGKILL)
        for job in [job for job in running if job.poll() is not None]:
            running.remove(job)
            killed += job.returncode == -signal.SIGKILL
            said.append(job.communicate()[0].strip())
    assert not [line for line in said if line.startswith("two")]
    assert 3 <= killed < 30  # some kills came in time, and most jobs lived
    assert sum(line.startswith("on") for line in said) >= 40 - killed
    assert set(Counter(said)) - {""} == {"on 4", "on 5", "on 6", "on 7"}


def test_a_job_waits_for_a_device_and_takes_it_from_a_killed_one(locks, monkeypatch):
    first = start(locks, 60, CUDA_VISIBLE_DEVICES="3")
    assert first.stdout.readline() == "on 3\n"
    second = start(locks, 0, CUDA_VISIBLE_DEVICES="3")
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(1)
    first.kill()
    assert second.communicate(timeout=10)[0] == "on 3\n"
    first.communicate()


def test_a_shared_device_is_given_twice_but_a_free_one_first(locks):
    jobs, said = [], []
    for _ in range(4):
        jobs.append(start(locks, 60, CUDA_VISIBLE_DEVICES="0,1", JOBS_PER_GPU="2"))
        said.append(jobs[-1].stdout.readline())
    for job in jobs:
        job.kill()
        job.communicate()
    assert said == ["on 0\n", "on 1\n", "two on 0\n", "two on 1\n"]


def test_two_batch_jobs_may_both_have_a_device_0(locks):
    """With cgroups, device 0 of one batch job is not device 0 of another: neither waits."""
    first = start(locks, 60, CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="7")
    assert first.stdout.readline() == "on 0\n"
    second = start(locks, 0, CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="8")
    assert second.stdout.readline() == "two on 0\n"  # the witness knows no batch jobs
    first.kill()
    first.communicate(), second.communicate()


@pytest.mark.parametrize(
    "visible, names",
    [("0,2", ["0", "2"]), ("GPU-8a,GPU-9b", ["GPU-8a", "GPU-9b"]), ("", []), ("-1", []), ("1,-1,0", ["1"])],
)
def test_the_devices_that_a_cluster_names_are_respected(monkeypatch, visible, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpus.devices() == names


def test_devices_are_counted_by_the_drivers_own_tool(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: GPU-1)'\necho '  MIG 1g'\necho 'GPU 1: A (UUID: GPU-2)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert gpus.devices() == ["0", "1"]


def test_no_gpu_is_no_obstacle_and_none_is_seen_where_none_is_wanted(locks, monkeypatch):
    monkeypatch.setattr(gpus, "devices", lambda: [])
    with gpus.one_gpu():
        assert "CUDA_VISIBLE_DEVICES" not in os.environ
    with gpus.one_gpu(0):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    assert "CUDA_VISIBLE_DEVICES" not in os.environ and not locks.exists()


def test_a_wrong_number_of_jobs_per_gpu_is_named(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv(gpus.SHARED, "0")
    with pytest.raises(InputError, match="JOBS_PER_GPU: `0`"), gpus.one_gpu():
        pass
