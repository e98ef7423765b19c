"""The points of a space, and what measures of similarity need of them: each part computed once, when asked for."""

import copy
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from closerlook.vectors import SAME, constant

MOST = 1500  # points, for what needs the distances of all pairs
NEAREST = 10  # neighbours of a point


def sample(n, seed):
    """Which of n points stand for all where pairs are looked at: 1,500 at random, or all where there are no more."""
    return np.random.default_rng(seed).choice(n, MOST, replace=False) if n > MOST else np.arange(n)


def alignment(products, x, y):
    """Unbiased estimate of what the Gram matrices of two centred spaces have in common (Song et al., JMLR 2012).

    Parameters
    ----------
    products : (d, e) float
        Of the dimensions of the one space and those of the other.
    x, y : (n,) float
        The squared lengths of the points in both.

    Returns
    -------
    float
        Up to a factor that depends on n alone; NaN for fewer than four points.
    """
    n = len(x)
    if n < 4:
        return float("nan")
    return (products**2).sum() - x @ y * n / (n - 2) + x.sum() * y.sum() / ((n - 1) * (n - 2))


class Cloud:
    """Points (n, d) of a space, of which those at `some` stand for all where pairs are looked at; by default each."""

    def __init__(self, X, some=slice(None)):
        self.X, self.some = np.asarray(X), some

    def __len__(self):
        return len(self.X)

    @cached_property
    def constant(self):
        return constant(self.X)

    @cached_property
    def centred(self):
        """The centred points, in float64; where there are fewer of them than dimensions, rotated into as few."""
        X = self.X.astype(np.float64)
        X -= X.mean(0)
        return np.transpose(np.linalg.qr(X.T, mode="r")) if len(X) < X.shape[1] else X

    @cached_property
    def squares(self):
        return (self.centred**2).sum(1)

    @cached_property
    def own(self):
        """What the space has in common with itself; NaN where nothing is left but what chance gives.

        Of points that are equally far from each other, Gram matrices have nothing but their diagonal.
        """
        own = alignment(self.centred.T @ self.centred, self.squares, self.squares)
        return own if own > SAME * (self.squares @ self.squares) else float("nan")

    @cached_property
    def distances(self):
        """Euclidean, of the pairs of `some`: (m (m - 1) / 2,)."""
        return pdist(self.X[self.some].astype(np.float64))

    @cached_property
    def flat(self):
        """Whether there is no order among the distances."""
        few = len(self.distances) < 3 or constant(self.X[self.some])
        return few or np.ptp(self.distances) <= SAME * self.distances.max()

    @cached_property
    def ranks(self):
        """Of the distances, centred and of unit length: a product of two is Spearman's correlation."""
        ranks = pd.Series(self.distances).rank().to_numpy()  # scipy.stats imports slowly
        ranks = ranks - ranks.mean()
        return ranks / np.linalg.norm(ranks)

    @cached_property
    def near(self):
        """Which points are the nearest of each, itself left out: (m, m) bool, k true in every row.

        k is 10, or half of the other points where this is less. Of points that are equally far, the first are taken.
        """
        distances = squareform(self.distances)
        np.fill_diagonal(distances, np.inf)
        k = min(NEAREST, (len(distances) - 1) // 2)
        last = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
        near, tied = distances < last, distances == last
        return near | tied & (tied.cumsum(1) <= k - near.sum(1, keepdims=True))

    def shuffled(self, rng):
        """A cloud with the same points in a random order: it has nothing in common with another that chance does not
        give."""
        other, order = copy.copy(self), rng.permutation(len(self))
        other.own, other.centred, other.squares = self.own, self.centred[order], self.squares[order]
        return other

    def shuffled_pairs(self, rng):
        """A cloud with the same distances, of the points of `some` in a random order."""
        other, order = copy.copy(self), rng.permutation(len(self.near))
        other.ranks = squareform(squareform(self.ranks)[order][:, order], checks=False)
        other.near = self.near[order][:, order]
        return other
