"""Whether two hulls meet, by an interior method: for those that overlap, where the descent crawls from face to face."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

STEPS = 30
NEAR = 3e-4  # length from which an exact common point is tried


def whiten(A, B):
    """The points in coordinates in which all directions that they span have one variance, and the matrix that turns
    normals back. Whether hulls meet does not depend on coordinates; how far a float carries does."""
    P = np.concatenate([A, B])
    P = P - P.mean(0)
    _, size, V = np.linalg.svd(P, full_matrices=False)
    V = V[size > 1e-13 * size[0]].T / size[size > 1e-13 * size[0]]
    P = P @ V
    return P[: len(A)], P[len(A) :], V


def centre_path(A, B):
    """Follow the central path (Mehrotra's predictor and corrector) until the hulls are seen to be apart, or to meet.

    Parameters
    ----------
    A : array (n_a, d), B : array (n_b, d)
        The points, in the unit ball.

    Returns
    -------
    array (n_a + n_b,)
        Weights of the two points. Where hulls meet they usually coincide.
    array (d,)
        A normal; where hulls are apart it usually separates them. The caller checks either.
    """
    A, B, V = whiten(A, B)
    size = np.sqrt(max((A * A).sum(1).max(), (B * B).sum(1).max()))
    Z, m = np.concatenate([A, -B]) / size, len(A)
    k = len(Z)
    side = np.arange(k) >= m
    E = np.stack([~side, side]).astype(float)  # (2, k)
    a = E.T @ (1 / E.sum(1))
    g = Z @ (a @ Z)
    level = np.array([g[:m].min(), g[m:].min()]) - 0.1 * np.abs(g).max() - 1e-3
    s = g - level @ E
    tried = NEAR**2
    for _ in range(STEPS):
        w = a @ Z
        p = Z @ w
        if p[:m].min() + p[m:].min() > 0.3 * (w @ w):
            break
        if w @ w <= tried / 10:
            tried = w @ w
            meeting = common_point(Z, E, a)
            if meeting is not None:
                return meeting, V @ w
        free = p - level @ E
        mu = a @ s / k
        try:
            inverse = _inverse(Z, s / a)
        except np.linalg.LinAlgError:  # as near as float64 comes
            break
        HE = inverse(E.T)
        schur = E @ HE

        def solve(r):
            x = inverse(r)  # noqa: B023 (used up in the round that defines it)
            up = np.linalg.solve(schur, -(E @ x))  # noqa: B023
            return x + HE @ up, up  # noqa: B023

        da, _ = solve(-free)
        ds = -s - s / a * da
        t = min(_longest(a, da), _longest(s, ds))
        sigma = ((a + t * da) @ (s + t * ds) / k / mu) ** 3
        da, up = solve(-free + (sigma * mu - da * ds) / a)
        ds = Z @ ((a + da) @ Z) - (level + up) @ E - s
        t = 0.995 * min(_longest(a, da), _longest(s, ds))
        a, s, level = a + t * da, s + t * ds, level + t * up
        a /= (E @ a) @ E
    return a, V @ (a @ Z)


def _inverse(Z, h):
    """The inverse of Z Z' + diag(h), as a function; through d by d matrices where there are more points than that."""
    k, d = Z.shape
    if k <= d:
        factor = cho_factor(Z @ Z.T + np.diag(h), check_finite=False)
        return lambda r: cho_solve(factor, r, check_finite=False)
    ZD = Z.T / h
    M = ZD @ Z
    M.flat[:: d + 1] += 1 + 1e-14 * M.trace()
    factor = cho_factor(M, check_finite=False)

    def once(r):
        return ((r - Z @ cho_solve(factor, ZD @ r, check_finite=False)).T / h).T

    def inverse(r):
        x = once(r)
        for _ in range(3):  # the difference above cancels
            x = x + once(r - Z @ (Z.T @ x) - (h * x.T).T)
        return x

    return inverse


def common_point(Z, E, a):
    """Weights nearest to `a`, relative to each, whose difference is zero; None where one would turn negative."""
    for _ in range(3):
        M = np.concatenate([Z.T, E]) * a
        r = np.concatenate([-(a @ Z), 1 - E @ a])
        a = a * (1 + np.linalg.lstsq(M, r, rcond=1e-13)[0])
        if a.min() < 0:
            return None
    return a


def _longest(x, dx):
    """The longest step, up to one, that keeps x positive."""
    down = dx < 0
    return min(1.0, (x[down] / -dx[down]).min()) if down.any() else 1.0
