"""What surrounds every example in a space: hulls of its own label and of others, and its nearest neighbours."""

import numpy as np
from threadpoolctl import threadpool_limits

from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.direct.samples import parts
from closerlook.probes.mlp.linear import discriminant
from closerlook.probes.precision import TOL
from closerlook.probes.threads import spread
from closerlook.vectors import NONE, constant

NEIGHBOURS = 10
BLOCK = 1024  # points whose neighbours are looked for at a time


def measure_surroundings(train, test, clusters, *, tol=TOL, threads=1):
    """Look around each example of a space, among the training examples.

    A training example is left out wherever it is itself judged: of its cluster's hull, of its neighbours, and of the
    readout. Its clusters stay what they were with it. Where DirectProbe looked at samples, the hulls are those of the
    first one, and an example that is not in it is judged as a test example is; neighbours and readout are of all.

    Parameters
    ----------
    train, test : tuple of (n, dim) float array and (n,) int array
        Points and their label ids.
    clusters : dict of array
        Of the training points, as `closerlook.probes.direct.geometry.measure_samples` gives them.
    tol : float
        Relative gap of the bounds of a distance.
    threads : int
        No number depends on them.

    Returns
    -------
    dict of array
        For both splits: `{split}_own` (n,), distance to the nearest hull of its own label, infinite if there is none;
        `{split}_rival` (n,), to the nearest of any other label, and `{split}_rival_label` (n,), which this is;
        `{split}_hull` (n,), the label of the nearer of the two, its own if they tie; `{split}_cluster` (n,), its
        cluster, or of a test example that of the nearest hull; `{split}_neighbours` (n, k), the nearest training
        examples, nearest first, k being 10 or as many as there are; `{split}_share` (n,), how many of these have its
        label; `{split}_linear` (n,), the label that a linear readout gives. `train_doubt` (n,): the logarithm of how
        much more probable the likeliest other label is to that readout than its own. `cluster_sizes` and
        `cluster_classes`, of the clusters. `radius`: root mean square distance of the training points from their mean.
        Labels are ids, -1 for none; distances are NaN, and labels and clusters -1, where all points are equal.
    """
    (X, y), (Xt, yt) = ((np.asarray(points, np.float64), np.asarray(labels)) for points, labels in (train, test))
    first = parts(clusters)[0]
    of_cluster, where = first["cluster_classes"], first["labels"]
    points = first["points"] if "points" in first else slice(None)
    hulls, itself = X[points], np.full(len(X), NONE)
    itself[points] = np.arange(len(hulls))
    found = {"cluster_classes": of_cluster, "cluster_sizes": np.bincount(where, minlength=len(of_cluster))}
    found["radius"] = first["radius"]
    flat = constant(X) or not len(of_cluster)
    for split, Q, own, leave in (("train", X, y, itself), ("test", Xt, yt, None)):
        found |= {f"{split}_{name}": values for name, values in (
            _nothing(len(Q)) if flat else _hulls(hulls, where, of_cluster, Q, own, leave, tol, threads)
        ).items()}  # fmt: skip
        near = _neighbours(train[0], None if split == "train" else test[0], threads, flat)
        found |= {f"{split}_neighbours": near, f"{split}_share": (y[near] == own[:, None]).sum(1).astype(np.int16)}
    if not flat:
        found["train_cluster"][points] = where
    return found | _readout(X, y, Xt, flat)


def _nothing(n):
    return {name: np.full(n, np.nan) for name in ("own", "rival")} | {
        name: np.full(n, NONE) for name in ("rival_label", "hull", "cluster")
    }


def _hulls(X, where, of_cluster, Q, labels, itself, tol, threads):
    """The nearest hull of the own label and of any other, of each point of Q."""

    def distances(same):
        def admits(some):
            return (of_cluster == labels[some, None]) == same

        leave = itself if same else None
        return nearest_hull(X, where, Q, tol, threads, verbose=True, admits=admits, without=leave)

    (home, own), (away, rival) = distances(True), distances(False)
    rival_label = np.where(away >= 0, of_cluster[away], NONE)
    nearer = (home >= 0) & (own <= rival)
    return {"own": own, "rival": rival, "rival_label": rival_label, "hull": np.where(nearer, labels, rival_label),
            "cluster": np.where(nearer, home, away)}  # fmt: skip


def _neighbours(X, Q, threads, flat):
    """The nearest training examples of each, itself left out: (n, k) int32.

    Points go in blocks of one thread each: which of several equal ones are taken must not depend on the threads.
    """
    from sklearn.neighbors import NearestNeighbors

    itself, points = Q is None, X if Q is None else Q
    k = min(NEIGHBOURS, len(X) - itself)
    if flat or k < 1:
        return np.zeros((len(points), 0), np.int32)
    search = NearestNeighbors(n_neighbors=k + itself, algorithm="brute").fit(X)

    def block(start):
        with threadpool_limits(1):  # of this thread: OpenMP counts for each
            near = search.kneighbors(points[start : start + BLOCK], return_distance=False)
        if itself:
            own = near == np.arange(start, start + len(near))[:, None]
            own[~own.any(1), -1] = True  # it is one of more equal points than are looked for
            near = near[~own].reshape(len(near), k)
        return near

    return np.concatenate(spread(block, range(0, len(points), BLOCK), threads)).astype(np.int32)


def _readout(X, y, Xt, flat):
    """What a linear readout gives, and how much it doubts the training labels."""
    n = len(X)
    if flat or not 1 < len(np.unique(y)) < n:
        return {
            "train_linear": np.full(n, NONE),
            "test_linear": np.full(len(Xt), NONE),
            "train_doubt": np.full(n, np.nan),
        }
    fit = discriminant(X, y)
    logs, read = fit.left_out(X), fit.predict(Xt)
    own, guess = (np.arange(n), fit.label), fit.classes[logs.argmax(1)]
    of_own = logs[own]
    logs[own] = -np.inf
    with np.errstate(invalid="ignore"):
        doubt = logs.max(1) - of_own
    return {"train_linear": guess, "test_linear": read, "train_doubt": doubt.astype(np.float32)}
