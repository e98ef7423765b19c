"""What DirectProbe finds in one space, as a record that is written to files."""

import time
from collections import Counter

import numpy as np

from closerlook.probes.direct import DirectProbe


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
    options = {"tol": tol, "min_cluster_size": min_cluster_size, "resolution": resolution}
    probe = DirectProbe(**options, n_jobs=threads, verbose=True).fit(X, y)
    clustering = time.perf_counter() - start
    arrays = {"labels": probe.labels_, "cluster_classes": probe.cluster_classes_, "classes": probe.classes_}
    if probe.n_clusters_ <= max(max_clusters, len(probe.classes_)):
        arrays["cluster_distances"] = probe.cluster_distances_
        arrays |= {"distance_vector": probe.distance_vector_, "min_distances": probe.min_distances_}
    else:
        whole = np.unique(probe.cluster_classes_, return_counts=True)[1] == 1
        i, j = np.triu_indices(len(whole), 1)
        arrays["distance_vector"] = np.where(whole[i] & whole[j], probe.label_distances_.vector, np.nan)
        arrays["min_distances"] = np.full(len(whole), np.nan)
    status = "ok" if probe.is_linear_ else "not_separable" if "cluster_distances" in arrays else "too_many_clusters"
    record |= {
        "status": status if len(probe.classes_) > 1 else "single_class",
        "n_clusters": int(probe.n_clusters_),
        "is_linear": bool(probe.is_linear_),
        "conflicts": len(probe.conflicts_),
        "verdicts": {
            name: dict(Counter(p.how for p in probe.label_distances_.proofs if p.separable == apart))
            for name, apart in (("separable", True), ("not_separable", False))
        },
        "merges": probe.merges_,
        "seconds": time.perf_counter() - start,
        "clustering_seconds": clustering,
    }
    return record, arrays
