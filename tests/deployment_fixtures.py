"""Interpreters as other people have them, a repository as GitHub would serve it, and a study of their own."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from small_study import BERT, ROOT

SITE = Path(sysconfig.get_paths()["purelib"])
PARTS = ("workflow", "config", "profiles", "envs", "LICENSE")  # of a repository, what snakedeploy and Snakemake look at
URL = "https://github.com/somebody/closerlook"
STUDY = {
    "corpora": {
        "g": {"format": "grammar", "n_train": 60, "n_test": 40, "n_text": 200},
        "own": {"format": "table", "train": {"path": "data/train.csv"}, "test": {"path": "data/test.csv"}},
    },
    "tasks": {
        "role": {"corpus": "g", "kind": "word", "label": "misc.Role"},
        "mine": {"corpus": "own", "kind": "sentence", "words": "text", "label": "label", "names": "data/names.json"},
    },
    "models": {"m": {"pretrain": {**BERT, "steps": 10}}},
    "seeds": [0],
    "finetune": {"epochs": 1},
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 2, "max_iter": 5}},
}


def interpreter(folder, *sites):
    """A Python that has only the packages of some folders; what is installed there as editable it does not see."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "sites.pth").write_text("".join(f"{site}\n" for site in sites))
    return folder / "bin/python"


def snakemakes_packages(folder):
    """A folder with Snakemake and what it requires, and nothing else of this environment."""
    folder.mkdir()
    wanted, seen = ["snakemake"], set()
    while wanted:
        dist = distribution(wanted.pop())
        if (name := dist.metadata["Name"].lower()) in seen:
            continue
        seen.add(name)
        for part in {file.parts[0] for file in dist.files} - {"..", "__pycache__"}:
            if not (folder / part).exists():
                (folder / part).symlink_to(SITE / part)
        requirements = map(Requirement, dist.requires or [])
        wanted += [r.name for r in requirements if not r.marker or r.marker.evaluate({"extra": ""})]
    return folder


def snakemake(python, folder, *arguments, **environment):
    """Run Snakemake in a folder, with this library only where the interpreter or the workflow finds it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-m", "snakemake", *map(str, arguments)], cwd=folder, env=kept | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def planned(run):
    """Number of jobs by rule, from the output of a dry run."""
    assert run.returncode == 0, run.stdout[-3000:]
    lines = run.stdout.partition("Job stats:")[2].splitlines()[3:]
    rows = [line.split() for line in lines[: lines.index("")]]
    return {rule: int(n) for rule, n in rows if rule not in ("all", "cl_all", "total")}


def write_study(folder, snakefile):
    """Somebody's own folder: a Snakefile, data, and a config with a section for this workflow."""
    (folder / "data").mkdir(parents=True)
    for split in ("train", "test"):
        rows = [f"text number {i} of the {split}ing data,{i % 2}" for i in range(20)]
        (folder / f"data/{split}.csv").write_text("\n".join(["text,label", *rows, ""]))
    (folder / "data/names.json").write_text('["no", "yes"]')
    (folder / "config.yaml").write_text(yaml.safe_dump({"theirs": 1, "closer": STUDY}))
    (folder / "Snakefile").write_text(snakefile)
    return folder


def module(snakefile, *more):
    """The statements that import the workflow."""
    lines = [f"snakefile: {snakefile}", 'config: config["closer"]', *more]
    return "\n    ".join(["module closerlook:", *lines]) + "\n\nuse rule * from closerlook as cl_*\n\n"


LOCAL = f'"{ROOT}/workflow/Snakefile"'
HOSTED = 'github("somebody/closerlook", path="workflow/Snakefile", tag="v0.1.0")'


def hosted(folder):
    """The environment in which git finds this project at `URL`, as a release, and Snakemake has fetched nothing yet."""
    repository = folder / "somebody/closerlook"
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        repository.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, repository / part)
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "A release"], ["tag", "v0.1.0"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    instead = {"KEY_0": f"url.file://{folder}/.insteadOf", "VALUE_0": "https://github.com/"}
    git = {f"GIT_CONFIG_{name}": value for name, value in instead.items()}
    return git | {"GIT_CONFIG_COUNT": "1", "XDG_CACHE_HOME": str(folder / "cache")}
