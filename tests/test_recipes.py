"""What recipes do beside each other: the table, its sentences and its figure."""

import numpy as np
import pandas as pd
import pytest

from closerlook.analysis import movement, tuning
from closerlook.analysis.beside import beside
from closerlook.analysis.recipes import COLUMNS, recipes
from closerlook.analysis.spaces import COLUMNS as SPACES
from closerlook.analysis.tables import read_table, write_table
from closerlook.figures.recipes import MEASURES
from closerlook.figures.recipes import recipes as draw

SUBJECTS = {
    "m (full)": {"model": "m", "recipes": {"t": "full"}, "whole": True},
    "m (other)": {"model": "m", "recipes": {"t": "other"}, "whole": False},
}


def table(*rows):
    """Rows of (recipe, layer, displacement, accuracy, trained parameters)."""
    frame = pd.DataFrame(rows, columns=["recipe", "layer", "displacement", "accuracy", "trained_parameters"])
    runs = frame.recipe.notna().astype(int)
    return frame.assign(model="m", task="t", runs=runs).reindex(columns=list(COLUMNS))


@pytest.mark.parametrize(
    ("full", "other", "says"),
    [
        ([(0.4, 80.0), (0.5, 90.0)], [(0.1, 80.0), (0.25, 89.0)],
         "move 0.5 times as far in layer 1, 0.25 times below it; the probe reads 89.0 % instead of 90.0 %"),
        ([(0.4, 80.0), (0.4, 80.0), (0.5, 90.0)], [(0.1, 80.0), (0.2, 80.0), (0.25, 89.0)],
         "move 0.5 times as far in layer 2, 0.25 to 0.5 times below it; "),
        ([(0.4, 80.0), (0.5, 90.0)], [(0.0, 80.0), (0.5, 90.0)], "move 1 times as far in layer 1, not at all below it"),
        ([(0.5, 90.0)], [(0.0, 70.0)], "Compared with full: no label moves; the probe reads 70.0 % instead"),
        ([(0.5, 90.0)], [(0.0001, 70.0)], "Compared with full: the labels' means move 0.0002 times as far in layer 0"),
        ([(0.0, 90.0)], [(0.25, 70.0)], "the labels' means move, by up to 0.25 of the vectors' length; the probe"),
        ([(0.0, 80.0), (0.5, 90.0)], [(0.1, 80.0), (0.25, 89.0)],
         "move 0.5 times as far in layer 1, and also in 1 more layer that full does not move; "),
        ([(1e-3, 90.0)], [(0.9, 70.0)], "the labels' means move 900 times as far in layer 0; "),
        ([(None, 90.0)], [(None, None)], "Compared with full: 2.5 % as many weights learn."),
    ],
)  # fmt: skip
def test_a_recipe_is_compared_with_the_first_one_of_its_model(full, other, says):
    rows = [(name, layer, *row, n) for name, some, n in (("full", full, 1000), ("other", other, 25))
            for layer, row in enumerate(some)]  # fmt: skip
    found = beside(table(*rows), SUBJECTS)
    assert list(found) == [("m (other)", "t")] and says in found["m (other)", "t"]


@pytest.mark.parametrize(
    ("full", "other", "says"),
    [
        (1000, 25, "2.5 % as many weights learn"),
        (1000, 0, "no weight of the model learns"),
        (25, 1000, "40 times as many weights learn"),
        (10, 12345, "1,234 times as many weights learn"),
        (0, 12345, "12,345 weights of the model learn"),
        (10, 10, "as many weights learn"),
        (None, 10, ""),
    ],
)
def test_how_many_weights_learn_is_said_beside_the_first_recipe(full, other, says):
    found = beside(table(("full", 0, None, 90.0, full), ("other", 0, None, 90.0, other)), SUBJECTS)["m (other)", "t"]
    ending = f"; {says}." if says else "."
    assert found == f"Compared with full: the probe reads 90.0 % instead of 90.0 %{ending}"


def test_a_recipe_without_a_first_one_on_its_task_has_no_sentence():
    subjects = {"m (full)": SUBJECTS["m (full)"] | {"recipes": {}}, "m (other)": SUBJECTS["m (other)"]}
    assert beside(table((None, 0, None, 50.0, None), ("other", 0, 0.5, 90.0, 10)), subjects) == {}


def saved(tmp_path, frame):
    write_table(tmp_path / "table.csv", frame)
    return read_table(tmp_path / "table.csv")


def test_before_any_run_is_done_there_is_a_table_and_a_figure_without_numbers(tmp_path):
    parts = [pd.DataFrame(columns=list(SPACES)), movement.movement([], [], {}), tuning.tuning([], {})]
    found = saved(tmp_path, recipes(*(saved(tmp_path, part) for part in parts), ["full", "lora"]))
    assert found.empty and list(found) == list(COLUMNS)
    for frame in (found, saved(tmp_path, table((None, 0, None, 50.0, None)))):
        axes = draw(frame, ["m"], ["t", "u"]).axes
        assert {text.get_text() for axis in axes for text in axis.texts} >= {"not measured"}


def test_lines_are_the_tables_numbers_and_a_measure_that_nothing_has_is_left_out(tmp_path):
    frame = table((None, 2, None, 50.0, None), ("full", 2, 0.5, 90.0, 9), ("lora", 2, 0.2, 89.0, 1))  # one layer
    axes = draw(saved(tmp_path, frame), ["m"], ["t", "u"]).axes  # nothing was tuned on u
    assert [axis.get_ylabel() for axis in axes] == [f"m\n{MEASURES[name]}" for name in ("accuracy", "displacement")]
    drawn = [[line.get_ydata()[0] for line in axis.lines if len(line.get_ydata()) == 1] for axis in axes]
    assert drawn == [[50, 90, 89], [0.5, 0.2]]


def test_a_recipes_numbers_are_means_over_its_runs_without_one_that_collapsed():
    names = {"model": "m", "task": "t", "tuned_on": "t", "layer": 2}
    runs = [("full", "seed0", 90.0, 0.5), ("full", "seed1", 80.0, 0.3), ("full", "seed2", 20.0, 9.0),
            ("lora", "lora-seed0", 20.0, 0.2)]  # fmt: skip
    spaces = pd.DataFrame(
        [names | {"recipe": r, "run": n, "accuracy": a, "collapsed": a == 20} for r, n, a, _ in runs]
        + [{"model": "m", "task": "t", "layer": 2, "accuracy": 50.0}]
    ).reindex(columns=list(SPACES))
    lengths = pd.DataFrame(
        [{"model": "m", "task": "t", "layer": 2, "recipe": r, "run": n, "relative_length": d * by}
         for r, n, _, d in runs for by in (0.5, 1.5)]
    )  # fmt: skip
    costs = pd.DataFrame(
        [{"model": "m", "task": "t", "recipe": r, "trained_parameters": 7, "weight_change": 0.1} for r, *_ in runs]
    )
    found = recipes(spaces, lengths, costs, ["full", "lora"]).set_index("recipe")
    assert found.index.tolist()[1:] == ["full", "lora"] and pd.isna(found.index[0])
    assert found.accuracy.tolist() == [50, 85, 20] and found.runs.tolist() == [0, 2, 1]
    np.testing.assert_allclose(found.displacement[1:].astype(float), [0.4, 0.2])
    assert found.accuracy_seed_std["full"] == pytest.approx(np.std([90, 80], ddof=1))
