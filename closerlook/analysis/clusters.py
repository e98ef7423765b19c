"""Clusters before and after fine-tuning, where there were more than labels: the paper's Tables 3 and 4."""

import pandas as pd

from closerlook.analysis.spaces import last_layer
from closerlook.statistics.intervals import over_seeds

COLUMNS = ("model", "task", "labels", "conflict_points", "fewest", "original", "fine_tuned", "fine_tuned_seed_std",
           "fine_tuned_low", "fine_tuned_high", "seeds", "collapsed")  # fmt: skip


def clusters(spaces, models, tasks):
    """Last layer of every model and task that has more clusters than labels before fine-tuning.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of the rows.

    Returns
    -------
    DataFrame
        A row per (model, task): labels; points that share their place with one of another label (`conflict_points`),
        each of which stays alone; the `fewest` clusters that these demand; clusters before fine-tuning, and after it
        with standard deviation and 95 % interval over `seeds`, of which those that `collapsed` are left out unless all
        did. Where DirectProbe looked at samples, `original_std` and `fine_tuned_std` are standard deviations over these
        (of runs, the mean over seeds).
    """
    last = last_layer(spaces)
    before = last[last.tuned_on.isna() & (last.n_clusters > last.n_labels)]
    before = before.rename(columns={"n_labels": "labels", "n_clusters": "original", "fewest_clusters": "fewest"})
    before = before.rename(columns={"n_clusters_std": "original_std"})
    keys = ["model", "task"]
    counts = {"n_clusters": "fine_tuned", "n_clusters_std": "fine_tuned_std"}
    after = over_seeds(last[last.tuned_on == last.task], keys, {n: name for n, name in counts.items() if n in last})
    columns = [*COLUMNS, *(["original_std", "fine_tuned_std"] if "n_clusters_std" in last else [])]
    known = [*keys, "labels", "conflict_points", "fewest", "original", "original_std"]
    before = before[[name for name in known if name in before]]
    table = before.merge(after, "left", keys).reindex(columns=columns)
    table[["seeds", "collapsed"]] = table[["seeds", "collapsed"]].fillna(0).astype(int)
    order = pd.MultiIndex.from_product([models, tasks], names=keys)
    table = table.set_index(keys)
    return table.reindex(order[order.isin(table.index)]).reset_index().round(4)
