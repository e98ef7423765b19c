"""DirectProbe: how a labelled space is divided into clusters, and how far these are apart (Zhou & Srikumar, 2021)."""

import itertools
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from closerlook.errors import InputError
from closerlook.probes.condensed import condensed
from closerlook.probes.fronts import confirm
from closerlook.probes.hulls import RESOLUTION, nearest
from closerlook.probes.labels import LabelDistances, label_distances
from closerlook.probes.linkage import replay
from closerlook.probes.pairs import pair_proofs
from closerlook.probes.threads import spread
from closerlook.vectors import constant

__all__ = ["Clusters", "DirectProbe", "cluster", "label_distances", "spatial_similarity"]  # noqa: F822 (made by __getattr__)


def __getattr__(name):  # scikit-learn takes longer to import than most spaces take to probe
    if name == "DirectProbe":
        from closerlook.probes.estimator import DirectProbe

        return DirectProbe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True, eq=False)
class Clusters:
    """What the greedy rule makes of a space.

    Attributes
    ----------
    labels : int array (n,)
        The cluster of each point; clusters are numbered by their first point.
    of_class : int array (n_clusters,)
        The class of each cluster.
    pairs : LabelDistances
        Distances of the whole labels' hulls; where these are separable, so are all their clusters.
    near : array (k, k)
        The distance from which on hulls of two labels count as apart.
    conflicts : int array (m, 2)
        Identical points with different labels.
    merges : dict
        How the greedy rule went, see `linkage.replay`.
    """

    labels: np.ndarray
    of_class: np.ndarray
    pairs: LabelDistances
    near: np.ndarray = field(repr=False)
    conflicts: np.ndarray = field(repr=False)
    merges: dict

    def taking_part(self, min_cluster_size=1):
        """The points that distances are measured between, (n,) bool: none in a conflict, none in a smaller cluster."""
        part = np.bincount(self.labels)[self.labels] >= min_cluster_size
        part[self.conflicts] = False
        return part


def cluster(X, label, classes, *, resolution=RESOLUTION, tol=1e-3, n_jobs=None, verify=False, verbose=False):
    """Greedy clusters of labelled points.

    Parameters
    ----------
    X : float64 array (n, d)
        Points, finite.
    label : int array (n,)
        Their classes, as numbers.
    classes : array (k,)
        The names of the classes, for messages.
    tol, resolution, n_jobs, verify, verbose
        As in `DirectProbe`.

    Returns
    -------
    Clusters
    """
    groups = [np.flatnonzero(label == k) for k in range(len(classes))]
    proofs = pair_proofs(X, groups, classes, resolution, None, tol, n_jobs, verbose)
    if verify:
        for (i, j), proof in zip(itertools.combinations(groups, 2), proofs):
            confirm(proof.check(X[i], X[j]), X[i], X[j])
    pairs = LabelDistances(classes, proofs, tuple(map(len, groups)))
    near = pairs.near
    conflicts = find_conflicts(X, label, near)
    frozen = np.zeros(len(X), bool)
    frozen[conflicts.ravel()] = True
    rivals = np.where(pairs.matrix == 0, near, np.nan)
    with threadpool_limits(1):
        first, merges = replay(X, groups, rivals, frozen, verify, verbose)
    heads, labels = np.unique(first, return_inverse=True)
    return Clusters(labels, label[heads], pairs, near, conflicts, merges)


def find_conflicts(X, label, near):
    """Pairs of points of different labels nearer than `near[label, label]`, sorted; int array (m, 2)."""
    reach = near.max(initial=0.0)
    line = X @ np.ones(X.shape[1]) / np.sqrt(X.shape[1])  # points are no nearer than their products with a unit vector
    order = np.argsort(line, kind="stable")
    line, found = line[order], [np.empty((0, 2), int)]
    reach += 1e-9 * reach + 1e-12 * np.abs(line).max(initial=0.0)
    for step in range(1, len(X)):  # neighbours along the line, then those two places apart, while any are near
        close = np.flatnonzero(line[step:] - line[:-step] <= reach)
        if not len(close):
            break
        i, j = order[close], order[close + step]
        i, j = i[label[i] != label[j]], j[label[i] != label[j]]
        same = np.sqrt(((X[i] - X[j]) ** 2).sum(1)) <= near[label[i], label[j]]
        found.append(np.sort(np.stack([i[same], j[same]], 1), 1))
    found = np.concatenate(found)
    return found[np.lexsort(found.T[::-1])]


def without_conflicts(X, y, resolution=RESOLUTION):
    """The points (n,) bool of X that share their place with none of another label; all of a label that has no such."""
    if constant(X):
        return np.ones(len(X), bool)
    pairs = label_distances(X, y, tol=0.5, resolution=resolution)
    label = np.searchsorted(pairs.classes, y)
    free = np.ones(len(X), bool)
    free[find_conflicts(X, label, pairs.near)] = False
    return free | (np.bincount(label[free], minlength=len(pairs.classes)) == 0)[label]


def cluster_distances(X, clusters, part, tol=1e-3, n_jobs=None, verbose=False):
    """Hull distances between clusters of different classes, (n_clusters, n_clusters); NaN elsewhere.

    `part` (n,) says which points, and so which clusters, take part.
    """
    k, c = len(clusters.of_class), clusters.of_class
    keep = np.bincount(clusters.labels[part], minlength=k) > 0
    order = np.argsort(clusters.labels, kind="stable")
    members = np.split(order, np.searchsorted(clusters.labels[order], np.arange(1, k)))
    distances = np.full((k, k), np.nan)
    whole = np.bincount(c, minlength=len(clusters.pairs.classes)) == 1
    among = clusters.pairs.matrix
    i, j = np.triu_indices(k, 1)
    wanted = (c[i] != c[j]) & keep[i] & keep[j]
    i, j = i[wanted], j[wanted]
    known = whole[c[i]] & whole[c[j]]
    distances[i[known], j[known]] = among[c[i[known]], c[j[known]]]
    i, j = i[~known], j[~known]

    def distance(pair):
        i, j = pair
        return nearest(X[members[i]], X[members[j]], tol, clusters.near[c[i], c[j]]).distance

    distances[i, j] = spread(distance, zip(i, j), n_jobs, "distances" if verbose else None)
    return np.fmin(distances, distances.T)


def distances(X, label, clusters, part, resolution=RESOLUTION, tol=1e-3, n_jobs=None):
    """Distances of the hulls of two labels, (k, k): zero where they meet; NaN on the diagonal and for a label of which
    no point takes part. `part` (n,) says which do."""
    if part.all():
        return clusters.pairs.matrix
    classes = clusters.pairs.classes
    groups = [np.flatnonzero((label == k) & part) for k in range(len(classes))]
    some = np.array([k for k, group in enumerate(groups) if len(group)], int)
    full = np.full((len(classes),) * 2, np.nan)
    if len(some) > 1:
        proofs = pair_proofs(X, [groups[k] for k in some], classes[some], resolution, None, tol, n_jobs)
        full[np.ix_(some, some)] = LabelDistances(classes[some], proofs, ()).matrix
    return full


def distance_vector(distances):
    """The distances (k, k) of labels i < j, row by row, (k (k - 1) / 2,); NaN where two hulls meet and have none."""
    above = condensed(distances)
    return np.where(above > 0, above, np.nan)


def min_distances(distances):
    """Smallest distance (k,) of each label to any other, from all (k, k); NaN where it meets another and has none."""
    least = np.where(np.isnan(distances), np.inf, distances).min(1, initial=np.inf)
    return np.where((least > 0) & np.isfinite(least), least, np.nan)


def spatial_similarity(u, v, tol=1e-3):
    """Pearson's correlation of two distance vectors over the entries that both have.

    Invariant under a positive scaling and, beyond what `tol` leaves undefined, a shift of either vector.

    Parameters
    ----------
    u, v : array (m,)
        Distance vectors over the same pairs of labels; NaN where a pair has no distance.
    tol : float
        Relative gap to which the distances are known. A vector whose entries differ by no more is constant.

    Returns
    -------
    float, int
        The correlation, NaN where fewer than two entries are shared or either vector is constant on them; and the
        number of shared entries.
    """
    u, v = np.asarray(u, float), np.asarray(v, float)
    if u.shape != v.shape or u.ndim != 1:
        raise InputError(f"Distance vectors must be of one length, not of shapes {u.shape} and {v.shape}.")
    both = np.isfinite(u) & np.isfinite(v)
    n = int(both.sum())
    u, v = u[both], v[both]
    if n < 2 or not (np.abs(u).any() and np.abs(v).any()):
        return float("nan"), n
    u, v = u / np.abs(u).max(), v / np.abs(v).max()
    if min(np.ptp(u), np.ptp(v)) <= tol:
        return float("nan"), n
    u, v = u - u.mean(), v - v.mean()
    return float(np.clip(u @ v / np.sqrt((u @ u) * (v @ v)), -1, 1)), n
