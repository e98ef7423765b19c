"""How similar two spaces of the same points are, by measures that know nothing of labels."""

import numpy as np
import pandas as pd
from scipy.linalg import svdvals
from scipy.spatial.distance import pdist

from closerlook.analysis.runs import RUN, described
from closerlook.errors import InputError
from closerlook.files import read_json
from closerlook.layout import Run
from closerlook.vectors import SAME, constant

MEASURES = ("cka", "procrustes", "rsa")
COLUMNS = ("model", "task", *RUN[1:], "split", "layer", "n_points", *MEASURES)
MOST = 1500  # points for the measure that compares all their distances


def linear_cka(X, Y):
    """Linear centred kernel alignment (Kornblith et al., ICML 2019), debiased.

    Its three products of Gram matrices are estimated without bias (Song et al., JMLR 2012), as Nguyen et al. (ICLR
    2021) have it, but over all points at once. Two spaces that have nothing in common are then at zero on average; by
    the plain definition they are well above it where there are not many more points than dimensions.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces.

    Returns
    -------
    float
        At most 1, and negative where the spaces have less in common than chance gives; NaN for fewer than four points,
        and where all points of a space coincide. Invariant under rotation, reflection, translation and scaling of
        either space.
    """
    return _products(X, Y)[0]


def procrustes_similarity(X, Y):
    """How well a rotation, reflection, translation and scaling carry one space onto the other.

    Parameters
    ----------
    X, Y : (n, d) float
        The same points in two spaces.

    Returns
    -------
    float
        From 0 to 1: the cosine of the angle between the two configurations once they are aligned, the square root of
        one minus the disparity of `scipy.spatial.procrustes`; NaN where all points of a space coincide. Invariant under
        rotation, reflection, translation and scaling of either space. Biased upwards where there are not many more
        points than dimensions: two spaces of noise are far from zero.
    """
    return _products(X, Y)[1]


def _products(X, Y):
    """Linear CKA and Procrustes similarity, which share the largest product."""
    if len(X) != len(Y):
        raise InputError(f"The same points are compared in two spaces, and these have {len(X)} and {len(Y)}.")
    if constant(X) or constant(Y):
        return float("nan"), float("nan")
    X, Y = (Z - Z.mean(0) for Z in (np.asarray(X, np.float64), np.asarray(Y, np.float64)))
    both, angle = X.T @ Y, np.linalg.norm(X) * np.linalg.norm(Y)
    x, y = ((Z**2).sum(1) for Z in (X, Y))
    shared, own, others = _alignment(both, x, y), _alignment(X.T @ X, x, x), _alignment(Y.T @ Y, y, y)
    # points that are equally far from each other have only the diagonal in common, and nothing is left of it
    known = min(own / (x @ x), others / (y @ y)) > SAME
    cka = min(1.0, shared / np.sqrt(own * others)) if known else float("nan")
    return float(cka), float(min(1.0, svdvals(both).sum() / angle))


def _alignment(products, x, y):
    """Unbiased estimate of what the Gram matrices of two centred spaces have in common, up to a factor that depends on
    the number of points alone; from the `products` of their dimensions and the squared lengths of their points."""
    n = len(x)
    if n < 4:
        return float("nan")
    return (products**2).sum() - x @ y * n / (n - 2) + x.sum() * y.sum() / ((n - 1) * (n - 2))


def rsa(X, Y):
    """Representational similarity analysis (Kriegeskorte et al., 2008): rank correlation of all distances.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces.

    Returns
    -------
    float
        Spearman's correlation of the Euclidean distances of all pairs of points, from -1 to 1; NaN for fewer than three
        points, or where all distances of a space are equal. Invariant under rotation, reflection, translation and
        scaling of either space, and under whatever keeps the order of the distances.
    """
    x, y = pdist(np.asarray(X, np.float64)), pdist(np.asarray(Y, np.float64))
    if len(x) < 3 or constant(X) or constant(Y) or min(np.ptp(x) / x.max(), np.ptp(y) / y.max()) <= SAME:
        return float("nan")
    return float(np.corrcoef(pd.Series(x).rank(), pd.Series(y).rank())[0, 1])  # Spearman's; scipy.stats imports slowly


def measure_similarity(X, Y, seed=0):
    """All measures of two spaces of the same points.

    Parameters
    ----------
    X, Y : (n, d) float
    seed : int
        Of the choice of 1,500 points for `rsa`, where there are more.

    Returns
    -------
    dict
        `cka`, `procrustes`, `rsa` (None where undefined), `n_points`.
    """
    some = np.random.default_rng(seed).choice(len(X), MOST, replace=False) if len(X) > MOST else slice(None)
    cka, angle = _products(X, Y)
    found = {"cka": cka, "procrustes": angle, "rsa": rsa(X[some], Y[some])}
    return {name: None if np.isnan(value) else value for name, value in found.items()} | {"n_points": len(X)}


def similarity(results, runs):
    """Gather what `measure_similarity` found, see `similarity_rows`.

    Parameters
    ----------
    results : list of path
        Under `layers`, for each split, the result of each layer by its number.
    runs
        As in `similarity_rows`.

    Returns
    -------
    DataFrame
    """
    return similarity_rows(((Run.of(path), read_json(path)["layers"]) for path in results), runs)


def similarity_rows(results, runs):
    """How like its original every layer of a run is.

    Parameters
    ----------
    results : iterable of (Run, dict)
        For each split what `measure_similarity` returned of each layer, by its number.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, split, layer): every space against itself before fine-tuning.
    """
    rows = []
    for of, splits in results:
        run = described(of, runs)
        for split, layers in splits.items():
            rows += [run | {"split": split, "layer": int(layer)} | found for layer, found in layers.items()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "run", "split", "layer"], ignore_index=True).round(6)
