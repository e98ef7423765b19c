"""Two hulls: verdicts against linear programs, distances against support vector machines and closed forms."""

import dataclasses

import numpy as np
import pytest
from hull_program import hulls_meet
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from closerlook import hull_distance, separable
from closerlook.errors import InputError
from closerlook.probes.hulls import hinge
from closerlook.probes.hulls.hinge import Steps, divide


def svm_distance(A, B):
    """Twice the margin of a hard-margin support vector machine, solved on data of unit scale."""
    centre, scale = (A.mean(0) + B.mean(0)) / 2, max(np.abs(A - A.mean(0)).max(), np.abs(B - A.mean(0)).max())
    points = np.vstack([A - centre, B - centre]) / scale
    machine = SVC(kernel="linear", C=1e10, tol=1e-9).fit(points, np.repeat([1, 0], [len(A), len(B)]))
    return 2 / np.linalg.norm(machine.coef_) * scale


@st.composite
def two_sets(draw):
    """Points of a small grid: many are equal, in one line or plane, or exactly on the border of the other hull."""
    d = draw(st.integers(1, 5))
    point = st.lists(st.integers(-3, 3), min_size=d, max_size=d)
    A, B = (np.array(draw(st.lists(point, min_size=1, max_size=12)), float) for _ in "AB")
    return A + np.array(draw(point)), B


@settings(max_examples=200)
@given(two_sets(), st.sampled_from([1e-6, 1.0, 1e6]), st.sampled_from([0.0, 1e3]))
def test_verdicts_on_a_grid_are_those_of_a_linear_program(sets, scale, shift):
    A, B = sets
    proof = separable(A * scale + shift * scale, B * scale + shift * scale)
    assert bool(proof) != hulls_meet(A, B)
    assert proof.check(A * scale + shift * scale, B * scale + shift * scale)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 40), st.floats(-0.2, 1.0))
def test_distances_are_twice_the_margin(seed, d, gap):
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(int(rng.integers(1, 60)), d)), rng.normal(size=(int(rng.integers(1, 60)), d))
    A[:, 0], B[:, 0] = np.abs(A[:, 0]) + gap, -np.abs(B[:, 0])
    found = hull_distance(A, B)
    if not found:
        assert found.distance == 0 and found.check(A, B) and hulls_meet(A, B)
        return
    assert not hulls_meet(A, B)
    if found.distance > 0.05:  # narrower margins are beyond that solver
        assert found.distance == pytest.approx(svm_distance(A, B), rel=5e-3)
    assert (A @ found.normal).min() - (B @ found.normal).max() == pytest.approx(found.lower)
    assert found.upper - found.lower <= 1e-3 * found.upper
    assert (A @ found.normal).min() > found.offset > (B @ found.normal).max()
    assert np.linalg.norm(found.normal) == pytest.approx(1)
    a, b = found.weights
    assert min(a.min(), b.min()) >= 0 and a.sum() == pytest.approx(1) and b.sum() == pytest.approx(1)
    assert np.linalg.norm(a @ A - b @ B) == pytest.approx(found.upper)


@pytest.mark.parametrize("d", [2, 5, 30])
def test_distance_of_a_point_to_a_simplex(d):
    # the simplex conv(e_1, ..., e_d) has its point nearest to the origin at (1/d, ..., 1/d)
    found = hull_distance(np.zeros((1, d)), np.eye(d))
    assert found.distance == pytest.approx(1 / np.sqrt(d), rel=1e-3)
    assert found.weights[1] == pytest.approx(np.full(d, 1 / d), abs=0.02)


@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-6])
def test_two_intervals(gap):
    A, B = np.array([[0.0], [-2.0], [-1.0]]), np.array([[gap], [3.0]])
    assert hull_distance(A, B).distance == pytest.approx(gap, rel=1e-3)
    assert not separable(A, B - gap) and not separable(A, B - gap - 1)


@pytest.mark.parametrize("d", [3, 12, 60])
@pytest.mark.parametrize("gap", [-1.0, -0.1, 0.0, 1e-4, 0.1])
def test_large_sets(d, gap):
    rng = np.random.default_rng(d)
    A, B = rng.uniform(-1, 1, size=(900, d)), rng.uniform(-1, 1, size=(500, d))
    A[:, 0], B[:, 0] = np.abs(A[:, 0]) + gap, -np.abs(B[:, 0])
    A[:d, 0], B[:d, 0] = gap, 0.0  # points on both borders
    if gap == 0:
        A[0] = B[0]
    proof = separable(A, B)
    assert proof.check(A, B)
    assert bool(proof) != hulls_meet(A, B)
    if gap > 0:
        assert proof


def test_a_search_ends_where_only_points_without_slack_narrow_the_margin(monkeypatch):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(60, 3)) + shift for shift in (9, -9)]
    some = [np.arange(60)] * 2
    for name, value in (("MANY", 10), ("SOME", 1), ("margin", lambda *_: 0.0)):  # as if it were too narrow each time
        monkeypatch.setattr(hinge, name, value)
    verdict, wall, slack = divide(X, some, np.zeros(4), 1e-6, 300)
    assert verdict == 1 and (X[0] @ wall[:-1] + wall[-1]).min() > (X[1] @ wall[:-1] + wall[-1]).max()
    assert np.allclose(slack[0], 1 - X[0] @ wall[:-1] - wall[-1])


@pytest.mark.parametrize("n", [300, 3000])  # the latter are not all looked at
@pytest.mark.parametrize("near", [1e-5, 1e-9])
@pytest.mark.parametrize("gap", [-0.3, -0.01, 0.01, 0.3])
def test_the_slacks_of_the_hinge_loss_are_the_proof(gap, near, n):
    rng = np.random.default_rng(3)
    U, V = rng.uniform(-1, 1, size=(n, 10)) + 1e3, rng.uniform(-1, 1, size=(n, 10)) + 1e3
    U[:, 0], V[:, 0] = np.abs(U[:, 0] - 1e3) + gap, -np.abs(V[:, 0] - 1e3)
    some = rng.permutation(n), rng.permutation(n)[: n // 2]
    verdict, wall, slack = divide((U, V), some, np.zeros(11), near, 1000)
    U, V = U[some[0]], V[some[1]]
    assert verdict == (-1 if hulls_meet(U, V) else 1)
    a, b = (np.maximum(s, 0) for s in slack)
    if verdict < 0:
        assert np.linalg.norm(a @ U / a.sum() - b @ V / b.sum()) <= near * 1.01
    else:
        assert (U @ wall[:-1] + wall[-1]).min() > (V @ wall[:-1] + wall[-1]).max()


def test_hulls_apart_by_noise_alone_have_a_proof_either_way():
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(6, 80))
    A, B = rng.normal(size=(300, 6)) @ basis, rng.normal(size=(200, 6)) @ basis
    A, B = (P + 1e-8 * rng.normal(size=P.shape) for P in (A, B))
    proof = separable(A, B)
    assert proof.check(A, B)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_bounds_move_with_the_points(factor):
    rng = np.random.default_rng(5)
    A, B = rng.normal(size=(30, 7)), rng.normal(size=(20, 7)) + 3
    Q = np.linalg.qr(rng.normal(size=(7, 7)))[0]
    plain, moved = hull_distance(A, B), hull_distance((A @ Q + 2) * factor, (B @ Q + 2) * factor)
    assert moved.distance == pytest.approx(plain.distance * factor, rel=2e-3)
    turned = hull_distance(B, A)
    assert turned.distance == pytest.approx(plain.distance, rel=2e-3)


@pytest.mark.parametrize("d", [1, 3, 40])
def test_no_part_of_a_proof_can_be_forged(d):
    rng = np.random.default_rng(d)
    A, B = rng.normal(size=(5 * d + 20, d)) + 6 / np.sqrt(d), rng.normal(size=(5 * d + 15, d)) - 6 / np.sqrt(d)
    apart, meet = hull_distance(A, B), separable(A - 12 / np.sqrt(d), B)
    assert apart and not meet and apart.check(A, B) and meet.check(A - 12 / np.sqrt(d), B)
    a, b = apart.weights
    even = np.full(len(a), 1 / len(a)), np.full(len(b), 1 / len(b))
    negative = np.r_[a[0] + 1, a[1] - 1, a[2:]]
    forged = [
        {"lower": 0.5 * apart.lower}, {"lower": 1.01 * apart.upper}, {"upper": 0.99 * apart.lower},
        {"upper": 2 * apart.upper}, {"offset": apart.offset + apart.upper}, {"offset": apart.offset - apart.upper},
        {"normal": 2 * apart.normal}, {"normal": None}, {"weights": even}, {"weights": (negative, b)},
        {"weights": (2 * a, b)}, {"weights": (a[:-1], b)}, {"near": 2 * apart.upper}, {"separable": False},
    ]  # fmt: skip
    assert not any(dataclasses.replace(apart, **change).check(A, B) for change in forged)
    a, b = meet.weights
    forged = [
        {"lower": 1.0}, {"upper": 1.0}, {"normal": apart.normal}, {"offset": 0.0}, {"weights": even},
        {"near": 0.0, "upper": 1e-3}, {"separable": True},
    ]  # fmt: skip
    assert not any(dataclasses.replace(meet, **change).check(A - 12 / np.sqrt(d), B) for change in forged)


def test_a_false_proof_does_not_pass_its_check():
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(20, 3)) + 4, rng.normal(size=(20, 3))
    apart, meet = separable(A, B), separable(A - 4, B)
    assert apart and not meet and apart.check(A, B) and meet.check(A - 4, B)
    assert not apart.check(A - 4, B)
    assert not meet.check(A, B)
    assert not dataclasses.replace(apart, normal=-apart.normal).check(A, B)


@pytest.mark.parametrize(
    ("A", "B", "said"),
    [
        ([[1.0, np.nan]], [[0.0, 0.0]], "A holds a NaN or an infinity"),
        ([[1.0, 2.0]], [[np.inf, 0.0]], "B holds a NaN or an infinity"),
        ([[1.0, 2.0]], [[1.0]], "one width, not 2 and 1"),
        ([1.0, 2.0], [[1.0]], "A must be an array (points, dimensions)"),
        (np.empty((0, 2)), [[1.0, 1.0]], "at least one point"),
        ([["a"]], [[1.0]], "A must hold real numbers"),
    ],
)
def test_bad_input_is_said(A, B, said):
    with pytest.raises(InputError) as error:
        separable(A, B)
    assert said in str(error.value)


@pytest.mark.parametrize("tol", [0, 1, -1e-3])
def test_a_gap_lies_between_zero_and_one(tol):
    with pytest.raises(InputError, match="relative gap between 0 and 1"):
        hull_distance([[0.0]], [[1.0]], tol=tol)


@pytest.mark.parametrize("dim", [70, 300])
def test_a_newton_step_kept_from_the_last_one_solves_its_normal_equations(dim):
    rng = np.random.default_rng(dim)
    Z, prox = rng.normal(size=(260, dim)) / np.sqrt(dim), 1e-2
    steps, inside = Steps(Z), rng.random(260) < 0.4
    for k in range(60):  # now more points than dimensions, now fewer
        inside ^= rng.random(260) < (0.5 if k % 20 == 19 else 0.05)
        slack, away = rng.random(260), rng.normal(size=dim)
        A, r = Z[inside], slack[inside]
        expected = np.linalg.solve(A.T @ A + prox * np.eye(dim), A.T @ r + prox * away)
        np.testing.assert_allclose(steps.step(inside, slack, A.T @ r, away, prox), expected, rtol=1e-7, atol=1e-8)
