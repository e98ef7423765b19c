"""What a probe memorises: its accuracy by epoch, on what it was trained on and on what it was not."""

import numpy as np
import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Space

SETS = ("subtrain", "subtest", "test")
COLUMNS = ("model", "task", "state", *RUN, "layer", "set", "epoch", "accuracy", "accuracy_std", "repeats",
           "majority")  # fmt: skip


def memorisation(classifier, runs):
    """Gather the curves that the classifier probe wrote (paper, first arXiv version).

    Parameters
    ----------
    classifier : list of path
        The probe's results; those without curves are passed over.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer, set, epoch): mean and standard deviation of the accuracy over the probe's
        repeats, and their number; test accuracy of the most frequent label (`majority`). A repeat that has converged
        keeps its last accuracy until the last one has.
    """
    frames = []
    for path in classifier:
        space = Space.of(path)
        result = read_json(path)
        curves = result.get("memorisation") or []
        for name in SETS if curves else ():
            longest = max(len(c[name]) for c in curves)
            table = np.array([c[name] + c[name][-1:] * (longest - len(c[name])) for c in curves])
            found = {"set": name, "epoch": np.arange(1, longest + 1), "accuracy": table.mean(0).round(3)}
            found |= {"accuracy_std": table.std(0).round(3), "repeats": len(curves), "majority": result.get("majority")}
            frames.append(pd.DataFrame(described(space, runs) | {"layer": space.layer} | found))
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    frame = frame[list(COLUMNS)].astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "set", "epoch"], ignore_index=True)
