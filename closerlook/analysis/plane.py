"""A plane to look at a labelled space in: the same one for every state that is compared."""

from typing import NamedTuple

import numpy as np

SHOWN = 200  # points of a space that are drawn beside the centroids
PART = 8192  # points whose deviations are in memory at a time


class Plane(NamedTuple):
    """Two directions of a space.

    Attributes
    ----------
    mean : array (dim,)
        What projects to the origin.
    axes : array (2, dim)
        Orthonormal rows.
    explained : array (2,)
        Share of the variance of the points it was fitted on along each; NaN where they do not vary.
    """

    mean: np.ndarray
    axes: np.ndarray
    explained: np.ndarray

    def project(self, points):
        """Coordinates (..., 2) of points (..., dim)."""
        return (np.asarray(points, float) - self.mean) @ self.axes.T


def planes_of(arrays):
    """The plane of each layer, by its number, from arrays with a row per layer: `layers`, `plane_mean` and so on."""
    rows = zip(*(arrays[f"plane_{part}"] for part in Plane._fields))
    return {int(layer): Plane(*parts) for layer, parts in zip(arrays["layers"], rows)}


def fit_plane(points, origin=None):
    """The two principal components of some points.

    Parameters
    ----------
    points : (n, dim) float
    origin : (dim,) float, optional
        What to take as the mean; with zeros, `explained` is of the squared lengths rather than of the variance.

    Returns
    -------
    Plane
        Signs are fixed: the largest component of an axis is positive.
    """
    points = np.asarray(points, float)
    mean = points.mean(0) if origin is None else np.asarray(origin, float)
    _, lengths, axes = np.linalg.svd(points - mean, full_matrices=False)
    return _plane(mean, lengths, axes, ((points - mean) ** 2).sum())


def principal_plane(X):
    """The same of very many points, (n, dim): from their scatter matrix, a part at a time."""
    X = np.asarray(X)
    mean, scatter = X.mean(0, dtype=np.float64), 0
    for at in range(0, len(X), PART):
        part = X[at : at + PART] - mean
        scatter = scatter + part.T @ part
    squares, axes = np.linalg.eigh(scatter)  # ascending
    return _plane(mean, np.sqrt(np.maximum(squares[::-1], 0)), axes.T[::-1], np.trace(scatter))


def _plane(mean, lengths, axes, total):
    lengths, axes = np.append(lengths, [0, 0])[:2], axes[:2]
    if len(axes) < 2:  # one point or one dimension: the second axis is empty
        axes = np.concatenate([axes, np.zeros((2 - len(axes), len(mean)))])
    axes = axes * np.where(axes[np.arange(2), np.abs(axes).argmax(1)] < 0, -1, 1)[:, None]
    return Plane(mean, axes, lengths**2 / total if total > 0 else np.full(2, np.nan))


def centroids(X, labels, classes=None):
    """Mean vector of each label, (k, dim) float64; `classes` are the labels' ids, by default those present."""
    X, labels = np.asarray(X), np.asarray(labels)
    return np.stack(
        [X[labels == c].mean(0, dtype=np.float64) for c in (np.unique(labels) if classes is None else classes)]
    )


def common_plane(before, after, labels):
    """The plane in which labels are followed from one space to another, fitted on the centroids of both."""
    return fit_plane(np.concatenate([centroids(before, labels), centroids(after, labels)]))


def sample(labels, most=SHOWN, seed=0):
    """Choose points to draw: equally many of each label, as far as it has them.

    Returns
    -------
    (m,) int array
        Ascending indices into `labels`, `most` of them or fewer (but one of each label).
    """
    labels = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen, each = [], max(1, most // max(1, len(np.unique(labels))))
    for c in np.unique(labels):
        chosen.append(order[labels[order] == c][:each])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, int)
