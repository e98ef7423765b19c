"""The runs that were followed step by step, as tables."""

import numpy as np
import pandas as pd

from closerlook.analysis.similarity import similarity
from closerlook.analysis.spaces import run_of
from closerlook.probes.condensed import nearest

SPACES = ("model", "task", "seed", "split", "layer", "update", "pairs", "overlapping", "mean_distance", "similarity",
          "similarity_pairs")  # fmt: skip
LABELS = ("model", "task", "seed", "layer", "update", "label", "min_distance", "nearest", "overlapping")


def trajectories(runs, names):
    """Gather what `closerlook.analysis.trajectory.trajectory` found.

    Parameters
    ----------
    runs : list of path
        Its arrays, `…/{model}/{task}.seed{n}.npz`.
    names : dict of str to list of str
        The labels of each task.

    Returns
    -------
    spaces : DataFrame
        A row per (model, task, seed, split, layer, update): label pairs, how many of them overlap, the mean distance of
        the others, and the similarity to the same layer before fine-tuning (Pearson over the pairs that are separable
        in both, and how many these are).
    labels : DataFrame
        A row per (model, task, seed, layer, update, label) of the training split: the smallest distance to any other
        label, and which that is; both are missing where it overlaps with one, and `overlapping` says with how many.
    """
    spaces, labels = [], []
    for path in runs:
        run = run_of(path)
        with np.load(path, allow_pickle=False) as arrays:
            for split in ("test", "train"):
                spaces += _spaces(arrays, split, run)
            labels += _labels(arrays, names[run["task"]], run)
    return pd.DataFrame(spaces, columns=list(SPACES)), pd.DataFrame(labels, columns=list(LABELS))


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


def _labels(arrays, names, run):
    classes, distances = arrays["train_classes"], arrays["train_distances"]
    place, least, meeting = nearest(distances, len(classes))  # (updates, layers, k) each
    for at, layer in enumerate(arrays["layers"]):
        for u, update in enumerate(arrays["updates"]):
            for c, (to, distance, overlapping) in enumerate(zip(place[u, at], least[u, at], meeting[u, at])):
                apart = to >= 0
                yield run | {
                    "layer": int(layer), "update": int(update), "label": names[classes[c]],
                    "min_distance": float(distance) if apart else None,
                    "nearest": names[classes[to]] if apart else None, "overlapping": int(overlapping),
                }  # fmt: skip
