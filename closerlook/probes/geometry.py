"""What DirectProbe finds in one space, as a record that is written to files."""

import time

import numpy as np

from closerlook.probes.direct import DirectProbe


def measure(X, y, *, tol=1e-3, min_cluster_size=1, threads=1):
    """Cluster one space and measure it.

    Parameters
    ----------
    X : (n, dim) float array
    y : (n,) int array
        Label ids.
    tol, min_cluster_size
        As in `DirectProbe`.
    threads : int

    Returns
    -------
    record : dict
        For JSON. `status`: `ok`; `single_class` (one label, so nothing to tell apart); `too_few_points` (fewer than
        two). `n_clusters`, `is_linear` (as many clusters as labels: every pair of labels is linearly separable),
        `conflicts` (identical points with different labels), `n_points`, `dim`, `seconds`.
    arrays : dict
        For NPZ. `labels` (n,): the cluster of each point; `cluster_classes` (n_clusters,); `cluster_distances`;
        `classes`: the label ids present; `distance_vector`: a distance for each pair of them; `min_distances`.
    """
    start = time.perf_counter()
    record = {"n_points": len(X), "dim": int(X.shape[1]), "n_classes": len(np.unique(y))}
    if len(X) < 2:
        empty = {"labels": np.zeros(len(X), int), "cluster_classes": y, "classes": y}
        empty |= {"cluster_distances": np.full((len(X), len(X)), np.nan), "distance_vector": np.zeros(0)}
        empty |= {"min_distances": np.full(len(X), np.nan)}
        return record | {"status": "too_few_points", "n_clusters": None, "is_linear": None, "conflicts": 0,
                         "seconds": time.perf_counter() - start}, empty  # fmt: skip
    probe = DirectProbe(tol=tol, min_cluster_size=min_cluster_size, n_jobs=threads).fit(X, y)
    record |= {
        "status": "ok" if len(probe.classes_) > 1 else "single_class",
        "n_clusters": int(probe.n_clusters_),
        "is_linear": bool(probe.is_linear_),
        "conflicts": len(probe.conflicts_),
        "seconds": time.perf_counter() - start,
    }
    arrays = {
        "labels": probe.labels_,
        "cluster_classes": probe.cluster_classes_,
        "cluster_distances": probe.cluster_distances_,
        "classes": probe.classes_,
        "distance_vector": probe.distance_vector_,
        "min_distances": probe.min_distances_,
    }
    return record, arrays
