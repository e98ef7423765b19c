"""DirectProbe's clusters as a classifier, beside the classifier probe."""

import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Space

COLUMNS = ("model", "task", "state", *RUN, "layer", "hull_accuracy", "accuracy", "majority", "inside", "mean_distance")


def hulls(scores, spaces, runs):
    """Gather the accuracies of the nearest hull.

    Parameters
    ----------
    scores : list of path
        What `closerlook.probes.direct.hull_classifier.score` found.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer): test accuracy of the nearest hull, of the classifier probe and of the
        most frequent label (`majority`), in %; how many test points lie `inside` a hull, and the mean distance of all
        to the nearest hull.
    """
    of_space = spaces.set_index(["model", "state", "task", "layer"])
    rows = []
    for path in scores:
        space, found = Space.of(path), read_json(path)
        row = described(space, runs) | {"layer": space.layer, "hull_accuracy": found["accuracy"]}
        at = (space.model, str(space.state), space.task, space.layer)
        row |= {name: of_space[name].get(at) for name in ("accuracy", "majority")}
        rows.append(row | {name: found.get(name) for name in ("inside", "mean_distance")})
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64", "inside": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer"], ignore_index=True)
