"""How long Snakemake plans the paper's grid, and that grid with every crossing and kept steps of every run.

python benchmarks/planning.py
"""

import copy
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAPER = yaml.safe_load((ROOT / "config/config.yaml").read_text())
UPDATES = {"pos": 250, "dep": 250, "ps-fxn": 850, "ps-role": 850, "trec-50": 1710}  # of ten epochs, 32 sentences each
EVERY = 10


def extended():
    """Every model is followed on every task, and every fine-tuned model is probed on every task."""
    grid = copy.deepcopy(PAPER)
    grid["finetune"]["steps"] = f"every {EVERY}"
    grid["models"]["bert-base"].pop("finetune")
    grid["trajectories"] = {"models": list(grid["models"])}
    grid["cross_tasks"] = "all"
    return grid


def cells(grid):
    """Spaces that are probed: of states, in both splits, and of kept steps, which are probed on train."""
    layers = sum(model["n_layers"] + 1 for model in grid["models"].values())
    tasks, seeds = len(grid["tasks"]), len(grid["seeds"])
    states = 1 + seeds * (tasks if grid["cross_tasks"] == "all" else 1)
    if grid["trajectories"]["models"] == list(grid["models"]):
        kept = sum(n // EVERY for n in UPDATES.values()) * seeds * layers
    else:
        kept = sum(n * 3 // 10 // 5 for n in UPDATES.values()) * seeds * 13
    return layers * tasks * states * 2, kept


def time_plan(name, grid):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "grid.yaml").write_text(yaml.safe_dump(grid))
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "8", "-n"]
        command += ["--quiet", "rules", "--configfile", "grid.yaml"]
        start = time.perf_counter()
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
    jobs = next(line.split()[1] for line in run.stdout.splitlines() if line.startswith("total "))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    states, kept = cells(grid)
    print(f"{name:<9} {jobs:>5} jobs {states + kept:>7} cells ({kept} of kept steps) {seconds:6.1f} s {memory:6.0f} MB")


time_plan("paper", PAPER)
time_plan("extended", extended())
