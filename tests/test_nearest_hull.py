"""The nearest of many hulls against least squares with weights of one sign, closed forms, and each hull by itself."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from sklearn.datasets import load_digits

from closerlook import DirectProbe
from closerlook.errors import InputError
from closerlook.probes.direct.geometry import measure
from closerlook.probes.direct.hull_classifier import score
from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.hulls.distance import nearest


def distance_to(q, C):
    """The u >= 0 with the least |u @ V|² + (1 - sum(u))² is, divided by its sum, that of the nearest point."""
    V = C - q
    size = np.sqrt((V**2).sum(1).min())
    if size == 0:
        return 0.0
    u = nnls(np.vstack([V.T / size, np.ones(len(V))]), np.append(np.zeros(V.shape[1]), 1.0))[0]
    return np.linalg.norm(u @ V) / u.sum()


def all_distances(X, clusters, Q):
    return np.array([[distance_to(q, X[clusters == c]) for c in range(clusters.max() + 1)] for q in Q])


@st.composite
def spaces(draw):
    """Hulls of all sizes, with equal points and points of a line; points upon, within, between and far from them."""
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    d, n, k = draw(st.sampled_from([1, 2, 3, 8, 40])), draw(st.integers(1, 90)), draw(st.integers(1, 6))
    clusters = np.unique(rng.integers(0, k, n) * rng.integers(0, 2, n), return_inverse=True)[1]
    X = rng.normal(size=(n, d)) + 2 * rng.normal(size=(k, d))[clusters]
    for i in range(draw(st.integers(0, 8))):
        a, b, c = rng.integers(0, n, 3)
        X[a] = X[b] if i % 2 else X[b] + 0.5 * (X[c] - X[b])
    middle = rng.dirichlet(np.ones(n), 3) @ X
    Q = np.concatenate(
        [X[rng.integers(0, n, 2)], middle, middle + rng.normal(size=(3, d)), 50 * rng.normal(size=(2, d))]
    )
    return X, clusters, Q


@settings(max_examples=150)
@given(spaces(), st.sampled_from([1e-3, 1e-6]), st.sampled_from([1e-6, 1.0, 1e6]), st.sampled_from([0.0, 100.0]))
def test_distances_are_those_of_least_squares(space, tol, scale, shift):
    X, clusters, Q = space
    D, rows = all_distances(X, clusters, Q), np.arange(len(Q))
    index, distance = nearest_hull((X + shift) * scale, clusters, (Q + shift) * scale, tol)
    rounding = 1e-7 * np.ptp(np.concatenate([X, Q]), axis=0).max()  # that of the reference
    np.testing.assert_allclose(distance / scale, D[rows, index], rtol=tol, atol=rounding)
    assert (D[rows, index] * (1 - tol) <= D.min(1) + rounding).all()


@settings(max_examples=100)
@given(spaces(), st.booleans())
def test_a_point_can_be_left_out_of_its_hull(space, same):
    X, clusters, _ = space
    sides, n = np.arange(clusters.max() + 1) % 2, np.arange(len(X))

    def admits(some):
        return (sides == sides[clusters[some], None]) == same

    index, distance = nearest_hull(X, clusters, X, 1e-6, admits=admits, without=n)
    rounding = 1e-7 * np.ptp(X, axis=0).max()
    for i in n:
        D = {
            c: distance_to(X[i], X[some])
            for c in range(clusters.max() + 1)
            if (sides[c] == sides[clusters[i]]) == same and (some := (clusters == c) & (n != i)).any()
        }
        assert (index[i] in D) if D else index[i] == -1 and np.isinf(distance[i])
        if D:
            np.testing.assert_allclose(distance[i], D[index[i]], rtol=1e-6, atol=rounding)
            assert D[index[i]] * (1 - 1e-6) <= min(D.values()) + rounding


@settings(max_examples=30)
@given(spaces())
def test_what_the_loop_leaves_open_is_decided_otherwise(space):
    X, clusters, Q = space
    D = all_distances(X, clusters, Q)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("closerlook.probes.direct.nearest_hull.ROUNDS", 1)
        index, distance = nearest_hull(X, clusters, Q)
    np.testing.assert_allclose(distance, D.min(1), rtol=2e-3, atol=1e-5)
    np.testing.assert_allclose(D[np.arange(len(Q)), index], D.min(1), rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("d", [1, 2, 5, 30])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_points_in_a_hull_have_no_distance(d, scale):
    rng = np.random.default_rng(d)
    X = rng.normal(size=(80, d)) + np.repeat([[0.0], [20.0]], 40, axis=0)
    clusters = np.repeat([0, 1], 40)
    weights = rng.dirichlet(np.ones(40), 10)
    Q = np.concatenate([weights @ X[:40], weights @ X[40:], X])
    index, distance = nearest_hull(X * scale, clusters, Q * scale)
    assert (distance == 0).all()
    assert index.tolist() == [0] * 10 + [1] * 10 + clusters.tolist()


@pytest.mark.parametrize("d", [2, 10, 40])
@pytest.mark.parametrize("far", [1e9, 1e100, 1e200])
def test_closed_forms(d, far):
    simplex, one = np.eye(d), np.full((1, d), -3.0)
    line = np.zeros((9, d))
    line[:, 0], line[:, 1] = np.linspace(-1, 1, 9), 100.0
    X = np.concatenate([simplex, one, line])
    clusters = np.repeat([0, 1, 2], [d, 1, 9])
    Q = np.zeros((5, d))
    Q[1] = -2.0
    Q[2, :2] = 0.37, 98.0
    Q[3, :2] = 4.0, 104.0
    Q[4] = far
    with np.errstate(over="ignore", invalid="ignore"):
        index, distance = nearest_hull(X, clusters, Q)
    assert index[:4].tolist() == [0, 1, 2, 2]
    assert distance == pytest.approx([1 / np.sqrt(d), np.sqrt(d), 2, 5, far * np.sqrt(d)], rel=1e-3)


@pytest.mark.parametrize("ratio", [0.5, 0.95, 0.998, 1.002, 1.05])
def test_the_nearest_hull_need_not_have_the_nearest_point(ratio):
    X = np.array([[0.0, 1.0], [-5, -ratio], [5, -ratio]])
    index, distance = nearest_hull(X, np.array([0, 1, 1]), np.zeros((1, 2)))
    assert index[0] == (ratio < 1) and distance[0] == pytest.approx(min(ratio, 1))


def test_hulls_as_near_as_each_other():
    X = np.array([[0.0, 0], [2, 0], [2, 0], [2, 0], [1, 1], [1, 3]])
    clusters = np.array([0, 2, 1, 3, 4, 4])
    index, distance = nearest_hull(X, clusters, np.array([[2.0, 0], [1, 0], [2, -1]]))
    assert index.tolist() == [1, 0, 1]
    assert distance == pytest.approx([0, 1, 1])


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X[:900], y[:900]), (X[900:], y[900:])


def test_threads_and_blocks_do_not_matter(digits, monkeypatch):
    (X, y), (Q, _) = digits
    monkeypatch.setattr("closerlook.probes.direct.nearest_hull.MOST", 32)
    index, distance = nearest_hull(X, y, Q)
    again = nearest_hull(X, y, Q, n_jobs=2)
    assert np.array_equal(index, again[0]) and np.array_equal(distance, again[1])
    monkeypatch.setattr("closerlook.probes.direct.nearest_hull.MOST", 512)
    whole = nearest_hull(X, y, Q)
    assert np.array_equal(index, whole[0])
    np.testing.assert_allclose(distance, whole[1], rtol=1e-3)


def test_labels_are_those_of_all_hulls_one_by_one(digits):
    (X, y), (Q, _) = digits
    Q = Q[:150]
    probe = DirectProbe().fit(X, y)
    members = [X[probe.labels_ == c] for c in range(probe.n_clusters_)]
    away = np.array([[nearest(q[None], C, 1e-3).distance for C in members] for q in Q])
    two = np.sort(away, axis=1)[:, :2]
    sure = two[:, 0] < two[:, 1] * (1 - 2e-3)
    assert sure.mean() > 0.95
    assert np.array_equal(probe.predict(Q)[sure], probe.cluster_classes_[away.argmin(1)][sure])
    _, distance = nearest_hull(X, probe.labels_, Q)
    np.testing.assert_allclose(distance, two[:, 0], rtol=2e-3)
    assert np.array_equal(probe.predict(X), y)


def test_many_clusters_of_one_label():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    probe = DirectProbe().fit(X, y)
    Q = rng.normal(size=(60, 2))
    D = all_distances(X, probe.labels_, Q)
    index, distance = nearest_hull(X, probe.labels_, Q)
    assert probe.n_clusters_ > 30 and (distance == 0).any()
    np.testing.assert_allclose(distance, D.min(1), rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(D[np.arange(60), index], D.min(1), rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("tol", [0, 1, -1e-3])
def test_a_gap_lies_between_zero_and_one(tol):
    with pytest.raises(InputError, match="relative gap between 0 and 1"):
        nearest_hull(np.zeros((1, 1)), np.array([0]), np.ones((1, 1)), tol)


def test_clusters_as_a_classifier(digits):
    train, (Q, y) = digits
    _, clusters = measure(*train)
    spaces = (train[0].astype(np.float32), train[1]), (Q.astype(np.float32), y)
    record, predictions = score(*spaces, clusters, threads=2)
    assert json.loads(json.dumps(record)) == record
    index, distance = nearest_hull(train[0], clusters["labels"], Q)
    predicted = clusters["cluster_classes"][index]
    assert np.array_equal(predictions, [predicted])
    assert record["status"] == "ok" and record["n_clusters"] == len(clusters["cluster_classes"])
    assert record["accuracy"] == pytest.approx(100 * (predicted == y).mean()) and record["accuracy"] > 90
    assert record["mean_distance"] == pytest.approx(distance.mean())
    assert record["confusions"] == sorted(record["confusions"]) and all(a != b for a, b, _ in record["confusions"])
    assert sum(n for *_, n in record["confusions"]) == (predicted != y).sum()
    a, b, n = record["confusions"][0]
    assert n == ((y == a) & (predicted == b)).sum()
    assert record["inside"] == 0
    assert score(train, train, clusters)[0] | {"seconds": 0} == {
        "status": "ok",
        "accuracy": 100.0,
        "n_clusters": record["n_clusters"],
        "confusions": [],
        "inside": len(train[0]),
        "mean_distance": 0.0,
        "seconds": 0,
    }


def test_nothing_to_classify_or_to_classify_by():
    points, none = (np.arange(6.0).reshape(3, 2), np.array([4, 4, 5])), (np.zeros((0, 2)), np.zeros(0, int))
    clusters = {"labels": np.array([0, 0, 1]), "cluster_classes": np.array([4, 5])}
    nothing = {"labels": none[1], "cluster_classes": none[1]}
    for record, predictions in (score(points, none, clusters), score(none, points, nothing)):
        assert record["status"] == "too_few_points" and record["accuracy"] is None and record["confusions"] == []
        assert predictions is None
    one = (points[0][:1], points[1][:1])
    _, single = measure(*one)
    assert score(one, points, single)[0]["accuracy"] == pytest.approx(200 / 3)
    with pytest.raises(InputError, match="those of 3 points, not of these 1"):
        score(one, points, clusters)
