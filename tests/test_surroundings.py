"""What surrounds an example, against plain computations: least squares, all distances, one readout for each point."""

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.spatial.distance import cdist

from closerlook.analysis.surroundings import measure_surroundings
from closerlook.probes.direct.geometry import measure
from closerlook.probes.mlp.linear import discriminant, linear_readout


def to_hull(q, C):
    """Distance of a point to the hull of others, as least squares with weights of one sign that add up to one."""
    A = np.vstack([(C - q).T, 1e4 * np.ones(len(C))])
    weights, _ = nnls(A, np.append(np.zeros(len(q)), 1e4))
    return np.linalg.norm((C - q).T @ weights)


@pytest.fixture(scope="module")
def space():
    """Three labels that overlap, so that there are clusters of all sizes, a label of one point, and a test split."""
    rng = np.random.default_rng(3)
    y, yt = np.append(np.repeat([0, 1, 3], 25), 4), rng.integers(0, 5, 30)
    X, Xt = (rng.normal(size=(len(of), 4)) + 1.2 * np.eye(5, 4)[of] for of in (y, yt))
    arrays = measure(X, y)[1]
    assert len(arrays["cluster_classes"]) > 4 and np.bincount(arrays["labels"]).min() == 1
    return (X, y), (Xt, yt), arrays, measure_surroundings((X, y), (Xt, yt), arrays, tol=1e-6)


@pytest.mark.parametrize("split", ["train", "test"])
def test_hulls_are_as_far_as_least_squares_says(space, split):
    (X, y), (Xt, yt), arrays, found = space
    Q, labels = (X, y) if split == "train" else (Xt, yt)
    for i, (q, label) in enumerate(zip(Q, labels)):
        own, rival = {}, {}
        for c, of in enumerate(arrays["cluster_classes"]):
            kept = (arrays["labels"] == c) & ((split == "test") | (np.arange(len(X)) != i))
            if kept.any():
                (own if of == label else rival)[c] = to_hull(q, X[kept])
        expected = min(own.values(), default=np.inf), min(rival.values())
        pair = found[f"{split}_own"][i], found[f"{split}_rival"][i]
        np.testing.assert_allclose(pair, expected, rtol=1e-3, atol=1e-3)
        away = arrays["cluster_classes"][min(rival, key=rival.get)]
        clear = sorted(rival.values())[1] > 1.01 * expected[1]
        assert found[f"{split}_rival_label"][i] == away or not clear
        if abs(expected[0] - expected[1]) > 1e-2:
            assert found[f"{split}_hull"][i] == (label if expected[0] < expected[1] else away) or not clear


def test_a_training_example_belongs_to_its_own_cluster(space):
    (X, y), _, arrays, found = space
    np.testing.assert_array_equal(found["train_cluster"], arrays["labels"])
    np.testing.assert_array_equal(found["cluster_classes"][found["train_cluster"]], y)
    np.testing.assert_array_equal(found["cluster_sizes"], np.bincount(arrays["labels"]))


@pytest.mark.parametrize("split", ["train", "test"])
def test_neighbours_are_the_nearest_training_examples(space, split):
    (X, y), (Xt, yt), _, found = space
    distances = cdist(X if split == "train" else Xt, X)
    if split == "train":
        np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(1)[:, :10]
    np.testing.assert_array_equal(found[f"{split}_neighbours"], nearest)
    labels = y if split == "train" else yt
    np.testing.assert_array_equal(found[f"{split}_share"], [(y[row] == of).sum() for row, of in zip(nearest, labels)])


def test_the_readout_leaves_out_training_examples_only(space):
    (X, y), (Xt, _), _, found = space
    np.testing.assert_array_equal(found["test_linear"], linear_readout(X, y, Xt))
    fit = discriminant(X, y)
    logs = fit.left_out(X)
    np.testing.assert_array_equal(found["train_linear"], fit.classes[logs.argmax(1)])
    for i, doubt in enumerate(found["train_doubt"]):
        own = fit.label[i]
        assert doubt == pytest.approx(np.delete(logs[i], own).max() - logs[i, own])


def test_equal_points_have_no_surroundings():
    X, y = np.ones((20, 3)), np.repeat([0, 1], 10)
    found = measure_surroundings((X, y), (X[:4], y[:4]), measure(X, y)[1])
    for split, n in (("train", 20), ("test", 4)):
        assert np.isnan(found[f"{split}_own"]).all() and (found[f"{split}_hull"] == -1).all()
        assert found[f"{split}_neighbours"].shape == (n, 0) and (found[f"{split}_linear"] == -1).all()


def test_threads_change_no_number(space):
    train, test, arrays, found = space
    again = measure_surroundings(train, test, arrays, tol=1e-6, threads=2)
    for name, values in found.items():
        np.testing.assert_array_equal(values, again[name], err_msg=name)


@pytest.mark.parametrize("times", [3, 14])
def test_equal_points_are_neighbours_of_each_other_whatever_the_threads(times, monkeypatch):
    """Also where there are more of them than are looked for."""
    monkeypatch.setattr("closerlook.analysis.surroundings.BLOCK", 16)
    X = np.random.default_rng(0).normal(size=(10, 5)).repeat(times, 0)
    y = np.arange(len(X)) % 2
    arrays = {"labels": y, "cluster_classes": np.array([0, 1]), "radius": 1.0}
    one, two = (measure_surroundings((X, y), (X[:4], y[:4]), arrays, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one["train_neighbours"], two["train_neighbours"])
    for i, near in enumerate(one["train_neighbours"]):
        assert i not in near and len(set(near)) == 10
        assert (X[near[: times - 1]] == X[i]).all()
