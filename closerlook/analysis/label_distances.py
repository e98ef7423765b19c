"""The labels' distances in the runs that were followed step by step."""

import numpy as np
import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.analysis.samples import each_of
from closerlook.layout import Run
from closerlook.probes.condensed import nearest

COLUMNS = ("model", "task", *RUN[1:], "layer", "update", "label", "min_distance", "nearest", "overlapping")


def label_distances(traces, names, runs):
    """Gather what `closerlook.analysis.trace.trace_run` found of labels, on the training split.

    Parameters
    ----------
    traces : list of path
        Its arrays.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, layer, update, label): the smallest distance to any other label, and which that is; both are
        missing where it overlaps with one, and `overlapping` says with how many. Of samples, means; a label that
        overlaps with another in any has no distance.
    """
    rows = []
    for path in traces:
        run = described(Run.of(path), runs)
        with np.load(path, allow_pickle=False) as arrays:
            rows += _labels(arrays, names[run["task"]], run)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})


def _labels(arrays, names, run):
    classes, distances = arrays["train_classes"], arrays["train_distances"]
    place, *_ = nearest(distances, len(classes))  # (updates, layers, k)
    _, *each = nearest(each_of(arrays, "train"), len(classes))
    least, meeting = (values[0] if len(values) == 1 else values.mean(0) for values in each)
    for at, layer in enumerate(arrays["layers"]):
        for u, update in enumerate(arrays["updates"]):
            for c, (to, distance, overlapping) in enumerate(zip(place[u, at], least[u, at], meeting[u, at])):
                apart = to >= 0
                yield run | {
                    "layer": int(layer), "update": int(update), "label": names[classes[c]],
                    "min_distance": float(distance) if apart else None,
                    "nearest": names[classes[to]] if apart else None, "overlapping": overlapping.item(),
                }  # fmt: skip
