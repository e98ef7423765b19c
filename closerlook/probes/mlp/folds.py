"""Which samples to train a candidate on, and which to score it by."""

import warnings

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split


def folds(y, cv, seed):
    """Split samples for the selection of a candidate.

    Parameters
    ----------
    y : (n,) int
        Label ids from 0.
    cv : int
        Stratified folds; 1 is one stratified hold-out of 20 %.
    seed : int

    Returns
    -------
    list of (kept, held)
        Sample indices, ascending. A label with fewer samples than folds is absent from some; a label with one
        sample is never held out by the hold-out. Where there are fewer held-out samples than labels, the hold-out is
        not stratified.

    Raises
    ------
    ValueError
        Fewer samples than folds.
    """
    if len(y) < max(cv, 2):
        raise ValueError(f"cv={cv} needs at least {max(cv, 2)} samples to select a candidate by, got {len(y)}.")
    if cv == 1:
        return [_hold_out(y, seed)]
    kind = StratifiedKFold if np.bincount(y).max() >= cv else KFold  # no label has a sample for every fold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # labels with fewer samples than folds: `rare` tells
        return list(kind(cv, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def rare(y, splits):
    """The ids of the labels that some part of the splits of `folds` lacks, kept or held."""
    return np.unique([label for split in splits for part in split for label in np.setdiff1d(y, y[part])]).astype(int)


def _hold_out(y, seed):
    counts = np.bincount(y)[y]
    single, rest = np.flatnonzero(counts < 2), np.flatnonzero(counts >= 2)
    if len(rest) < 2:
        single, rest = rest, np.arange(len(y))
    most = max(len(rest) // 2, 1)  # where most samples cannot be held out, less than a fifth
    size = min(max(round(0.2 * len(y)), 1), most)
    try:
        kept, held = train_test_split(rest, test_size=size, random_state=seed, stratify=y[rest])
    except ValueError:  # fewer held-out samples than labels
        kept, held = train_test_split(rest, test_size=size, random_state=seed)
    return np.sort(np.concatenate([kept, single])), np.sort(held)
