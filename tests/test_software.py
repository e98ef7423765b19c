"""Software that Snakemake brings: conda's environments, and the container image."""

import shutil
from pathlib import Path

import pytest
import yaml
from deployment_fixtures import (
    HOSTED,
    SITE,
    STUDY,
    hosted,
    interpreter,
    module,
    snakemake,
    snakemakes_packages,
    write_study,
)
from small_study import ROOT

ENTRY = ["-c", "1", "-s", ROOT / "workflow/Snakefile", "--configfile", "study.yaml"]
APPTAINER = """#!/bin/sh
# Stands in for apptainer: notes how it is called, and runs the command here.
[ "$1" = --version ] && { echo apptainer version 1.3.0; exit; }
echo "$@" >> "$CALLS"
for command; do :; done
exec bash -c "$command"
"""


@pytest.fixture
def study(tmp_path):
    """A folder with a study and its data."""
    folder = write_study(tmp_path / "study", "")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("conda"), reason="no conda on the path")
@pytest.mark.parametrize(
    "env, file", [("cpu", "results/corpora/g/fetched.json"), ("gpu", "results/tasks/role/summary.json")]
)
def test_jobs_run_in_condas_environments(study, tmp_path, env, file):
    """Snakemake is alone in its own: all that a job imports comes from conda's, but the library, from its checkout."""
    alone = interpreter(tmp_path / "venv", snakemakes_packages(tmp_path / "packages"))
    run = snakemake(alone, study, file, "--sdm", "conda", *ENTRY)
    assert run.returncode == 0 and (study / file).is_file(), run.stdout[-3000:]
    made = [Path(env).read_text() for env in study.glob(".snakemake/conda/*.yaml")]
    assert (ROOT / f"envs/{env}.yaml").read_text() in made


@pytest.fixture
def apptainer(tmp_path):
    """The environment in which something is called apptainer, and the file with its calls."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/apptainer"
    command.write_text(APPTAINER)
    command.chmod(0o755)
    path = f"{command.parent}:{Path(shutil.which('git')).parent}:/usr/bin:/bin"
    return {"PATH": path, "CALLS": str(tmp_path / "calls")}, tmp_path / "calls"


def test_jobs_run_in_the_users_image_with_the_checkouts_library(study, tmp_path, apptainer):
    environment, calls = apptainer
    python = interpreter(tmp_path / "venv", SITE)
    environment["PATH"] = f"{python.parent}:{environment['PATH']}"  # what is `python` in the image
    file = "results/tasks/mine/summary.json"
    run = snakemake(python, study, file, "--sdm", "apptainer", *ENTRY, **environment)
    assert run.returncode == 0 and (study / file).is_file(), run.stdout[-3000:]
    called = calls.read_text().splitlines()
    assert len(called) == 2 and all(" closerlook.sif bash -c " in line and f"--bind {ROOT}:" in line for line in called)


def test_a_release_on_github_names_the_image_that_was_made_of_it(tmp_path, apptainer):
    folder = write_study(tmp_path / "study", 'configfile: "config.yaml"\n\n' + module(HOSTED))
    python = interpreter(tmp_path / "venv", SITE)
    environment = hosted(tmp_path / "hosted") | apptainer[0] | {"PYTHONPATH": str(ROOT)}
    run = snakemake(python, folder, "results/tasks/mine/summary.json", "-n", "--sdm", "apptainer", **environment)
    assert run.returncode == 0 and "docker://ghcr.io/somebody/closerlook:0.1.0 will be pulled" in run.stdout, run.stdout
