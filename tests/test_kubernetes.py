"""The profile for Kubernetes and a bucket, without either: a dry run, and a run on storage that is no shared folder."""

import http.server
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest
import yaml
from small_study import BERT, ROOT, command

pytestmark = pytest.mark.slow

PLUGINS = ["snakemake-executor-plugin-kubernetes", "snakemake-storage-plugin-s3", "snakemake-storage-plugin-fs"]
STUDY = {
    "corpora": {"g": {"format": "grammar", "n_train": 20, "n_test": 20, "n_text": 50}},
    "tasks": {"role": {"corpus": "g", "kind": "word", "label": "misc.Role"}},
    "models": {"m": {"pretrain": {**BERT, "steps": 2}}},
    "seeds": [0],
    "finetune": {"epochs": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter that sees this environment and the plugins, which would slow down every other command."""
    folder = tmp_path_factory.mktemp("plugins")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    packages = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    (folder / packages / "outer.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    install = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *PLUGINS]
    run = subprocess.run(install, capture_output=True, text=True)
    if run.returncode:
        pytest.skip(f"Snakemake's plugins cannot be installed here: {run.stderr.strip().splitlines()[-1]}")
    return folder / "bin/python"


@pytest.fixture
def bucket():
    """An empty bucket at a local address, and the keys that were asked for."""
    asked = []

    class Bucket(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(404 if "/" in self.path.strip("/") else 200)  # no object, but the bucket is there
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self):
            asked.append(self.path)
            text = b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def snakemake(python, folder, *arguments):
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    whole = command(*arguments, python=python)
    environment = os.environ | {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "key", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "secret"}
    return subprocess.run(whole, cwd=folder, capture_output=True, text=True, env=environment)


def count(run):
    return next(int(line.split()[1]) for line in run.stdout.splitlines() if line.startswith("total "))


def test_a_study_is_planned_for_pods_and_a_bucket(python, bucket, tmp_path):
    address, asked = bucket
    local = snakemake(python, tmp_path, "--dry-run", "--quiet", "rules", "--cores", "1")
    run = snakemake(python, tmp_path, "--dry-run", "--quiet", "rules", "--profile", ROOT / "profiles/kubernetes",
                    "--default-storage-prefix", "s3://bucket/mine", "--container-image", "registry/closerlook:0.1.0",
                    "--storage-s3-endpoint-url", address)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert count(run) == count(local) > 30
    assert any("/bucket/mine/results/report.html" in path for path in asked)


@pytest.mark.skipif(not shutil.which("rsync"), reason="the storage plugin for folders copies with rsync")
def test_a_job_needs_no_file_that_it_does_not_declare(python, tmp_path):
    """On storage that is no shared folder, a job finds its inputs and nothing else."""
    wanted = "results/probes/direct/m/role.seed0/role/test/layer1.json"
    run = snakemake(python, tmp_path, wanted, "--cores", "2", "--default-storage-provider", "fs",
                    "--default-storage-prefix", tmp_path / "store")  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "store" / wanted).is_file()
    assert not (tmp_path / "results/probes").exists()
