"""What the paper says of fine-tuning, as tests over the user's grid."""

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.claim_pairs import AGAINST, CLAIMS, Study, pairs_of
from closerlook.analysis.intervals import interval

ALPHA = 0.05
FLIPS = 20_000  # sign flips drawn where not all can be enumerated
LEAST = 3  # cells of a test: what only two have in common may be chance
SHOWN = 12  # exceptions that are named
COLUMNS = ("claim", "statement", "definition", "unit", "verdict", "effect", "ci_low", "ci_high", "d", "n", "cells",
           "share", "p", "p_adjusted", "p_cells", "exceptions", "undefined")  # fmt: skip


def claims(spaces, labels, movement, related, opposing):
    """Test every claim.

    Parameters
    ----------
    spaces, labels, movement, related, opposing
        As `Study` has them.

    Returns
    -------
    DataFrame
        A row per claim, of `n` pairs in a number of `cells`, combinations of model and task. The seeds of a cell share
        its original space, and its labels one space, so pairs of one cell are not independent evidence: all is
        computed from the mean of each cell. `effect`: the mean of these, with a 95 % interval (`interval`); `d`, the
        same in standard deviations; `share` of the pairs in the claimed direction. `p`: Student's test, two-sided, of
        three cells or more; `p_adjusted` for the number of claims (Holm). `verdict`: `supported` or `contradicted`
        where it is below 0.05, else `too little data`. `p_cells`: the same by sign flips, which assumes only that
        chance favours no direction, and cannot be below 0.05 for fewer than six cells.
        `exceptions`: list of the cells (or labels) whose mean goes in the other direction, and of labels that no
        longer have a distance, because they meet another; these count in the test as the largest change that any label
        shows, against the claim. `undefined`: list of other labels without a value, and why.
    """
    study, rows = Study(spaces, labels, movement, related, opposing), []
    for claim in CLAIMS:
        pairs, known = pairs_of(claim, study)
        rows.append(_test(claim, pairs[known], pairs[~known]))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "towards"])
    table["p_adjusted"] = holm(table.p.to_numpy(float))
    certain, towards = table.p_adjusted < ALPHA, table.pop("towards")
    table["verdict"] = np.select([certain & (towards > 0), certain], ["supported", "contradicted"], "too little data")
    return table


def _test(claim, pairs, without):
    found = interval(pairs.groupby(["model", "task"]).value.mean(), within=claim.within)
    lost = without[without.reason == AGAINST] if "reason" in without else without[:0]
    most = pairs.value.abs().max() if len(pairs) else np.nan
    tested = pd.concat([pairs, lost.assign(value=-claim.sign * most)]) if len(lost) else pairs
    cells = tested.groupby(["model", "task"]).value.mean()
    by = [name for name in ("model", "task", "label") if name in pairs]
    means = pairs.groupby(by).value.mean()
    against = means[means * claim.sign < 0].sort_values(key=lambda v: -v.abs())
    named = [f"{' / '.join(map(str, key))} ({value:+.3g})" for key, value in against.items()]
    return {
        "claim": claim.name, "statement": claim.statement, "definition": claim.definition, "unit": claim.unit,
        "effect": found["mean"], "ci_low": found["low"], "ci_high": found["high"],
        "d": found["mean"] / found["std"] if found["std"] > 0 else np.nan,
        "n": len(pairs), "cells": len(cells),
        "share": (pairs.value * claim.sign > 0).mean() if len(pairs) else np.nan,
        "p": students(cells) if len(cells) >= LEAST else np.nan, "p_cells": sign_flips(cells),
        "towards": cells.mean() * claim.sign,
        "exceptions": _some(_reasons(without, AGAINST) + named), "undefined": _some(_reasons(without)),
    }  # fmt: skip


def _reasons(pairs, only=None):
    """Labels without a value, and why: for one reason, or for any that does not count against the claim."""
    rows = pairs.dropna(subset=["reason"]) if "reason" in pairs else pairs[:0]
    wanted = (row for row in rows.itertuples() if (row.reason == only if only else row.reason != AGAINST))
    return [f"{row.model} / {row.task} / {row.label} ({row.reason})" for row in wanted]


def _some(names):
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return names[:SHOWN] + more


def students(values):
    """Two-sided p value of the mean by Student's test; by sign flips where all values are equal, up to rounding."""
    spread = interval(values)["std"]
    return float(stats.ttest_1samp(values, 0).pvalue) if spread > 0 else sign_flips(values)


def sign_flips(values):
    """Two-sided p value of the mean of paired differences, under random signs; NaN for fewer than two finite ones."""
    x = np.asarray(values, float)
    if len(x) < 2 or not np.isfinite(x).all():
        return np.nan
    test = stats.permutation_test(
        (x,), _mean, permutation_type="samples", n_resamples=FLIPS, vectorized=True, alternative="two-sided", rng=0
    )
    return float(test.pvalue)


def _mean(x, axis):
    return x.mean(axis=axis)


def holm(p):
    """p values adjusted for their number (Holm, 1979); missing ones do not count."""
    p = np.asarray(p, float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))))
    return adjusted
