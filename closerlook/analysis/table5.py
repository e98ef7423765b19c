"""What fine-tuning on one task does to another: the paper's Table 5, as a full matrix."""

import numpy as np
import pandas as pd

from closerlook.analysis.spaces import last_layer
from closerlook.probes.precision import TOL
from closerlook.statistics.intervals import over_seeds

KEYS = ["model", "fine_tuned_on", "probed_on"]
COUNTS = ["labels", "labels_increased", "labels_decreased", "labels_freed", "labels_caught"]
MEASURES = ["mean_min_distance_change", "accuracy", "accuracy_change"]
COLUMNS = (*KEYS, "seeds", "collapsed", *COUNTS,
           *(f"{m}{part}" for m in MEASURES for part in ("", "_seed_std", "_low", "_high")))  # fmt: skip


def table5(spaces, labels, models, tasks, tol=TOL):
    """Compare each label's smallest distance, and the accuracy, before and after fine-tuning on any task.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    labels : DataFrame
        As `closerlook.analysis.labels.labels` returns it.
    models, tasks : list of str
        The order of the rows.
    tol : float
        Relative gap of the distances. A label whose distance changed by less has neither gained nor lost.

    Returns
    -------
    DataFrame
        A row per (model, fine-tuned on, probed on), last layer: means over seeds, with standard deviation and 95 %
        interval where there are several. Of the `seeds`, those that `collapsed` are left out, unless all did.
        `fine_tuned_on` is missing for the original. `labels` counts those with a smallest distance before and after, of
        which so many increased and decreased; `mean_min_distance_change` is over these labels. `labels_freed` met
        another label before and meet none after, `labels_caught` the other way round.
    """
    last = last_layer(spaces)
    least = _min_distances(labels, {(row.model, row.state, row.task, row.layer) for row in last.itertuples()})
    before = {(r.model, r.task): r for r in last[last.tuned_on.isna()].itertuples()}
    rows = []
    for r in last.itertuples():
        start = before.get((r.model, r.task))
        row = {"model": r.model, "fine_tuned_on": r.tuned_on, "probed_on": r.task, "accuracy": r.accuracy}
        if start is not None and r is not start and pd.notna(r.tuned_on):
            row["accuracy_change"] = r.accuracy - start.accuracy if pd.notna(start.accuracy) else None
            old, new = (least.get((x.model, x.state, x.task), pd.Series(dtype=float)) for x in (start, r))
            row |= _changes(old, new, tol)
        rows.append(row | {"run": r.run, "collapsed": r.collapsed})
    frame = pd.DataFrame(rows, columns=[*KEYS, "run", "collapsed", *COUNTS, *MEASURES])
    table = over_seeds(frame, KEYS, {name: name for name in COUNTS + MEASURES})[list(COLUMNS)]
    return table.sort_values(
        ["model", "probed_on", "fine_tuned_on"],
        key=lambda names: names.map((models if names.name == "model" else tasks).index, na_action="ignore"),
        na_position="first",
        ignore_index=True,
    )


def _min_distances(labels, wanted):
    """{(model, state, task): smallest distance by label} of the spaces that are wanted."""
    return {
        cell[:3]: group.set_index("label").min_distance
        for cell, group in labels.groupby(["model", "state", "task", "layer"])
        if cell in wanted
    }


def _changes(old, new, tol):
    shared = old.index.intersection(new.index)
    old, new = old[shared], new[shared]
    both = old.notna() & new.notna()
    change, size = new[both] - old[both], np.maximum(new[both], old[both])
    return {
        "labels": int(both.sum()),
        "labels_increased": int((change > tol * size).sum()),
        "labels_decreased": int((change < -tol * size).sum()),
        "labels_freed": int((old.isna() & new.notna()).sum()),
        "labels_caught": int((old.notna() & new.isna()).sum()),
        "mean_min_distance_change": change.mean() if both.any() else None,
    }
