"""How far fine-tuning moves every label, and where to (paper, section 4.3, Figures 5 and 7 to 10)."""

import numpy as np
import pandas as pd

from closerlook.analysis.plane import centroids, common_plane, sample
from closerlook.analysis.runs import RUN, described
from closerlook.layout import Run

COLUMNS = ("model", "task", *RUN[1:], "layer", "label", "points", "length", "relative_length", "cosine")
ENDS = ("layers", "before", "after", "size", "classes", "counts")  # arrays of `measure_movement`


def measure_movement(spaces, labels):
    """Centroids of the labels before and after fine-tuning, and a sample of points in a common plane.

    Parameters
    ----------
    spaces : iterable of (int, array, array)
        A layer, and its vectors before and after, (n, dim) each; looked at one after the other.
    labels : (n,) int array

    Returns
    -------
    dict of arrays
        `layers`; `classes` (k,) and `counts` (k,): the labels present, and points of each; `before`, `after`
        (layers, k, dim), float32: centroids; `size` (layers,): root mean square length of the vectors before
        fine-tuning.
        `plane_mean`, `plane_axes`, `plane_explained`: a `Plane` per layer, fitted on the centroids of both states;
        `sample` (m,): indices of some points; `sample_before`, `sample_after` (layers, m, 2): these in the plane.
    """
    labels = np.asarray(labels)
    classes, counts = np.unique(labels, return_counts=True)
    shown, rows = sample(labels), {}
    for layer, before, after in spaces:
        plane = common_plane(before, after, labels)
        row = {"layers": layer, "before": centroids(before, labels), "after": centroids(after, labels)}
        row["size"] = np.sqrt(np.mean(np.square(before, dtype=np.float64)) * before.shape[1])
        row |= {f"plane_{part}": value for part, value in plane._asdict().items()}
        row |= {"sample_before": plane.project(before[shown]), "sample_after": plane.project(after[shown])}
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    small = {name: np.array(values) for name, values in rows.items()}
    small = {name: a.astype(np.float32) if a.ndim == 3 else a for name, a in small.items()}
    return {"classes": classes, "counts": counts, "sample": shown, **small}


def movement(results, names, runs):
    """Gather how far every label moved, see `displacements`.

    Parameters
    ----------
    results : list of path
        What `measure_movement` found.
    names, runs
        As in `displacements`.

    Returns
    -------
    DataFrame
    """
    return displacements(read(results), names, runs)


def read(results):
    """What `measure_movement` wrote, one run after the other."""
    for path in results:
        with np.load(path, allow_pickle=False) as arrays:
            yield Run.of(path), {name: arrays[name] for name in ENDS}


def displacements(results, names, runs):
    """How far every label moved.

    Parameters
    ----------
    results : iterable of (Run, dict of array)
        What `measure_movement` returned for each.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, layer, label) of the training split: `length` of the displacement of its centroid;
        `relative_length`, the same divided by the root mean square length of the layer's vectors before fine-tuning,
        which makes layers comparable; `cosine` of its direction with that of the labels' mean, 1 where all move
        together. All are invariant under rotation of both states together, the last two also under scaling, the first
        and the last under translation. (Not divided by the radius of the points: [CLS] vectors of low layers are nearly
        one point.)
    """
    frames = []
    for of, arrays in results:
        run, (layers, before, after, size, classes, counts) = described(of, runs), ends(arrays)
        moves = after - before
        lengths = np.linalg.norm(moves, axis=2)
        mean = moves.mean(1, keepdims=True)
        product = lengths * np.linalg.norm(mean, axis=2)
        cosine = np.divide((moves * mean).sum(2), product, out=np.full_like(lengths, np.nan), where=product > 0)
        relative = lengths / size[:, None]
        labels = [names[run["task"]][c] for c in classes]
        for i, layer in enumerate(layers):
            row = {"layer": int(layer), "label": labels, "points": counts, "length": lengths[i]}
            frames.append(pd.DataFrame(run | row | {"relative_length": relative[i], "cosine": cosine[i]}))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return frame[list(COLUMNS)].astype({"seed": "Int64"})


def ends(arrays):
    """What `measure_movement` found: layers, centroids before and after in float64, sizes, label ids, counts."""
    parts = [arrays[name] for name in ENDS]
    parts[1:3] = [part.astype(np.float64) for part in parts[1:3]]
    return parts
