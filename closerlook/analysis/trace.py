"""How the labels' hulls move while a model is fine-tuned (paper, sections 4.2 and 4.3)."""

import logging
import time
from collections import Counter
from typing import Any

import numpy as np

from closerlook.analysis.plane import Plane, centroids
from closerlook.probes.direct.conflicts import without_conflicts
from closerlook.probes.direct.labels import label_distances
from closerlook.probes.mlp.linear import discriminant
from closerlook.probes.precision import ENCODER_RESOLUTION, TOL
from closerlook.probes.threads import spread
from closerlook.vectors import constant

log = logging.getLogger(__name__)


def trace_run(spaces, labels, *, tol=TOL, resolution=ENCODER_RESOLUTION, planes=None, shown=None, rows=None, threads=1):
    """Measure the distances of the labels' hulls in every space of a run, each starting from the one before.

    Parameters
    ----------
    spaces : iterable of (int, dict)
        The update, and `{split: {layer: (n, dim) array}}`; the same splits and layers in each. They are looked at one
        after the other.
    labels : dict of str to (n,) int array
        Label ids of each split, in the order of its vectors.
    tol, resolution
        As in `label_distances`.
    planes : dict of int to Plane, optional
        For each layer, a plane to see points of the training split in.
    shown : (m,) int array, optional
        These points.
    rows : dict of str to (samples, m) int array, optional
        Samples of the points of each split to measure the distances of, as `Sample.rows` returns them; None: all.
    threads : int
        Spaces of one update that are measured at the same time.

    Returns
    -------
    record : dict
        For JSON: `status` (`ok`), `updates`, `layers`, `splits`, `n_overlapping` (per split, update and layer: how many
        pairs of labels have hulls that meet), `verdicts` (what proved them, over all spaces), `seconds` and, of these,
        `probe_seconds` per split, update and layer.
    arrays : dict
        For NPZ: `updates`, `layers`; and for each split `{split}_classes`, the label ids present (k,);
        `{split}_distances` (updates, layers, k (k - 1) / 2), NaN where two hulls meet; `{split}_centroids` (updates,
        layers, k, dim), float32; `{split}_right` (updates, n), whether a linear readout of the last layer gives each
        example's label (a training example is left out of it). Points that are in a conflict at the first update take
        no part in distances, unless their label has no others. Of samples, distances are means, NaN where two hulls
        meet in any; `{split}_each` (samples, updates, layers, k (k - 1) / 2) has those of each, and `n_overlapping` are
        means. With planes also `sample`, `sample_points` (updates, layers, m, 2) in the planes, and these as
        `plane_mean`, `plane_axes`, `plane_explained`, a row per layer.
    """
    start, before, parts, proofs = time.perf_counter(), {}, {}, Counter()
    updates, found, read = [], {}, {}
    rows = dict.fromkeys(labels) if rows is None else rows
    for update, space in spaces:
        cells = [(split, layer) for split in space for layer in space[split]]

        def measure(cell, space=space):
            split, layer = cell
            X, y, begun = np.asarray(space[split][layer], np.float64), labels[split], time.perf_counter()
            each = []
            for repeat, row in enumerate([slice(None)] if rows[split] is None else rows[split]):
                Z, z, key = X[row], y[row], (*cell, repeat)
                part = parts[key] if key in parts else parts.setdefault(key, without_conflicts(Z, z, resolution))
                each.append(label_distances(Z[part], z[part], before.get(key), tol=tol, resolution=resolution))
            means = centroids(X, y, each[0].classes).astype(np.float32)
            seen = planes[layer].project(X[shown]).astype(np.float32) if planes and split == "train" else None
            return each, means, seen, time.perf_counter() - begun

        for cell, (each, means, seen, took) in zip(cells, spread(measure, cells, threads)):
            before.update({(*cell, repeat): distances for repeat, distances in enumerate(each)})
            vectors = np.array([np.where(distances.separable, distances.vector, np.nan) for distances in each])
            meeting = [int((~distances.separable).sum()) for distances in each]
            overlapping = meeting[0] if rows[cell[0]] is None else float(np.mean(meeting))
            found.setdefault(cell, []).append((vectors, means, overlapping, round(took, 4), seen))
            proofs.update(proof.how for distances in each for proof in distances.proofs)
        for split, right in readings({split: space[split][max(space[split])] for split in space}, labels).items():
            read.setdefault(split, []).append(right)
        updates.append(int(update))
        log.info("update %d: %.1f s since the start", update, time.perf_counter() - start)
    splits, layers = sorted({s for s, _ in found}), sorted({layer for _, layer in found})
    arrays = {"updates": np.array(updates), "layers": np.array(layers)}
    record: dict[str, Any] = {
        "status": "ok",
        "updates": updates,
        "layers": layers,
        "splits": splits,
        "verdicts": dict(proofs),
    }
    record |= {"n_overlapping": {}, "probe_seconds": {}}
    for split in splits:
        arrays[f"{split}_right"] = np.array(read[split])
        arrays[f"{split}_classes"] = before[split, layers[0], 0].classes
        by_update = list(zip(*(found[split, layer] for layer in layers)))  # what each layer has, update by update
        apart, means, overlaps, took, seen = (
            [[cell[part] for cell in cells] for cells in by_update] for part in range(5)
        )
        distances = np.moveaxis(np.array(apart), 2, 0)  # (samples, updates, layers, pairs)
        arrays |= {f"{split}_distances": distances.mean(0), f"{split}_centroids": np.array(means)}
        arrays |= {} if rows[split] is None else {f"{split}_each": distances}
        if planes and split == "train":
            arrays |= {"sample": np.asarray(shown), "sample_points": np.array(seen)}
            arrays |= {f"plane_{part}": np.array([getattr(planes[n], part) for n in layers]) for part in Plane._fields}
        record["n_overlapping"][split], record["probe_seconds"][split] = overlaps, took
    return record | {"seconds": time.perf_counter() - start}, arrays


def readings(spaces, labels):
    """Whether a linear readout of a space gives each example's label, by split; none where all points are equal.

    A training example is left out of the readout that it is judged by.
    """
    y = np.asarray(labels["train"])
    if constant(spaces["train"]) or not 1 < len(np.unique(y)) < len(y):
        return {split: np.zeros(len(labels[split]), bool) for split in spaces}
    fit = discriminant(spaces["train"], y)
    right = {split: fit.predict(X) == labels[split] for split, X in spaces.items() if split != "train"}
    return right | {"train": fit.classes[fit.left_out(spaces["train"]).argmax(1)] == y}
