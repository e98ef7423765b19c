"""DirectProbe against a slow and plain program, linear programs, and what must hold of any result."""

import dataclasses
import importlib
import itertools

import numpy as np
import pytest
from hull_program import hulls_meet
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

from closerlook import DirectProbe, hull_distance, label_distances, separable, spatial_similarity
from closerlook.errors import InputError
from closerlook.probes.geometry import measure


def plain_clusters(X, y):
    """The greedy rule, word by word: no shortcut, each overlap a linear program."""
    clusters = [[k] for k in range(len(X))]  # in the order of their first points
    refused = set()
    while True:
        best = None
        for a, b in itertools.combinations(clusters, 2):
            if y[a[0]] == y[b[0]] and (tuple(a), tuple(b)) not in refused:
                gap = np.linalg.norm(X[a].mean(0) - X[b].mean(0))
                if best is None or gap < best[0] - 1e-12:
                    best = gap, a, b
        if best is None:
            break
        _, a, b = best
        union = sorted(a + b)
        if any(y[c[0]] != y[a[0]] and hulls_meet(X[union], X[c]) for c in clusters):
            refused.add((tuple(a), tuple(b)))
        else:
            clusters = sorted([c for c in clusters if c not in (a, b)] + [union])
    labels = np.empty(len(X), int)
    for k, c in enumerate(clusters):
        labels[c] = k
    return labels


def same_partition(a, b):
    return len(set(zip(a, b))) == len(set(a)) == len(set(b))


@st.composite
def labelled(draw, most=14):
    """Points in general position with exact copies among them, some under another label, and points between two."""
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    n, d, k = draw(st.integers(2, most)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    X = rng.normal(size=(n, d))
    for i in range(draw(st.integers(0, 3))):
        a, b, c = rng.integers(0, n, 3)
        X[a] = X[b] if i % 2 else X[b] + 0.25 * (X[c] - X[b])
    return X, rng.integers(0, k, n)


@settings(max_examples=120, deadline=None)
@given(labelled())
def test_the_partition_is_that_of_the_plain_rule(data):
    X, y = data
    probe = DirectProbe(verify=True).fit(X, y)
    assert same_partition(probe.labels_, plain_clusters(X, y))


@settings(max_examples=40, deadline=None)
@given(labelled(most=40), st.sampled_from([1e-6, 1.0, 1e6]), st.sampled_from([0.0, 100.0]))
def test_scale_place_turn_threads_and_order_do_not_matter(data, scale, shift):
    X, y = data
    rng = np.random.default_rng(len(X))
    Q, order = np.linalg.qr(rng.normal(size=(X.shape[1],) * 2))[0], rng.permutation(len(X))
    plain = DirectProbe().fit(X, y)
    moved = DirectProbe(n_jobs=2).fit(((X @ Q + shift) * scale)[order], y[order])
    assert same_partition(moved.labels_, plain.labels_[order])
    first = [np.flatnonzero(plain.labels_ == c)[0] for c in range(plain.n_clusters_)]
    assert first == sorted(first)  # numbered by their first points
    np.testing.assert_allclose(moved.distance_vector_ / scale, plain.distance_vector_, rtol=3e-3, atol=1e-7)
    np.testing.assert_allclose(moved.min_distances_ / scale, plain.min_distances_, rtol=3e-3, atol=1e-7)
    threads = DirectProbe(n_jobs=2).fit(X, y)
    assert np.array_equal(threads.labels_, plain.labels_)
    assert np.array_equal(threads.cluster_distances_, plain.cluster_distances_, equal_nan=True)


@pytest.mark.parametrize("d", [2, 6, 20])
def test_clusters_are_pure_apart_and_cannot_be_merged(d):
    rng = np.random.default_rng(d)
    X, y = rng.normal(size=(160, d)), rng.integers(0, 3, 160)
    probe = DirectProbe().fit(X, y)
    members = [X[probe.labels_ == c] for c in range(probe.n_clusters_)]
    label = probe.cluster_classes_
    for c, k in zip(probe.labels_, y):
        assert label[c] == k
    for a, b in itertools.combinations(range(probe.n_clusters_), 2):
        others = [c for c in range(probe.n_clusters_) if label[c] != label[a]]
        if label[a] != label[b]:
            assert not hulls_meet(members[a], members[b])
        else:
            union = np.concatenate([members[a], members[b]])
            assert any(hulls_meet(union, members[c]) for c in others)


def test_distances_are_those_between_the_clusters():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), np.array(list("abc"))[rng.integers(0, 3, 60)]
    probe = DirectProbe().fit(X, y)
    D, label = probe.cluster_distances_, probe.cluster_classes_
    assert probe.n_clusters_ > 3 and not probe.is_linear_
    for i, j in itertools.product(range(probe.n_clusters_), repeat=2):
        if label[i] == label[j]:
            assert np.isnan(D[i, j])
        else:
            apart = hull_distance(X[probe.labels_ == i], X[probe.labels_ == j]).distance
            assert D[i, j] == pytest.approx(apart, rel=2e-3) and D[i, j] == D[j, i]
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    means = [
        np.mean([D[i, j] for i in np.flatnonzero(label == p) for j in np.flatnonzero(label == q)]) for p, q in pairs
    ]
    assert probe.distance_vector_ == pytest.approx(means)
    least = [min(D[i, j] for i in np.flatnonzero(label == p) for j in np.flatnonzero(label != p)) for p in "abc"]
    assert probe.min_distances_ == pytest.approx(least)


def test_small_clusters_can_be_left_out_of_distances():
    X = np.array([[0.0], [1.0], [10.0], [12.0], [13.0], [20.0], [30.0]])
    y = np.array([0, 0, 1, 0, 0, 1, 1])  # from left to right: 0 0 | 1 | 0 0 | 1 1
    everything = DirectProbe().fit(X, y)
    assert everything.n_clusters_ == 4
    assert everything.distance_vector_ == pytest.approx([np.mean([9, 19, 2, 7])], rel=1e-3)
    assert everything.min_distances_ == pytest.approx([2, 2], rel=1e-3)
    large = DirectProbe(min_cluster_size=2).fit(X, y)
    assert large.n_clusters_ == 4 and np.isnan(large.cluster_distances_[:, large.labels_[2]]).all()
    assert large.distance_vector_ == pytest.approx([np.mean([19, 7])], rel=1e-3)
    none = DirectProbe(min_cluster_size=3).fit(X, y)
    assert np.isnan(none.distance_vector_).all() and np.isnan(none.min_distances_).all()


def test_separable_labels_are_one_cluster_each():
    X, y = load_iris(return_X_y=True)
    probe = DirectProbe().fit(X, y == 0)
    assert probe.is_linear_ and probe.n_clusters_ == 2 and probe.score(X, y == 0) == 1
    whole = DirectProbe().fit(X, y)  # versicolor and virginica overlap
    assert not whole.is_linear_ and (whole.cluster_classes_ == 0).sum() == 1
    assert whole.label_distances_.separable.tolist() == [True, True, False]
    assert whole.score(X, y) == 1  # every point lies in a cluster of its label


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_points_come_in_any_float(dtype):
    X, y = load_digits(return_X_y=True)
    X = (X + np.random.default_rng(0).normal(size=X.shape)).astype(dtype)[:300, :20]
    probe = DirectProbe().fit(X, y[:300])
    assert np.array_equal(probe.labels_, DirectProbe().fit(X.astype(np.float64), y[:300]).labels_)


def test_a_prediction_is_the_label_of_the_nearest_hull():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(50, 3)), rng.integers(0, 2, 50)
    probe = DirectProbe().fit(X, y)
    for x in rng.normal(size=(30, 3)) * 2:
        away = [hull_distance(x[None], X[probe.labels_ == c]).distance for c in range(probe.n_clusters_)]
        nearest = probe.cluster_classes_[np.flatnonzero(np.array(away) <= min(away) * 1.002 + 1e-9)]
        assert probe.predict(x[None])[0] in nearest


@pytest.mark.parametrize("d", [1, 3, 50])
def test_few_points(d):
    rng = np.random.default_rng(d)
    X = rng.normal(size=(3, d))
    one_label = DirectProbe().fit(X, [7, 7, 7])
    assert one_label.n_clusters_ == 1 and one_label.distance_vector_.shape == (0,) and one_label.is_linear_
    assert np.isnan(one_label.min_distances_).all()
    every = DirectProbe().fit(X, [0, 1, 2])
    expected = [np.linalg.norm(X[i] - X[j]) for i, j in itertools.combinations(range(3), 2)]
    assert every.distance_vector_ == pytest.approx(expected, rel=1e-3)
    assert DirectProbe().fit(X[:1], [0]).n_clusters_ == 1


def test_conflicts_are_all_pairs_of_identical_points():
    X = np.array([[0.0, 0], [0, 0], [1, 0], [0, 0], [5, 5], [-0.0, 0]])
    y = np.array([0, 1, 0, 0, 1, 2])
    probe = DirectProbe(verify=True).fit(X, y)
    assert probe.conflicts_.tolist() == [[0, 1], [0, 5], [1, 3], [1, 5], [3, 5]]
    assert probe.n_clusters_ == 6  # each of the four identical points stays alone, and so does the far one of label 1
    assert DirectProbe().fit(X[[0, 2, 4]], y[[0, 2, 4]]).conflicts_.shape == (0, 2)


def test_the_resolution_says_which_points_are_identical():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(20, 8)), 2, axis=0)
    X[1::2] += 1e-7 * rng.normal(size=(20, 8))
    y = np.tile([0, 1], 20)
    fine, coarse = DirectProbe().fit(X, y), DirectProbe(resolution=1e-5).fit(X, y)
    assert len(fine.conflicts_) == 0 and fine.n_clusters_ < 40
    assert coarse.conflicts_.tolist() == [[2 * k, 2 * k + 1] for k in range(20)] and coarse.n_clusters_ == 40


def test_label_distances_start_from_a_nearby_space():
    X, y = load_digits(return_X_y=True)
    X, y = X[:600] + np.random.default_rng(0).normal(size=(600, 64)), y[:600]
    near = X + 1e-2 * np.random.default_rng(1).normal(size=X.shape)
    before = label_distances(X, y)
    cold, warm = label_distances(near, y), label_distances(near, y, start=before)
    assert np.array_equal(cold.separable, warm.separable)
    np.testing.assert_allclose(warm.vector, cold.vector, rtol=2e-3)
    assert (warm.upper - warm.lower <= 1e-3 * warm.upper)[warm.separable].all()
    M = warm.matrix
    assert np.isnan(np.diag(M)).all() and np.array_equal(M, M.T, equal_nan=True)
    assert M[0, 1] == warm.vector[0] and M[8, 9] == warm.vector[-1]
    with pytest.raises(InputError, match="must come from the same points"):
        label_distances(near[1:], y[1:], start=before)


def test_label_distances_say_which_labels_meet():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(90, 4))
    y = np.repeat([0, 1, 2], 30)
    X[y == 2] += 10
    found = label_distances(X, y)
    meet = [hulls_meet(X[y == a], X[y == b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert found.separable.tolist() == [not m for m in meet] == [False, True, True]
    assert found.vector[0] == 0 and found.vector[1] == pytest.approx(hull_distance(X[:30], X[60:]).distance, rel=2e-3)
    for (a, b), proof in zip(((0, 1), (0, 2), (1, 2)), found.proofs):
        assert proof.check(X[y == a], X[y == b]) and bool(proof) == bool(separable(X[y == a], X[y == b]))


def test_spatial_similarity_is_pearsons_correlation_over_shared_entries():
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, 30))
    u[3] = v[5] = np.nan
    both = np.isfinite(u) & np.isfinite(v)
    r, n = spatial_similarity(u, v)
    assert n == 28 and r == pytest.approx(np.corrcoef(u[both], v[both])[0, 1])
    assert spatial_similarity(u, 3 * u + 1)[0] == pytest.approx(1)
    assert spatial_similarity(u * 1e200, v * 1e-200)[0] == pytest.approx(r)
    assert np.isnan(spatial_similarity(u[:1], v[:1])[0]) and np.isnan(spatial_similarity(u, np.ones(30))[0])
    with pytest.raises(InputError, match="one length"):
        spatial_similarity(u, v[1:])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_points_must_be_finite(bad):
    X = np.zeros((4, 2))
    X[2, 1] = bad
    with pytest.raises(ValueError):
        DirectProbe().fit(X, [0, 0, 1, 1])
    with pytest.raises(InputError, match="X holds a NaN or an infinity"):
        label_distances(X, [0, 0, 1, 1])


def test_a_record_of_too_many_clusters_keeps_what_is_known():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    X, y = np.concatenate([X, X[:10] + 50]), np.append(y, np.repeat(2, 10))
    X, y = np.concatenate([X, X[:10] - 50]), np.append(y, np.repeat(3, 10))
    full, arrays = measure(X, y)
    capped, few = measure(X, y, max_clusters=5)
    assert full["status"] == "not_separable" and capped["status"] == "too_many_clusters"
    assert full["n_clusters"] == capped["n_clusters"] > 5 and "cluster_distances" not in few
    assert few["distance_vector"][-1] == pytest.approx(arrays["distance_vector"][-1])  # of the two that are one cluster
    assert np.isfinite(arrays["distance_vector"]).all() and np.isnan(few["distance_vector"][:-1]).all()
    assert sum(full["verdicts"]["separable"].values()) == 5 and sum(full["verdicts"]["not_separable"].values()) == 1


@parametrize_with_checks([DirectProbe()])
def test_scikit_learns_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("place", ["closerlook.probes.direct.pair_proofs", "closerlook.probes.fronts.divide"])
def test_verify_finds_a_false_proof(monkeypatch, place):
    X, y = load_iris(return_X_y=True)
    module, name = place.rsplit(".", 1)
    real = getattr(importlib.import_module(module), name)

    def false(*args):
        found = real(*args)
        if name == "divide":
            return 1, -found[1], found[2]
        return [dataclasses.replace(p, normal=-p.normal) if p else p for p in found]

    monkeypatch.setattr(place, false)
    with pytest.raises(InputError, match="does not hold"):
        DirectProbe(verify=True).fit(X, y)
