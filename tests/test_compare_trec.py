"""As a new user would: an encoder tuned by a plain Trainer, one command, a report. It takes minutes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_study import ROOT

pytestmark = pytest.mark.slow

N = 1000  # questions, with 2 cores a minute or two
TUNE = Path(__file__).with_name("tune_trec.py")


@pytest.fixture(scope="module")
def encoder():
    """The folder of a small real encoder, MiniLM."""
    folder = Path(os.environ.get("CLOSERLOOK_MINILM", ROOT / "models/minilm"))
    if not (folder / "model.safetensors").is_file():
        pytest.skip(f"no encoder at {folder}: set CLOSERLOOK_MINILM")
    return folder


@pytest.fixture(scope="module")
def tuned(encoder, real_data, tmp_path_factory):
    """A folder with TREC's first questions as `questions.csv`, and a run on them with its checkpoints in `out`."""
    pytest.importorskip("accelerate")  # which the Trainer needs
    folder = tmp_path_factory.mktemp("user")
    lines = (real_data / "trec/train_5500.label").read_text(encoding="latin-1").splitlines()[:N]
    rows = [(line.partition(":")[0], line.partition(" ")[2]) for line in lines]
    pd.DataFrame(rows, columns=["label", "text"]).to_csv(folder / "questions.csv", index=False)
    command = [sys.executable, str(TUNE), str(encoder.resolve()), "questions.csv", "out"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def compare(folder, encoder):
    """The command as the user gives it; what it says, and the seconds that it takes."""
    code = "from closerlook.command import main; main()"
    given = [encoder.resolve(), "out", "questions.csv", "--text", "text", "--label", "label"]
    given += ["--checkpoints", "out/checkpoint-*"]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "compare", *given], cwd=folder, text=True, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, time.monotonic() - start


def test_one_command_says_what_changed_and_a_second_has_nothing_to_do(tuned, encoder):
    said, _ = compare(tuned, encoder)
    assert "Held out" in said and re.search(r"^- Accuracy (rose|fell|went|stayed)", said, re.M)
    report = tuned / re.search(r"^Report: (\S+)", said, re.M)[1]
    page = report.read_text(encoding="utf-8")
    assert "The explorer needs JavaScript" in page and "update by update" in page
    table = pd.read_csv(report.parent / "tables/trajectories.csv")
    assert {20, 40, 60} <= set(table.step)
    again, _ = compare(tuned, encoder)
    assert "Nothing to be done" in again and again.splitlines()[-1] == said.splitlines()[-1]
