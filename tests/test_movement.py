"""Planes, movement and paths, against scikit-learn's PCA and against plain loops."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.quiver import Quiver
from runs_fixtures import full
from scipy.stats import ortho_group
from sklearn.decomposition import PCA

from closerlook.analysis.centroid_paths import centroid_paths, closest
from closerlook.analysis.directions import directions
from closerlook.analysis.movement import measure_movement, movement
from closerlook.analysis.plane import common_plane, fit_plane, sample
from closerlook.analysis.trace import trace_run
from closerlook.figures import style
from closerlook.figures.centroid_paths import centroid_paths as draw_paths
from closerlook.figures.directions import directions as draw_directions
from closerlook.figures.movement_lengths import movement_lengths

NAMES = {"t": ["a", "b", "c", "d"]}
RUNS = full(*(f"m/t.seed{n}" for n in range(3)))
LOOKS = {"t": style.looks(NAMES["t"])}


def test_a_plane_is_that_of_pca():
    X = np.random.default_rng(0).normal(size=(30, 6)) * [5, 3, 1, 1, 1, 1]
    plane, pca = fit_plane(X), PCA(2).fit(X)
    np.testing.assert_allclose(plane.explained, pca.explained_variance_ratio_)
    np.testing.assert_allclose(abs(plane.axes), abs(pca.components_), atol=1e-10)
    np.testing.assert_allclose(abs(plane.project(X)), abs(pca.transform(X)), atol=1e-10)
    assert (plane.axes[np.arange(2), abs(plane.axes).argmax(1)] > 0).all()


def test_a_plane_around_the_origin_explains_squared_lengths():
    X = np.random.default_rng(1).normal(size=(20, 5)) + 3
    plane = fit_plane(X, origin=np.zeros(5))
    np.testing.assert_allclose((plane.project(X) ** 2).sum(0) / (X**2).sum(), plane.explained)


@pytest.mark.parametrize("shape", [(1, 4), (2, 4), (5, 1), (3, 2)])
def test_few_points_or_dimensions_still_have_a_plane(shape):
    X = np.random.default_rng(2).normal(size=shape)
    plane = fit_plane(X)
    assert plane.axes.shape == (2, shape[1]) and plane.project(X).shape == (shape[0], 2)
    assert np.isfinite(plane.project(X)).all()
    assert np.isnan(plane.explained).all() if shape[0] == 1 else plane.explained.sum() == pytest.approx(1)


def test_a_sample_has_as_many_of_each_label():
    y = np.repeat([0, 1, 2], [500, 30, 3])
    chosen = sample(y, 60)
    assert np.bincount(y[chosen]).tolist() == [20, 20, 3] and len(set(chosen)) == 43
    assert np.array_equal(chosen, sample(y, 60)) and len(sample(np.zeros(0, int))) == 0


@pytest.fixture(scope="module")
def spaces():
    """Four labels in two layers, before and after; label c does not move in layer 0."""
    rng = np.random.default_rng(3)
    y = np.repeat([0, 1, 2, 3], [10, 20, 5, 8])
    found = {}
    for layer in (0, 1):
        before = rng.normal(size=(len(y), 7)).astype(np.float32)
        ways = rng.normal(size=(4, 7)) * (1 + layer)
        ways[2] *= layer
        found[layer] = before, (before + ways[y]).astype(np.float32), ways
    return y, found


def save(folder, arrays, seed, kind="movement"):
    path = folder / f"{kind}/m/t.seed{seed}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def test_every_label_goes_its_way(spaces, tmp_path):
    y, found = spaces
    arrays = measure_movement(((n, a, b) for n, (a, b, _) in found.items()), y)
    assert arrays["counts"].tolist() == [10, 20, 5, 8]
    table = movement([save(tmp_path, arrays, 0)], NAMES, RUNS)
    assert len(table) == 2 * 4
    for layer, (before, _, ways) in found.items():
        rows = table[table.layer == layer].set_index("label").loc[NAMES["t"]]
        lengths = np.linalg.norm(ways, axis=1)
        np.testing.assert_allclose(rows.length, lengths, atol=1e-5)
        size = np.sqrt((before**2).sum(1).mean())
        np.testing.assert_allclose(rows.relative_length, lengths / size, atol=1e-5)
        mean = ways.mean(0)
        for label, way in zip(NAMES["t"], ways):
            if np.linalg.norm(way) > 1e-3:
                cosine = way @ mean / np.linalg.norm(way) / np.linalg.norm(mean)
                assert rows.cosine[label] == pytest.approx(cosine, abs=1e-4)


def test_movement_does_not_depend_on_the_frame(spaces, tmp_path):
    y, found = spaces
    R = ortho_group.rvs(7, random_state=0)
    frames = []
    for seed, (turn, scale) in enumerate([(np.eye(7), 1), (R, 1), (R, 3)]):
        moved = ((n, scale * a @ turn, scale * b @ turn) for n, (a, b, _) in found.items())
        frames.append(movement([save(tmp_path, measure_movement(moved, y), seed)], NAMES, RUNS))
    for column in ("length", "relative_length"):
        np.testing.assert_allclose(frames[0][column], frames[1][column], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(frames[0].relative_length, frames[2].relative_length, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(3 * frames[0].length, frames[2].length, rtol=1e-4, atol=1e-5)


def test_directions_keep_the_length_that_they_explain(spaces, tmp_path):
    y, found = spaces
    runs = [save(tmp_path, measure_movement(((n, a, b + s) for n, (a, b, _) in found.items()), y), s) for s in (0, 1)]
    frame = directions(runs, NAMES, RUNS)
    assert len(frame) == 2 * 2 * 4
    lengths = movement(runs, NAMES, RUNS).groupby("layer").length.apply(lambda v: (v**2).sum())
    for layer, cell in frame.groupby("layer"):
        shares = (cell.x**2).sum() / lengths[layer], (cell.y**2).sum() / lengths[layer]
        assert shares == pytest.approx((cell.explained_x.iloc[0], cell.explained_y.iloc[0]), abs=1e-5)
    figure = draw_directions(frame, LOOKS, "m", "t")
    panels = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in panels] == ["layer 0", "layer 1"]
    arrows = [c for c in panels[1].collections if isinstance(c, Quiver)]
    drawn = {tuple(np.round(end, 6)) for a in arrows for end in zip(a.U, a.V)}
    mean = frame[frame.layer == 1].groupby("label")[["x", "y"]].mean().to_numpy()
    assert drawn == {tuple(np.round(row, 6)) for row in mean}


def test_lengths_have_a_panel_for_every_label(spaces, tmp_path):
    y, found = spaces
    arrays = measure_movement(((n, a, b) for n, (a, b, _) in found.items()), y)
    table = movement([save(tmp_path, arrays, 0)], NAMES, RUNS)
    figure = movement_lengths(table, LOOKS, "m", "t")
    assert [axis.get_title() for axis in figure.axes] == ["a (10)", "b (20)", "c (5)", "d (8)"]
    own = table[table.label == "b"].relative_length
    assert any(np.allclose(line.get_ydata(), own) for line in figure.axes[1].lines)


@pytest.fixture
def many():
    """Fifty labels in two layers, two seeds; in the last layer label l moves by l, in the first by its opposite."""
    rows = [
        {"model": "m", "task": "t", "label": f"l{i:02}", "run": f"seed{seed}", "layer": layer, "points": i + 1,
         "relative_length": i if layer else 50 - i, "x": i if layer else 1.0, "y": 0.5 * seed, "explained_x": 0.6,
         "explained_y": 0.1}
        for i in range(50) for layer in (0, 1) for seed in (0, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_of_many_labels_those_that_move_furthest_and_least_have_a_panel(many):
    looks = {"t": style.looks(sorted(many.label.unique()))}
    figure = movement_lengths(many, looks, "m", "t")
    titles = [axis.get_title().split()[0] for axis in figure.axes]
    assert titles == [f"l{i:02}" for i in (*range(49, 25, -1), *range(15, -1, -1))]
    assert [text.get_text().split(":")[0] for text in figure.texts] == ["relative displacement", "40 of 50 labels"]
    assert "movement.csv" in figure.texts[1].get_text()
    grey = [line for line in figure.axes[0].lines if line.get_color() == style.PALE]
    assert list(grey[0].get_ydata()) == [25.5, 24.5]  # the mean of all fifty
    few = many[many.label < "l40"]
    figure = movement_lengths(few, looks, "m", "t")
    assert [axis.get_title().split()[0] for axis in figure.axes] == sorted(few.label.unique())
    assert [text.get_text() for text in figure.texts] == ["relative displacement"]


def test_a_label_without_a_length_is_none_of_the_extremes(many):
    many.loc[many.label == "l49", "relative_length"] = np.nan
    figure = movement_lengths(many, {"t": style.looks(many.label.unique())}, "m", "t")
    titles = [axis.get_title().split()[0] for axis in figure.axes]
    assert len(titles) == 40 and "l49" not in titles


def test_the_six_that_move_furthest_have_a_colour_and_the_others_an_arrow(many):
    figure = draw_directions(many, {"t": style.looks(sorted(many.label.unique()))}, "m", "t")
    pale, bold = (c for c in figure.axes[1].collections if isinstance(c, Quiver))
    assert sorted(bold.U) == [44, 45, 46, 47, 48, 49] and sorted(pale.U) == list(range(44))
    assert {to_hex(c, keep_alpha=False).upper() for c in pale.get_facecolors()} == {style.PALE}
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [f"l{i}" for i in range(49, 43, -1)] + ["44 others"]


def test_a_single_layer_is_drawn_as_points(many):
    looks = {"t": style.looks(sorted(many.label.unique()))}
    axis = movement_lengths(many[many.layer == 1], looks, "m", "t").axes[0]
    assert all(line.get_marker() == "o" for line in axis.lines)
    low, high = axis.get_xlim()
    assert [tick for tick in axis.get_xticks() if low <= tick <= high] == [1]


@pytest.mark.parametrize("k", [3, 4, 9])
def test_the_closest_three_are_those_of_all_triples(k):
    vector = np.random.default_rng(k).random(k * (k - 1) // 2)
    vector[1] = np.nan  # overlapping: nothing is closer
    D = np.zeros((k, k))
    D[np.triu_indices(k, 1)] = np.nan_to_num(vector)
    D += D.T
    best = min(itertools.combinations(range(k), 3), key=lambda some: sum(D[p] for p in itertools.combinations(some, 2)))
    assert closest(vector, k) == list(best)
    assert closest(np.zeros(1), 2) == [0, 1]


def test_paths_are_those_of_the_centroids(spaces, tmp_path):
    y, found = spaces
    views = {n: common_plane(a, b, y) for n, (a, b, _) in found.items()}
    runs = []
    for seed in (0, 1):
        steps = [
            (u, {"train": {n: a + (u / 10 + seed / 50) * (b - a) for n, (a, b, _) in found.items()}})
            for u in (0, 5, 10)
        ]
        _, arrays = trace_run(steps, {"train": y}, planes=views, shown=np.arange(0, 43, 6))
        runs.append(save(tmp_path, arrays, seed, "trajectories"))
    with np.load(runs[0]) as arrays:  # the points of the sample, in the planes
        assert arrays["sample_points"].shape == (3, 2, 8, 2)
        middle = (found[1][0] + found[1][1]) / 2
        np.testing.assert_allclose(arrays["sample_points"][1, 1], views[1].project(middle[::6]), atol=1e-4)
        ways = arrays["train_centroids"][:, 1].astype(float)
    frame = centroid_paths(runs, NAMES, RUNS)
    assert set(frame.layer) == {1} and len(frame) == 2 * 3 * 3
    track = frame[(frame.seed == 0)].sort_values(["label", "update"])
    chosen = [NAMES["t"].index(name) for name in dict.fromkeys(track.label)]
    high = np.linalg.norm(ways[:, chosen][1:] - ways[:, chosen][:-1], axis=2).sum()
    flat = track[["x", "y"]].to_numpy().reshape(3, 3, 2)
    low = np.linalg.norm(np.diff(flat, axis=1), axis=2).sum()
    assert 0 < low <= high + 1e-6  # a projection shortens
    assert 0 < track.explained_x.iloc[0] + track.explained_y.iloc[0] <= 1
    figure = draw_paths(frame, [("m", "t")], LOOKS)
    lines = [line.get_xdata() for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    assert len(lines) == 3 * 2
