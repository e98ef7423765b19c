"""Distances of the labels' hulls: a verdict and a distance, both proven, for every pair of labels."""

from __future__ import annotations  # so that `help` shows short names

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from closerlook.errors import InputError
from closerlook.probes.condensed import condensed, nearest, square
from closerlook.probes.hulls.pairs import pair_proofs
from closerlook.probes.hulls.points import points
from closerlook.probes.hulls.proof import Proof
from closerlook.probes.precision import RESOLUTION, TOL, check_precision


@dataclass(frozen=True, eq=False)
class LabelDistances:
    """Distances of the labels' hulls.

    Attributes
    ----------
    classes : array (k,)
        The labels, sorted.
    vector, lower, upper : array (k (k - 1) / 2,)
        Distance of each pair of labels i < j, row by row, zero where their hulls meet; and its bounds.
    separable : bool array (k (k - 1) / 2,)
        Whether a hyperplane separates the two.
    proofs : list of Proof
        The reasons, with the weights that a nearby space starts from.
    """

    classes: np.ndarray
    proofs: list[Proof] = field(repr=False)
    sizes: tuple = field(repr=False)

    @property
    def vector(self) -> NDArray[np.float64]:
        return np.array([p.distance for p in self.proofs])

    @property
    def lower(self) -> NDArray[np.float64]:
        return np.array([p.lower for p in self.proofs])

    @property
    def upper(self) -> NDArray[np.float64]:
        return np.array([p.upper for p in self.proofs])

    @property
    def separable(self) -> NDArray[np.bool_]:
        return np.array([p.separable for p in self.proofs], bool)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """array (k, k): the distances; NaN on the diagonal."""
        return square(self.vector, len(self.classes))

    @property
    def near(self) -> NDArray[np.float64]:
        """array (k, k): the distance from which two hulls count as apart; zero on the diagonal."""
        return square([p.near for p in self.proofs], len(self.classes), 0.0)


def label_distances(
    X: ArrayLike,
    y: ArrayLike,
    start: LabelDistances | None = None,
    *,
    tol: float = TOL,
    resolution: float = RESOLUTION,
    n_jobs: int | None = None,
) -> LabelDistances:
    """Distances of the labels' hulls, without clustering.

    Parameters
    ----------
    X : array (n, d)
        Points.
    y : array (n,)
        Their labels.
    start : LabelDistances, optional
        Result of the same points in a nearby space (an earlier update, the layer below): its weights are where the
        search starts. The result agrees within `tol` with that without it.
    tol : float
        Relative gap of the bounds of each distance.
    resolution : float
        Hulls of two labels nearer than this, relative to the radius of their points, count as meeting.
    n_jobs : int, optional
        Threads; -1 for all. The result does not depend on it.

    Returns
    -------
    LabelDistances
    """
    check_precision(tol, resolution)
    X, given = points(X, "X"), np.asarray(y)
    if given.shape != (len(X),):
        raise InputError(f"`y` must hold one label for each of the {len(X)} points, not be of shape {given.shape}.")
    classes, label = np.unique(given, return_inverse=True)
    groups = [np.flatnonzero(label == k) for k in range(len(classes))]
    sizes = tuple(map(len, groups))
    if start is not None and (start.sizes != sizes or not np.array_equal(start.classes, classes)):
        raise InputError("`start` must come from the same points with the same labels, in another space.")
    return LabelDistances(classes, pair_proofs(X, groups, classes, resolution, tol, start, n_jobs), sizes)


def part_distances(X, label, clusters, part, resolution, tol, n_jobs=None):
    """Distances of the hulls of two labels, (k, k): zero where they meet; NaN on the diagonal and for a label of which
    no point takes part. `part` (n,) says which do."""
    if part.all():
        return clusters.pairs.matrix
    classes = clusters.pairs.classes
    groups = [np.flatnonzero((label == k) & part) for k in range(len(classes))]
    some = np.array([k for k, group in enumerate(groups) if len(group)], int)
    full = np.full((len(classes),) * 2, np.nan)
    if len(some) > 1:
        proofs = pair_proofs(X, [groups[k] for k in some], classes[some], resolution, tol, None, n_jobs)
        full[np.ix_(some, some)] = LabelDistances(classes[some], proofs, ()).matrix
    return full


def distance_vector(distances):
    """The distances (k, k) of labels i < j, row by row, (k (k - 1) / 2,); NaN where two hulls meet and have none."""
    above = condensed(distances)
    return np.where(above > 0, above, np.nan)


def min_distances(distances):
    """Smallest distance (k,) of each label to any other, from all (k, k); NaN where it meets another and has none."""
    known = np.isfinite(distances).any(1) & ~(distances == 0).any(1)
    return nearest(condensed(distances), len(distances), known)[1]
