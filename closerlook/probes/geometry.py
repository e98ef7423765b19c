"""What DirectProbe finds in one space, as a record that is written to files."""

import time
from collections import Counter

import numpy as np

from closerlook.probes.direct import cluster, cluster_distances, distance_vector, min_distances


def measure(X, y, *, tol=1e-3, min_cluster_size=1, resolution=1e-5, max_clusters=500, threads=1):
    """Cluster one space and measure it.

    Parameters
    ----------
    X : (n, dim) float array
    y : (n,) int array
        Label ids.
    tol, min_cluster_size, resolution
        As in `DirectProbe`.
    max_clusters : int
        With more clusters than this, only distances between labels of one cluster each are given: the number of
        distances is quadratic in that of clusters.
    threads : int

    Returns
    -------
    record : dict
        For JSON. `status`: `ok`; `not_separable` (more clusters than labels); `too_many_clusters` (more than
        `max_clusters`); `single_class` (one label, so nothing to tell apart); `too_few_points` (fewer than two).
        `n_clusters`, `is_linear` (as many clusters as labels: every pair of labels is linearly separable), `conflicts`
        (pairs of identical points with different labels), `n_points`, `n_classes`, `dim`. `verdicts`: of the pairs of
        labels, how many are separable, how many are not, and what proved that; `merges`: see `DirectProbe.merges_`.
        `seconds`, and of these `clustering_seconds`.
    arrays : dict
        For NPZ. `labels` (n,): the cluster of each point; `cluster_classes` (n_clusters,); `classes`: the label ids
        present; `distance_vector`: a distance for each pair of them; `min_distances`; and `cluster_distances`, unless
        there are too many clusters.
    """
    start = time.perf_counter()
    record = {"n_points": len(X), "dim": int(X.shape[1]), "n_classes": len(np.unique(y))}
    if len(X) < 2:
        empty = {"labels": np.zeros(len(X), int), "cluster_classes": y, "classes": y}
        empty |= {"cluster_distances": np.full((len(X), len(X)), np.nan), "distance_vector": np.zeros(0)}
        empty |= {"min_distances": np.full(len(X), np.nan)}
        return record | {"status": "too_few_points", "n_clusters": None, "is_linear": None, "conflicts": 0,
                         "seconds": time.perf_counter() - start}, empty  # fmt: skip
    X = np.ascontiguousarray(X, dtype=np.float64)
    classes, label = np.unique(y, return_inverse=True)
    found = cluster(X, label, classes, resolution=resolution, tol=tol, n_jobs=threads, verbose=True)
    clustering = time.perf_counter() - start
    n, k = len(found.of_class), len(classes)
    arrays = {"labels": found.labels, "cluster_classes": classes[found.of_class], "classes": classes}
    if n <= max(max_clusters, k):
        keep = np.bincount(found.labels) >= min_cluster_size
        distances = arrays["cluster_distances"] = cluster_distances(X, found, keep, tol, threads, verbose=True)
        arrays["distance_vector"] = distance_vector(distances, found.of_class, k)
        arrays["min_distances"] = min_distances(distances, found.of_class, k)
    else:
        whole = np.bincount(found.of_class) == 1
        i, j = np.triu_indices(k, 1)
        arrays["distance_vector"] = np.where(whole[i] & whole[j], found.pairs.vector, np.nan)
        arrays["min_distances"] = np.full(k, np.nan)
    status = "ok" if n == k else "not_separable" if "cluster_distances" in arrays else "too_many_clusters"
    record |= {
        "status": status if k > 1 else "single_class",
        "n_clusters": n,
        "is_linear": n == k,
        "conflicts": len(found.conflicts),
        "verdicts": {
            name: dict(Counter(p.how for p in found.pairs.proofs if p.separable == apart))
            for name, apart in (("separable", True), ("not_separable", False))
        },
        "merges": found.merges,
        "seconds": time.perf_counter() - start,
        "clustering_seconds": clustering,
    }
    return record, arrays
