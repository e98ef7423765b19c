"""What a probe memorises: its accuracy by epoch, on what it was trained on and on what it was not."""

from pathlib import Path

import numpy as np
import pandas as pd

from closerlook.analysis.spaces import cell_of, state_of
from closerlook.files import read_json

SETS = ("subtrain", "subtest", "test")
COLUMNS = ("model", "task", "state", "tuned_on", "seed", "layer", "set", "epoch", "accuracy", "accuracy_std", "repeats")


def probe_curves(classifier):
    """Gather the curves that the classifier probe left (paper, first arXiv version).

    Parameters
    ----------
    classifier : list of path
        The probe's results, `…/{model}/{state}/{task}/layer{n}.json`; those without curves are passed over.

    Returns
    -------
    DataFrame
        A row per (model, task, state, layer, set, epoch): mean and standard deviation of the accuracy over the probe's
        repeats, and how many these are. A repeat that has converged keeps its last accuracy until the last one has.
    """
    frames = []
    for path in map(Path, classifier):
        model, state, task, layer = cell_of(path, 4)
        curves = read_json(path).get("memorisation") or []
        for name in SETS if curves else ():
            longest = max(len(c[name]) for c in curves)
            table = np.array([c[name] + c[name][-1:] * (longest - len(c[name])) for c in curves])
            found = {"set": name, "epoch": np.arange(1, longest + 1), "accuracy": table.mean(0).round(3)}
            found |= {"accuracy_std": table.std(0).round(3), "repeats": len(curves)}
            frames.append(pd.DataFrame({"model": model, "task": task, "state": state, "layer": layer} | found))
            frames[-1] = frames[-1].assign(**state_of(state))
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    frame = frame[list(COLUMNS)].astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "state", "layer", "set", "epoch"], ignore_index=True)
