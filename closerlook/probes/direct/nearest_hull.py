"""The nearest of many hulls, for many points.

A point goes to the hull of its nearest neighbour first; any other is left as soon as a plane between it and the point
shows that it is not nearer. Points go in blocks: the products of their normals with a hull are one product of matrices.
"""

import numpy as np

from closerlook.probes.compiled import jit
from closerlook.probes.hulls.descent import CYCLES, NOISE, descend, rounding
from closerlook.probes.hulls.distance import nearest
from closerlook.probes.hulls.points import unit_ball
from closerlook.probes.precision import RESOLUTION, TOL, check_precision
from closerlook.probes.threads import spread

NEXT = 24  # points of a hull that enter a working set at a time
ROUNDS = 50  # of the working set
MOST = 256  # points in a block ...
PRODUCTS = 2**22  # ... and their products with those of all hulls: 32 MB


def nearest_hull(X, clusters, Q, tol=TOL, n_jobs=None, verbose=False, *, admits=None, without=None):
    """The nearest hull to each of many points.

    Parameters
    ----------
    X : float64 array (n, d)
        The points of the hulls, finite.
    clusters : int array (n,)
        Which hull each belongs to; numbers from zero on, none left out.
    Q : float64 array (m, d)
        Points, finite.
    tol : float
        Relative gap of the bounds of a distance.
    n_jobs : int, optional
        Threads; -1 for all. The result does not depend on it.
    verbose : bool
        Show progress.
    admits : callable, optional
        `admits(some)`: which hulls count for `Q[some]`, a slice; (rows, n_hulls) bool. By default all do.
    without : int array (m,), optional
        Of each point of Q, the point of X that its hull is to lack: q itself, where it is one of them; -1 for none. A
        hull of no other points does not count.

    Returns
    -------
    index : int array (m,)
        A hull such that no other is nearer than (1 - tol) of its distance. Of several it is the one with the point
        nearest to q (the lowest number if these tie too), or one that was then found to be nearer; -1 where none
        counts.
    distance : array (m,)
        Its distance, to within the gap; zero where q lies in it, infinite where there is none.
    """
    check_precision(tol, RESOLUTION)
    order, counts = np.argsort(clusters, kind="stable"), np.bincount(clusters)
    place = np.argsort(order)  # of each point among those of its hull
    starts = np.cumsum(counts) - counts
    _, centre, size = unit_ball(X)
    C, Q = (X[order] - centre) / size, (Q - centre) / size
    means = np.add.reduceat(C, starts) / counts[:, None]
    squares, along = (C**2).sum(1), (C * means[clusters[order]]).sum(1)
    step = max(1, min(MOST, PRODUCTS // len(C)))

    def block(start):
        Y = Q[start : start + step]
        P, M, y = Y @ C.T, Y @ means.T, (Y**2).sum(1)[:, None]
        slack = rounding(Y.shape[1]) * (1 + y)
        H, ahead = squares - 2 * P, along - P
        if without is not None:
            itself = without[start : start + step]
            at = np.flatnonzero(itself >= 0)
            cells = at, place[itself[at]]
            H[cells] = ahead[cells] = np.inf
        gaps = np.minimum.reduceat(H, starts, axis=1)  # to the nearest point of each hull
        if admits is not None:
            gaps[~admits(slice(start, start + step))] = np.inf
        counted = gaps < np.inf
        index, best = (gaps <= gaps.min(1)[:, None] + slack).argmax(1), np.full(len(Y), np.inf)
        # bounds by the plane across the segment to each hull's mean
        lower = np.minimum.reduceat(ahead, starts, axis=1) - M + y - slack
        lower = np.maximum(lower / np.sqrt(np.maximum((means**2).sum(1) - 2 * M + y, 0) + slack), 0)
        first = index[:, None] == np.arange(len(counts))
        index[~counted.any(1)] = -1
        for turn in (first & counted, ~first & counted):
            for c in np.flatnonzero((turn & ~(lower >= (1 - tol) * best[:, None])).any(0)):
                rows = np.flatnonzero(turn[:, c] & ~(lower[:, c] >= (1 - tol) * best))
                hull = slice(starts[c], starts[c] + counts[c])
                upper = reach(C[hull], Y[rows], H[rows, hull], best[rows], tol)
                nearer = upper < best[rows]
                best[rows[nearer]], index[rows[nearer]] = upper[nearer], c
        return index, best * size

    blocks = spread(block, range(0, len(Q), step), n_jobs, f"points, {step} at a time" if verbose else None)
    index, distance = zip((np.zeros(0, np.intp), np.zeros(0)), *blocks)
    return np.concatenate(index), np.concatenate(distance)


def reach(C, Y, H, best, tol):
    """Distances from points to one hull, as far as they are below `best`.

    Parameters
    ----------
    C : array (n, d), Y : array (m, d)
        The points of the hull, and those to start from, in a frame where C lies in the unit ball.
    H : array (m, n)
        Their squared distances, each row up to a constant; infinite where a point of the hull is to be left out.
    best : array (m,)
        The distances to beat.
    tol : float

    Returns
    -------
    array (m,)
        Distances of points in the hull. It is not nearer than (1 - tol) times this or `best`, whichever is smaller.
    """
    out, upper = np.isinf(H), np.sqrt(((Y - C[H.argmin(1)]) ** 2).sum(1))
    slack = rounding(Y.shape[1]) * (1 + np.sqrt((Y**2).sum(1)))
    A, W, left = np.zeros(H.shape), np.zeros(Y.shape), upper > 0
    for _ in range(ROUNDS):
        rows = np.flatnonzero(left & (upper > np.sqrt(NOISE)) & np.isfinite(upper))
        if not len(rows):
            break
        approach(C, Y, rows, H, A, W, (1 - tol / 2) * np.minimum(best[rows] / upper[rows], 1))
        w = W[rows]
        upper[rows] = u = np.sqrt((w**2).sum(1))
        H[rows] = h = np.where(out[rows], np.inf, w @ C.T - (w * Y[rows]).sum(1)[:, None])
        left[rows] = ~(h.min(1) >= ((1 - tol) * np.minimum(best[rows], u) + slack[rows]) * u)
    for k in np.flatnonzero(left):
        upper[k] = nearest(Y[k : k + 1], C[~out[k]], tol).distance
    return upper


@jit
def approach(C, Y, rows, H, A, W, goals):
    """Find the points nearest to `Y[rows]` in the hull of the points of C that are in use and that lie in front.

    Parameters
    ----------
    C : array (n, d)
        The points of a hull.
    Y : array (m, d), rows : int array (r,)
        The points to start from.
    H : array (m, n)
        How far behind each point of the hull lies, as seen from each point of Y.
    A : array (m, n), W : array (m, d)
        Weights of the hull's points, zeros at first, and the displacements from Y to where they lead; changed in place.
    goals : array (r,)
        As in `descent.descend`.
    """
    for k, goal in zip(rows, goals):
        S = front(H[k], A[k])
        Z, x = np.zeros((len(S) + 1, C.shape[1])), np.zeros(len(S) + 1)
        x[0] = 1.0  # the point to start from, which is the origin and a hull of its own
        for s in range(len(S)):
            Z[s + 1] = Y[k] - C[S[s]]
            x[s + 1] = A[k, S[s]]
        if not A[k].any():
            x[1 + np.argmin(H[k][S])] = 1.0
        W[k] = -descend(Z, Z @ Z.T, 1, x, goal, 0.0, CYCLES, False)
        for s in range(len(S)):
            A[k, S[s]] = x[s + 1]


@jit
def front(h, a):
    """The points in use and the NEXT others with the least `h`, ascending; none whose `h` is infinite."""
    most = min(NEXT, len(h))
    edge = np.partition(h, most - 1)[most - 1]
    chosen, fresh = a > 0.0, 0
    for at_edge in (False, True):
        for k in range(len(h)):
            if not chosen[k] and fresh < most and (h[k] == edge < np.inf if at_edge else h[k] < edge):
                chosen[k] = True
                fresh += 1
    return np.flatnonzero(chosen)
