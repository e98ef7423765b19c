"""Convex hulls of two point sets: their distance, whether a hyperplane separates them, and the proof of either."""

from __future__ import annotations  # so that `help` shows short names

import numpy as np
from numpy.typing import ArrayLike

from closerlook.probes.hulls import hinge
from closerlook.probes.hulls.descent import CYCLES, NOISE, descend, judge, shared_frame, solve
from closerlook.probes.hulls.interior import centre_path
from closerlook.probes.hulls.points import pair
from closerlook.probes.hulls.proof import Proof, as_proof
from closerlook.probes.precision import RESOLUTION, TOL, check_precision

SMALL = 128  # points for which least squares is quick
FEW = 400  # points that are solved for at once; more enter a working set, the worst GROW of each side at a time
GROW = 64
ROUNDS = 200  # of the working set
SHORT, LAST = 10, 3000  # Newton steps by least squares, at first and in the end


def hull_distance(A: ArrayLike, B: ArrayLike, *, tol: float = TOL) -> Proof:
    """Distance of the convex hulls of two point sets, twice the margin of a support vector machine.

    It is the length of the minimum norm point of conv(A) - conv(B).

    Parameters
    ----------
    A : array (n_a, d), B : array (n_b, d)
        The points.
    tol : float
        Relative gap of the bounds: `upper - lower <= tol * upper`.

    Returns
    -------
    Proof
        Its `distance`, `lower`, `upper`, `normal`, `offset`, `weights`. Invariant under rotation and translation of
        both sets; scales with them.

    Raises
    ------
    InputError
        The points are not two finite arrays of one width, or their position is so degenerate that neither a hyperplane
        nor a common point can be proven in float64.
    """
    check_precision(tol, RESOLUTION)
    return nearest(*pair(A, B), tol)


def separable(A: ArrayLike, B: ArrayLike) -> Proof:
    """Whether a hyperplane has all of A strictly on one side and all of B on the other.

    Hulls nearer than 1e-9 of the radius of the points, around their common centre, count as meeting.

    Parameters
    ----------
    A : array (n_a, d), B : array (n_b, d)
        The points.

    Returns
    -------
    Proof
        True or false in a condition. It carries the hyperplane, or the convex combinations that coincide. The bounds
        of the distance hold but need not be tight.

    Raises
    ------
    InputError
        As in `hull_distance`.
    """
    return nearest(*pair(A, B))


def nearest(A, B, tol=None, near=None, start=None):
    """The nearest points of two hulls, as a `Proof`: to a gap of `tol`, or until separation or coincidence is certain.

    Parameters
    ----------
    A : float64 array (n_a, d), B : float64 array (n_b, d)
        The points, finite.
    tol : float, optional
        Relative gap of the bounds; without it only the verdict counts.
    near : float, optional
        Hulls this near count as meeting; 1e-9 of the points' radius if not given.
    start : tuple of array (n_a,) and array (n_b,), optional
        Weights of two points to start from.
    """
    n = len(A) + len(B)
    if n <= SMALL:
        proof = as_proof(*solve(A, B, -1.0 if tol is None else tol, -RESOLUTION if near is None else near))
        if proof is not None:
            return proof
    A, B, centre, radius = shared_frame(A, B)
    frame = A, B, centre, radius, RESOLUTION if near is None or radius == 0 else near / radius
    proof, start = _descend(*frame, tol, start or _first(A, B), ROUNDS, CYCLES, n <= SMALL)
    if proof is None:
        proof = _divide(*frame, tol)
        if proof is None or (proof and tol):
            proof, start = _descend(*frame, tol, start, ROUNDS, SHORT, True)
    if proof is None:
        proof = _interior(*frame, tol)
    if proof is None:
        proof, start = _descend(*frame, tol, start, ROUNDS, LAST, True)
    if proof is None:
        from closerlook.probes.hulls.program import decide  # scipy's optimizers, needed once in a long while

        proof = decide(*frame, start, tol)
    return proof


def _descend(A, B, centre, radius, near, tol, start, rounds, cycles, closely):
    """The proof that the descent finds, from a working set of the points, or None; and the weights it ends with."""
    a, b = start
    goal = 0.3 if tol is None else 1 - tol / 2
    ia, ib = _working(A, B, a, b)
    for _ in range(rounds):
        Z, x = np.concatenate([A[ia], -B[ib]]), np.concatenate([a[ia], b[ib]])
        w = descend(Z, Z @ Z.T, len(ia), x, goal, near, cycles, closely)
        a, b = np.zeros(len(A)), np.zeros(len(B))
        a[ia], b[ib] = x[: len(ia)], x[len(ia) :]
        proof = _prove(A, B, centre, radius, near, a, b, w, tol)
        if proof is not None:
            return proof, (a, b)
        ia, more_a = _grow(A @ w, a, ia)
        ib, more_b = _grow(-B @ w, b, ib)
        if not more_a + more_b or (w @ w <= NOISE and not closely):
            break
    return None, (a, b)


def _prove(A, B, centre, radius, near, a, b, w, tol=None, how="descent"):
    """The proof that the weights and the normal make, or None."""
    verdict, facts = judge(A, B, a, b, w, -1.0 if tol is None else tol, near)
    return as_proof(verdict, facts, a, b, w, centre, radius, near, how)


def _divide(A, B, centre, radius, near, tol):
    """The proof of Newton's method on the hinge loss, or None. Bounds of a distance are far from tight."""
    w = hinge.between_means(A, B, near)
    Z = np.concatenate([np.append(A, np.ones((len(A), 1)), 1), -np.append(B, np.ones((len(B), 1)), 1)])
    verdict, w, slack = hinge.hinge(Z, len(A), w, near, hinge.STEPS)
    if verdict == 0:
        return None
    a, b = hinge.shares(slack, len(A))
    return _prove(A, B, centre, radius, near, a, b, w[:-1], None, "hinge")


def _interior(A, B, centre, radius, near, tol):
    """The proof that the interior method finds, or None."""
    x, w = centre_path(A, B)
    return _prove(A, B, centre, radius, near, x[: len(A)], x[len(A) :], w, tol, "interior")


def _first(A, B):
    """Weights of the point of each set that lies farthest towards the other set's mean."""
    w = A.mean(0) - B.mean(0)
    a, b = np.zeros(len(A)), np.zeros(len(B))
    a[np.argmin(A @ w)] = b[np.argmax(B @ w)] = 1.0
    return a, b


def _working(A, B, a, b):
    """The points to start with: all, or those in use and those nearest to the other set."""
    if len(A) + len(B) <= FEW:
        return np.arange(len(A)), np.arange(len(B))
    w = a @ A - b @ B
    return tuple(
        np.union1d(np.argsort(p, kind="stable")[:GROW], np.flatnonzero(x)) for p, x in ((A @ w, a), (-B @ w, b))
    )


def _grow(p, a, inside):
    """The working set without what lies far behind, and with the points that violate the hyperplane most."""
    used = inside[a[inside] > 0]
    spare = inside[a[inside] == 0]
    spare = spare[np.argsort(p[spare], kind="stable")[: 2 * GROW]]
    outside = np.ones(len(p), bool)
    outside[inside] = False
    worse = np.flatnonzero(outside & (p < p[inside].min()))
    worse = worse[np.argsort(p[worse], kind="stable")[:GROW]]
    return np.concatenate([used, spare, worse]), len(worse)
