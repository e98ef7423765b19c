"""DirectProbe against a slow and plain program, linear programs, and what must hold of any result."""

import dataclasses
import importlib
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hull_program import hulls_meet
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import squareform
from sklearn.datasets import load_digits, load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

from closerlook import DirectProbe, hull_distance, label_distances, separable, spatial_similarity
from closerlook.errors import InputError
from closerlook.probes.condensed import condensed, nearest, square
from closerlook.probes.direct.centroids import Label
from closerlook.probes.direct.geometry import measure


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


@settings(max_examples=120)
@given(labelled())
def test_the_partition_is_that_of_the_plain_rule(data):
    X, y = data
    probe = DirectProbe(verify=True).fit(X, y)
    assert same_partition(probe.labels_, plain_clusters(X, y))


@settings(max_examples=60)
@given(labelled())
def test_what_only_many_points_go_through_gives_the_same_partition(data):
    X, y = data
    with pytest.MonkeyPatch.context() as patch:
        for place, few in (("hulls.hinge.MANY", 3), ("hulls.hinge.SOME", 1), ("direct.centroids.PRODUCTS", 5)):
            patch.setattr(f"closerlook.probes.{place}", few)
        patch.setattr("closerlook.probes.direct.fronts.MOST", 4)
        patch.setattr("closerlook.probes.direct.fronts.DOMINANT", 0.4)
        probe = DirectProbe(verify=True).fit(X, y)
    assert same_partition(probe.labels_, plain_clusters(X, y))


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_centroids_are_those_of_all_distances(seed):
    """While clusters merge, or are refused and never tried again, nor is what contains them."""
    rng = np.random.default_rng(seed)
    n, scale = 90, 10.0 ** rng.integers(-3, 4)
    X = scale * (rng.normal(size=(n, 3)) + 100 * (seed % 2))
    X[:9] = X[9:18]  # copies, at distance zero
    frozen = rng.random(n) < 0.1
    label = Label(np.arange(n), X, frozen)
    clusters, refused = {i: [i] for i in range(n) if not frozen[i]}, set()
    while True:
        pairs = [p for p in itertools.combinations(sorted(clusters), 2) if p not in refused]
        gap, _, i, j = label.closest()
        if not pairs:
            assert gap == np.inf
            break
        means = {c: X[members].mean(0) for c, members in clusters.items()}
        gaps = [np.linalg.norm(means[a] - means[b]) for a, b in pairs]
        assert np.sqrt(gap) * label.unit == pytest.approx(min(gaps), rel=1e-9, abs=1e-9 * scale)
        assert (i, j) in pairs and gaps[pairs.index((i, j))] == pytest.approx(min(gaps), rel=1e-9, abs=1e-9 * scale)
        assert sorted(label.members(i)) == sorted(clusters[i])
        if rng.random() < 0.3:
            label.refuse(i, j)
            refused.add((i, j))
        else:
            label.merge(i, j)
            clusters[i] += clusters.pop(j)
            refused = {tuple(sorted((i if a == j else a, i if b == j else b))) for a, b in refused}
    assert sorted(label.all()) == sorted([*clusters, *np.flatnonzero(frozen)])


@st.composite
def quantised(draw):
    """Points on a coarse grid, where many distances are equal."""
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    n, d, k, side = draw(st.integers(3, 11)), draw(st.integers(1, 3)), draw(st.integers(2, 3)), draw(st.integers(3, 9))
    return rng.integers(0, side, (n, d)), rng.integers(0, k, n)


@settings(max_examples=150)
@given(quantised(), st.sampled_from([1.0, 0.5, 3.0, 1e6]), st.sampled_from([0, -7, 1000]))
def test_ties_go_to_the_smallest_index(data, scale, shift):
    """Against the rule in rational numbers, in which a tie is a tie."""
    X, y = data
    clusters, refused = [[i] for i in range(len(X))], set()
    exact = [[Fraction(int(x)) for x in row] for row in X]

    def square(a, b):
        means = [[sum(exact[i][k] for i in c) / len(c) for k in range(X.shape[1])] for c in (a, b)]
        return sum((p - q) ** 2 for p, q in zip(*means))

    while True:
        tries = [(square(a, b), a[0], b[0], a, b) for a, b in itertools.combinations(clusters, 2)
                 if y[a[0]] == y[b[0]] and (tuple(a), tuple(b)) not in refused]  # fmt: skip
        if not tries:
            break
        *_, a, b = min(tries, key=lambda one: one[:3])
        if any(y[c[0]] != y[a[0]] and hulls_meet(1.0 * X[a + b], 1.0 * X[c]) for c in clusters):
            refused.add((tuple(a), tuple(b)))
        else:
            clusters = sorted([c for c in clusters if c not in (a, b)] + [sorted(a + b)])
    labels = np.empty(len(X), int)
    for k, c in enumerate(clusters):
        labels[c] = k
    assert same_partition(DirectProbe().fit(X * scale + shift * scale, y).labels_, labels)


@pytest.mark.parametrize("size", [1e6, 1e9, 1e12, 1e15])
def test_what_is_far_away_changes_no_other_cluster(size):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    alone = DirectProbe(verify=True).fit(X, y)
    far = DirectProbe(verify=True).fit(np.r_[X, [[size, 0, 0]]], np.r_[y, 2])
    assert same_partition(far.labels_[:40], alone.labels_) and far.n_clusters_ == alone.n_clusters_ + 1


@pytest.mark.parametrize("size", [1e4, 1e7])
def test_a_label_that_is_larger_by_far_leaves_the_clusters_of_small_ones_right(size):
    """Labels a and b meet, and c, whose points are far apart, meets b: all in one chain of labels that meet."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(24, 2)), np.repeat([0, 1], 12)
    X[y == 1, 0] += 1.0
    spread = np.array([[-size, 0.5], [size, 0.5], [size, 2 * size]])
    X, y = np.r_[X, spread], np.r_[y, [2, 2, 2]]
    assert same_partition(DirectProbe(verify=True).fit(X, y).labels_, plain_clusters(X, y))


@settings(max_examples=40)
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


def test_distances_of_labels_are_those_of_their_hulls_and_none_where_these_meet():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 3)), np.repeat(list("abcd"), 20)
    X[y == "c"] += 10
    X[y == "d"] -= 10
    probe = DirectProbe().fit(X, y)
    pairs, expected = list(itertools.combinations("abcd", 2)), []
    for p, q in pairs:
        meet = hulls_meet(X[y == p], X[y == q])
        expected.append(np.nan if meet else hull_distance(X[y == p], X[y == q]).distance)
    assert np.isnan(expected[0]) and np.isfinite(expected[1:]).all()
    np.testing.assert_allclose(probe.distance_vector_, expected, rtol=2e-3)
    least = [np.nan, np.nan, min(expected[1], expected[3], expected[5]), min(expected[2], expected[4], expected[5])]
    np.testing.assert_allclose(probe.min_distances_, least, rtol=2e-3)  # of a and b, which meet, there is none


def test_small_clusters_can_be_left_out_of_distances():
    X = np.array([[0.0], [1.0], [10.0], [12.0], [13.0], [20.0], [30.0]])
    y = np.array([0, 0, 1, 0, 0, 1, 1])  # from left to right: 0 0 | 1 | 0 0 | 1 1
    everything = DirectProbe().fit(X, y)
    assert everything.n_clusters_ == 4
    assert np.isnan(everything.distance_vector_).all() and np.isnan(everything.min_distances_).all()
    between = everything.cluster_distances_[everything.cluster_classes_ == 0][:, everything.cluster_classes_ == 1]
    assert between == pytest.approx(np.array([[9, 19], [2, 7]]), rel=1e-3)
    large = DirectProbe(min_cluster_size=2).fit(X, y)
    assert large.n_clusters_ == 4 and np.isnan(large.cluster_distances_[:, large.labels_[2]]).all()
    assert large.distance_vector_ == pytest.approx([7], rel=1e-3) and large.min_distances_ == pytest.approx(
        [7, 7], rel=1e-3
    )
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


@pytest.mark.parametrize("k", [1, 2, 5])
def test_pairs_are_ordered_as_scipy_orders_them(k):
    vector = np.random.default_rng(k).random((3, k * (k - 1) // 2))
    full = square(vector, k, 0.0)
    for one, matrix in zip(vector, full):
        assert np.array_equal(matrix, squareform(one) if k > 1 else [[0]])
    assert np.array_equal(condensed(full), vector)
    if k == 5:
        vector[0, :2] = np.nan  # 0 meets 1 and 2
        place, distance, meeting = nearest(vector, k)
        assert meeting[0].tolist() == [2, 1, 1, 0, 0] and place[0, :3].tolist() == [-1, -1, -1]
        assert np.isnan(distance[0, :3]).all()
        for u, c in [(0, 3), (0, 4), (1, 0), (2, 2)]:
            others = [i for i in range(k) if i != c]
            gaps = [squareform(vector[u])[c, i] for i in others]
            assert distance[u, c] == min(gaps) and place[u, c] == others[int(np.argmin(gaps))]


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


def test_the_similarity_of_equal_distances_is_undefined():
    """A regular simplex: its distances differ by rounding, and by the gap to which they are computed."""
    k, vectors = 6, []
    y = np.repeat(np.arange(k), 2 * k)
    for seed in range(2):
        Q = np.linalg.qr(np.random.default_rng(seed).normal(size=(k, k)))[0]
        corners = [10 * np.eye(k)[i] + np.r_[np.eye(k), -np.eye(k)] / 2 for i in range(k)]
        vectors.append(DirectProbe().fit(np.concatenate(corners) @ Q, y).distance_vector_)
    assert np.isnan(spatial_similarity(*vectors)[0]) and spatial_similarity(*vectors)[1] == 15
    noise = 1 + 4e-4 * np.random.default_rng(0).random((2, 15))
    assert np.isnan(spatial_similarity(*noise)[0]) and np.isfinite(spatial_similarity(*noise, tol=0)[0])


@pytest.mark.parametrize(
    "wrong", [{"resolution": r} for r in (-1, 0, 1, np.inf, np.nan)] + [{"tol": t} for t in (-1, 0, 1, np.nan)]
    + [{"min_cluster_size": -1}, {"min_cluster_size": 0}, {"n_jobs": 1.5}, {"verify": "yes"}],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(wrong):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter of DirectProbe must be"):
        DirectProbe(**wrong).fit(X, y)
    if not {"min_cluster_size", "n_jobs", "verify"} & set(wrong):
        with pytest.raises(InputError, match="`resolution` is"):
            label_distances(X, y, resolution="a")
        with pytest.raises(InputError, match=f"`{next(iter(wrong))}` is"):
            measure(X, y, **wrong)
        with pytest.raises(InputError, match=f"`{next(iter(wrong))}` is"):
            label_distances(X, y, **wrong)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_points_must_be_finite(bad):
    X = np.zeros((4, 2))
    X[2, 1] = bad
    with pytest.raises(ValueError):
        DirectProbe().fit(X, [0, 0, 1, 1])
    with pytest.raises(InputError, match="X holds a NaN or an infinity"):
        label_distances(X, [0, 0, 1, 1])


def test_a_record_says_which_labels_meet():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    X, y = np.concatenate([X, X[:10] + 50]), np.append(y, np.repeat(2, 10))
    X, y = np.concatenate([X, X[:10] - 50]), np.append(y, np.repeat(3, 10))
    record, arrays = measure(X, y)
    assert record["status"] == "not_separable" and record["n_clusters"] > 5 and record["overlapping"] == 1
    apart = hull_distance(X[y == 2], X[y == 3]).distance
    assert arrays["distance_vector"][-1] == pytest.approx(apart, rel=2e-3)
    assert np.isnan(arrays["distance_vector"]).tolist() == [True] + 5 * [False]
    assert np.isnan(arrays["min_distances"]).tolist() == [True, True, False, False]
    assert arrays["overlapping"].tolist() == [1, 1, 0, 0]
    assert sum(record["verdicts"]["separable"].values()) == 5 and sum(record["verdicts"]["not_separable"].values()) == 1


def test_conflicts_demand_clusters_of_their_own_and_have_no_distance():
    """One text twenty times, ten times under each label, and two labels that are far apart but for it."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = rng.normal(size=(300, 4)) + 20 * (y == 0)[:, None]
    X[0] = -50  # in no label's hull
    clean = np.arange(300) >= 20
    for near in (0.0, 1e-9):  # the same, or the same up to rounding
        X[:20] = X[0] + near * rng.normal(size=(20, 4))
        record, arrays = measure(X, y)
        assert (record["conflicts"], record["conflict_points"], record["fewest_clusters"]) == (100, 20, 22)
        assert record["n_clusters"] == 22 and record["is_linear"] is False and record["overlapping"] == 0
        apart = hull_distance(X[clean & (y == 0)], X[clean & (y == 1)]).distance
        assert arrays["distance_vector"] == pytest.approx([apart], rel=2e-3)
        assert arrays["min_distances"] == pytest.approx([apart, apart], rel=2e-3)
        probe = DirectProbe(resolution=1e-5).fit(X, y)
        assert probe.distance_vector_ == pytest.approx([apart], rel=2e-3)
        assert np.nanmin(probe.cluster_distances_) == pytest.approx(apart, rel=2e-3)


def test_a_label_of_nothing_but_conflicts_has_no_distance_and_others_have():
    X = np.array([[0.0, 0], [0, 0], [5, 0], [6, 0], [9, 9]])
    record, arrays = measure(X, np.array([0, 1, 1, 1, 2]))
    assert record["fewest_clusters"] == record["n_clusters"] == 4 and record["overlapping"] == 1
    assert arrays["overlapping"].tolist() == [1, 0, 0] and arrays["n_overlapping"] == 1
    np.testing.assert_allclose(arrays["distance_vector"], [np.nan, np.nan, np.hypot(3, 9)], rtol=2e-3)
    np.testing.assert_allclose(arrays["min_distances"], [np.nan, np.hypot(3, 9), np.hypot(3, 9)], rtol=2e-3)


def test_labels_of_nothing_but_conflicts_are_not_separable():
    """Ten points, each with both labels: nothing is left to take part in a distance."""
    X = np.repeat(np.random.default_rng(0).normal(size=(10, 3)), 2, axis=0)
    record, arrays = measure(X, np.arange(20) % 2)
    assert (record["n_clusters"], record["conflict_points"], record["overlapping"]) == (20, 20, 1)
    assert arrays["overlapping"].tolist() == [1, 1] and np.isnan(arrays["distance_vector"]).all()


@pytest.mark.parametrize("near", [0.0, 1e-8])
def test_vectors_that_are_all_equal_are_told_and_not_clustered(near):
    rng = np.random.default_rng(0)
    X = (np.ones((200, 16)) + near * rng.normal(size=(200, 16))).astype(np.float32)
    record, arrays = measure(X, np.arange(200) % 3)
    assert record["status"] == "constant" and record["n_clusters"] is None and record["conflicts"] is None
    assert np.isnan(arrays["distance_vector"]).all() and arrays["overlapping"].tolist() == [2, 2, 2]
    X[7] += 1e-3
    assert measure(X, np.arange(200) % 3)[0]["status"] == "not_separable"


@parametrize_with_checks([DirectProbe()])
def test_scikit_learns_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("place", ["clusters.pair_proofs", "fronts.divide"])
def test_verify_finds_a_false_proof(monkeypatch, place):
    X, y = load_iris(return_X_y=True)
    module, name = f"closerlook.probes.direct.{place}".rsplit(".", 1)
    real = getattr(importlib.import_module(module), name)

    def false(*args):
        found = real(*args)
        if name == "divide":
            return 1, -found[1], found[2]  # also of the first hyperplanes, which are only a start
        return [dataclasses.replace(p, normal=-p.normal) if p else p for p in found]

    monkeypatch.setattr(f"{module}.{name}", false)
    with pytest.raises(InputError, match="does not hold"):
        DirectProbe(verify=True).fit(X, y)
