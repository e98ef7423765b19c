"""A hyperplane that separates most of two point sets, and the points that matter most: primal Newton, squared hinge."""

import numpy as np

from closerlook.probes.compiled import jit

STEPS = 30


@jit
def loss(w, pull, miss, cost):
    total = pull * (w @ w)
    for p in range(len(miss)):
        if miss[p] > 0.0:
            total += cost[p] * miss[p] ** 2
    return total


@jit
def soft_margin(Z, cost, w, pull):
    """Minimise `pull |w|^2 + sum(cost * max(0, 1 - Z @ w)^2)` by Newton's method (Keerthi & DeCoste 2005).

    Parameters
    ----------
    Z : array (n, d + 1)
        Points with a one for the offset; those of the second set with their sign turned.
    cost : array (n,)
        What a point's violation costs.
    w : array (d + 1,)
        Where to start.
    pull : float
        Weight of the normal's length.

    Returns
    -------
    array (d + 1,)
        Normal and offset.
    """
    miss = 1.0 - Z @ w
    value = loss(w, pull, miss, cost)
    for _ in range(STEPS):
        active = np.flatnonzero(miss > 0.0)
        A = Z[active]
        C = A.copy()
        for p in range(len(active)):
            C[p] *= cost[active[p]]
        gradient = pull * w - miss[active] @ C
        H = C.T @ A
        for k in range(len(w)):
            H[k, k] += pull
        move = np.linalg.solve(H, -gradient)
        slope, change = Z @ move, 1.0
        after = loss(w + move, pull, miss - slope, cost)
        while after >= value and change > 1e-3:
            change /= 2
            after = loss(w + change * move, pull, miss - change * slope, cost)
        if after >= value:
            break
        w, miss = w + change * move, miss - change * slope
        done = value - after < 1e-3 * value
        value = after
        if done:
            break
    return w
