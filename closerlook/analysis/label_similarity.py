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
