"""Figures show the numbers that they were given."""

import numpy as np
import pandas as pd
import pytest

from closerlook import hull_distance
from closerlook.analysis.similarity import COLUMNS as MEASURED
from closerlook.analysis.spaces import COLUMNS
from closerlook.analysis.tables import read_table
from closerlook.figures import panels, style
from closerlook.figures.clusters import clusters
from closerlook.figures.layer_distances import layer_distances
from closerlook.figures.layers import layers
from closerlook.figures.memorisation import memorisation
from closerlook.figures.similarity import similarity


@pytest.fixture
def frame():
    """Two models, of which one was never fine-tuned, and two tasks of four labels."""
    rows = []
    for model, states in (("m", ["original", "t.seed0", "t.seed1"]), ("r", ["original"])):
        for task in ("t", "u"):
            for state in (s.replace("t.", f"{task}.") for s in states):
                tuned = state != "original"
                seed = int(state[-1]) if tuned else None
                for layer in range(3):
                    row = {"model": model, "task": task, "state": state, "tuned_on": task if tuned else None}
                    row |= {
                        "run": f"seed{seed}" if tuned else None,
                        "seed": seed,
                        "layer": layer,
                        "depth": 2,
                        "n_labels": 4,
                        "majority": 30.0,
                    }
                    rows.append(row | {"accuracy": 50 + layer + 10 * (seed or 0), "n_clusters": 4 + layer})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def curves(axis):
    return {line.get_color(): line for line in axis.lines if len(line.get_xdata()) == 3 and line.get_linestyle() == "-"}


def test_lines_are_means_over_seeds(frame):
    axes = np.array(layers(frame, ["m", "r"], ["t", "u"]).axes).reshape(4, 2)
    found = curves(axes[0, 1])
    assert list(found[style.BEFORE].get_ydata()) == [50, 51, 52]
    assert list(found[style.AFTER].get_ydata()) == [55, 56, 57]
    assert list(curves(axes[2, 0])[style.BEFORE].get_ydata()) == [4, 5, 6]
    assert style.AFTER not in curves(axes[1, 0])  # r has no fine-tuned state
    assert axes[0, 0].get_ylim() == axes[1, 0].get_ylim()


def test_a_model_that_was_not_measured_is_shown_as_such(frame):
    frame.loc[frame.model == "r", "accuracy"] = np.nan
    axes = np.array(layers(frame, ["m", "r"], ["t", "u"]).axes).reshape(4, 2)
    assert [t.get_text() for t in axes[1, 0].texts] == ["not measured"]
    assert not axes[0, 0].texts and not axes[3, 0].texts


def test_panels_of_a_task_share_the_scale_of_what_was_measured(frame):
    frame["n_clusters"] *= 40
    frame = frame[(frame.model == "m") | (frame.task == "t")]  # r was not looked at on u
    top = layers(frame, ["m"], ["t", "u"]).axes[3].get_ylim()
    axes = np.array(layers(frame, ["m", "r"], ["t", "u"]).axes).reshape(4, 2)
    assert axes[2, 1].get_ylim() == axes[3, 1].get_ylim() == pytest.approx(top) and top[1] > 240


def test_layers_without_clusters_leave_the_panels_of_a_model_side_by_side(frame):
    frame.loc[frame.layer == 0, ["n_clusters", "linear_accuracy"]] = np.nan  # all vectors equal
    frame.loc[frame.layer > 0, "linear_accuracy"] = 60.0
    axes = np.array(layers(frame, ["m", "r"], ["t", "u"]).axes).reshape(4, 2)
    assert len({axis.get_xlim() for axis in axes.flat}) == 1 and axes[0, 0].get_xlim()[0] <= 0
    readouts = [line for line in axes[0, 0].lines if line.get_linestyle() == "--"]
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in readouts] == [([1, 2], [60, 60])] * 2


def test_a_study_without_results_has_empty_figures(tmp_path):
    pd.DataFrame(columns=list(COLUMNS)).to_csv(tmp_path / "spaces.csv", index=False)
    empty = read_table(tmp_path / "spaces.csv")
    measured = pd.DataFrame(columns=list(MEASURED))
    for figure in (
        layers(empty, ["m"], ["t", "u"]),
        layer_distances(empty, "m", ["t", "u"]),
        similarity(measured, empty, ["m"], ["t", "u"]),
    ):
        style.save(figure, [tmp_path / "figure.png"])
        assert sum(text.get_text() == "not measured" for axis in figure.axes for text in axis.texts) >= 2


def test_of_many_models_and_tasks_the_first_are_shown_and_the_figure_says_so():
    empty = pd.DataFrame(columns=list(COLUMNS))
    tasks, models = [f"task-{i}" for i in range(23)], [f"model-{i}" for i in range(14)]
    figure = layer_distances(empty, "m", tasks)
    assert [axis.get_title() for axis in figure.axes[:21]] == [*tasks[:20], ""]
    assert figure.get_figwidth() <= 19 and [t.get_text().split(",")[0] for t in figure.texts][1:] == ["20 of 23 tasks"]
    measured = pd.DataFrame(columns=list(MEASURED))
    figure = similarity(measured, empty, models, tasks[:2])
    assert [axis.get_ylabel() for axis in figure.axes[::2]] == [f"{m}\nsimilarity" for m in models[:12]]
    assert figure.get_figheight() <= 29 and [t.get_text().split(",")[0] for t in figure.texts] == ["12 of 14 models"]
    assert not layer_distances(empty, "m", tasks[:20]).texts[1:]


def test_long_names_stay_beside_their_panels(frame, tmp_path):
    models, tasks = [f"{'model-' * 15}{i}" for i in "ab"], [f"{'task_' * 19}{i}" for i in "ab"]
    named = frame.replace({"m": models[0], "r": models[1], "t": tasks[0], "u": tasks[1]})
    figure = layers(named, models, tasks)
    figure.canvas.draw()
    titles = [axis.title.get_window_extent() for axis in figure.axes[:2]]
    assert titles[0].x1 < titles[1].x0
    names = [axis.yaxis.label.get_window_extent() for axis in figure.axes[::2]]
    assert all(below.y1 < above.y0 for above, below in zip(names, names[1:]))
    style.save(figure, [tmp_path / "f.png"])


def test_linked_panels_have_one_scale_that_all_fit_in():
    figure, axes = panels.grid(2, ["a", "b"], 1.5, 0.5, "layer")
    for i, axis in enumerate(axes.flat):
        axis.plot([0, 1], [i, i + 1])
    panels.link(axes, "y")
    figure.canvas.draw()
    assert (
        len({axis.get_ylim() for axis in axes.flat}) == 1
        and axes[0, 0].get_ylim()[1] > 4 > 0 > axes[0, 0].get_ylim()[0]
    )
    shown = [any(tick.get_visible() for tick in axis.get_yticklabels()) for axis in axes.flat]
    assert shown == [True, False, True, False]


def test_a_measure_of_too_few_pairs_has_no_line_and_says_so():
    row = {"model": "m", "task": "t", "tuned_on": "t", "run": "seed0", "seed": 0, "original_pairs": 1}
    spaces = pd.DataFrame([row | {"layer": n} for n in (0, 1)], columns=list(COLUMNS))
    rows = [{"model": "m", "task": "t", "run": "seed0", "split": "train", "layer": n, "cka": 0.9} for n in (0, 1)]
    frame = pd.DataFrame(rows, columns=list(MEASURED))
    axis, other = similarity(frame, spaces, ["m"], ["t", "u"]).axes
    assert [t.get_text() for t in axis.texts] == ["too few pairs of labels"]
    assert [t.get_text() for t in other.texts] == ["not measured"]
    assert len([line for line in axis.lines if list(line.get_ydata()) == [0.9, 0.9]]) == 1


def test_the_same_data_give_the_same_bytes(frame, tmp_path):
    for name in ("a", "b"):
        style.save(layers(frame, ["m"], ["t"]), [tmp_path / f"{name}.pdf", tmp_path / f"{name}.png"])
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_every_cluster_has_its_hull():
    X = np.array([[0, 0], [1, 0], [0, 1], [5, 5], [9, 0], [8, 0], [9, 1], [9, 9]], float)
    y = np.array([0, 0, 0, 1, 0, 0, 0, 1])
    both = clusters(X, y, ["near", "far"])
    _, labels, found = both.axes
    assert len(labels.patches) == 2 * 2 and len(found.patches) == 2 * 2  # each once filled, once outlined
    (way,) = found.lines
    ends = way.get_xydata()
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(hull_distance(X[y == 0], X[y == 1]).distance, rel=1e-3)
    assert [t.get_text() for t in both.legends[0].get_texts()] == ["near", "far"]
    X[3] = [4, 0.4]  # between the points of the other label
    found = clusters(X, y).axes[2]
    assert len(found.patches) == 2 * 3 and "3 clusters" in found.get_title()


def test_memorisation_shows_the_last_layer_over_seeds_and_holds_a_converged_probe():
    rows = []
    for state, ends in (("original", {"": 2}), ("t.seed0", {"0": 3}), ("t.seed1", {"1": 2})):
        for layer in (0, 2):
            for (seed, end), name in ((item, n) for item in ends.items() for n in ("subtrain", "subtest", "test")):
                for epoch in range(1, end + 1):
                    row = {"model": "m", "task": "t", "state": state, "tuned_on": "t" if seed else None, "layer": layer}
                    row |= {"run": f"seed{seed}" if seed else None, "majority": 30.0}
                    row |= {"set": name, "epoch": epoch, "accuracy": 10.0 * epoch + layer + 40 * (seed == "1")}
                    rows.append(row | {"accuracy_std": 0.0})
    axis, other = memorisation(pd.DataFrame(rows), pd.DataFrame(columns=list(COLUMNS)), ["m"], ["t", "u"]).axes
    lines = {(line.get_color(), line.get_linestyle()): list(line.get_ydata()) for line in axis.lines}
    assert lines.pop((style.FAINT, ":")) == [30, 30]  # the most frequent label
    assert len(lines) == 6
    assert lines[style.BEFORE, "--"] == [12, 22]
    assert lines[style.AFTER, ":"] == [32, 42, 47]  # the means of 12, 22, 32 and of 52, 62, 62
    assert [text.get_text() for text in other.texts] == ["not measured"]
