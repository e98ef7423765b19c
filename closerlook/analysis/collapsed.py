"""Runs that collapsed: on their own task, what could be read off the original can no longer be read."""

import numpy as np
import pandas as pd

SURE = 1.96  # standard errors; below this, a difference may be chance
CELL = ("model", "recipe", "tuned_on", "task", "layer")  # of a mean over seeds


def has_collapsed(frame, last):
    """Which rows of `spaces` are of a run that collapsed.

    A run has collapsed if, on its own task in the last layer, neither the probe's accuracy nor the linear readout's is
    above the share of the most frequent label by more than chance, while one of the original's is.

    Parameters
    ----------
    frame, last : DataFrame
        All spaces, and those of the last layer (see `closerlook.analysis.spaces.last_layer`).

    Returns
    -------
    Series of object
        True in every layer and for every probed task of such a run, False for other runs, None for the originals.
    """
    before, own = last[last.tuned_on.isna()], last[last.tuned_on == last.task]
    before = before[tells(before)]
    told = set(zip(before.model, before.task))
    fallen = own[guesses(own) & np.array([cell in told for cell in zip(own.model, own.task)], bool)]
    return _among(frame, _runs(fallen)).astype(object).where(frame.run.notna(), None)


def guesses(rows):
    """In which rows of `spaces` neither probe nor linear readout beats the most frequent label by more than chance."""
    probe, linear, most = _scores(rows)
    return ((probe <= most) & ~(linear > most)).to_numpy(bool)


def tells(rows):
    """In which rows of `spaces` the probe, or a linear readout, beats the most frequent label by more than chance."""
    probe, linear, most = _scores(rows)
    return ((probe > most) | (linear > most)).to_numpy(bool)


def kept(frame, spaces):
    """Which rows of a table count in means over seeds.

    A run that collapsed (see `has_collapsed`) does not, where another run of the same model, recipe and task is in the
    table that did not collapse. If all collapsed, that is the result, and all count.

    Parameters
    ----------
    frame : DataFrame
        A table of the study, or some rows of it, with columns `model`, `run`, and `tuned_on` or (where runs are looked
        at on their own task only) `task`: `spaces`, `labels`, `movement`, `similarity`, `hulls`, `memorisation`, ….
        Runs are compared within what it has of (model, recipe, tuned_on, task, layer).
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it: its column `collapsed` says which runs did. If `frame` has
        gone through `closerlook.analysis.runs.apart`, so must this.

    Returns
    -------
    Series of bool
        With the index of `frame`; True for all rows of originals.

    Examples
    --------
    >>> mean = last[kept(last, spaces)].groupby(["model", "task"]).accuracy.mean()
    """
    fell = _among(frame, _runs(spaces[spaces.collapsed.eq(True)]))
    stands = (frame.run.notna() & ~fell).groupby([frame[name] for name in CELL if name in frame], dropna=False)
    return ~(fell & stands.transform("any").astype(bool))


def _scores(rows):
    """Accuracy of the probe and of a linear readout, and the most that guessing the most frequent label may reach."""
    numbers = rows[["accuracy", "linear_accuracy", "majority", "n_test"]].astype(float)
    share = numbers.majority / 100
    most = numbers.majority + 100 * SURE * np.sqrt(share * (1 - share) / numbers.n_test)
    return numbers.accuracy, numbers.linear_accuracy, most


def _runs(frame):
    """(model, tuned on, run) of each row."""
    return list(zip(frame.model, frame["tuned_on" if "tuned_on" in frame else "task"], frame.run))


def _among(frame, runs):
    """Which rows are of one of some runs."""
    wanted = set(runs)
    return pd.Series([run in wanted for run in _runs(frame)], frame.index, bool)
