"""The nearest points of all pairs of labels: one compiled loop, all pairs in one frame, few points at a time."""

import itertools

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.compiled import jit
from closerlook.probes.hulls.descent import CYCLES, descend, shared_frame, verdict_of
from closerlook.probes.hulls.distance import nearest
from closerlook.probes.hulls.points import unit_ball
from closerlook.probes.hulls.proof import as_proof
from closerlook.probes.threads import spread

CLOSEST = 24  # points of each side to start with
NEXT = 24  # and to go on with, beside those in use
ROUNDS = 50
LEAST = 1e-3  # radius of a pair, relative to the common frame, from which that frame is good enough
BLOCK = 16  # pairs that a thread takes at a time


@jit
def foremost(p, a, most):
    """Points in use and those that lie furthest in front, ascending; and how many of the latter were not in use."""
    chosen = a > 0.0
    order = np.argsort(p)
    fresh = 0
    for k in order[:most]:
        if not chosen[k]:
            chosen[k] = True
            fresh += 1
    return np.flatnonzero(chosen), fresh


@jit
def search(A, B, a, b, normal, goal, tol, near):
    """Descend from face to face, with a working set of points that changes until nothing lies in front of it.

    Parameters
    ----------
    A : array (m, d), B : array (n, d)
        Points.
    a : array (m,), b : array (n,)
        Weights to start from, changed in place; zeros to start from the points closest along the normal.
    normal : array (d,)
        Where the other set lies, roughly: from B to A.
    goal : float
        As in `descent.descend`.
    tol, near
        As in `descent.judge`.

    Returns
    -------
    int
        As `descent.judge`.
    array (d,)
        The normal, the difference of the two points.
    tuple of four floats
        Length of the normal, least product of A and largest of B with it, and the distance of the two points.
    """
    pa, pb = A @ normal, -(B @ normal)
    if not a.any():
        a[np.argmin(pa)] = b[np.argmin(pb)] = 1.0
    ia, more_a = foremost(pa, a, CLOSEST)
    ib, more_b = foremost(pb, b, CLOSEST)
    facts = (0.0, 0.0, 0.0, np.inf)
    for _ in range(ROUNDS):
        m = len(ia)
        Z = np.concatenate((A[ia], -B[ib]))
        x = np.concatenate((a[ia], b[ib]))
        normal = descend(Z, Z @ Z.T, m, x, goal, near, CYCLES, False)
        a[ia], b[ib] = x[:m], x[m:]
        length = np.sqrt(normal @ normal)
        pa, pb = A @ normal, -(B @ normal)
        upper = np.sqrt(((a[ia] @ A[ia] - b[ib] @ B[ib]) ** 2).sum())
        low = high = 0.0
        if length > 0.0:
            low, high = pa.min() / length, -pb.min() / length
        facts = (length, low, high, upper)
        verdict = verdict_of(low - high, upper, len(normal), tol, near)
        if verdict != 0 or length == 0.0:
            return verdict, normal, facts
        ia, more_a = foremost(pa, a, NEXT)
        ib, more_b = foremost(pb, b, NEXT)
        if more_a + more_b == 0:
            break
    return 0, normal, facts


@jit
def search_some(X, ends, means, pairs, near, weights, places, tol, verdicts, normals, facts):
    """`search` for some pairs of labels, whose points lie one after the other in X; results in the last arrays."""
    for k in range(len(pairs)):
        i, j = pairs[k]
        if near[k] > 0.0:
            A, B = X[ends[i] : ends[i + 1]], X[ends[j] : ends[j + 1]]
            start, middle, stop = places[k], places[k] + len(A), places[k] + len(A) + len(B)
            a, b = weights[start:middle], weights[middle:stop]
            verdicts[k], normals[k], found = search(A, B, a, b, means[i] - means[j], 1 - tol / 2, tol, near[k])
            for f in range(4):
                facts[k, f] = found[f]


def pair_proofs(X, groups, names, resolution, tol, start=None, n_jobs=None, verbose=False):
    """A proof for every pair of groups i < j, row by row.

    Parameters
    ----------
    X : float64 array (n, d)
        Points, finite.
    groups : list of int array
        The points of each label.
    names : sequence
        The labels, for messages.
    resolution : float
        Hulls nearer than this, relative to the radius of the two groups, count as meeting.
    tol : float
        Relative gap of the bounds of each distance.
    start : LabelDistances, optional
        Proofs for a nearby space, whose weights are where the search starts.
    n_jobs : int, optional
        Threads; -1 for all. The result does not depend on it.
    verbose : bool
        Show progress.

    Returns
    -------
    list of Proof
    """
    Z, centre, size = unit_ball(np.concatenate([X[group] for group in groups]))
    ends = np.concatenate([[0], np.cumsum([len(group) for group in groups])])
    means = np.array([Z[i:j].mean(0) for i, j in itertools.pairwise(ends)])
    pairs = np.array(list(itertools.combinations(range(len(groups)), 2)), np.int64).reshape(-1, 2)
    near = resolution * radii(Z, ends, means, pairs)
    near[near < resolution * LEAST] = 0.0  # in a frame of their own, below
    lengths = (ends[pairs + 1] - ends[pairs]).sum(1)
    places = np.concatenate([[0], np.cumsum(lengths)])
    weights = np.zeros(places[-1])
    if start:
        weights[:] = np.concatenate([w for p in start.proofs for w in p.weights])
    verdicts, facts = np.zeros(len(pairs), np.int64), np.zeros((len(pairs), 4))
    normals = np.zeros((len(pairs), X.shape[1]))

    def block(k):
        s = slice(k, k + BLOCK)
        given = pairs[s], near[s], weights, places[s], tol
        search_some(Z, ends, means, *given, verdicts[s], normals[s], facts[s])

    spread(block, range(0, len(pairs), BLOCK), n_jobs, f"label pairs, {BLOCK} at a time" if verbose else None)

    def slow(k):  # in a frame of its own, by every means
        i, j = pairs[k]
        A, B = X[groups[i]], X[groups[j]]
        try:
            return nearest(A, B, tol, resolution * shared_frame(A, B)[-1])
        except InputError as error:
            raise InputError(f"Labels {names[i]} and {names[j]}: {error}") from None

    def quick(k):
        middle = places[k] + len(groups[pairs[k, 0]])
        a, b = weights[places[k] : middle], weights[middle : places[k + 1]]
        return as_proof(verdicts[k], facts[k], a, b, normals[k], centre, size, near[k])

    left = np.flatnonzero(verdicts == 0)
    proofs = dict(zip(left, spread(slow, left, n_jobs, "label pairs that touch" if verbose else None)))
    return [proofs[k] if k in proofs else quick(k) for k in range(len(pairs))]


def radii(Z, ends, means, pairs):
    """Radius of the points of each pair of labels around the middle of their means."""
    squares, products = np.einsum("nd,nd->n", Z, Z), Z @ means.T
    found = np.zeros(len(pairs))
    for k, (i, j) in enumerate(pairs):
        centre = means[i] + means[j]
        for s in (slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1])):
            found[k] = max(found[k], (squares[s] - products[s, i] - products[s, j]).max() + centre @ centre / 4)
    return np.sqrt(np.maximum(found, 0))
