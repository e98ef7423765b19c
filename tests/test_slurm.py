"""A study on a real Slurm with two pretended GPUs, where one job is cancelled and another killed."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace

import pytest
import yaml
from small_study import BERT, ROOT, command

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="Slurm's daemons need root")]

SLURM = ROOT / "tests/slurm/slurm.sh"
STUDY = {
    "corpora": {"g": {"format": "grammar", "n_train": 60, "n_test": 40, "n_text": 200}},
    "tasks": {"role": {"corpus": "g", "kind": "word", "label": "misc.Role"}},
    "models": {"m": {"pretrain": {**BERT, "steps": 10}}},
    "seeds": [0, 1],
    "layers": [-1],
    "finetune": {"epochs": 30},  # a few seconds, in which a job can be caught
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 2, "max_iter": 5}},
}
PROBES = "results/probes/{}/m/original/role"
BEGUN = [f"{PROBES.format('classifier')}/layer1.json"]
BEGUN += [f"{PROBES.format('direct')}/{split}/layer1.json" for split in ("train", "test")]
TABLES = ["results/tables/table7.csv", "results/tables/clusters.csv"]
FINETUNE, EMBED = "rule_finetune_wildcards_m_role_seed", "rule_embed_wildcards_m_role.seed"  # Slurm's comments on jobs
LIMITS = ["--set-threads", "finetune=1", "embed=1", "pretrain=1", "--set-resources", "finetune:mem_mb=1500*attempt"]
LIMITS += ["finetune:runtime=7*attempt"]


def snakemake(folder, targets, *arguments, nice=0):
    """Start Snakemake on the project's Snakefile in a folder of its own."""
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(["nice", f"-n{nice}", *command(*arguments), *LIMITS, "--", *targets], cwd=folder, **output)


def on_slurm(folder):
    """The same with the profile; the jobs' states are asked for more often than by default, every 40 s."""
    more = ["--slurm-init-seconds-before-status-checks", "4", "--default-resources", "slurm_partition=pretended"]
    return snakemake(folder, TABLES, "--profile", ROOT / "profiles/slurm", *more)


def scontrol(*arguments):
    return subprocess.run(["scontrol", *arguments], capture_output=True, text=True, check=True).stdout.splitlines()


def slurm_jobs():
    """What Slurm knows of its jobs: a dict for each submission, in their order."""
    lines = scontrol("show", "job", "--details", "--oneliner")
    return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if line.startswith("JobId=")]


def cancel(job):
    subprocess.run(["scancel", job], check=True)


def kill(job):
    """Kill all processes of a job: the batch script, the two Snakemakes in it, the rule's script."""
    for line in scontrol("listpids", job)[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(line.split()[0]), signal.SIGKILL)


def watch(folder, over, devices):
    """Note which device each job is given, and end either fine-tuning once, after its first checkpoint."""
    ends = {f"{FINETUNE}0": cancel, f"{FINETUNE}1": kill}
    while not over.wait(0.3):
        for job in slurm_jobs():
            if job["JobState"] != "RUNNING":
                continue
            if index := re.search(r"IDX:(.*)\)", job.get("GRES", "")):
                devices[job["JobId"]] = index[1]
            checkpoints = f"results/runs/m/role.seed{job['Comment'][-1]}.checkpoints"
            if job["Comment"] in ends and list(folder.glob(f"{checkpoints}/checkpoint-*/sealed.json")):
                ends.pop(job["Comment"])(job["JobId"])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of which one machine made what comes before fine-tuning, then twice the rest: Slurm, and that machine."""
    daemons, cluster, local = (tmp_path_factory.mktemp(name) for name in ("daemons", "cluster", "local"))
    (local / "study.yaml").write_text(yaml.safe_dump(STUDY))
    beginning = snakemake(local, BEGUN, "--cores", "2")
    started = subprocess.run([SLURM, "start", daemons], capture_output=True, text=True)
    log = beginning.communicate()[0]
    if started.returncode == 77:
        pytest.skip(started.stderr.strip())
    assert started.returncode == 0, started.stderr
    try:
        assert beginning.returncode == 0, log
        shutil.copytree(local, cluster, dirs_exist_ok=True, symlinks=True)
        over, devices = threading.Event(), {}
        watcher = threading.Thread(target=watch, args=(cluster, over, devices))
        watcher.start()
        runs = [on_slurm(cluster), snakemake(local, TABLES, "--cores", "2", nice=19)]
        try:
            logs = [run.communicate(timeout=1200)[0] for run in runs]
        finally:
            over.set()
            watcher.join()
            for run in runs:
                run.kill()
        assert [run.returncode for run in runs] == [0, 0], "\n".join(logs)
        yield SimpleNamespace(cluster=cluster, local=local, log=logs[0], jobs=slurm_jobs(), devices=devices)
    finally:
        subprocess.run([SLURM, "stop", daemons], check=True)


def submissions(study, pattern=""):
    """The submissions of each rule or group whose comment a pattern matches, in their order."""
    found = defaultdict(list)
    for job in study.jobs:
        if re.match(pattern, job["Comment"]):
            found[job["Comment"]].append(job)
    return found


def asked(job):
    """CPUs, MB of memory and minutes that a job asked for."""
    cpus, memory = re.match(r"cpu=(\d+),mem=(\d+)M,", job["TRES"]).groups()
    hours, minutes, _ = job["TimeLimit"].split(":")
    return int(cpus), int(memory), 60 * int(hours) + int(minutes)


def test_a_study_survives_a_cancelled_and_a_killed_job(study):
    ended = {comment: [job["JobState"] for job in jobs] for comment, jobs in submissions(study).items()}
    assert ended.pop(f"{FINETUNE}0") == ["CANCELLED", "COMPLETED"]
    assert ended.pop(f"{FINETUNE}1") == ["FAILED", "COMPLETED"]
    assert {state for states in ended.values() for state in states} == {"COMPLETED"}


@pytest.mark.parametrize("seed", STUDY["seeds"])
def test_a_resubmitted_job_asks_for_twice_as_much_and_goes_on_where_it_was(study, seed):
    assert [asked(job) for job in submissions(study)[f"{FINETUNE}{seed}"]] == [(1, 1500, 7), (1, 3000, 14)]
    metrics = json.loads((study.cluster / f"results/runs/m/role.seed{seed}/metrics.json").read_text())
    assert 0 < metrics["resumed_from"] < metrics["n_updates"]


def test_each_gpu_job_has_a_gpu_to_itself(study):
    gpu_jobs = [job for jobs in submissions(study, "rule_(finetune|embed)_wild").values() for job in jobs]
    assert [job["TresPerJob"] for job in gpu_jobs] == ["gres:gpu:1"] * (2 * 2 + 2)
    assert {job["JobId"] for job in study.jobs if "TresPerJob" in job} == {job["JobId"] for job in gpu_jobs}
    turns = defaultdict(list)
    for job in gpu_jobs:
        turns[study.devices[job["JobId"]]].append((job["StartTime"], job["EndTime"]))
    assert set(turns) == {"0", "1"}
    for times in turns.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(times)))


@pytest.mark.parametrize("seed", STUDY["seeds"])
def test_a_job_uses_the_gpu_that_slurm_gave_it(study, seed):
    logs = {
        f"{FINETUNE}{seed}": f"finetune/m/role.seed{seed}",
        f"{EMBED}{seed}_role": f"embed/m/role.seed{seed}/role",
    }
    for comment, log in logs.items():
        device = study.devices[submissions(study)[comment][-1]["JobId"]]
        assert f"INFO GPU {device}\n" in (study.cluster / f"results/logs/{log}.log").read_text()


def test_small_jobs_share_a_submission(study):
    jobs = submissions(study)
    assert list(map(asked, jobs["rule_geometry_probe_direct"])) == [(4, 16000, 60)]
    assert list(map(asked, jobs["rule_classifier_probe_classifier"])) == [(2, 8000, 120)]
    assert list(map(asked, jobs["rule_tables_table"])) == [(2, 4000, 10)]  # `spaces`, then two at once
    n_jobs = int(re.search(r"^total +(\d+)$", study.log, re.MULTILINE)[1])
    assert n_jobs == 2 + 2 + 2 + 4 + 3  # fine-tunings, spaces, classifier probes, DirectProbe's, tables
    assert len(study.jobs) == 2 * 2 + 2 + 1 + 1 + 1


@pytest.mark.parametrize("file", [*TABLES, *(f"results/runs/m/role.seed{s}/model.safetensors" for s in (0, 1))])
def test_a_cluster_gives_what_one_machine_gives(study, file):
    assert (study.cluster / file).read_bytes() == (study.local / file).read_bytes()


def test_nothing_is_left_half_written(study):
    assert not list(study.cluster.rglob("*.part*")) and not list((study.cluster / "results").rglob("*.checkpoints"))


def test_a_finished_study_has_nothing_to_do(study):
    again = on_slurm(study.cluster)
    assert "Nothing to be done" in again.communicate()[0] and again.returncode == 0
