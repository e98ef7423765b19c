"""DirectProbe's clusters as a classifier, beside the classifier probe."""

import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Space
from closerlook.probes.direct.samples import over_samples

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
        to the nearest hull. Where DirectProbe looked at samples, these are means over their hulls, and
        `hull_accuracy_std` is the standard deviation.
    """
    of_space = spaces.set_index(["model", "state", "task", "layer"])
    rows = []
    for path in scores:
        space, found = Space.of(path), read_json(path)
        row = described(space, runs) | {"layer": space.layer, "hull_accuracy": found["accuracy"]}
        at = (space.model, str(space.state), space.task, space.layer)
        row |= {name: of_space[name].get(at) for name in ("accuracy", "majority")}
        if "accuracies" in found:
            row["hull_accuracy_std"] = over_samples(found["accuracies"])[1]
        rows.append(row | {name: found.get(name) for name in ("inside", "mean_distance")})
    sampled = ["hull_accuracy_std"] if any("hull_accuracy_std" in row for row in rows) else []
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *sampled])
    frame = frame.astype({"seed": "Int64", "inside": "Float64" if sampled else "Int64"})
    return frame.sort_values(["model", "task", "state", "layer"], ignore_index=True)
