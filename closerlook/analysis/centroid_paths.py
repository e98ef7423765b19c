"""The paths of a few labels' centroids through fine-tuning (paper, section 4.3, Figure 3)."""

import numpy as np
import pandas as pd

from closerlook.analysis.plane import fit_plane
from closerlook.analysis.runs import RUN, described
from closerlook.layout import Run
from closerlook.probes.condensed import square

COLUMNS = ("model", "task", "layer", *RUN[1:], "update", "label", "x", "y", "explained_x", "explained_y")


def closest(vector, k):
    """The three labels with the smallest sum of distances.

    Parameters
    ----------
    vector : (k (k - 1) / 2,) float
        Distances of all pairs; NaN where two hulls meet, which counts as closest.
    k : int
        Labels.

    Returns
    -------
    list of int
        Ascending; all labels, where there are no more than three.
    """
    if k <= 3:
        return list(range(k))
    D = np.triu(square(np.nan_to_num(vector), k), 1)
    total = np.where(
        np.tri(k, k, 0, bool)[:, :, None] | np.tri(k, k, 0, bool)[None], np.inf, D[:, :, None] + D[:, None] + D
    )
    return [int(c) for c in np.unravel_index(total.argmin(), total.shape)]


def centroid_paths(traces, names, runs):
    """Paths of the three labels that are closest in the last layer before fine-tuning, in the first layer and the last.

    Parameters
    ----------
    traces : list of path
        What `closerlook.analysis.trace.trace_run` found.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, layer, update, label): `x` and `y`, the centroid of the label's training points in the two
        principal components of these labels' centroids at all updates of all runs of a recipe, and the share of their
        variance along each. The first layer is the lowest above the embeddings that was followed.
    """
    cells = {}
    for path in traces:
        run = described(Run.of(path), runs)
        with np.load(path, allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in ("layers", "updates", "train_classes")}
            layers = list(parts["layers"])
            ends = {next((n for n in layers if n > 0), layers[0]), layers[-1]}
            parts["start"] = arrays["train_distances"][0, -1]
            whole = arrays["train_centroids"]
            parts["centroids"] = {int(n): whole[:, layers.index(n)].astype(float) for n in sorted(ends)}
        cells.setdefault((run["model"], run["task"], run["recipe"]), []).append((run, parts))
    rows = []
    for (_, task, _), found in cells.items():
        first = found[0][1]
        chosen = closest(first["start"], len(first["train_classes"]))
        for layer in first["centroids"]:
            tracks = [parts["centroids"][layer][:, chosen] for _, parts in found]  # (updates, 3, dim) each
            plane = fit_plane(np.concatenate([track.reshape(-1, track.shape[2]) for track in tracks]))
            explained = dict(zip(("explained_x", "explained_y"), plane.explained))
            for (run, parts), track in zip(found, tracks):
                for update, points in zip(parts["updates"], plane.project(track)):
                    for c, (x, y) in zip(chosen, points):
                        label = names[task][first["train_classes"][c]]
                        row = run | {"layer": layer, "update": int(update), "label": label, "x": x, "y": y}
                        rows.append(row | explained)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})
