"""One row for every run of fine-tuning: how it went."""

import pandas as pd

from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Run

COLUMNS = ("model", "task", *RUN[1:], "n_updates", "trained_parameters", "train_accuracy", "test_accuracy",
           "weight_change", "seconds", "device", "unchanged", "tokenizer", "end", "source")  # fmt: skip
WHOLE = ("seed", "n_updates", "trained_parameters")
UNCHANGED = 1e-6  # relative to the weights' length: no more than the rounding of float32


def tuning(metrics, runs):
    """Gather the metrics of runs.

    Parameters
    ----------
    metrics : list of path
        As `closerlook.encoders.finetuning.finetune` and `closerlook.encoders.bringing.bring_run` write them.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per run: how many of the encoder's weights learned, where that is known; accuracies of the head at the end
        (in %), how far the encoder's weights moved relative to their length, and how they are `unchanged`, if they are
        and some learned; seconds and device; of a run that was brought, `tokenizer` (the model's or its own), which
        weights are its `end`, and `source`.
    """
    rows = []
    for path in metrics:
        found = read_json(path)
        same = ("n_updates", "trained_parameters", "weight_change", "device", "unchanged", "tokenizer", "end")
        row = {name: found.get(name) for name in same}
        for split in ("train", "test"):
            share = found.get(f"{split}_accuracy")
            row[f"{split}_accuracy"] = None if share is None else 100 * share
        change = row["weight_change"]
        if row["unchanged"] is None and change is not None and change < UNCHANGED and row["trained_parameters"] != 0:
            row["unchanged"] = "exactly" if change == 0 else "but for rounding"
        if found.get("brought"):
            row["source"] = found["source"].get("hub") or found["source"].get("path")
        rows.append(described(Run.of(path), runs) | row | {"seconds": found.get("wall_seconds")})
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(WHOLE, "Int64"))
    return frame.sort_values(["model", "task", "run"], ignore_index=True)
