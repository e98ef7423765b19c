"""What fine-tuning on one task does to another: the paper's Table 5, as a full matrix."""

from pathlib import Path

import numpy as np
import pandas as pd

from closerlook.analysis.spaces import cell_of

KEYS = ["model", "fine_tuned_on", "probed_on"]
COLUMNS = (*KEYS, "seeds", "labels", "labels_increased", "labels_decreased", "mean_min_distance_change",
           "min_distance_change_seed_std", "accuracy", "accuracy_seed_std", "accuracy_change")  # fmt: skip


def transfer(spaces, direct, models, tasks, tol=1e-3):
    """Compare each label's smallest distance, and the accuracy, before and after fine-tuning on any task.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    direct : list of path
        DirectProbe's arrays of the training split, `…/{model}/{state}/{task}/train/layer{n}.npz`.
    models, tasks : list of str
        The order of the rows.
    tol : float
        Relative gap of the distances. A label whose distance changed by less has neither gained nor lost.

    Returns
    -------
    DataFrame
        A row per (model, fine-tuned on, probed on), last layer: means over seeds, and standard deviations where there
        are several; `fine_tuned_on` is missing for the original. `labels` have a smallest distance before and after,
        of which so many increased and decreased; `mean_min_distance_change` is over these labels.
    """
    last = spaces[(spaces.layer == spaces.depth) & spaces.step.isna()]
    least = _min_distances(direct, {(row.model, row.state, row.task, row.layer) for row in last.itertuples()})
    before = {(r.model, r.task): r for r in last[last.tuned_on.isna()].itertuples()}
    rows = []
    for r in last.itertuples():
        start = before.get((r.model, r.task))
        row = {"model": r.model, "fine_tuned_on": r.tuned_on, "probed_on": r.task, "accuracy": r.accuracy}
        if start is not None and r is not start and pd.notna(r.tuned_on):
            row["accuracy_change"] = r.accuracy - start.accuracy if pd.notna(start.accuracy) else None
            old, new = (least.get((x.model, x.state, x.task), pd.Series(dtype=float)) for x in (start, r))
            row |= _changes(old, new, tol)
        rows.append(row | {"seed": r.seed})
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "seed"]).drop(columns=["seeds", *_spreads()])
    numbers = [c for c in frame if c not in (*KEYS, "seed")]
    by = frame.astype(dict.fromkeys(numbers, float)).groupby(KEYS, dropna=False)
    table = by[numbers].mean()
    table["seeds"] = by.seed.nunique()
    for column, source in _spreads().items():
        table[column] = by[source].std(ddof=1)
    table = table.reset_index()[list(COLUMNS)]
    return table.sort_values(
        ["model", "probed_on", "fine_tuned_on"],
        key=lambda names: names.map((models if names.name == "model" else tasks).index, na_action="ignore"),
        na_position="first",
        ignore_index=True,
    )


def _spreads():
    return {"min_distance_change_seed_std": "mean_min_distance_change", "accuracy_seed_std": "accuracy"}


def _min_distances(direct, wanted):
    """{(model, state, task): smallest distance by label id} of the spaces that are wanted."""
    found = {}
    for path in map(Path, direct):
        model, state, task, layer, split = cell_of(path, 5)
        if (model, state, task, layer) in wanted and split == "train":
            with np.load(path, allow_pickle=False) as arrays:
                found[model, state, task] = pd.Series(arrays["min_distances"], arrays["classes"]).dropna()
    return found


def _changes(old, new, tol):
    both = old.index.intersection(new.index)
    change, size = new[both] - old[both], np.maximum(new[both], old[both])
    return {
        "labels": len(both),
        "labels_increased": int((change > tol * size).sum()),
        "labels_decreased": int((change < -tol * size).sum()),
        "mean_min_distance_change": change.mean() if len(both) else None,
    }
