"""DirectProbe against exact references: a slow exact program, linear programs, support vector machines."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.svm import SVC

from closerlook import DirectProbe, hull_distance, label_distances, separable

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def reference():
    folder = Path(os.environ.get("CLOSERLOOK_REFERENCE", ROOT / "../shared/reference"))
    if not folder.is_dir():
        pytest.skip(f"no reference partitions at {folder}: set CLOSERLOOK_REFERENCE")
    return folder


def hulls_meet(A, B):
    """Whether two hulls share a point: feasibility of a linear program, decided by HiGHS."""
    n = [len(A), len(B)]
    equal = np.vstack([np.hstack([A.T, -B.T]), np.repeat([1, 0], n), np.repeat([0, 1], n)])
    target = np.concatenate([np.zeros(A.shape[1]), [1, 1]])
    found = linprog(np.zeros(len(A) + len(B)), A_eq=equal, b_eq=target, method="highs")
    assert found.status in (0, 2)
    return found.status == 0


def same_partition(a, b):
    return len(set(zip(a, b))) == len(set(a)) == len(set(b))


@pytest.mark.parametrize("name", ["rings_2d", "xor_3d", "fxn_8d", "pos_12d", "trec_dup_12d"])
def test_the_partition_is_that_of_the_exact_program(reference, name):
    data = np.load(reference / f"{name}.npz")
    probe = DirectProbe(verify=True).fit(data["X"], data["y"])
    assert same_partition(probe.labels_, data["clusters"])
    assert probe.n_clusters_ == len(np.unique(data["clusters"]))
    assert probe.is_linear_ == (probe.n_clusters_ == len(np.unique(data["y"])))


@pytest.mark.parametrize("seed", range(6))
def test_clusters_are_pure_disjoint_and_cannot_be_merged_to_the_end_state(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(50, 3)), rng.integers(0, 3, 50)
    probe = DirectProbe().fit(X, y)
    members = [X[probe.labels_ == c] for c in range(probe.n_clusters_)]
    for c in range(probe.n_clusters_):
        assert set(y[probe.labels_ == c]) == {probe.cluster_classes_[c]}
        for d in range(c):
            if probe.cluster_classes_[c] != probe.cluster_classes_[d]:
                assert not hulls_meet(members[c], members[d])
    meet = any(hulls_meet(X[y == a], X[y == b]) for a in range(3) for b in range(a))
    assert probe.is_linear_ == (not meet)


@pytest.mark.parametrize("gap", [-0.3, 0.0, 0.05, 1.0])
@pytest.mark.parametrize("d", [2, 10, 60])
def test_verdict_and_distance_of_two_sets(gap, d):
    rng = np.random.default_rng(d)
    A, B = rng.normal(size=(40, d)), rng.normal(size=(30, d))
    A[:, 0] = np.abs(A[:, 0]) + gap
    B[:, 0] = -np.abs(B[:, 0])
    proof = separable(A, B)
    assert bool(proof) == (not hulls_meet(A, B)) and proof.check(A, B)
    if proof:
        machine = SVC(kernel="linear", C=1e8, tol=1e-8).fit(np.vstack([A, B]), np.repeat([1, 0], [len(A), len(B)]))
        expected = 2 / np.linalg.norm(machine.coef_)
        found = hull_distance(A, B)
        assert found.distance == pytest.approx(expected, rel=2e-3)
        assert found.lower <= expected * (1 + 1e-3) and found.upper >= expected * (1 - 1e-3)
        assert (A @ found.normal).min() > found.offset > (B @ found.normal).max()


def test_distances_move_with_the_points():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8)) + 4 * np.eye(8)[rng.integers(0, 4, 60)]
    y = X[:, :4].argmax(1)
    plain = label_distances(X, y).vector
    Q = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    moved = label_distances(X @ Q * 1e3 + 50, y).vector
    assert np.allclose(moved, plain * 1e3, rtol=2e-3, equal_nan=True) and np.isfinite(plain).any()


def test_identical_points_with_different_labels_are_never_together():
    X = np.array([[0.0, 0], [0, 0], [1, 0], [2, 0], [5, 5]])
    y = np.array([0, 1, 0, 0, 1])
    probe = DirectProbe().fit(X, y)
    assert probe.conflicts_.tolist() == [[0, 1]]
    assert not probe.is_linear_
    assert probe.labels_[0] not in (probe.labels_[2], probe.labels_[1])
