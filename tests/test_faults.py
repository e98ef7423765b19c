"""What goes wrong loses nothing: each fault happens to a real run, and the same command then completes the study."""

import contextlib
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from small_study import BERT, ROOT, command

from closerlook.encoders.training import STATE

pytestmark = pytest.mark.slow

STUDY = {
    "corpora": {"g": {"format": "grammar", "n_train": 40, "n_test": 24, "n_text": 120}},
    "tasks": {"role": {"corpus": "g", "kind": "word", "label": "misc.Role"}},
    "models": {"m": {"pretrain": {**BERT, "steps": 5}}},
    "seeds": [0],
    "layers": [-1],
    "finetune": {"epochs": 30, "batch_size": 8},  # a checkpoint each, for some seconds: long enough to be killed in
    "device": "cpu",
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 1, "max_iter": 3}},
}
TABLES = [f"results/tables/{name}.csv" for name in ("table7", "claims", "similarity")]  # and what these are made from
CHECKPOINTS = "results/runs/m/role.seed0.checkpoints"
METRICS = "results/runs/m/role.seed0/metrics.json"
LOG = "results/logs/finetune/m/role.seed0.log"
VECTORS = "results/embeddings/m/role.seed0/role/train/layer1.npy"
TASK = "results/tasks/role/summary.json"
UPDATES = 150  # 30 epochs of 40 sentences, 8 at a time
NO_MOUNT = "no right to mount a small disk"
TIMES = {"seconds", "clustering_seconds", "wall_seconds", "peak_memory_bytes", "resumed_from"}


def start(folder, *arguments, targets=TABLES):
    """Start Snakemake on the project's Snakefile in a folder of its own."""
    whole = command("--cores", "2", "--workflow-profile", ROOT / "profiles/default", *targets, *arguments)
    env = os.environ | {"NO_PROXY": "127.0.0.1"}
    return subprocess.Popen(whole, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end(process):
    """Wait for Snakemake; its exit status and all that it said."""
    text, _ = process.communicate(timeout=900)
    return process.returncode, text


def snakemake(folder, *arguments, **keys):
    return end(start(folder, *arguments, **keys))


def completes(folder):
    status, text = snakemake(folder)
    assert status == 0, text


def until(condition, seconds=600):
    """Wait until a condition holds, looking often; return what it says."""
    over = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < over
        time.sleep(0.002)
    return found


def job_of(folder, script):
    """The process that runs a script for the Snakemake of a folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            *_, last = file.read_text().rstrip("\0").split("\0")
            if last.startswith(f"{folder}/.snakemake/scripts/") and last.endswith(f".{script}.py"):
                found.append(int(file.parent.name))
    (pid,) = found
    return pid


def ended(pid):
    """Whether a process has ended, though nobody may have asked for its exit status yet."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def checkpoints(folder):
    """The updates of the checkpoints that are whole."""
    seals = (folder / CHECKPOINTS).glob("checkpoint-*/sealed.json")
    return sorted(int(seal.parent.name.split("-")[1]) for seal in seals)


def content(path):
    """What a result says, times apart."""
    if path.suffix == ".json":
        return json.loads(path.read_text(), object_hook=lambda d: {k: v for k, v in d.items() if k not in TIMES})
    if path.name == "spaces.csv":
        return pd.read_csv(path).drop(columns=["direct_seconds", "classifier_seconds"]).to_csv()
    return path.read_bytes()


def outputs(folder):
    """The results that are there, by their paths; hidden files, what checkpoints hold and the config are none."""
    results = folder / "results"
    paths = [path.relative_to(results) for path in results.rglob("*") if path.is_file()]
    return {
        path
        for path in paths
        if path.parts[0] not in ("logs", "benchmarks", "ballast", "config.yaml")
        and not any(part.startswith(".") or part.endswith(".checkpoints") for part in path.parts)
    }


def pretenders(folder, undisturbed):
    """The results that look finished but are not what they are in the undisturbed study."""
    known = outputs(undisturbed)
    return {
        path
        for path in outputs(folder)
        if path not in known or content(folder / "results" / path) != content(undisturbed / "results" / path)
    }


def assert_says(text, *sentences):
    for sentence in sentences:
        assert re.search(sentence, text), text
    assert "Traceback" not in text, text


def fill(folder, left):
    """Write a file that takes all of a disk but some bytes; deleting it makes room."""
    disk = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(disk.f_bavail * disk.f_bsize - left))
    return folder / "ballast"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A study that nothing goes wrong with."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    completes(folder)
    return folder


# One study that six things happen to, one after the other; after each the command is given again, which goes on. Each
# fixture lets one thing happen and returns what was seen then: starting anew for each would take too long.


@pytest.fixture(scope="module")
def study(undisturbed, tmp_path_factory):
    """The study before its fine-tuning, its results on a small disk of their own where that can be had."""
    folder = tmp_path_factory.mktemp("study")
    results = folder / "results"
    results.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", results], capture_output=True)
    shutil.copytree(undisturbed, folder, dirs_exist_ok=True)
    for made_of_tuned in ("*/m/role.seed0*", "*/*/m/role.seed0*", "tables"):
        for path in results.glob(made_of_tuned):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    yield folder
    if not mounted.returncode:
        subprocess.run(["umount", "--lazy", results], check=True)


@pytest.fixture(scope="module")
def seen(study, undisturbed):
    """What is to be seen of the study at the moment."""

    def look(status=None, text=None):
        log = study / LOG
        return SimpleNamespace(
            status=status,
            text=text,
            outputs=outputs(study),
            pretenders=pretenders(study, undisturbed),
            log=log.read_text() if log.exists() else None,
        )

    return look


@pytest.fixture(scope="module")
def full_disk(study, seen):
    """There is room for the first checkpoint's weights, not for Adam's moments."""
    if not os.path.ismount(study / "results"):
        return None
    ballast = fill(study / "results", 80 * 1024)
    found = seen(*snakemake(study))
    ballast.unlink()
    return found


@pytest.fixture(scope="module")
def read_only(full_disk, study, seen):
    if full_disk is None:
        return None
    before = seen().outputs
    subprocess.run(["mount", "-o", "remount,ro", study / "results"], check=True)
    found = seen(*snakemake(study))
    subprocess.run(["mount", "-o", "remount,rw", study / "results"], check=True)
    assert found.outputs == before
    return found


@pytest.fixture(scope="module")
def killed_job(read_only, study, seen):
    """The fine-tuning gets a SIGKILL after its first checkpoint, as from the kernel when memory is short."""
    process = start(study)
    until(lambda: checkpoints(study))
    os.kill(job_of(study, "finetune"), signal.SIGKILL)
    return seen(*end(process))


@pytest.fixture(scope="module")
def killed_snakemake(killed_job, study, seen):
    """Snakemake gets a SIGKILL when the fine-tuning, which goes on, has made another checkpoint."""
    before = checkpoints(study)[-1]
    process = start(study)
    until(lambda: (checkpoints(study) or [0])[-1] > before)
    job = job_of(study, "finetune")
    process.kill()
    process.communicate()
    until(lambda: ended(job))
    found = seen()
    found.before, found.after = before, checkpoints(study)
    return found


@pytest.fixture(scope="module")
def locked(killed_snakemake, study):
    """What the command says to the lock that was left; then it is removed."""
    status, text = snakemake(study)
    assert snakemake(study, "--unlock")[0] == 0
    return status, text


@pytest.fixture(scope="module")
def damaged_checkpoint(locked, study, seen):
    """The newest checkpoint is cut short; then the fine-tuning comes to its end."""
    *_, older, newer = checkpoints(study)
    state = study / CHECKPOINTS / f"checkpoint-{newer}" / STATE
    os.truncate(state, state.stat().st_size // 2)
    found = seen(*snakemake(study, targets=[VECTORS]))
    found.older, found.newer = older, newer
    return found


@pytest.fixture(scope="module")
def not_finite(damaged_checkpoint, study, seen):
    """A vector gets a NaN in the file that holds it; then the file is deleted, and the study comes to its end."""
    file = study / VECTORS
    times, vectors = file.stat(), np.load(file)
    vectors[7, 3] = np.nan
    np.save(file, vectors)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = seen(*snakemake(study))
    file.unlink()
    completes(study)
    return found


def tuned(found):
    """The fine-tuned model's files among what a fault left."""
    return [path for path in found.outputs if path.parts[0] == "runs"]


def test_a_full_disk(full_disk):
    if full_disk is None:
        pytest.skip(NO_MOUNT)
    assert full_disk.status and not full_disk.pretenders and not tuned(full_disk)
    sentence = f"Error: No space left on device: {CHECKPOINTS}.*: free some space there, then give the same command"
    assert_says(full_disk.text, "Error in rule finetune:", "output: .*/role.seed0/", sentence)


def test_a_read_only_folder(read_only, study):
    if read_only is None:
        pytest.skip(NO_MOUNT)
    assert read_only.status and "Execute" not in read_only.text
    assert_says(read_only.text, f"{study}/results: cannot be written to: make it writable")


def test_a_job_that_is_killed(killed_job):
    assert killed_job.status and not killed_job.pretenders and not tuned(killed_job)
    assert_says(killed_job.text, "Error in rule finetune:", "output: .*/role.seed0/", "died with <Signals.SIGKILL")


def test_a_killed_snakemake_takes_its_job_with_it(killed_snakemake):
    assert f"going on from update {killed_snakemake.before} of {UPDATES}" in killed_snakemake.log
    assert killed_snakemake.log.endswith("Interrupted.\n") and max(killed_snakemake.after) < UPDATES
    assert not killed_snakemake.pretenders and not tuned(killed_snakemake)


def test_the_lock_that_a_killed_snakemake_leaves_says_what_to_do(locked):
    status, text = locked
    assert status
    assert_says(text, "Directory cannot be locked", "removed with the --unlock argument")


def test_a_damaged_checkpoint(damaged_checkpoint):
    found = damaged_checkpoint
    assert found.status == 0 and not found.pretenders, found.text
    assert re.search(f"WARNING .*checkpoint-{found.newer}: damaged; it is not used", found.log)
    assert f"going on from update {found.older} of {UPDATES}" in found.log and found.older > 0


def test_vectors_that_are_not_finite(not_finite, undisturbed):
    assert not_finite.status
    sentence = f"Error: {VECTORS}: vector 7 .* NaN .*: delete the file .* weights .* precision"
    failed = {"probe_direct": "role.seed0/role/train/layer1", "probe_classifier": "role.seed0/role/layer1"}
    for rule, cell in (failed | dict.fromkeys(["measure_movement", "measure_similarity"], "role.seed0")).items():
        log = rf"Logfile results/logs/{rule}/m/{cell}.log:\n=+\n(?:(?!===).*\n)*{sentence}"
        assert_says(not_finite.text, f"Error in rule {rule}:", log)
    assert not_finite.pretenders == {Path(VECTORS).relative_to("results")}
    probes = {"probes/classifier/m/role.seed0/role", "probes/direct/m/role.seed0/role/train"}
    missing = {str(path.parent) for path in outputs(undisturbed) - not_finite.outputs}
    assert missing == {"movement/m", "similarity/m", "tables", *probes}


def test_the_study_ends_as_if_nothing_had_happened(not_finite, damaged_checkpoint, study, undisturbed):
    assert outputs(study) == outputs(undisturbed) and not pretenders(study, undisturbed)
    for table in (undisturbed / "results/tables").glob("*.csv"):
        if table.name != "spaces.csv":  # which says how long the probes took
            assert (study / "results/tables" / table.name).read_bytes() == table.read_bytes()
    assert json.loads((study / METRICS).read_text())["resumed_from"] == damaged_checkpoint.older
    left = re.compile(r"\.(part\d+|lock|checkpoints)$")
    assert not [path for path in (study / "results").rglob("*") if left.search(path.name)]


# Another study, whose task is the same but comes from a server


class Files(http.server.BaseHTTPRequestHandler):
    """Serves the files of a folder, as `server.mishap` says: whole, half of each, with other bytes, or late."""

    def do_GET(self):
        content = (self.server.folder / self.path.strip("/")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.server.asked.set()
        while self.server.mishap == "late" and not self.server.over.wait(1):  # slowly, since silence is given up
            self.wfile.write(content[:1])
            content = content[1:]
        changed = {"half": content[: len(content) // 2], "other": content.replace(b"a", b"e")}
        self.wfile.write(changed.get(self.server.mishap, content))

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server(undisturbed):
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    made.folder, made.mishap = undisturbed / "results/corpora/g/files", None
    made.asked, made.over = threading.Event(), threading.Event()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.over.set()
    made.shutdown()
    made.server_close()


@pytest.fixture(scope="module")
def urls(server):
    return {split: f"http://127.0.0.1:{server.server_port}/{split}.conllu" for split in ("train", "test")}


@pytest.fixture(scope="module")
def digests(server):
    return {s: hashlib.sha256((server.folder / f"{s}.conllu").read_bytes()).hexdigest() for s in ("train", "test")}


@pytest.fixture(scope="module")
def downloads(server, urls, digests, tmp_path_factory):
    """The study's folder, and what Snakemake says and leaves when the server sends half of a file, or another."""
    folder = tmp_path_factory.mktemp("downloads")
    corpus = {"format": "conllu"} | {s: {"url": url, "sha256": digests[s]} for s, url in urls.items()}
    models = {"m": {"hub": "nobody/nothing", "n_layers": 1}}
    (folder / "study.yaml").write_text(yaml.safe_dump({**STUDY, "corpora": {"g": corpus}, "models": models}))
    found = {}
    for server.mishap in ("half", "other"):
        found[server.mishap] = (*snakemake(folder, targets=[TASK]), outputs(folder))
    return folder, found


def test_a_download_that_breaks_off(downloads, server, urls):
    status, text, left = downloads[1]["half"]
    size = (server.folder / "train.conllu").stat().st_size
    assert status and not left
    sentence = f"Error: {urls['train']}: the download broke off after {size // 2} of {size} bytes: try again later"
    assert_says(text, "Error in rule fetch_corpus:", "output: results/corpora/g/", sentence)


def test_a_download_that_brings_something_else(downloads, urls, digests):
    status, text, left = downloads[1]["other"]
    assert status and not left
    sentence = f"Error: {urls['train']}: the SHA-256 is [0-9a-f]{{64}}, expected {digests['train']}: "
    assert_says(text, "Error in rule fetch_corpus:", "output: results/corpora/g/", sentence)


def test_two_snakemakes_at_once_of_which_the_first_completes_the_study(downloads, server, undisturbed):
    folder, _ = downloads
    server.asked.clear()
    server.mishap = "late"
    first = start(folder, targets=[TASK])
    assert server.asked.wait(600)
    log = folder / "results/logs/fetch_corpus/g.log"
    before = log.stat().st_mtime_ns
    status, text = snakemake(folder, targets=[TASK])
    assert status and first.poll() is None
    assert_says(text, "Directory cannot be locked. .* no other Snakemake process")
    assert not outputs(folder) and log.stat().st_mtime_ns == before
    server.over.set()
    status, text = end(first)
    assert status == 0, text
    made = {path for path in outputs(undisturbed) if path.parts[0] == "tasks"}
    files = {Path(f"corpora/g/files/{split}.conllu") for split in ("train", "test")}
    assert outputs(folder) == made | files | {Path("corpora/g/fetched.json")}
    for name in (*files, *(f"tasks/role/{name}.json" for name in ("labels", "words"))):
        assert (folder / "results" / name).read_bytes() == (undisturbed / "results" / name).read_bytes()
