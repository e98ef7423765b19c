"""DirectProbe's clusters as a classifier, beside the classifier probe."""

from pathlib import Path

import pandas as pd

from closerlook.analysis.spaces import cell_of, state_of
from closerlook.files import read_json

COLUMNS = ("model", "task", "state", "tuned_on", "seed", "layer", "hull_accuracy", "accuracy", "inside",
           "mean_distance")  # fmt: skip


def hull_table(results, spaces):
    """Gather the accuracies of the nearest hull.

    Parameters
    ----------
    results : list of path
        What `closerlook.probes.direct.hull_classifier.score` found, `…/{model}/{state}/{task}/layer{n}.json`.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer): test accuracy of the nearest hull and of the classifier probe (in %); how
        many test points lie `inside` a hull, and the mean distance of all to their nearest.
    """
    scores = spaces.set_index(["model", "state", "task", "layer"]).accuracy
    rows = []
    for path in map(Path, results):
        model, state, task, layer = cell = cell_of(path, 4)
        found = read_json(path)
        row = {"model": model, "task": task, "state": state, **state_of(state), "layer": layer}
        row |= {"hull_accuracy": found["accuracy"], "accuracy": scores.get(tuple(cell))}
        rows.append(row | {name: found.get(name) for name in ("inside", "mean_distance")})
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64", "inside": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer"], ignore_index=True)
