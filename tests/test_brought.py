"""Runs that somebody else made: a study of nothing else, against the one in which the workflow made the weights."""

import json
import os
import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml
from small_study import BERT, ROOT, command

pytestmark = pytest.mark.slow

MADE = {
    "corpora": {"g": {"format": "grammar", "n_train": 60, "n_test": 40, "n_text": 200}},
    "tasks": {
        "role": {"corpus": "g", "kind": "word", "label": "misc.Role"},
    },
    "layers": [-1],
    "models": {"m": {"pretrain": {**BERT, "steps": 10}}},
    "seeds": [0, 1],
    "finetune": {"epochs": 1, "steps": [1]},
    "trajectories": {"models": ["m"], "tasks": ["role"], "keep_steps": True},
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 2, "max_iter": 5}},
}
RESULTS = ["movement/m/role.{}.npz", "similarity/m/role.{}.json", "probes/direct/m/role.{}/role/train/layer1.npz"]
RESULTS += ["probes/direct/m/role.{}/role/test/layer1.npz"]
RUNS = {
    "zero": {"model": "m", "task": "role", "path": "results/runs/m/role.seed0.steps", "steps": "step*", "seed": 0},
    "one": {"model": "m", "task": "role", "path": "results/runs/m/role.seed1", "seed": 1},
    "still": {"model": "m", "task": "role", "path": "results/models/m"},
}
BROUGHT = {name: MADE[name] for name in ("corpora", "tasks", "layers", "probes")} | {
    "models": {"m": {"path": "results/models/m"}}, "seeds": [], "runs": RUNS, "pathvars": {"results": "brought"},
}  # fmt: skip


def snakemake(folder, config, *more):
    arguments = ["--cores", "2", "--workflow-profile", ROOT / "profiles/default", *more]
    run = subprocess.run(command(*arguments, config=config), cwd=folder, capture_output=True, text=True, env=os.environ)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with both studies: what is compared of the one, and the other as a whole."""
    folder = tmp_path_factory.mktemp("brought")
    for name, config in (("made.yaml", MADE), ("brought.yaml", BROUGHT)):
        (folder / name).write_text(yaml.safe_dump(config))
    wanted = [f"results/{file.format(run)}" for file in RESULTS for run in ("seed0", "seed1")]
    snakemake(folder, "made.yaml", *wanted, "results/trajectories/m/role.seed0.npz")
    snakemake(folder, "brought.yaml")
    return folder


def arrays(file):
    with np.load(file, allow_pickle=False) as found:
        return dict(found)


@pytest.mark.parametrize("made, brought", [("seed0", "zero"), ("seed1", "one")])
def test_a_brought_run_has_the_numbers_of_the_same_weights_made_here(folder, made, brought):
    """Movement, similarity and clusters, to the last digit."""
    pairs = [(file.format(made), file.format(brought)) for file in RESULTS if file.endswith("npz")]
    if brought == "zero":
        pairs.append(("trajectories/m/role.seed0.npz", "trajectories/m/role.zero.npz"))
    for a, b in pairs:
        left, right = arrays(folder / "results" / a), arrays(folder / "brought" / b)
        assert left.keys() == right.keys()
        for name in left:
            np.testing.assert_array_equal(left[name], right[name], err_msg=f"{a}: {name}")
    left, right = (
        json.loads((folder / place / f"similarity/m/role.{run}.json").read_text())["layers"]
        for place, run in (("results", made), ("brought", brought))
    )
    assert left == right


def test_runs_that_say_their_seeds_are_seeds_of_one_recipe_and_others_stand_alone(folder):
    table = pd.read_csv(folder / "brought/tables/table7.csv")
    rows = {(row.model, row.task, row.state): row.seeds for row in table.itertuples()}
    assert rows == {
        ("m", "role", "original"): 0, ("m", "role", "fine-tuned"): 2,
        ("m (still)", "role", "original"): 0, ("m (still)", "role", "fine-tuned"): 1,
    }  # fmt: skip
    spaces = pd.read_csv(folder / "brought/tables/spaces.csv")
    tuned = spaces[spaces.run.notna()].groupby("run")
    assert tuned.recipe.first().to_dict() == {"zero": "brought", "one": "brought", "still": "still"}
    assert tuned.seed.first().dropna().to_dict() == {"zero": 0, "one": 1}


def test_a_brought_run_is_in_every_analysis(folder):
    results = folder / "brought"
    for table in ("movement", "directions", "similarity", "tuning"):
        assert set(pd.read_csv(results / f"tables/{table}.csv").run) == set(RUNS), table
    assert set(pd.read_csv(results / "tables/trajectory.csv").run) == {"zero"}
    explorer = json.loads((results / "report/explorer.json").read_text())
    assert {run["run"] for run in explorer["runs"]} == {"zero (seed 0)", "one (seed 1)", "still"}
    assert all(run["looked"][0]["totals"]["moved"] for run in explorer["runs"])
    assert {path.stem for path in results.glob("examples/m/*.parquet")} == {f"role.{run}" for run in RUNS}
    figures = {path.relative_to(results / "figures").as_posix() for path in results.glob("figures/*/*.png")}
    assert {"directions/m.role.png", "directions/m.still.role.png", "layer_distances/m.still.png"} <= figures


def test_a_run_that_changed_nothing_is_said_to(folder):
    page = (folder / "brought/report.html").read_text()
    assert "The run still changed nothing: the weights equal those of the original exactly." in page


def test_a_finished_study_of_brought_runs_has_nothing_to_do_until_one_has_other_weights(folder):
    assert "Nothing to be done" in snakemake(folder, "brought.yaml")
    file = folder / "results/runs/m/role.seed1/config.json"
    text = file.read_text()
    (folder / "results/runs/m/role.seed1/model.safetensors").touch()
    assert "Nothing to be done" in snakemake(folder, "brought.yaml")
    file.write_text(text + "\n")
    said = snakemake(folder, "brought.yaml", "--dry-run")
    file.write_text(text)
    assert "Bringing in the run one" in said and "Bringing in the run zero" not in said and "Pinning" not in said


def test_runs_of_all_recipes_are_one_cell_of_the_claims(folder):
    """They share their original, and are not independent evidence."""
    claims = pd.read_csv(folder / "brought/tables/claims.csv").set_index(["scope", "claim"])
    assert claims.cells.max() == 1 and (claims.n[:, "accuracy"] == 3).all() and (claims.runs[:, "accuracy"] == 3).all()
    assert set(claims.verdict["beyond"]) == {"undecided"}
    assert claims.over["grid", "accuracy"] == "seeds, initialisations, test examples"
