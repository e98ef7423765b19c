"""The clusters of a space as a classifier: a point takes the label of the nearest hull."""

import time

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.precision import TOL


def score(train, test, clusters, *, tol=TOL, threads=1):
    """Classify the points of one set by the hulls of another.

    Parameters
    ----------
    train, test : tuple of (n, dim) float array and (n,) int array
        Points and their label ids.
    clusters : dict of array
        Of the training points, as `closerlook.probes.direct.geometry.measure` gives them: `labels`, `cluster_classes`.
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
        how many test points lie in a hull. `mean_distance`: of the test points to their nearest hulls. `seconds`.
    predictions : (1, n) int array or None
        The label of each test point's nearest hull; None where there is no `accuracy`.
    """
    start = time.perf_counter()
    (X, _), (Q, y) = train, test
    if len(clusters["labels"]) != len(X):
        raise InputError(f"The clusters are those of {len(clusters['labels'])} points, not of these {len(X)}.")
    n_clusters = len(clusters["cluster_classes"])
    record = {"status": "too_few_points", "accuracy": None, "n_clusters": n_clusters}
    record |= {"confusions": [], "inside": 0, "mean_distance": None}
    predictions = None
    if len(X) and not n_clusters:
        record |= {"status": "constant", "n_clusters": None}
    elif len(X) and len(Q):
        X, Q = (np.asarray(points, np.float64) for points in (X, Q))
        index, distance = nearest_hull(X, clusters["labels"], Q, tol, threads, verbose=True)
        predicted = clusters["cluster_classes"][index]
        predictions = predicted[None]
        wrong = predicted != y
        pairs, counts = np.unique(np.stack([y, predicted], 1)[wrong], axis=0, return_counts=True)
        record |= {
            "status": "ok",
            "accuracy": 100 * float((~wrong).mean()),
            "confusions": np.column_stack([pairs, counts]).tolist(),
            "inside": int((distance == 0).sum()),
            "mean_distance": float(distance.mean()),
        }
    return record | {"seconds": time.perf_counter() - start}, predictions
