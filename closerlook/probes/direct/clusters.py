"""DirectProbe: how a labelled space is divided into clusters, and how far these are apart (Zhou & Srikumar, 2021)."""

import itertools
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from closerlook.probes.direct.conflicts import find_conflicts
from closerlook.probes.direct.fronts import confirm
from closerlook.probes.direct.labels import LabelDistances
from closerlook.probes.direct.linkage import replay
from closerlook.probes.hulls.distance import nearest
from closerlook.probes.hulls.pairs import pair_proofs
from closerlook.probes.threads import spread


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
        The distance from which hulls of two labels count as apart.
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


def cluster(X, label, classes, *, resolution, tol, n_jobs=None, verify=False, verbose=False):
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
    proofs = pair_proofs(X, groups, classes, resolution, tol, None, n_jobs, verbose)
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


def cluster_distances(X, clusters, part, tol, n_jobs=None, verbose=False):
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
    i, j = np.nonzero(np.triu((c[:, None] != c) & keep[:, None] & keep))
    known = whole[c[i]] & whole[c[j]]
    distances[i[known], j[known]] = among[c[i[known]], c[j[known]]]
    i, j = i[~known], j[~known]

    def distance(pair):
        i, j = pair
        return nearest(X[members[i]], X[members[j]], tol, clusters.near[c[i], c[j]]).distance

    distances[i, j] = spread(distance, zip(i, j), n_jobs, "distances" if verbose else None)
    return np.fmin(distances, distances.T)
