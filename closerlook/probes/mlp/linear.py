"""A linear readout: what of the labels can be read off vectors without an optimiser's patience, and at any scale."""

import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

ROUNDING = 1e-9  # of standardised vectors


def linear_readout(X, y, Xt):
    """Predict labels by linear discriminant analysis of standardised vectors.

    It has a closed form: one Gaussian per label, with one covariance for all that is shrunk as Ledoit and Wolf (2004)
    derive; where no label has any spread, the nearest mean. Invariant under a scaling and a shift of each dimension.

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
    if len(X) <= len(np.unique(y)):
        return None
    scaler = StandardScaler().fit(np.asarray(X, np.float64))
    X, Xt = (scaler.transform(np.asarray(Z, np.float64)) for Z in (X, Xt))
    spread = max(np.ptp(X[y == label], axis=0).max() for label in np.unique(y))
    analysis = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    if spread < ROUNDING:  # no covariance to divide by: what remains of the analysis is the nearest mean
        analysis = NearestCentroid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # labels of one vector have no spread of their own
        return analysis.fit(X, y).predict(Xt)


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
