"""One row for every label of every probed space."""

import numpy as np
import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.layout import Space

COLUMNS = ("model", "task", "state", *RUN, "layer", "label", "clusters", "min_distance", "relative_distance",
           "overlapping")  # fmt: skip


def labels(clusters, names, runs):
    """Gather what DirectProbe wrote, see `label_rows`.

    Parameters
    ----------
    clusters : list of path
        Its arrays.
    names, runs
        As in `label_rows`.

    Returns
    -------
    DataFrame
    """
    return label_rows(_read(clusters), names, runs)


def _read(clusters):
    for path in clusters:
        with np.load(path, allow_pickle=False) as arrays:
            yield Space.of(path), arrays


def label_rows(clusters, names, runs):
    """Clusters of every label, and its smallest distance to any other (training split).

    Parameters
    ----------
    clusters : iterable of (Space, dict of array)
        The arrays that `closerlook.probes.direct.geometry.measure` returned for each.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer, label); `min_distance` is missing where its hull meets another's, to
        which it has no distance; `relative_distance`: the same divided by the radius of the space, the root mean square
        distance of its points from their mean, so that a space that is merely blown up has the same; `overlapping`: how
        many it meets. (Points in a conflict take no part in these.) All are invariant under rotation and translation,
        `relative_distance` also under scaling.
    """
    frames = []
    for space, arrays in clusters:
        classes, least, meeting = (arrays[name] for name in ("classes", "min_distances", "overlapping"))
        counts = [(arrays["cluster_classes"] == c).sum() for c in classes]
        row = described(space, runs) | {"layer": space.layer}
        row |= {"label": [names[space.task][c] for c in classes], "clusters": counts, "min_distance": least}
        radius = float(arrays["radius"]) if "radius" in arrays else np.nan
        row |= {"relative_distance": least / radius if radius > 0 else np.nan, "overlapping": meeting}
        frames.append(pd.DataFrame(row))
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    frame = frame[list(COLUMNS)].astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "label"], ignore_index=True)
