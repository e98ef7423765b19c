"""What the paper says of fine-tuning, as tests over a grid of one's own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.intervals import interval

ALPHA = 0.05
FLIPS = 20_000  # sign flips drawn where not all can be enumerated
SHOWN = 12  # exceptions that are named
PAIRS = ("claim", "model", "task", "seed", "label", "value")
COLUMNS = ("claim", "statement", "definition", "unit", "verdict", "effect", "ci_low", "ci_high", "d", "n", "cells",
           "share", "p", "p_adjusted", "p_cells", "exceptions")  # fmt: skip


@dataclass(frozen=True)
class Study:
    """The tables that the claims are tested on; each as its module writes it."""

    spaces: pd.DataFrame
    labels: pd.DataFrame
    movement: pd.DataFrame
    related: list  # of (fine-tuned on, probed on)
    opposing: list

    @property
    def last(self):
        """Spaces of the last layer."""
        return self.spaces[(self.spaces.layer == self.spaces.depth) & self.spaces.step.isna()]

    def changes(self, column, rows=None):
        """Fine-tuned minus original of a column of the last layer's spaces, by (model, task, seed)."""
        last = self.last if rows is None else rows
        before = last[last.tuned_on.isna()].set_index(["model", "task"])[column].astype(float)
        own = last[last.tuned_on == last.task]
        start = before.reindex(pd.MultiIndex.from_frame(own[["model", "task"]]))
        return own[["model", "task", "seed"]].assign(value=own[column].astype(float).to_numpy() - start.to_numpy())


def _accuracy(study):
    return study.changes("accuracy")


def _train_test(study):
    last = study.last
    defined = (last.is_linear == True) & (last.test_is_linear == True)  # noqa: E712 (missing is not true)
    return study.changes("similarity", last.assign(similarity=last.train_test_similarity.astype(float).where(defined)))


def _clusters(study):
    last = study.last
    before = last[last.tuned_on.isna()]
    excess = before.n_clusters.astype(float) - before.n_labels - 2 * before.conflicts.astype(float)
    wanted = set(map(tuple, before[excess > 0][["model", "task"]].to_numpy()))
    kept = np.array([cell in wanted for cell in zip(last.model, last.task)], bool)
    return study.changes("size", last.assign(size=np.log2(last.n_clusters.astype(float)))[kept])


def _distances(study):
    depth = study.spaces.groupby("model").depth.first()
    labels = study.labels.dropna(subset=["min_distance"])
    labels = labels[labels.layer == labels.model.map(depth)]
    keys = ["model", "task", "label"]
    before = np.log2(labels[labels.tuned_on.isna()].set_index(keys).min_distance)
    own = labels[labels.tuned_on == labels.task]
    after = np.log2(own.set_index(keys).min_distance).groupby(keys).mean()
    return (after - before).dropna().rename("value").reset_index()


def _layers(study):
    mean = study.movement.groupby(["model", "task", "seed", "layer"]).relative_length.mean().reset_index()
    rows = []
    for (model, task, seed), group in mean.groupby(["model", "task", "seed"]):
        enough = len(group) > 2 and group.relative_length.nunique() > 1
        rho = stats.spearmanr(group.layer, group.relative_length).statistic if enough else np.nan
        rows.append({"model": model, "task": task, "seed": seed, "value": rho})
    return pd.DataFrame(rows, columns=["model", "task", "seed", "value"])


def _geometry(study):
    own = study.last[study.last.tuned_on == study.last.task]
    known = own.original_similarity.astype(float).where(own.original_pairs >= 3)
    return own[["model", "task", "seed"]].assign(value=known - 0.5)


def _transfer(study):
    last = study.last
    groups = {}
    for kind, pairs in (("related", study.related), ("opposing", study.opposing)):
        wanted = np.array([[t, p] in pairs for t, p in zip(last.tuned_on, last.task)], bool)
        groups[kind] = last[wanted].astype({"accuracy": float}).groupby(["model", "task", "seed"]).accuracy.mean()
    return (groups["related"] - groups["opposing"]).dropna().rename("value").reset_index()


@dataclass(frozen=True)
class Claim:
    """A statement of the paper: its pairs are differences, whose sign it predicts."""

    name: str
    statement: str
    definition: str
    unit: str
    sign: int
    pairs: Callable


CLAIMS = (
    Claim(
        "accuracy", "Fine-tuning improves accuracy.",
        "Test accuracy of the classifier probe in the last layer, fine-tuned minus original, for every model, task and "
        "seed.", "points", 1, _accuracy,
    ),
    Claim(
        "train_test_similarity", "Fine-tuning makes train and test drift apart.",
        "Spatial similarity of the training and the test split in the last layer, fine-tuned minus original, for every "
        "model, task and seed; where every label is one cluster in both splits.", "similarity", -1, _train_test,
    ),
    Claim(
        "clusters", "Fine-tuning lowers the number of clusters.",
        "Binary logarithm of the number of DirectProbe's clusters in the last layer, fine-tuned minus original (-1 is "
        "half as many), for every model, task and seed that had more than its labels and conflicts demand.",
        "doublings", -1, _clusters,
    ),
    Claim(
        "label_distances", "Fine-tuning pushes the labels apart.",
        "Binary logarithm of a label's smallest distance to any other in the last layer, training split, fine-tuned "
        "minus original (1 is twice as far), for every model, task and label; mean over seeds.",
        "doublings", 1, _distances,
    ),
    Claim(
        "layers", "Fine-tuning changes higher layers more than lower ones.",
        "Spearman's correlation of the layer with the mean way of the labels' centroids, relative to its vectors; "
        "for every model, task and seed with at least three layers.", "correlation", 1, _layers,
    ),
    Claim(
        "geometry", "Fine-tuning keeps the geometry of the labels.",
        "Similarity (Pearson) of the last layer's label distances to those before fine-tuning, minus 0.5, above which "
        "all of the paper's are; for every model, task and seed with at least three pairs of labels.",
        "above 0.5", 1, _geometry,
    ),
    Claim(
        "transfer", "Fine-tuning on a related task helps more than on an opposing one.",
        "Probe accuracy in the last layer after fine-tuning on related tasks minus that after opposing ones, for every "
        "model, probed task and seed; `related_tasks` and `opposing_tasks` of the config say which are which.",
        "points", 1, _transfer,
    ),
)  # fmt: skip


def claims(study):
    """Test every claim.

    Parameters
    ----------
    study : Study

    Returns
    -------
    table : DataFrame
        A row per claim. `effect`: the mean over its `n` pairs, with a 95 % interval (`interval`); `d`, the same in
        standard deviations; `share` of the pairs in the claimed direction; `cells`, combinations of model and task.
        `p`: two-sided permutation test of the mean by sign flips, exact up to 14 pairs; `p_adjusted` for the number of
        claims (Holm). `verdict`: `supported` or `contradicted` where it is below 0.05, else `too little data`. The
        seeds of one cell share its original space, and labels one space, so that these speak of this grid; `p_cells` is
        the same test over the cells' means, which asks whether it would hold for other models and tasks too.
        `exceptions`: cells (or labels) whose mean goes the other way.
    pairs : DataFrame
        A row per pair.
    """
    rows, frames = [], []
    for claim in CLAIMS:
        pairs = claim.pairs(study).dropna(subset=["value"]).assign(claim=claim.name)
        frames.append(pairs.reindex(columns=list(PAIRS)))
        rows.append(_test(claim, pairs))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["p_adjusted"] = holm(table.p.to_numpy(float))
    signs = table.claim.map({claim.name: claim.sign for claim in CLAIMS})
    certain = table.p_adjusted < ALPHA
    table["verdict"] = np.select(
        [certain & (table.effect * signs > 0), certain], ["supported", "contradicted"], "too little data"
    )
    frames = [frame for frame in frames if len(frame)]
    return table, pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PAIRS))


def _test(claim, pairs):
    found = interval(pairs.value)
    cells = pairs.groupby(["model", "task"]).value.mean()
    by = [name for name in ("model", "task", "label") if name in pairs]
    means = pairs.groupby(by).value.mean()
    against = means[means * claim.sign < 0].sort_values(key=lambda v: -v.abs())
    named = [f"{' / '.join(map(str, key))} ({value:+.3g})" for key, value in against.items()]
    more = [f"and {len(named) - SHOWN} more"] if len(named) > SHOWN else []
    return {
        "claim": claim.name, "statement": claim.statement, "definition": claim.definition, "unit": claim.unit,
        "effect": found["mean"], "ci_low": found["low"], "ci_high": found["high"],
        "d": found["mean"] / found["std"] if found["std"] > 0 else np.nan,
        "n": found["n"], "cells": len(cells),
        "share": (pairs.value * claim.sign > 0).mean() if len(pairs) else np.nan,
        "p": sign_flips(pairs.value), "p_cells": sign_flips(cells),
        "exceptions": "; ".join(named[:SHOWN] + more) or None,
    }  # fmt: skip


def sign_flips(values):
    """Two-sided p value of the mean of paired differences, under random signs; NaN for fewer than two."""
    x = np.asarray(values, float)
    if len(x) < 2:
        return np.nan
    test = stats.permutation_test(
        (x,), _mean, permutation_type="samples", n_resamples=FLIPS, vectorized=True, alternative="two-sided", rng=0
    )
    return float(test.pvalue)


def _mean(x, axis):
    return x.mean(axis=axis)


def holm(p):
    """p values adjusted for how many they are (Holm, 1979); missing ones do not count."""
    p = np.asarray(p, float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))))
    return adjusted
