"""One row for every run of fine-tuning: how it went."""

import pandas as pd

from closerlook.analysis.spaces import run_of
from closerlook.files import read_json

COLUMNS = (
    "model",
    "task",
    "seed",
    "n_updates",
    "train_accuracy",
    "test_accuracy",
    "weight_change",
    "seconds",
    "device",
)
UNCHANGED = 1e-6  # of the weights' length: no more than float32 rounds them by


def tuning(metrics):
    """Gather the metrics of runs.

    Parameters
    ----------
    metrics : list of path
        `…/{model}/{task}.seed{n}/metrics.json`, as `closerlook.encoders.finetuning.finetune` writes them.

    Returns
    -------
    DataFrame
        A row per (model, task, seed): accuracies of the head at the end (in %), how far the encoder's weights moved
        relative to their length, seconds and device.
    """
    rows = []
    for path in metrics:
        found = read_json(path)
        row = {name: found.get(name) for name in ("n_updates", "weight_change", "device")}
        row |= {f"{split}_accuracy": 100 * found[f"{split}_accuracy"] for split in ("train", "test")}
        run = run_of(f"{path}".removesuffix("/metrics.json") + ".json")
        rows.append(run | row | {"seconds": found["wall_seconds"]})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["model", "task", "seed"], ignore_index=True)
