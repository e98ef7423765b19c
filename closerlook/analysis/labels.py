"""One row for every label of every probed space."""

import numpy as np
import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.layout import Space
from closerlook.probes.direct.samples import over_samples, parts

COLUMNS = ("model", "task", "state", *RUN, "layer", "label", "clusters", "min_distance", "relative_distance",
           "overlapping")  # fmt: skip
SPREAD = ("clusters_std", "min_distance_std", "relative_distance_std")  # over samples, where there are any


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
        The arrays that `closerlook.probes.direct.geometry.measure_samples` returned for each.
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
        `relative_distance` also under scaling. Where DirectProbe looked at samples, they are means over these, missing
        where one has none, and columns `X_std` have the standard deviation.
    """
    frames = []
    for space, arrays in clusters:
        classes, found = arrays["classes"], [_of_labels(arrays["classes"], part) for part in parts(arrays)]
        row = described(space, runs) | {"layer": space.layer, "label": [names[space.task][c] for c in classes]}
        row |= found[0]
        for name in found[0] if len(found) > 1 else ():
            pairs = [over_samples(each) for each in zip(*(part[name] for part in found))]
            row[name], spread = np.array(pairs, float).reshape(-1, 2).T
            row |= {f"{name}_std": spread} if f"{name}_std" in SPREAD else {}
        frames.append(pd.DataFrame(row))
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    columns = [*COLUMNS, *(name for name in SPREAD if name in frame)]
    frame = frame[columns].astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "label"], ignore_index=True)


def _of_labels(classes, arrays):
    """What one sample says of each label."""
    least, radius = arrays["min_distances"], float(arrays["radius"]) if "radius" in arrays else np.nan
    return {
        "clusters": [int((arrays["cluster_classes"] == c).sum()) for c in classes],
        "min_distance": least,
        "relative_distance": least / radius if radius > 0 else np.full(len(classes), np.nan),
        "overlapping": arrays["overlapping"],
    }
