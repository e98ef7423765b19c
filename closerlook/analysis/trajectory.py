"""The runs that were followed step by step: how far apart their labels are, update by update."""

import numpy as np
import pandas as pd

from closerlook.analysis.label_similarity import similarity
from closerlook.analysis.runs import RUN, described
from closerlook.analysis.samples import each_of
from closerlook.layout import Run
from closerlook.probes.direct.samples import over_samples

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
        how many these are). Of samples, means.
    """
    rows = []
    for path in traces:
        run = described(Run.of(path), runs)
        with np.load(path, allow_pickle=False) as arrays:
            for split in ("test", "train"):
                rows += _spaces(arrays, split, run)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})


def _spaces(arrays, split, run):
    each = each_of(arrays, split)
    for i, layer in enumerate(arrays["layers"]):
        for u, update in enumerate(arrays["updates"]):
            vectors = each[:, u, i]
            apart = [vector[np.isfinite(vector)] for vector in vectors]
            alike = list(zip(*map(similarity, each[:, 0, i], vectors)))
            yield run | {
                "split": split, "layer": int(layer), "update": int(update), "pairs": vectors.shape[1],
                "overlapping": over_samples([vectors.shape[1] - len(known) for known in apart])[0],
                "mean_distance": over_samples([known.mean() if len(known) else None for known in apart])[0],
                "similarity": over_samples(alike[0])[0], "similarity_pairs": over_samples(alike[1])[0],
            }  # fmt: skip
