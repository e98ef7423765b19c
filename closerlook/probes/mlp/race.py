"""Which candidates of a grid are worth training on: a race that halves the field, by held-out loss and its trend."""

import itertools

import numpy as np

from closerlook.probes.mlp.training import BATCH

QUIET = 0.01  # an L2 term below this share of what guessing costs changes no accuracy
UPDATES, SHARES = 12, (1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)  # what goes on after 12, 24, 48, 96, 192 updates
END = 1600  # updates after which those that are left are judged by their accuracy, unless they have converged before
FINALISTS = 3  # at least so many are left


def stand_ins(grid, sizes, y):
    """The candidate that is trained in the place of each: the first of its shape whose L2 term is as good as none.

    Before training, the L2 term of a network is alpha / 2 * ||W||^2 / batch, and Glorot's initialisation says what
    ||W||^2 is. Where that is less than a hundredth of what it costs to guess y by the labels' frequencies, alpha makes
    the network no better or worse, and candidates that differ in alpha only are one.

    Parameters
    ----------
    grid, sizes
        As in `grid.score_grid`.
    y : (n,) int
        The label ids that they are trained on.

    Returns
    -------
    (len(grid),) int array
        Places in the grid; a candidate that is trained stands for itself.
    """
    shares = np.bincount(y)[np.unique(y)] / len(y)
    guessing = -(shares * np.log(shares)).sum()
    places, first = np.arange(len(grid)), {}
    for i, (candidate, shape) in enumerate(zip(grid, sizes)):
        square = sum(2 * a * b / (a + b) for a, b in itertools.pairwise(shape))  # ||W||^2 that is to be expected
        if candidate["alpha"] / 2 * square / min(BATCH, len(y)) < QUIET * guessing:
            places[i] = first.setdefault(tuple(shape), i)
    return places


def rungs(n, max_iter):
    """The epochs after which candidates trained on n samples are compared, and which share of them goes on.

    Returns
    -------
    list of (int, float)
        The last is the end of the race.
    """
    batches = np.ceil(n / BATCH)
    first = max(1, round(UPDATES / batches))
    until = [first * 2**i for i in range(len(SHARES))]
    end = min(max(round(END / batches), 2 * until[-1]), max_iter)
    return [*((epoch, share) for epoch, share in zip(until, SHARES) if epoch < end), (end, 1)]


def outlook(losses):
    """The held-out loss to expect of each candidate: its lowest so far, less what it fell by since the last rung.

    The lowest, since a network that has begun to overfit does not lose its accuracy; the fall, since at first all are
    where guessing is, and those that learn slowly are not the worst.

    Parameters
    ----------
    losses : list of (n,) array
        Of each candidate, rung by rung.

    Returns
    -------
    (n,) array
    """
    fall = np.maximum(losses[-2] - losses[-1], 0) if len(losses) > 1 else 0
    return np.min(losses, 0) - fall


def behind(losses, alphas, share, spared):
    """The candidates that leave: within each L2 weight all but a share.

    What a shape is worth shows early, what an L2 weight is worth shows late, once networks overfit; so shapes race
    against each other, and each weight keeps its best until the end. That only a small network is good, where labels
    are noisy, shows late as well; so the smallest is spared.

    Parameters
    ----------
    losses : (n,) array
        The outlook of each.
    alphas : (n,) array
        The L2 weight of each.
    share : float
    spared : int
        Which stays in any case.

    Returns
    -------
    (n,) bool array
    """
    found, least = np.zeros(len(losses), bool), np.ceil(FINALISTS / len(np.unique(alphas)))
    for alpha in np.unique(alphas):
        same = np.flatnonzero(alphas == alpha)
        stay = int(max(np.ceil(share * len(same)), least))
        found[same[np.argsort(losses[same], kind="stable")[stay:]]] = True
    found[spared] = False
    return found
