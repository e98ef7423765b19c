"""Whether two hulls meet, for sets of any size: Newton's method on the squared hinge loss, which proves either answer.

Write a point x of A as z = (x, 1) and one of B as z = -(x, 1), and let w be a hyperplane, normal and offset. The loss
sum(max(0, 1 - z @ w)^2) has no term for the length of w. Where a hyperplane separates A from B its infimum is zero, and
before it is reached all products z @ w turn positive. Where the hulls meet it has a minimum with slack, and there the
gradient sum(slack * z) is zero: the slacks, divided by their sum, are two convex combinations that coincide (Gordan's
alternative). The loss is convex and piecewise quadratic, so Newton steps end after finitely many changes of the
set of points with slack; a proximal term keeps each of them well-conditioned.
"""

import numpy as np

from closerlook.probes.compiled import jit
from closerlook.probes.hulls.descent import shared_frame

STEPS = 300
PROX, LEAST = 1e-3, 1e-12  # weight of the squared distance from the last minimum, at first and in the end
LONG, SHRINK = 10.0, 100.0  # a hyperplane longer than LONG / near is of no use and starts again from a hundredth
REFRESH = 8  # steps after which slacks, updated along the way, are computed again


@jit
def margin(slack, m, w):
    """Distance between the two sets along w, negative where they overlap along it."""
    length = np.sqrt(w[:-1] @ w[:-1])
    if length == 0.0:
        return -1.0
    return (2.0 - slack[:m].max() - slack[m:].max()) / length


@jit
def minimum_along(slack, slope, first, second):
    """The length of a step that minimises the loss along it: Newton's method in one dimension, safeguarded.

    `first` and `second` are the derivatives of the proximal term at length 0.
    """
    length, low, high = 1.0, 0.0, np.inf
    for _ in range(50):
        d1, d2 = first + length * second, second
        for p in range(len(slack)):
            s = slack[p] - length * slope[p]
            if s > 0.0:
                d1 -= s * slope[p]
                d2 += slope[p] * slope[p]
        if d1 < 0.0:
            low = length
        else:
            high = length
        if d2 == 0.0:
            return length
        new = length - d1 / d2
        if not (low < new < high):
            new = (low + high) / 2 if high < np.inf else 2 * length
        if abs(new - length) <= 1e-3 * length:
            return new
        length = new
    return length


@jit
def newton_step(A, r, away, prox):
    """The step that minimises `|r - A @ step|^2 + prox |step - away|^2`, in as many unknowns as A has rows or columns,
    whichever are fewer."""
    if len(A) < A.shape[1]:
        K = A @ A.T
        for p in range(len(K)):
            K[p, p] += prox
        return np.linalg.solve(K, r - A @ away) @ A + away
    K = A.T @ A
    for p in range(len(K)):
        K[p, p] += prox
    return np.linalg.solve(K, r @ A + prox * away)


@jit
def hinge(Z, m, w, near, steps):
    """Minimise the squared hinge loss until it proves that two hulls are apart, or that they meet.

    Parameters
    ----------
    Z : array (k, d + 1)
        Points in the unit ball with a one for the offset; those of the second set with their sign turned.
    m : int
        How many belong to the first set.
    w : array (d + 1,)
        Normal and offset to start from.
    near : float
        Hulls this near count as meeting.
    steps : int
        Newton steps at most.

    Returns
    -------
    int
        1: apart, by more than `near` along w; -1: the slacks are convex combinations nearer than that; 0: neither.
    array (d + 1,)
        Normal and offset of least loss so far.
    array (k,)
        Slacks, `1 - Z @ w`.
    """
    n = len(Z)
    slack = 1.0 - Z @ w
    centre, prox, before, nearest = w.copy(), PROX, np.zeros(n, np.bool_), np.inf
    for step in range(steps):
        if margin(slack, m, w) > near:
            slack = 1.0 - Z @ w
            if margin(slack, m, w) > near:
                return 1, w, slack
        if slack.max() <= 1e-9 or w[:-1] @ w[:-1] > (LONG / near) ** 2:  # apart, but by less than `near`
            w = w / SHRINK
            slack = 1.0 - Z @ w
            centre, prox = w.copy(), PROX
        inside = slack > 0.0
        active = np.flatnonzero(inside)
        A, r = Z[active], slack[active]
        of_first, apart = np.searchsorted(active, m), np.inf
        if 0 < of_first < len(active):
            share = r / r[of_first:].sum()
            share[:of_first] = r[:of_first] / r[:of_first].sum()
            x = share @ A
            apart = np.sqrt(x @ x)
            if apart <= near:
                return -1, w, slack
        if (inside == before).all():  # the minimum around this centre
            centre = w.copy()
            if apart > 0.5 * nearest:  # the two points stay apart, as do the hulls, it seems: go further
                prox = max(prox / 10, LEAST)
            nearest = apart
        before = inside
        move = newton_step(A, r, centre - w, prox)
        slope = Z @ move
        length = minimum_along(slack, slope, prox * ((w - centre) @ move), prox * (move @ move))
        w = w + length * move
        slack = 1.0 - Z @ w if step % REFRESH == REFRESH - 1 else slack - length * slope
    return 0, w, slack


def between_means(A, B, near):
    """The hyperplane midway between the means of two sets: where to start."""
    normal = A.mean(0) - B.mean(0)
    return np.append(normal, -(A.mean(0) + B.mean(0)) @ normal / 2) / (max(normal @ normal / 2, near) or 1.0)


@jit
def signed(A, B):
    """The points as rows for `hinge`."""
    m, d = A.shape
    Z = np.empty((m + len(B), d + 1))
    Z[:m, :d], Z[:m, d] = A, 1.0
    Z[m:, :d], Z[m:, d] = -B, -1.0
    return Z


@jit
def shares(slack, m):
    """The slacks as weights of two convex combinations; even weights where a set has no slack."""
    a, b = np.maximum(slack[:m], 0.0), np.maximum(slack[m:], 0.0)
    a = a / a.sum() if a.sum() > 0.0 else np.full(m, 1.0 / m)
    b = b / b.sum() if b.sum() > 0.0 else np.full(len(slack) - m, 1.0 / (len(slack) - m))
    return a, b


@jit
def divide(U, V, wall, near, steps):
    """`hinge` for points in any frame, and a hyperplane in that frame; `near` is a distance in it, too.

    Returns
    -------
    int, array (d + 1,), array (k,)
        The verdict, the hyperplane, and the slacks.
    """
    d = U.shape[1]
    A, B, centre, radius = shared_frame(U, V)
    if radius == 0.0:
        return -1, wall, np.ones(len(U) + len(V))
    w = wall.copy()
    w[:d] *= radius
    w[d] += wall[:d] @ centre
    verdict, w, slack = hinge(signed(A, B), len(U), w, near / radius, steps)
    w[:d] /= radius
    w[d] -= w[:d] @ centre
    return verdict, w, slack
