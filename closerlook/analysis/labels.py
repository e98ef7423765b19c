"""One row for every label of every probed space."""

from pathlib import Path

import numpy as np
import pandas as pd

from closerlook.analysis.spaces import cell_of, state_of

COLUMNS = ("model", "task", "state", "tuned_on", "seed", "layer", "label", "clusters", "min_distance",
           "overlapping")  # fmt: skip


def label_table(direct, names):
    """Gather what DirectProbe left, see `label_rows`.

    Parameters
    ----------
    direct : list of path
        Its arrays, `…/{model}/{state}/{task}/train/layer{n}.npz`.
    names : dict of str to list of str
        The labels of each task.

    Returns
    -------
    DataFrame
    """
    return label_rows(_read(direct), names)


def _read(direct):
    for path in map(Path, direct):
        with np.load(path, allow_pickle=False) as arrays:
            yield cell_of(path, 5), arrays


def label_rows(direct, names):
    """Clusters of every label, and its smallest distance to any other (training split).

    Parameters
    ----------
    direct : iterable of (cell, dict of array)
        (model, state, task, layer, split), and the arrays that `closerlook.probes.geometry.measure` returned for it.
    names : dict of str to list of str
        The labels of each task.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer, label); `min_distance` is missing where its hull meets that of another,
        which it has no distance to; `overlapping`: how many it meets. (Points in a conflict take no part in these.)
    """
    frames = []
    for (model, state, task, layer, _), arrays in direct:
        classes, least, meeting = (arrays[name] for name in ("classes", "min_distances", "overlapping"))
        clusters = [(arrays["cluster_classes"] == c).sum() for c in classes]
        row = {"model": model, "task": task, "state": state, **state_of(state), "layer": layer}
        row |= {"label": [names[task][c] for c in classes], "clusters": clusters, "min_distance": least}
        row["overlapping"] = meeting
        frames.append(pd.DataFrame(row))
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    frame = frame[list(COLUMNS)].astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "label"], ignore_index=True)
