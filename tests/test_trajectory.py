"""Runs followed step by step, against the same spaces measured one by one."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from runs_fixtures import full

from closerlook import label_distances
from closerlook.analysis.label_distances import label_distances as label_rows
from closerlook.analysis.tables import read_table
from closerlook.analysis.trace import trace_run
from closerlook.analysis.trajectory import trajectory
from closerlook.figures import style
from closerlook.figures.label_distances import label_distances as draw_distances
from closerlook.figures.layer_similarity import layer_similarity

NAMES = ["a", "b", "c", "d", "e"]
LOOKS = {"t": style.looks(NAMES)}


@pytest.fixture(scope="module")
def run():
    """Five labels that move apart over five updates, in two layers; at the start two of them overlap."""
    rng = np.random.default_rng(0)
    y = {"train": np.repeat([0, 1, 2, 3, 4], 30), "test": np.repeat([0, 1, 3], 10)}
    centres, noise = np.eye(5, 6), {s: rng.normal(size=(len(y[s]), 6)) * 0.3 for s in y}

    def space(update):
        far = np.array([0.5, 0.5, 4, 5, 6])[:, None] + 0.8 * update
        return {s: {n: ((1 + n) * far * centres)[y[s]] + noise[s] for n in (0, 3)} for s in y}

    return y, {update: space(update) for update in (0, 5, 10, 15, 18)}


@pytest.mark.parametrize("threads", [1, 2])
def test_every_space_is_measured_as_it_is_alone(run, threads):
    y, spaces = run
    record, arrays = trace_run(spaces.items(), y, threads=threads)
    assert record["updates"] == list(arrays["updates"]) == [0, 5, 10, 15, 18]
    assert record["layers"] == list(arrays["layers"]) == [0, 3]
    overlaps = 0
    for split in y:
        assert list(arrays[f"{split}_classes"]) == sorted(set(y[split]))
        for s, space in enumerate(spaces.values()):
            for i, layer in enumerate((0, 3)):
                X = space[split][layer]
                alone = label_distances(X, y[split])
                found = arrays[f"{split}_distances"][s, i]
                assert np.array_equal(np.isfinite(found), alone.separable)
                np.testing.assert_allclose(found[alone.separable], alone.vector[alone.separable], rtol=2e-3)
                assert record["n_overlapping"][split][s][i] == (~alone.separable).sum()
                overlaps += (~alone.separable).sum()
                centroids = [X[y[split] == c].mean(0) for c in alone.classes]
                np.testing.assert_allclose(arrays[f"{split}_centroids"][s, i], centroids, rtol=1e-5, atol=1e-6)
    assert overlaps > 0  # or the test does not reach what is overlapping


@pytest.fixture
def tables(run, tmp_path):
    y, spaces = run
    for seed in (0, 1):
        folder = tmp_path / "trajectories/m"
        folder.mkdir(parents=True, exist_ok=True)
        _, arrays = trace_run(((u, s) for u, s in spaces.items()), y)
        np.savez(folder / f"t.seed{seed}.npz", **arrays)
    traces = sorted(tmp_path.glob("trajectories/m/*.npz"))
    runs = full("m/t.seed0", "m/t.seed1")
    return trajectory(traces, runs), label_rows(traces, {"t": NAMES}, runs)


def test_tables_have_a_row_per_space_and_per_label(run, tables):
    (y, data), (spaces, labels) = run, tables
    assert len(spaces) == 2 * 2 * 2 * 5 and not spaces.duplicated(["seed", "split", "layer", "update"]).any()
    assert len(labels) == 2 * 2 * 5 * 5
    start = spaces[(spaces["update"] == 0) & (spaces.similarity_pairs >= 6)]
    assert len(start) and np.allclose(start.similarity, 1)
    assert spaces[spaces.similarity_pairs < 6].similarity.isna().all()
    last = label_distances(data[18]["train"][3], y["train"])
    row = labels[(labels["update"] == 18) & (labels.layer == 3) & (labels.seed == 1)].set_index("label")
    np.testing.assert_allclose(row.min_distance, np.nanmin(last.matrix, 1), rtol=2e-3)
    assert list(row.nearest) == [NAMES[i] for i in np.nanargmin(last.matrix, 1)]
    cell = spaces[(spaces["update"] == 18) & (spaces.layer == 3) & (spaces.split == "train")].iloc[0]
    first = label_distances(data[0]["train"][3], y["train"])
    both = first.separable & last.separable
    assert cell.similarity_pairs == both.sum()
    assert cell.similarity == pytest.approx(np.corrcoef(first.vector[both], last.vector[both])[0, 1], abs=2e-3)
    assert cell.overlapping == 0 and cell.pairs == 10


def test_a_label_that_overlaps_with_another_has_no_distance_and_the_others_have(tables):
    _, labels = tables
    start = labels[(labels["update"] == 0) & (labels.layer == 0) & (labels.seed == 0)].set_index("label")
    assert start.overlapping["a"] >= 1 and start.overlapping["a"] == start.overlapping["b"]
    assert pd.isna(start.nearest["a"]) and np.isnan(start.min_distance["a"])
    assert start.overlapping["d"] == 0 and start.min_distance["d"] > 0


def test_points_in_a_conflict_take_no_part(run):
    """The same text under two labels: without it, all distances are as they were."""
    y, spaces = run
    double = {u: {"train": {3: np.r_[s["train"][3], s["train"][3][:1]]}} for u, s in spaces.items()}
    labels = {"train": np.r_[y["train"], 2]}
    _, with_conflict = trace_run(double.items(), labels)
    kept = {"train": np.delete(y["train"], 0)}
    _, without = trace_run(((u, {"train": {3: s["train"][3][1:]}}) for u, s in spaces.items()), kept)
    np.testing.assert_allclose(with_conflict["train_distances"], without["train_distances"], rtol=2e-3)
    assert np.isfinite(with_conflict["train_distances"][-1]).all()


def test_figures_show_every_label_and_layer(tables):
    spaces, labels = tables
    figure = draw_distances(labels, spaces, [("m", "t")], LOOKS)
    above, below = figure.axes
    drawn = [line.get_ydata() for line in above.lines]
    last = labels[labels.layer == 3].groupby(["label", "update"]).min_distance.mean().unstack()
    for _, row in last.iterrows():
        assert any(np.allclose(row, line, equal_nan=True) for line in drawn)
    overlapping = spaces[(spaces.layer == 3) & (spaces.split == "train")].groupby("update").overlapping.mean()
    assert np.array_equal(below.lines[0].get_ydata(), overlapping)
    figure = layer_similarity(spaces, [("m", "t"), ("m", "t")])
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata()) == 5]) == 2


def test_labels_that_do_not_stand_out_are_drawn_behind_the_others(tables):
    spaces, labels = tables
    more = pd.concat([labels, labels.assign(label=labels.label + "'", min_distance=labels.min_distance + 1)])
    looks = {"t": style.looks(sorted(more.label.unique()))}
    above = draw_distances(more, spaces, [("m", "t")], looks).axes[0]
    assert len(above.lines) == len(above.texts) == 6
    (grey,) = (c for c in above.collections if isinstance(c, LineCollection))
    drawn = np.array([path.vertices[:, 1] for path in grey.get_paths()])
    last = more[more.layer == 3].groupby(["label", "update"]).min_distance.mean().unstack()
    np.testing.assert_allclose(drawn, last)
    assert above.get_ylim()[1] > last.to_numpy().max()


def test_two_labels_share_the_line_of_their_one_distance(tables):
    spaces, labels = tables
    two = labels[labels.label.isin(["c", "d"])].copy()
    two["min_distance"] = two.groupby(["seed", "layer", "update"]).min_distance.transform("min")
    above = draw_distances(two, spaces, [("m", "t")], {"t": style.looks(["c", "d"])}).axes[0]
    (text,) = above.texts
    assert text.get_text().startswith("c – d +") and len(above.lines) == 1


def test_labels_that_all_overlap_have_no_distance_and_the_figure_says_so(tables):
    spaces, labels = tables
    above = draw_distances(labels.assign(min_distance=np.nan), spaces, [("m", "t")], LOOKS).axes[0]
    assert [text.get_text() for text in above.texts] == ["all pairs of labels overlap"] and not above.lines


def test_what_has_too_few_pairs_has_no_line_of_similarity(tables):
    spaces, _ = tables
    figure = layer_similarity(spaces.assign(similarity=None), [("m", "t"), ("m", "u")])
    assert [axis.texts[0].get_text() for axis in figure.axes[:2]] == ["too few pairs of labels", "not measured"]
    known = spaces.assign(similarity=spaces.similarity.where(spaces.layer == 3))
    axis = layer_similarity(known, [("m", "t")]).axes[0]
    assert not axis.texts and len([line for line in axis.lines if np.isfinite(line.get_ydata()).sum() > 2]) == 1


def test_many_runs_stand_in_rows_and_the_figure_says_how_many_it_shows(tables):
    spaces, labels = tables
    figure = draw_distances(labels, spaces, [("m", "t")] * 60, LOOKS)
    assert len([axis for axis in figure.axes if axis.get_title()]) == 42
    assert max(figure.get_size_inches()) < 30 and figure.get_figwidth() < 20
    assert [text.get_text().split(" pairs")[0] for text in figure.texts] == ["42 of 60"]


def test_a_run_that_was_not_followed_is_shown_as_such(tables):
    spaces, labels = tables
    figure = draw_distances(labels, spaces, [("m", "t"), ("m", "u")], LOOKS)
    missing = figure.axes[1]
    assert missing.get_title() == "u\nm" and [text.get_text() for text in missing.texts] == ["not measured"]


def test_an_empty_study_has_empty_tables():
    spaces, labels = trajectory([], {}), label_rows([], {}, {})
    assert isinstance(spaces, pd.DataFrame) and len(spaces) == len(labels) == 0


def test_names_that_look_like_numbers_or_like_nothing_stay_names(tmp_path):
    table = pd.DataFrame({"task": ["7", "7"], "label": ["NA", "None"], "min_distance": [1.5, None]})
    table.to_csv(tmp_path / "t.csv", index=False)
    read = read_table(tmp_path / "t.csv")
    assert list(read.task) == ["7", "7"] and list(read.label) == ["NA", "None"]
    assert read.min_distance[0] == 1.5 and np.isnan(read.min_distance[1])


def test_no_label_gains_both_most_and_least(tables):
    spaces, labels = tables
    few = labels[labels.label.isin(["c", "d"])]
    named = draw_distances(few, spaces, [("m", "t")], LOOKS).axes[0].texts
    assert sorted(text.get_text()[0] for text in named) == ["c", "d"]
    heights = sorted(text.xy[1] for text in named)
    assert min(np.diff(heights)) > 0  # side by side, however near their lines are
