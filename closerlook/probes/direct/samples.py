"""Samples of points: the same ones in every layer and state of a task, so that what is compared is paired."""

import hashlib
from dataclasses import dataclass

import numpy as np

# What `geometry.measure` gives of each sample, beside its `points`; files have these as `NAME_0`, `NAME_1`, ...
OF_EACH = ("labels", "cluster_classes", "distance_vector", "min_distances", "overlapping", "n_overlapping", "radius")


@dataclass(frozen=True)
class Sample:
    """Which points of a space to look at, instead of all.

    Attributes
    ----------
    points : int
        How many; a space of no more is taken whole, once.
    repeats : int
        How many samples.
    seed : int
    task : str
        What the points are: samples depend on it, on the seed, on the repeat and on the labels, and on nothing else.
    """

    points: int
    repeats: int = 5
    seed: int = 0
    task: str = ""

    @classmethod
    def asked(cls, given, task, split, summaries=()):
        """The sample of a task's split that a config asks for, None if for none; `summaries`: those of all tasks."""
        if given and given["points"] == "smallest":
            given = given | {"points": min(summary["splits"][split]["n_targets"] for summary in summaries)}
        return cls(**given, task=task) if given else None

    def rows(self, y):
        """The points of each sample, ascending, (repeats, points); None where the space is taken whole.

        Every label has as many as its share of all points, and at least one where there are as many as labels.
        """
        if len(y) <= self.points:
            return None
        classes, label = np.unique(y, return_inverse=True)
        counts = shares(np.bincount(label), self.points)
        members = [np.flatnonzero(label == k) for k in range(len(classes))]
        name = int.from_bytes(hashlib.sha256(self.task.encode()).digest()[:8], "big")
        rows = []
        for repeat in range(self.repeats):
            rng = np.random.default_rng([self.seed, repeat, name])
            drawn = [rng.permutation(some)[:count] for some, count in zip(members, counts)]
            rows.append(np.sort(np.concatenate(drawn)))
        return np.array(rows)


def shares(counts, points):
    """How many points of each label make a sample, int array (k,), given how many there are (k,)."""
    counts, found = np.asarray(counts), np.zeros(len(counts), int)
    open_ = np.ones(len(counts), bool)  # labels that are to have their share, the others having one point
    while points >= len(counts) and (few := open_ & (counts * (points - found.sum()) < counts[open_].sum())).any():
        found[few], open_ = 1, open_ & ~few
    found[open_], rest = np.divmod(counts[open_] * (points - found.sum()), counts[open_].sum())
    most = np.argsort(-rest, kind="stable")[: points - found.sum()]  # of what the rounding leaves
    found[np.flatnonzero(open_)[most]] += 1
    return found


def parts(arrays):
    """What `geometry.measure` found in each sample, with its `points`; in a space taken whole, what it found there."""
    n = len(arrays["samples"]) if "samples" in arrays else 0
    found = [{name: arrays[f"{name}_{i}"] for name in OF_EACH} for i in range(n)]
    return [part | {"points": points} for part, points in zip(found, arrays["samples"])] if n else [arrays]


def over_samples(values):
    """Mean and standard deviation over samples.

    Parameters
    ----------
    values : sequence of float or None
        One for each sample; of a space that was taken whole there is one.

    Returns
    -------
    mean : float or None
        Of one value, that value; None where a sample lacks one.
    spread : float or None
        Of a sample of samples (n - 1); None where there is one only.
    """
    values = list(values)
    if len(values) == 1:
        return values[0], None
    if any(value is None or np.isnan(value) for value in values):
        return None, None
    return float(np.mean(values)), float(np.std(values, ddof=1))
