"""Tests of a mean, and their adjustment for how many there are."""

import numpy as np
from scipy import stats

FLIPS = 20_000  # sign flips drawn where not all can be enumerated


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
