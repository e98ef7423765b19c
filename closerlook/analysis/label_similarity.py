"""Spatial similarity of two spaces (paper, section 3)."""

import numpy as np

from closerlook.probes.condensed import condensed, square
from closerlook.probes.direct.similarity import spatial_similarity

LEAST = 6  # pairs, those of four labels: a correlation over fewer says nothing


def label_vector(classes, vector, n_labels):
    """Spread a distance vector over all pairs of a task's labels.

    A split may lack labels that the task has, so that two splits' vectors have different entries.

    Parameters
    ----------
    classes : (k,) int
        The labels that are present, as ids from 0 to `n_labels` - 1, ascending.
    vector : (k (k - 1) / 2,) float
        Distances of the pairs (i < j) of `classes`, row by row.
    n_labels : int

    Returns
    -------
    (n_labels (n_labels - 1) / 2,) float
        NaN where a label is absent.
    """
    matrix = np.full((n_labels, n_labels), np.nan)
    matrix[np.ix_(classes, classes)] = square(vector, len(classes))
    return condensed(matrix)


def similarity(u, v):
    """`spatial_similarity`, with None instead of NaN, and for fewer than six pairs."""
    r, n = spatial_similarity(u, v)
    return (None if np.isnan(r) or n < LEAST else float(r)), int(n)


def floor(u, v, permutations=200):
    """The similarity that permuted labels give: what at most one in twenty permutations (seeded) of `v`'s exceeds.

    Over all permutations its mean is zero where all pairs are apart, as in a Mantel test.
    """
    n = int((1 + np.sqrt(1 + 8 * len(u))) / 2)
    rng, matrix = np.random.default_rng(0), square(v, n)
    present = np.flatnonzero(np.isfinite([square(u, n), matrix]).any((0, 2)))
    orders = np.tile(np.arange(n), (permutations, 1))
    orders[:, present] = rng.permuted(orders[:, present], axis=1)
    found = (similarity(u, w)[0] for w in condensed(matrix[orders[:, :, None], orders[:, None, :]]))
    known = [r for r in found if r is not None]
    return float(np.quantile(known, 0.95)) if known else None
