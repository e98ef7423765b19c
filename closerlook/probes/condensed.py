"""Distances of all pairs as a vector, row by row (as SciPy's `pdist` orders them), and as a matrix."""

import numpy as np


def condensed(matrix):
    """The entries above the diagonal, (..., k (k - 1) / 2), of matrices (..., k, k)."""
    matrix = np.asarray(matrix)
    i, j = np.triu_indices(matrix.shape[-1], 1)
    return matrix[..., i, j]


def square(vector, k, diagonal=np.nan):
    """Symmetric matrices (..., k, k) of the pairs' entries (..., k (k - 1) / 2)."""
    vector = np.asarray(vector, float)
    full = np.full((*vector.shape[:-1], k, k), diagonal, float)
    i, j = np.triu_indices(k, 1)
    full[..., i, j] = full[..., j, i] = vector
    return full


def nearest(vector, k, known=None):
    """The nearest other label of each.

    Parameters
    ----------
    vector : (..., k (k - 1) / 2) float
        Distances of all pairs; NaN where two hulls meet.
    k : int
        Labels.
    known : (..., k) bool, optional
        Which labels have a nearest other label, where a missing distance need not mean that two hulls meet (of points
        in a conflict none is measured).

    Returns
    -------
    place : (..., k) int
        Which label; -1 for one that meets another, or has no other.
    distance : (..., k) float
        How far it is; NaN there.
    meeting : (..., k) int
        How many labels each one meets.
    """
    full = square(vector, k)
    meeting = np.isnan(full).sum(-1) - 1
    full = np.where(np.isnan(full), np.inf, full)
    known = (meeting == 0) & (k > 1) if known is None else known
    place = full.argmin(-1) if k else np.zeros(full.shape[:-1], int)
    return np.where(known, place, -1), np.where(known, full.min(-1, initial=np.inf), np.nan), meeting
