"""A linear readout: what of the labels can be read off vectors without an optimiser's patience, and at any scale."""

from typing import NamedTuple

import numpy as np
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.preprocessing import StandardScaler

ROUNDING = 1e-9  # of standardised vectors
BLOCK = 4096  # points whose scores are made at a time


class Discriminant(NamedTuple):
    """Linear discriminant analysis: one Gaussian per label, with one covariance for all.

    Attributes
    ----------
    classes, counts : (k,) int array
        The labels' ids, and how many points each has.
    label : (n,) int array
        The place of each point's label among them.
    scaler : StandardScaler
    white : (d, d) array
        What makes the covariance of standardised vectors the identity.
    means : (k, d) array
        Of the labels, standardised and made white.
    shrinkage : float
    """

    classes: np.ndarray
    counts: np.ndarray
    label: np.ndarray
    scaler: StandardScaler
    white: np.ndarray
    means: np.ndarray
    shrinkage: float

    def place(self, X):
        """Vectors in the space in which distances are those that the analysis measures."""
        return self.scaler.transform(np.asarray(X, np.float64)) @ self.white

    def predict(self, X):
        """The likeliest label of vectors (m, d): (m,) ids."""
        offsets = np.log(self.counts) - (self.means**2).sum(1) / 2
        return self.classes[(self.place(X) @ self.means.T + offsets).argmax(1)]

    def left_out(self, X):
        """Judge each of the points that this was fitted to by an analysis of all others.

        To leave out a point takes a little from its label's mean and from the covariance, by a matrix of rank one, so
        that all n analyses cost hardly more than one (Sherman and Morrison, 1950). The scales, the amount of shrinkage
        and what the covariance is shrunk to stay those of all points.

        Parameters
        ----------
        X : (n, d) float
            The same vectors, in the same order.

        Returns
        -------
        (n, k) float32 array
            Logarithms of the labels' probabilities, given the vector; minus infinity for a label of no other point.
        """
        n, logs = len(X), np.empty((len(X), len(self.classes)), np.float32)
        among, lengths = self.means @ self.means.T, (self.means**2).sum(1)
        grown = self.counts / np.maximum(self.counts - 1, 1)  # how much farther a point is from the mean of the others
        for start in range(0, n, BLOCK):
            Z, own = self.place(X[start : start + BLOCK]), self.label[start : start + BLOCK]
            rows, along, square = np.arange(len(Z)), Z @ self.means.T, (Z**2).sum(1)[:, None]
            far = square - 2 * along + lengths  # squared distance to every mean
            mixed = (
                square - along - along[rows, own][:, None] + among[own]
            )  # product of the ways from own and every mean
            weight = (1 - self.shrinkage) * grown[own] / n
            inside = np.maximum(1 - weight * far[rows, own], ROUNDING)
            score = far + (weight / inside)[:, None] * mixed**2
            score[rows, own] = grown[own] ** 2 * far[rows, own] / inside
            prior = np.repeat(self.counts[None].astype(float), len(Z), 0)
            prior[rows, own] -= 1
            with np.errstate(divide="ignore"):
                score = np.log(prior) - score / 2
            top = score.max(1, keepdims=True)
            logs[start : start + BLOCK] = score - top - np.log(np.exp(score - top).sum(1, keepdims=True))
        return logs


def discriminant(X, y):
    """Fit the analysis to vectors X (n, d) and their label ids y (n,).

    Vectors are standardised; the covariance is that within labels, shrunk as Ledoit and Wolf (2004) derive. Where no
    label has any spread, it is the identity, which leaves the nearest mean.
    """
    classes, label, counts = np.unique(y, return_inverse=True, return_counts=True)
    scaler = StandardScaler().fit(np.asarray(X, np.float64))
    X = scaler.transform(np.asarray(X, np.float64))
    means = np.stack([X[label == k].mean(0) for k in range(len(classes))])
    X -= means[label]
    shrinkage, white = 1.0, np.eye(X.shape[1])
    if np.ptp(X, axis=0).max() >= ROUNDING:
        shrinkage = ledoit_wolf_shrinkage(X, assume_centered=True)
        covariance = X.T @ X / len(X)
        target = np.trace(covariance) / len(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * target * np.eye(len(covariance))
        values, axes = np.linalg.eigh(covariance)
        white = axes / np.sqrt(np.maximum(values, ROUNDING * values[-1]))
    return Discriminant(classes, counts, label, scaler, white, means @ white, shrinkage)


def linear_readout(X, y, Xt):
    """Predict labels by linear discriminant analysis of standardised vectors, see `discriminant`.

    Invariant under a scaling and a shift of each dimension.

    Parameters
    ----------
    X : (n, d) float, y : (n,) int
        Training vectors and their label ids, of which there are at least two.
    Xt : (m, d) float
        Vectors to label.

    Returns
    -------
    (m,) int or None
        Label ids; None where there is no more than one vector per label.
    """
    return discriminant(X, y).predict(Xt) if len(X) > len(np.unique(y)) else None


def compare(predicted, each, y):
    """Set a linear readout beside a probe, on the same test points.

    Parameters
    ----------
    predicted : (n,) int
        The labels that the readout gives.
    each : (repeats, n) int
        Those that each repeat of the probe gives.
    y : (n,) int
        The right ones.

    Returns
    -------
    dict
        `accuracy` of the readout; `lead`: by how much it is ahead of the mean repeat, and its standard `error`, from
        the points' differences and from those of the repeats; all in percent.
    """
    right, probe = predicted == y, each == y
    ahead = right - probe.mean(0)
    variance = ahead.var(ddof=1) / len(y) if len(y) > 1 else np.nan
    if len(each) > 1:
        variance += probe.mean(1).var(ddof=1) / len(each)
    numbers = {"accuracy": right.mean(), "lead": ahead.mean(), "error": np.sqrt(variance)}
    return {name: None if np.isnan(v) else 100 * float(v) for name, v in numbers.items()}
