"""What tables and figures are made of: read from files, runs of several recipes told apart, and the last layer."""

import pandas as pd
import pytest

from closerlook.analysis.inputs import given
from closerlook.analysis.runs import RUN, apart, described
from closerlook.analysis.spaces import before_and_after, last_layer
from closerlook.analysis.tables import write_table
from closerlook.files import write_json
from closerlook.layout import Run, Space, State

RUNS = {"m/t.seed0": {"recipe": "full", "seed": 0}, "m/t.theirs": {"recipe": "theirs", "seed": None}}
BOTH = {
    "m": {"model": "m", "recipes": {"t": "full"}, "whole": True},
    "m (theirs)": {"model": "m", "recipes": {"t": "theirs"}, "whole": False},
    "n": {"model": "n", "recipes": {"t": "full"}, "whole": True},
}


@pytest.fixture
def frame():
    """Two models on two tasks; `m` was tuned on one of them by two recipes, `n` by one."""
    rows = [("m", "t", None, None), ("m", "u", None, None), ("m", "t", "full", 1.0), ("m", "t", "full", 2.0),
            ("m", "t", "theirs", 3.0), ("n", "t", None, None), ("n", "t", "full", 4.0)]  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "task", "recipe", "x"])


def test_a_row_says_what_it_is_about():
    original = Space("m", State(), "u", 3, "train")
    assert described(original, RUNS) == {
        "model": "m", "task": "u", "state": "original", "tuned_on": None, "run": None, "recipe": None, "seed": None,
    }  # fmt: skip
    crossed = described(original._replace(state=State("t", "theirs")), RUNS)
    assert (crossed["state"], crossed["task"]) == ("t.theirs", "u")
    assert [crossed[name] for name in RUN] == ["t", "theirs", "theirs", None]
    step = described(original._replace(state=State("t", "seed0", 5)), RUNS)
    assert step["state"] == "t.seed0.step5" and [step[name] for name in RUN] == ["t", "seed0", "full", 0]
    run = described(Run("m", "t", "seed0"), RUNS)
    assert "state" not in run and [run[name] for name in RUN] == ["t", "seed0", "full", 0]


def test_runs_of_two_recipes_stand_beside_the_same_original(frame):
    table = apart(frame, BOTH)
    x = {name: rows.x.dropna().tolist() for name, rows in table.groupby("model")}
    assert x == {"m": [1, 2], "m (theirs)": [3], "n": [4]}
    originals = table[table.recipe.isna()]
    assert list(zip(originals.model, originals.task)) == [("m", "t"), ("m", "u"), ("m (theirs)", "t"), ("n", "t")]
    assert list(dict.fromkeys(table.model)) == list(BOTH)  # the order of the subjects
    assert sorted(table.x.dropna()) == sorted(frame.x.dropna())  # no run twice, and none lost


def test_where_each_model_has_one_recipe_a_table_is_as_it_was(frame):
    assert apart(frame, {"m": BOTH["m"], "n": BOTH["n"]}) is frame and apart(frame, {}) is frame
    plain = frame[["model", "task", "x"]]
    assert apart(plain, BOTH) is plain  # it tells of no runs, or has been told apart


def test_inputs_are_read_by_what_they_are(tmp_path, frame):
    write_table(tmp_path / "spaces.csv", frame)
    for task, names in (("t", ["a", "NA"]), ("7", ["1", "2"])):
        (tmp_path / f"tasks/{task}").mkdir(parents=True)
        write_json(tmp_path / f"tasks/{task}/labels.json", {"names": names})
    files = {
        "table": str(tmp_path / "spaces.csv"),
        "names": [str(tmp_path / f"tasks/{task}/labels.json") for task in ("t", "7")],
        "results": ["a.json", "b.json"], "one": "c.json", "none": [],
    }  # fmt: skip
    found = given(files, {})
    pd.testing.assert_frame_equal(found.pop("table"), frame, check_dtype=False)
    assert found == {
        "names": {"t": ["a", "NA"], "7": ["1", "2"]}, "results": ["a.json", "b.json"], "one": ["c.json"], "none": [],
    }  # fmt: skip
    told_apart = given({"table": [files["table"]], "names": []}, BOTH)
    assert set(told_apart["table"].model) == set(BOTH) and told_apart["names"] == {}


def test_the_last_layer_is_the_highest_that_was_looked_at_of_each_model():
    rows = [("m", 0, None), ("m", 3, None), ("m", 3, 5), ("n", 12, None), ("n", 1, None)]
    frame = pd.DataFrame(rows, columns=["model", "layer", "step"]).assign(depth=12).astype({"step": "Int64"})
    last = last_layer(frame)
    assert last[["model", "layer"]].to_numpy().tolist() == [["m", 3], ["n", 12]]  # of m no step, and not layer 12
    assert last_layer(frame.drop(columns="step")).layer.tolist() == [3, 3, 12]
    assert last_layer(frame[:0]).empty


def test_before_and_after_leave_out_what_was_tuned_on_another_task():
    frame = pd.DataFrame({"task": ["t", "t", "t"], "tuned_on": [None, "t", "u"]})
    assert before_and_after(frame).when.tolist() == ["original", "fine-tuned"]
