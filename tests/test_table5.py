"""What fine-tuning on one task does to another: the table and its figure."""

import numpy as np
import pandas as pd
import pytest

from closerlook.analysis.spaces import COLUMNS
from closerlook.analysis.table5 import table5
from closerlook.figures.transfer import transfer


@pytest.fixture
def study():
    """Tasks a and b; fine-tuned on a with two seeds, and on b with one; a label of b is absent after one of them."""
    rows, frames = [], []

    def add(state, task, accuracy, least, classes=(0, 1, 2)):
        tuned = None if state == "original" else state.split(".")[0]
        run = None if tuned is None else state.split(".")[1]
        for layer in (0, 3):
            rows.append({"model": "m", "task": task, "state": state, "tuned_on": tuned, "run": run, "layer": layer,
                         "depth": 3, "accuracy": accuracy + layer})  # fmt: skip
            cell = {"model": "m", "task": task, "state": state, "layer": layer, "label": list(classes)}
            frames.append(pd.DataFrame(cell | {"min_distance": np.array(least) * (1 if layer else 100)}))

    add("original", "a", 50, [1, 2, 3])
    add("original", "b", 60, [1, 2, 3])
    add("a.seed0", "a", 80, [2, 3, 4])
    add("a.seed1", "a", 90, [2, 3, 4])
    add("a.seed0", "b", 58, [1.5, 2.0000001, 1], (0, 1, 2))
    add("a.seed1", "b", 62, [0.5, np.nan, 4.5], (0, 1, 2))
    add("b.seed0", "b", 70, [5, 6], (0, 2))
    return pd.DataFrame(rows, columns=list(COLUMNS)), pd.concat(frames)


def test_labels_that_gained_and_lost_are_counted(study):
    table = table5(*study, ["m"], ["a", "b"])
    known = table.fine_tuned_on.fillna("-") + ">" + table.probed_on
    assert list(known) == ["->a", "a>a", "->b", "a>b", "b>b"]
    table.index = known
    own = table.loc["a>a"]
    assert (own.seeds, own.accuracy, own.accuracy_change) == (2, 88, 35)
    assert own.accuracy_seed_std == pytest.approx(np.std([80, 90], ddof=1))
    assert (own.labels, own.labels_increased, own.labels_decreased, own.mean_min_distance_change) == (3, 3, 0, 1)
    other = table.loc["a>b"]  # seed 0: +0.5, unchanged, -2; seed 1: -0.5, missing, +1.5
    assert (other.labels, other.labels_increased, other.labels_decreased) == (2.5, 1, 1)
    assert other.mean_min_distance_change == pytest.approx((-0.5 + 0.5) / 2, abs=1e-6)
    assert other.mean_min_distance_change_seed_std == pytest.approx(np.std([-0.5, 0.5], ddof=1), abs=1e-6)
    assert other.accuracy_change == 0 and (other.labels_freed, other.labels_caught) == (0, 0.5)
    single = table.loc["b>b"]
    assert single.seeds == 1 and np.isnan(single.accuracy_seed_std) and single.mean_min_distance_change == 3.5
    before = table.loc["->b"]
    assert before.seeds == 0 and before.accuracy == 63 and np.isnan(before.labels) and np.isnan(before.accuracy_change)


def test_a_probe_that_was_not_run_leaves_gaps_and_no_error(study):
    spaces, labels = study
    table = table5(spaces.assign(accuracy=None), labels[:0], ["m"], ["a", "b"])
    assert len(table) == 5 and table.accuracy_change.isna().all() and not table.labels.fillna(0).any()
    transfer(table, ["m"], ["a", "b"])


def test_many_tasks_have_small_cells_and_scales_instead_of_numbers():
    tasks, models = [f"t{i}" for i in range(20)], ["m", "n", "o", "p", "q"]
    rows = [{"model": m, "fine_tuned_on": a, "probed_on": b, "accuracy_change": i - j, "mean_min_distance_change": 0.5}
            for m in models for i, a in enumerate(tasks) for j, b in enumerate(tasks) if i]  # fmt: skip
    table = pd.DataFrame(rows).assign(
        seeds=1, collapsed=0, accuracy_seed_std=np.nan, mean_min_distance_change_seed_std=np.nan
    )
    figure = transfer(table, models, tasks)
    figure.canvas.draw()
    assert figure.get_figwidth() <= 19.1 and figure.get_figheight() <= 29.3
    matrices = [axis for axis in figure.axes if axis.images]
    assert {text.get_text() for axis in matrices for text in axis.texts} == {"–"}  # t0: not measured
    assert [axis.get_title().split(":")[0] for axis in matrices if "accuracy" in axis.get_title()] == models
    accuracy, distance = (axis for axis in figure.axes if axis.get_label() == "<colorbar>")
    assert accuracy.get_position().x1 < distance.get_position().x0
    assert "table5.csv" in figure.texts[0].get_text()


def test_the_figure_shows_every_change(study):
    table = table5(*study, ["m"], ["a", "b"])
    accuracy, distance = transfer(table, ["m"], ["a", "b"]).axes
    texts = {t.get_position(): t.get_text() for t in accuracy.texts}
    assert texts == {(0, 0): "+35.0\n±7.1", (1, 0): "+0.0\n±2.8", (0, 1): "–", (1, 1): "+10.0"}
    assert {t.get_text() for t in distance.texts} == {"+1.00\n±0.00", "+0.00\n±0.71", "–", "+3.50"}
    shown = accuracy.images[0].get_array()
    assert shown[0, 0] == 35 and np.ma.is_masked(shown[1, 0])


def test_a_collapsed_run_is_not_in_the_change_and_the_figure_says_so(study):
    spaces, labels = study
    spaces["collapsed"] = spaces.state.map({"a.seed0": False, "a.seed1": True, "b.seed0": True})
    figure = transfer(table5(spaces, labels, ["m"], ["a", "b"]), ["m"], ["a", "b"])
    texts = {t.get_position(): t.get_text() for t in figure.axes[0].texts}
    assert texts == {(0, 0): "+30.0", (1, 0): "-2.0", (0, 1): "–", (1, 1): "+10.0"}  # of seed0; the only run on b
    (note,) = figure.texts
    assert note.get_text() == "Runs that collapsed, and are not in the means: 1 of 2 of m on a."
