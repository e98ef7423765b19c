"""What DirectProbe finds in one space, as a record that is written to files."""

import logging
import time
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from closerlook.probes.direct.clusters import cluster
from closerlook.probes.direct.labels import distance_vector, min_distances, part_distances
from closerlook.probes.direct.samples import OF_EACH, over_samples
from closerlook.probes.precision import ENCODER_RESOLUTION, TOL, check_precision
from closerlook.vectors import constant

log = logging.getLogger(__name__)
COUNTS = ("n_clusters", "conflicts", "conflict_points", "fewest_clusters", "overlapping")


def measure(X, y, *, tol=TOL, min_cluster_size=1, resolution=ENCODER_RESOLUTION, threads=1, verbose=True):
    """Cluster one space and measure it.

    Parameters
    ----------
    X : (n, dim) float array
    y : (n,) int array
        Label ids.
    tol, min_cluster_size, resolution
        As in `DirectProbe`.
    threads : int
    verbose : bool
        Show the progress of what is slow.

    Returns
    -------
    record : dict
        For JSON. `status`: `ok`; `not_separable` (more clusters than labels); `constant` (all vectors are equal, so
        that there is nothing to cluster); `single_class` (one label, so nothing to tell apart); `too_few_points` (fewer
        than two). `n_clusters`, `is_linear` (as many clusters as labels: every pair of labels is linearly separable);
        `conflicts` (pairs of identical points with different labels), `conflict_points` (how many points are in one),
        `fewest_clusters`: what labels and conflicts demand, since each point in a conflict stays alone; `overlapping`
        (pairs of labels whose hulls meet, leaving out points in a conflict; a label with no other points meets those
        that it shares them with). `n_points`, `n_classes`, `dim`. `verdicts`:
        of the pairs of labels, how many are separable, how many are not, and what proved that; `merges`: see
        `DirectProbe.merges_`. `seconds`, and of these `clustering_seconds`.
    arrays : dict
        For NPZ. `labels` (n,): the cluster of each point; `cluster_classes` (n_clusters,); `classes` (k,): the label
        ids present; `distance_vector` (k (k - 1) / 2,): the distance of each pair of them, NaN where their hulls meet;
        `min_distances` (k,): of each label to the nearest other, NaN where it meets another; `overlapping` (k,): how
        many labels it meets; `n_overlapping`: as in the record. Points in a conflict, and clusters below
        `min_cluster_size`, take no part in these. `radius`: root mean square distance of all points from their mean.
    """
    check_precision(tol, resolution)
    start = time.perf_counter()
    classes, label = np.unique(y, return_inverse=True)
    k = len(classes)
    record: dict[str, Any] = {"n_points": len(X), "dim": int(X.shape[1]), "n_classes": k}
    if len(X) < 2 or (k > 1 and constant(X)):
        arrays: dict[str, Any] = {
            "labels": np.zeros(len(X), int),
            "cluster_classes": classes[: len(X) < 2],
            "classes": classes,
        }
        arrays |= {"distance_vector": np.full(k * (k - 1) // 2, np.nan), "min_distances": np.full(k, np.nan)}
        arrays |= {"overlapping": np.full(k, max(k - 1, 0)), "n_overlapping": k * (k - 1) // 2, "radius": 0.0}
        record |= {"status": "too_few_points" if len(X) < 2 else "constant", "overlapping": k * (k - 1) // 2}
        nothing = ("n_clusters", "is_linear", "conflicts", "conflict_points", "fewest_clusters")
        return record | dict.fromkeys(nothing) | {"seconds": time.perf_counter() - start}, arrays
    X = np.ascontiguousarray(X, dtype=np.float64)
    found = cluster(X, label, classes, resolution=resolution, tol=tol, n_jobs=threads, verbose=verbose)
    clustering = time.perf_counter() - start
    n, clashing = len(found.of_class), np.unique(found.conflicts)
    between = part_distances(X, label, found, found.taking_part(min_cluster_size), resolution, tol, threads)
    meeting = (between == 0).sum(1)
    free = np.bincount(label[found.taking_part()], minlength=k)  # points of each label in no conflict
    shared = _shared(label, found.conflicts, free)
    overlapping = int(meeting.sum()) // 2 + len({frozenset(pair) for pair in shared})
    for gone, _ in shared:
        meeting[gone] += 1
    arrays = {
        "labels": found.labels, "cluster_classes": classes[found.of_class], "classes": classes,
        "distance_vector": distance_vector(between), "min_distances": min_distances(between), "overlapping": meeting,
        "n_overlapping": overlapping, "radius": np.sqrt(((X - X.mean(0)) ** 2).sum(1).mean()),
    }  # fmt: skip
    record |= {
        "status": "single_class" if k == 1 else "ok" if n == k else "not_separable",
        "n_clusters": n,
        "is_linear": n == k,
        "conflicts": len(found.conflicts),
        "conflict_points": len(clashing),
        "fewest_clusters": len(clashing) + int((free > 0).sum()),
        "overlapping": overlapping,
        "verdicts": {
            name: dict(Counter(p.how for p in found.pairs.proofs if p.separable == apart))
            for name, apart in (("separable", True), ("not_separable", False))
        },
        "merges": found.merges,
        "seconds": time.perf_counter() - start,
        "clustering_seconds": clustering,
    }
    return record, arrays


def _shared(label, conflicts, free):
    """Pairs (a label all of whose points are in conflicts, another that it shares one with), each once."""
    pairs = np.concatenate([label[conflicts], label[conflicts][:, ::-1]])
    return {(int(a), int(b)) for a, b in pairs if not free[a]}


def measure_samples(X, y, sample=None, **options):
    """`measure` a space, or samples of its points, each by itself.

    Parameters
    ----------
    X, y
        As in `measure`.
    sample : Sample, optional
        Without one, or where it asks for no fewer points than there are, the result is that of `measure`.
    **options
        Of `measure`.

    Returns
    -------
    record : dict
        For JSON. `sample`: its `points`, how many there are (`of`), `repeats`, `seed` and `task`; `repeats`: the record
        of each sample. Counts are means over these, missing where one lacks them; `verdicts`, `merges` and seconds are
        sums; `is_linear` holds if it does in every sample, and the status is `not_separable` if that of any is.
    arrays : dict
        For NPZ. `samples` (repeats, points): the points of each; what `measure` found in the first one as `labels_0`,
        `distance_vector_0` and so on, see `samples.parts`. `classes`, and means over the samples: `distance_vector`,
        `min_distances` (NaN where any sample has none), `overlapping`, `n_overlapping`, `radius`.
    """
    rows = None if sample is None else sample.rows(y)
    if rows is None:
        return measure(X, y, **options)
    if absent := len(np.unique(y)) - len(np.unique(y[rows[0]])):
        log.warning("samples of %d points: %d of the labels, the rarest, are in none", rows.shape[1], absent)
    found = [measure(X[row], y[row], **options) for row in rows]
    records, each = zip(*found)
    states = [record["status"] for record in records]
    linear = [record["is_linear"] for record in records]
    record = records[0] | {
        "status": next((state for state in ("not_separable", "ok") if state in states), states[0]),
        **{name: over_samples([record[name] for record in records])[0] for name in COUNTS},
        "is_linear": None if None in linear else all(linear),
        **{name: sum(record.get(name, 0) for record in records) for name in ("seconds", "clustering_seconds")},
        "verdicts": {
            name: _sum([record.get("verdicts", {}).get(name, {}) for record in records])
            for name in ("separable", "not_separable")
        },
        "merges": _sum([record.get("merges", {}) for record in records]),
        "sample": asdict(sample) | {"points": rows.shape[1], "of": len(X)},
        "repeats": list(records),
    }
    arrays = {"samples": rows, "classes": each[0]["classes"]}
    for name in ("distance_vector", "min_distances", "overlapping", "n_overlapping", "radius"):
        arrays[name] = np.mean([of[name] for of in each], axis=0)
    return record, arrays | {f"{name}_{i}": of[name] for i, of in enumerate(each) for name in OF_EACH}


def _sum(counts):
    """Counts by name, together."""
    names = dict.fromkeys(name for each in counts for name in each)
    return {name: sum(each.get(name, 0) for each in counts) for name in names}
