"""The clusters of a space as a classifier: a point takes the label of the nearest hull."""

import time
from typing import Any

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.direct.samples import over_samples, parts
from closerlook.probes.precision import TOL


def score(train, test, clusters, *, tol=TOL, threads=1):
    """Classify the points of one set by the hulls of another, or by those of each sample of it.

    Parameters
    ----------
    train, test : tuple of (n, dim) float array and (n,) int array
        Points and their label ids.
    clusters : dict of array
        Of the training points, as `closerlook.probes.direct.geometry.measure_samples` gives them.
    tol : float
        Relative gap of the bounds of a distance.
    threads : int
        The result does not depend on them.

    Returns
    -------
    record : dict
        For JSON. `status`: `ok`; `too_few_points` (no hulls, or nothing to classify) and `constant` (all training
        points are equal): then there is no `accuracy` and no `mean_distance`. `accuracy`: of the test points, in
        percent. `n_clusters`. `confusions`: label, predicted label and how many points, where they differ. `inside`:
        how many test points lie in a hull. `mean_distance`: of the test points to their nearest hulls. `seconds`. Of
        samples these are means, `confusions` over all of them, and `accuracies` has the accuracy of each.
    predictions : (1, n) or (samples, n) int array or None
        The label of each test point's nearest hull; None where there is no `accuracy`.
    """
    start, found = time.perf_counter(), []
    (X, _), (Q, y) = train, test
    for part in parts(clusters):
        some = X[part["points"]] if "points" in part else X
        found.append(_nearest(some, Q, part, tol, threads))
    record: dict[str, Any] = {"status": "too_few_points", "accuracy": None, "n_clusters": len(found[0][1])}
    record |= {"confusions": [], "inside": 0, "mean_distance": None}
    predictions = None
    if len(X) and not all(len(of_cluster) for _, of_cluster, _ in found):
        record |= {"status": "constant", "n_clusters": None}
    elif len(X) and len(Q):
        predictions = np.stack([predicted for predicted, *_ in found])
        rows, places = np.nonzero(predictions != y)
        wrong = np.stack([y[places], predictions[rows, places]], 1)
        pairs, counts = np.unique(wrong, axis=0, return_counts=True)
        accuracies = [100 * float(right) for right in (predictions == y).mean(1)]
        record |= {
            "status": "ok",
            "accuracy": float(np.mean(accuracies)),
            "n_clusters": over_samples([len(of_cluster) for _, of_cluster, _ in found])[0],
            "confusions": np.column_stack([pairs, counts]).tolist(),
            "inside": over_samples([int((distance == 0).sum()) for *_, distance in found])[0],
            "mean_distance": float(np.mean([distance.mean() for *_, distance in found])),
        }
        record |= {"accuracies": accuracies} if "samples" in clusters else {}
    return record | {"seconds": time.perf_counter() - start}, predictions


def _nearest(X, Q, clusters, tol, threads):
    """The label of the nearest hull to each point of Q, the labels of the hulls, and the distances."""
    if len(clusters["labels"]) != len(X):
        raise InputError(f"The clusters are those of {len(clusters['labels'])} points, not of these {len(X)}.")
    of_cluster = clusters["cluster_classes"]
    if not (len(X) and len(of_cluster) and len(Q)):
        return None, of_cluster, None
    X, Q = (np.asarray(points, np.float64) for points in (X, Q))
    index, distance = nearest_hull(X, clusters["labels"], Q, tol, threads, verbose=True)
    return of_cluster[index], of_cluster, distance
