"""The runs that were followed step by step: how far apart their labels are, update by update."""

import numpy as np
import pandas as pd

from closerlook.analysis.label_similarity import similarity
from closerlook.analysis.runs import RUN, described
from closerlook.layout import Run

COLUMNS = ("model", "task", *RUN[1:], "split", "layer", "update", "pairs", "overlapping", "mean_distance", "similarity",
           "similarity_pairs")  # fmt: skip


def trajectory(traces, runs):
    """Gather what `closerlook.analysis.trace.trace_run` found of spaces.

    Parameters
    ----------
    traces : list of path
        Its arrays.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, split, layer, update): label pairs, how many of them overlap, the mean distance of the others,
        and the similarity to the same layer before fine-tuning (Pearson over the pairs that are separable in both, and
        how many these are).
    """
    rows = []
    for path in traces:
        run = described(Run.of(path), runs)
        with np.load(path, allow_pickle=False) as arrays:
            for split in ("test", "train"):
                rows += _spaces(arrays, split, run)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})


def _spaces(arrays, split, run):
    distances = arrays[f"{split}_distances"]
    for i, layer in enumerate(arrays["layers"]):
        for update, vector in zip(arrays["updates"], distances[:, i]):
            known = vector[np.isfinite(vector)]
            r, n = similarity(distances[0, i], vector)
            yield run | {
                "split": split, "layer": int(layer), "update": int(update), "pairs": len(vector),
                "overlapping": len(vector) - len(known), "mean_distance": known.mean() if len(known) else None,
                "similarity": r, "similarity_pairs": n,
            }  # fmt: skip
