"""A mean with its spread: over seeds, or over the pairs of a test."""

import numpy as np
import pandas as pd
from scipy import stats

ANY = (-np.inf, np.inf)
RANGES = {  # of what tables measure
    "accuracy": (0, 100), "macro_f1": (0, 100), "linear_accuracy": (0, 100), "shuffled_accuracy": (0, 100),
    "accuracy_change": (-100, 100), "selectivity": (-100, 100),
    "train_test_similarity": (-1, 1), "n_clusters": (1, np.inf), "compression": (0, np.inf),
    "frequency_compression": (0, np.inf), "labels": (0, np.inf), "labels_increased": (0, np.inf),
    "labels_decreased": (0, np.inf), "labels_freed": (0, np.inf), "labels_caught": (0, np.inf),
}  # fmt: skip


def interval(values, level=0.95, within=ANY):
    """Mean, standard deviation and confidence interval of some values.

    Parameters
    ----------
    values : sequence of float
        Independent values; missing ones are left out.
    level : float
    within : (float, float)
        What such a value can be; the interval ends there. (It holds the mean as often as before, which is within, too.)

    Returns
    -------
    dict
        `mean`; `std` (of a sample), `low`, `high`: missing (NaN) for fewer than two values; `n`. The interval of the
        mean is Student's. (Bootstraps cover less than they say: with three values three quarters, and with up to about
        twenty, bias-corrected and accelerated, still two to four per cent less than Student's.) It is also missing
        where all values are the same, which says nothing of how far off others would be.
    """
    x = np.asarray(values, float)
    x = x[~np.isnan(x)]
    found = {"mean": np.nan, "std": np.nan, "low": np.nan, "high": np.nan, "n": len(x)}
    if len(x):
        found["mean"] = x.mean()
    if len(x) > 1:
        same = np.ptp(x) <= 1e-12 * np.abs(x).max()  # up to rounding
        found["std"] = 0.0 if same else x.std(ddof=1)
        if not same:
            ends = stats.t.interval(level, len(x) - 1, loc=x.mean(), scale=stats.sem(x))
            found["low"], found["high"] = np.clip(ends, *within)
    return {name: int(v) if name == "n" else float(v) for name, v in found.items()}


def over_seeds(frame, keys, measures):
    """Mean, standard deviation and 95 % interval over the runs of a recipe, which differ by their seeds.

    Parameters
    ----------
    frame : DataFrame
        A row per run, named in a column `run`; where that is missing, there is nothing to vary. Where a column
        `collapsed` is true, the run is left out, unless all of its group collapsed (as in
        `closerlook.analysis.collapsed.kept`).
    keys : list of str
        Columns that say which rows belong together.
    measures : dict of str to str
        The columns to summarise, and what to call them.

    Returns
    -------
    DataFrame
        A row per group: `keys`, `seeds` (how many), `collapsed` (how many of these did), and for each measure `X`,
        `X_seed_std`, `X_low`, `X_high`.
    """
    rows = []
    for key, group in frame.groupby(keys, dropna=False, sort=False):
        fell = group.collapsed.eq(True) if "collapsed" in group else pd.Series(False, group.index)
        row = dict(zip(keys, key)) | {"seeds": group.run.nunique(), "collapsed": group.run[fell].nunique()}
        group = group if fell.all() else group[~fell]
        for column, name in measures.items():
            found = interval(group[column].astype(float), within=RANGES.get(column, ANY))
            row |= {name: found["mean"], f"{name}_seed_std": found["std"]}
            row |= {f"{name}_low": found["low"], f"{name}_high": found["high"]}
        rows.append(row)
    spread = [f"{name}{part}" for name in measures.values() for part in ("", "_seed_std", "_low", "_high")]
    return pd.DataFrame(rows, columns=[*keys, "seeds", "collapsed", *spread])
