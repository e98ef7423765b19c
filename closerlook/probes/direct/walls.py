"""A hyperplane that keeps as many points of two labels apart as a few attempts find.

Where the hulls of two labels meet, it is often for a few points. A hyperplane that has nearly all others on their own
sides answers nearly all questions about clusters of the two, now and after all merges to come.
"""

import numpy as np

from closerlook.probes.hulls.hinge import between_means, divide, slacks

ATTEMPTS = 8
BRIEF = 60  # Newton steps of one


def broad_wall(X, near):
    """A hyperplane with few points on the wrong side.

    The first is the one of least hinge loss. Then those of its wrong points that are least wrong are asked for as well,
    half of them or, where that makes it worse, fewer.

    Parameters
    ----------
    X : two arrays (m, d) and (n, d)
        Points in the unit ball.
    near : float
        As in `hinge.divide`.

    Returns
    -------
    array (d + 1,)
        Normal and offset: `X[0] @ normal + offset > 0 > X[1] @ normal + offset` for most points.
    """
    everything = [np.arange(len(A)) for A in X]
    _, wall, _ = divide(X, everything, between_means(X[0], X[1], near), near, BRIEF)
    slack, share = slacks(X, everything, wall), 0.5
    for _ in range(ATTEMPTS):
        wrong = [s >= 1.0 for s in slack]
        far = np.sort(np.concatenate([s[w] for s, w in zip(slack, wrong)]))
        most = int(share * len(far))
        use = [np.flatnonzero(~w | (s < far[most])) for s, w in zip(slack, wrong)] if most else [()]
        if not all(map(len, use)):
            break
        _, other, _ = divide(X, use, wall, near, BRIEF)
        new = slacks(X, everything, other)
        if sum(np.count_nonzero(s >= 1.0) for s in new) < len(far):
            wall, slack, share = other, new, min(2 * share, 0.5)
        else:
            share /= 2
    return wall
