"""Seeds that collapsed: which they are, and that means, tables and figures are of the others."""

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full

from closerlook.analysis.clusters import clusters
from closerlook.analysis.collapsed import has_collapsed, kept
from closerlook.analysis.labels import COLUMNS as LABELS
from closerlook.analysis.spaces import COLUMNS, last_layer, space_table
from closerlook.analysis.table5 import table5
from closerlook.analysis.table7 import markdown, table7
from closerlook.figures import style
from closerlook.figures.hull_accuracy import hull_accuracy
from closerlook.figures.layer_distances import layer_distances
from closerlook.figures.layers import layers
from closerlook.figures.memorisation import memorisation
from closerlook.layout import Space, State
from closerlook.statistics.intervals import over_seeds

GOOD = {"seed0": 80.0, "seed1": 90.0, "seed2": 30.0}  # the third collapsed: 30 % have the most frequent label


def study(scores, before=60.0, tasks=("t", "u")):
    """Two layers of a model, tuned on t and probed on both tasks; the accuracy of each run, on t in the last one."""
    rows = []
    for run, score in {None: before, **scores}.items():
        for task in tasks:
            for layer in (0, 2):
                row = {
                    "model": "m",
                    "task": task,
                    "state": f"t.{run}" if run else "original",
                    "layer": layer,
                    "depth": 2,
                }
                row |= {"tuned_on": "t" if run else None, "run": run, "recipe": "full" if run else None}
                row |= {"accuracy": score if (task, layer) == ("t", 2) else score - 5, "majority": 30.0, "n_test": 400}
                row |= {"n_labels": 4, "n_clusters": 4 if run else 9, "min_distance": score / 10}
                rows.append(row)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(collapsed=has_collapsed(frame, last_layer(frame)))


def label_rows(spaces):
    """Two labels: the smallest distance of one is a tenth of the accuracy, that of the other twice as much."""
    rows = [{"model": r.model, "task": r.task, "state": r.state, "tuned_on": r.tuned_on, "run": r.run,
             "recipe": r.recipe, "layer": r.layer, "label": label, "min_distance": r.accuracy / 10 * (1 + i)}
            for r in spaces.itertuples() for i, label in enumerate("ab")]  # fmt: skip
    return pd.DataFrame(rows, columns=list(LABELS))


@pytest.mark.parametrize(
    ("accuracy", "linear", "before", "fell"),
    [
        (30.0, None, 60.0, True),
        (34.4, 34.4, 60.0, True),  # the limit: 30 + 1.96 * sqrt(30 * 70 / 400) = 34.49
        (34.6, 34.4, 60.0, False),
        (34.4, 34.6, 60.0, False),  # the readout tells more
        (10.0, 12.0, 60.0, True),
        (30.0, 30.0, 34.0, False),  # nor did the original tell more
        (None, None, 60.0, False),  # not measured
        (30.0, 30.0, None, False),
    ],
)
def test_a_run_has_collapsed_where_it_guesses_and_the_original_did_not(accuracy, linear, before, fell):
    spaces = study({"seed0": 80.0, "seed1": 99.0}, tasks=["t"])
    spaces[["accuracy", "linear_accuracy"]] = spaces[["accuracy", "linear_accuracy"]].astype(object)
    of, at = spaces.run == "seed1", spaces.layer == 2
    spaces.loc[of & at, ["accuracy", "linear_accuracy"]] = [accuracy, linear]
    spaces.loc[spaces.run.isna() & at, "accuracy"] = before
    assert has_collapsed(spaces, last_layer(spaces))[of].tolist() == [fell, fell]


def test_all_rows_of_such_a_run_say_so_and_those_of_originals_nothing():
    spaces = study(GOOD)
    assert spaces.collapsed[spaces.run.isna()].isna().all()
    for run, fell in (("seed0", False), ("seed1", False), ("seed2", True)):
        assert spaces.collapsed[spaces.run == run].tolist() == [fell] * 4
    lower = spaces.assign(accuracy=spaces.accuracy.where((spaces.layer == 2) & (spaces.task == "t"), 30.0))
    assert not has_collapsed(lower, last_layer(lower))[spaces.run == "seed0"].any()  # only its task, last layer


def test_the_table_of_spaces_says_it_of_what_the_probes_found():
    scores = {"original": 60.0, "t.seed0": 30.0, "t.seed1": 70.0}
    cells = [
        (Space("m", State.parse(state), "t", layer), {"accuracy": score, "accuracy_std": 0.0, "accuracies": [score],
                                                      "best": None, "majority": 30.0, "n_test": 400, "seconds": 1.0})
        for state, score in scores.items() for layer in (0, 1)
    ]  # fmt: skip
    frame = space_table([], cells, {"t": ["a", "b"]}, {"m": 1}, full("m/t.seed0", "m/t.seed1"), {})
    found = dict(zip(frame.state, frame.collapsed))
    assert pd.isna(found.pop("original")) and found == {"t.seed0": True, "t.seed1": False}


def test_a_run_counts_unless_another_of_its_recipe_stands():
    spaces = study(GOOD)
    assert kept(spaces, spaces).tolist() == [run != "seed2" for run in spaces.run]
    all_fell = study({"seed0": 30.0, "seed2": 31.0})
    assert all_fell.collapsed.eq(True).sum() == 8 and kept(all_fell, all_fell).all()
    other = spaces.assign(recipe=spaces.recipe.where(spaces.run != "seed2", "lora"))
    assert kept(other, other).all()  # the others have another recipe


def test_tables_without_the_column_are_joined_by_model_run_and_task():
    spaces = study(GOOD)
    rows = label_rows(spaces)
    assert kept(rows, spaces).tolist() == [run != "seed2" for run in rows.run]
    moved = rows[(rows.task == "t") & rows.run.notna()].drop(columns="tuned_on")
    assert kept(moved, spaces).tolist() == [run != "seed2" for run in moved.run]
    elsewhere = pd.DataFrame({"model": ["m", "n", "m"], "task": ["u", "t", "t"], "run": ["seed2", "seed2", "seed0"]})
    assert kept(elsewhere, spaces).all()  # the same name, of another task or model
    assert kept(rows[:0], spaces).tolist() == [] and kept(rows, spaces[:0]).all()


@pytest.mark.parametrize(("scores", "counted", "n"), [
    (GOOD, [80.0, 90.0], (3, 1)), ({"seed0": 30.0, "seed1": 32.0}, [30.0, 32.0], (2, 2)),
    ({"seed0": 80.0, "seed1": 90.0}, [80.0, 90.0], (2, 0)),
])  # fmt: skip
def test_means_over_seeds_are_of_those_that_did_not_collapse(scores, counted, n):
    spaces = study(scores)
    seven = table7(spaces, ["m"], ["t"])
    after = seven.iloc[1]
    assert (after.accuracy, after.accuracy_seed_std) == pytest.approx(
        (np.mean(counted), np.std(counted, ddof=1)), abs=1e-4
    )
    assert (after.seeds, after.collapsed) == n and (seven.seeds[0], seven.collapsed[0]) == (0, 0)
    assert ("collapsed" in markdown(seven)) == bool(n[1])
    five = table5(spaces, label_rows(spaces), ["m"], ["t", "u"]).set_index(["fine_tuned_on", "probed_on"])
    for task in ("t", "u"):
        row = five.loc["t", task]
        assert row.accuracy_change == pytest.approx(np.mean(counted) - 60) and (row.seeds, row.collapsed) == n
        assert row.mean_min_distance_change == pytest.approx(1.5 * (np.mean(counted) - 60) / 10)
    spaces.loc[spaces.run.notna(), "n_clusters"] = spaces.accuracy
    (row,) = clusters(spaces, ["m"], ["t"]).itertuples()
    assert row.fine_tuned == pytest.approx(np.mean(counted)) and (row.seeds, row.collapsed) == n


def test_a_summary_over_seeds_leaves_collapsed_ones_out():
    frame = pd.DataFrame({"run": ["a", "b", "c", "d"], "k": [1, 1, 1, 2], "x": [1.0, 3.0, 99.0, 7.0],
                          "collapsed": [False, None, True, True]})  # fmt: skip
    table = over_seeds(frame, ["k"], {"x": "x"})
    assert table.x.tolist() == [2, 7] and table.seeds.tolist() == [3, 1] and table.collapsed.tolist() == [1, 1]


def crosses(axis):
    """Where runs are marked as collapsed."""
    found = [line.get_xydata().tolist() for line in axis.lines if line.get_marker() == "X"]
    return sorted(tuple(point) for points in found for point in points)


def drawn(axis, colour):
    """The heights of a colour's solid line."""
    return [list(line.get_ydata()) for line in axis.lines
            if line.get_color() == colour and line.get_linestyle() == "-"]  # fmt: skip


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("draw", [
    lambda spaces: layers(spaces, ["m"], ["t"]), lambda spaces: layer_distances(spaces, "m", ["t"])
])  # fmt: skip
def test_layers_show_a_collapsed_seed_and_do_not_average_it(draw):
    figure = draw(study(GOOD))
    (axis,) = [axis for axis in figure.axes if "accuracy" in axis.get_ylabel()]
    assert drawn(axis, style.AFTER) == [[80, 85]] and drawn(axis, style.BEFORE) == [[55, 60]]
    assert crosses(axis) == [(0, 25), (2, 30)]
    assert [30, 30] in [list(line.get_ydata()) for line in axis.lines if line.get_linestyle() == ":"]
    assert "collapsed, not in the mean" in legend(figure) and any("most frequent" in text for text in legend(figure))
    for scores in ({"seed0": 80.0, "seed1": 90.0}, {"seed0": 30.0, "seed1": 32.0}):  # none, or all
        figure = draw(study(scores))
        assert not any(crosses(axis) for axis in figure.axes) and "collapsed, not in the mean" not in legend(figure)
        (axis,) = [axis for axis in figure.axes if "accuracy" in axis.get_ylabel()]
        assert drawn(axis, style.AFTER) == [[np.mean([*scores.values()]) - 5, np.mean([*scores.values()])]]


def test_the_nearest_hull_of_a_collapsed_seed_is_marked():
    spaces = study(GOOD)
    frame = last_layer(spaces).assign(hull_accuracy=lambda rows: rows.accuracy - 10)
    figure = hull_accuracy(frame, spaces, ["m"], ["t"])
    (axis,) = figure.axes
    assert [height for _, height in crosses(axis)] == [30, 20] and "collapsed, not in the mean" in legend(figure)
    means = {round(float(y), 6) for line in axis.lines if line.get_marker() in "oD" for y in line.get_ydata()}
    assert means == {50, 60, 75, 85}
    assert [30, 30] in [list(line.get_ydata()) for line in axis.lines if line.get_linestyle() == ":"]


def test_the_curves_of_a_collapsed_seed_end_in_a_mark():
    spaces, rows = study(GOOD), []
    for r in last_layer(spaces[spaces.task == "t"]).itertuples():
        for name in ("subtrain", "subtest", "test"):
            for epoch in (1, 2, 3):
                row = {"model": "m", "task": "t", "state": r.state, "tuned_on": r.tuned_on, "run": r.run, "layer": 2}
                row |= {
                    "set": name,
                    "epoch": epoch,
                    "accuracy": r.accuracy + epoch,
                    "accuracy_std": 0.0,
                    "majority": 30.0,
                }
                rows.append(row)
    figure = memorisation(pd.DataFrame(rows), spaces, ["m"], ["t"])
    (axis,) = figure.axes
    assert crosses(axis) == [(3, 33)] * 3 and drawn(axis, style.AFTER) == [[86, 87, 88]]
    assert {"collapsed, not in the mean", "most frequent label"} <= set(legend(figure))
