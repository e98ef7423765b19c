"""Which labels are confused: errors by the distance of the two labels (Zhou & Srikumar, NAACL 2021)."""

import numpy as np
import pandas as pd

from closerlook.analysis.label_similarity import label_vector
from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Space
from closerlook.probes.condensed import condensed

BINS = 5
COLUMNS = ("model", "task", "state", *RUN, "layer", "probe", "bin", "low", "high", "pairs", "errors",
           "share")  # fmt: skip


def errors(classifier, hulls, clusters, names, runs):
    """Count a classifier's errors by how far apart the two labels are in the space that it classifies.

    Parameters
    ----------
    classifier, hulls : list of path
        Results of the classifier probe and of the nearest hull, with `confusions`.
    clusters : list of path
        DirectProbe's arrays of the training split.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer, probe, bin): the pairs of labels in five bins of equally many pairs, by
        their distance on the training split (`low` to `high`); and the `errors` between these labels, also as
        a `share` of all. Labels whose hulls meet come first, at distance 0. If errors did not depend on distance,
        each bin would have a fifth of those with a distance. Bin 0 has the pairs without one: the training data lack
        a label.
    """
    arrays_of = {Space.of(path)._replace(split=None): path for path in clusters}
    rows = []
    for probe, files in {"classifier": classifier, "hulls": hulls}.items():
        for path in files:
            space, result = Space.of(path), read_json(path)
            if space not in arrays_of or not result.get("confusions"):
                continue
            key = described(space, runs) | {"layer": space.layer, "probe": probe}
            with np.load(arrays_of[space], allow_pickle=False) as arrays:
                rows += [key | row for row in errors_of(result["confusions"], arrays, len(names[space.task]))]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "probe", "bin"], ignore_index=True)


def errors_of(confusions, arrays, n_labels):
    """Count the errors in one space.

    Parameters
    ----------
    confusions : list of (int, int, int)
        Label, predicted label, how often.
    arrays : dict of array
        Of the training split, as `closerlook.probes.direct.geometry.measure` returns them.
    n_labels : int
        Of the task.

    Yields
    ------
    dict
        The columns of `errors` from `bin` on.
    """
    apart = np.nan_to_num(arrays["distance_vector"])  # labels that meet are the closest
    counts = np.zeros((n_labels, n_labels))
    for label, predicted, n in confusions:
        counts[min(label, predicted), max(label, predicted)] += n
    yield from _binned(label_vector(arrays["classes"], apart, n_labels), condensed(counts))


def _binned(vector, counts):
    """Pairs and errors by bin; bin 0, where it is not empty, has the pairs without a distance."""
    total, unknown = counts.sum(), np.isnan(vector)
    order = np.argsort(np.where(unknown, np.inf, vector), kind="stable")[: (~unknown).sum()]
    parts = [(0, np.flatnonzero(unknown))] if unknown.any() else []
    parts += list(enumerate(np.array_split(order, BINS), 1)) if len(order) >= BINS else []
    for place, part in parts:
        some = vector[part]
        yield {
            "bin": place, "low": some.min() if place else None, "high": some.max() if place else None,
            "pairs": len(part), "errors": int(counts[part].sum()), "share": counts[part].sum() / total,
        }  # fmt: skip
