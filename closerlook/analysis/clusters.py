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
        did.
    """
    last = last_layer(spaces)
    before = last[last.tuned_on.isna() & (last.n_clusters > last.n_labels)]
    before = before.rename(columns={"n_labels": "labels", "n_clusters": "original", "fewest_clusters": "fewest"})
    keys = ["model", "task"]
    after = over_seeds(last[last.tuned_on == last.task], keys, {"n_clusters": "fine_tuned"})
    before = before[[*keys, "labels", "conflict_points", "fewest", "original"]]
    table = before.merge(after, "left", keys).reindex(columns=list(COLUMNS))
    table[["seeds", "collapsed"]] = table[["seeds", "collapsed"]].fillna(0).astype(int)
    order = pd.MultiIndex.from_product([models, tasks], names=keys)
    table = table.set_index(keys)
    return table.reindex(order[order.isin(table.index)]).reset_index().round(4)
