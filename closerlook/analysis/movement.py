"""How far, and where to, fine-tuning moves every label (paper, section 4.3, Figures 5 and 7 to 10)."""

import numpy as np
import pandas as pd

from closerlook.analysis.plane import centroids, common_plane, fit_plane, sample
from closerlook.analysis.spaces import run_of

COLUMNS = ("model", "task", "seed", "layer", "label", "points", "length", "relative_length", "cosine")
PARTS = "layers", "before", "after", "size", "classes", "counts"


def movement(spaces, labels):
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
        `sample` (m,): places of some points; `sample_before`, `sample_after` (layers, m, 2): these in the plane.
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


def movements(runs, names):
    """Gather how far every label moved.

    Parameters
    ----------
    runs : list of path
        What `movement` found, `…/{model}/{task}.seed{n}.npz`.
    names : dict of str to list of str
        The labels of each task.

    Returns
    -------
    DataFrame
        A row per (model, task, seed, layer, label) of the training split: `length` of the displacement of its centroid;
        `relative_length`, the same over the root mean square length of the layer's vectors before fine-tuning, which
        makes layers comparable; `cosine` of its direction with that of the labels' mean, 1 where all move together.
        All are invariant under rotation of both states together, the last two also under scaling, the first and the
        last under translation. (Not over the radius of the points: [CLS] vectors of low layers are nearly one point.)
    """
    frames = [displacements(run, arrays, names[run["task"]]) for run, arrays in map(_read, runs)]
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)] if frames else pd.DataFrame(columns=list(COLUMNS))


def displacements(run, arrays, names):
    """How far every label moved in one run.

    Parameters
    ----------
    run : dict
        What to say of it in every row: `model`, `task`, `seed`.
    arrays : dict of array
        What `movement` returned.
    names : list of str
        The task's labels.

    Returns
    -------
    DataFrame
        The rows of `movements`.
    """
    layers, before, after, size, classes, counts = _parts(arrays)
    moves = after - before
    lengths = np.linalg.norm(moves, axis=2)
    mean = moves.mean(1, keepdims=True)
    product = lengths * np.linalg.norm(mean, axis=2)
    cosine = np.divide((moves * mean).sum(2), product, out=np.full_like(lengths, np.nan), where=product > 0)
    relative, frames = lengths / size[:, None], []
    for i, layer in enumerate(layers):
        row = {"layer": int(layer), "label": [names[c] for c in classes], "points": counts, "length": lengths[i]}
        frames.append(pd.DataFrame(run | row | {"relative_length": relative[i], "cosine": cosine[i]}))
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]


def directions(runs, names):
    """The moves of all labels in the plane in which they are longest.

    Parameters
    ----------
    runs, names
        As in `movements`; the runs of one model and task, which start from the same space.

    Returns
    -------
    DataFrame
        See `directions_of`.
    """
    return directions_of(list(map(_read, runs)), names)


def directions_of(runs, names):
    """The same of runs in memory.

    Parameters
    ----------
    runs : list of (dict, dict of array)
        `model`, `task` and `seed`, and what `movement` returned.
    names : dict of str to list of str
        The labels of each task.

    Returns
    -------
    DataFrame
        A row per (seed, layer, label): `x`, `y`, the label's move (after minus before) in the two principal directions
        of all runs' moves in this layer, taken from the origin (no movement) rather than from their mean; and
        `explained_x`, `explained_y`, the share of the squared length of all moves along each.
    """
    found, frames = [(run, _parts(arrays)) for run, arrays in runs], []
    for i, layer in enumerate(found[0][1][0] if found else ()):
        moves = [after[i] - before[i] for _, (_, before, after, *_) in found]
        plane = fit_plane(np.concatenate(moves), origin=np.zeros(moves[0].shape[1]))
        for (run, (*_, classes, _)), move in zip(found, moves):
            x, y = plane.project(move).T
            row = {"layer": int(layer), "label": [names[run["task"]][c] for c in classes], "x": x, "y": y}
            row |= dict(zip(("explained_x", "explained_y"), plane.explained))
            frames.append(pd.DataFrame(run | row))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _read(path):
    """What a run is called, and what `movement` found of it."""
    with np.load(path, allow_pickle=False) as arrays:
        return run_of(path), {name: arrays[name] for name in PARTS}


def _parts(arrays):
    """Layers, centroids before and after in float64, sizes, label ids, counts."""
    parts = [arrays[name] for name in PARTS]
    parts[1:3] = [part.astype(np.float64) for part in parts[1:3]]
    return parts
