"""What the paper says of fine-tuning, as tests over a grid of one's own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.intervals import interval
from closerlook.analysis.spaces import last_layer

ALPHA = 0.05
FLIPS = 20_000  # sign flips drawn where not all can be enumerated
LEAST = 3  # cells of a test: what two have in common may be chance
SHOWN = 12  # exceptions that are named
PAIRS = ("claim", "model", "task", "run", "label", "value")
COLUMNS = ("claim", "statement", "definition", "unit", "verdict", "effect", "ci_low", "ci_high", "d", "n", "cells",
           "share", "p", "p_adjusted", "p_cells", "exceptions", "undefined")  # fmt: skip


AGAINST = "meets another label after fine-tuning, and none before"
WITHOUT = {  # whether a label has no distance before, and after: it meets another then
    (False, True): AGAINST,
    (True, False): "meets another label before fine-tuning, and none after",
    (True, True): "meets another label before and after fine-tuning",
}


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
        return last_layer(self.spaces)

    def changes(self, column, rows=None):
        """Fine-tuned minus original of a column of the last layer's spaces, by (model, task, run)."""
        last = self.last if rows is None else rows
        before = last[last.tuned_on.isna()].set_index(["model", "task"])[column].astype(float)
        own = last[last.tuned_on == last.task]
        start = before.reindex(pd.MultiIndex.from_frame(own[["model", "task"]]))
        return own[["model", "task", "run"]].assign(value=own[column].astype(float).to_numpy() - start.to_numpy())


def _accuracy(study):
    return study.changes("accuracy")


def _train_test(study):
    last = study.last
    defined = (last.is_linear == True) & (last.test_is_linear == True)  # noqa: E712 (missing is not true)
    return study.changes("similarity", last.assign(similarity=last.train_test_similarity.astype(float).where(defined)))


def _clusters(study):
    last = study.last
    before = last[last.tuned_on.isna()]
    excess = before.n_clusters.astype(float) - before.get("fewest_clusters", before.n_labels).astype(float)
    wanted = set(map(tuple, before[excess > 0][["model", "task"]].to_numpy()))
    kept = np.array([cell in wanted for cell in zip(last.model, last.task)], bool)
    return study.changes("size", last.assign(size=np.log2(last.n_clusters.astype(float)))[kept])


def _distances(study):
    last = study.last.groupby("model").layer.first()
    labels = study.labels[study.labels.layer == study.labels.model.map(last)]
    keys = ["model", "task", "label"]
    size = np.log2(labels.min_distance.astype(float).where(labels.min_distance > 0))  # labels that meet have none
    labels = labels.assign(value=size)
    before = labels[labels.tuned_on.isna()].set_index(keys).value
    after = labels[labels.tuned_on == labels.task].groupby(keys).value.agg(lambda seeds: seeds.mean(skipna=False))
    both = before.index.intersection(after.index)
    before, after = before[both], after[both]
    why = [WITHOUT.get(pair) for pair in zip(before.isna(), after.isna())]
    return (after - before).rename("value").reset_index().assign(reason=why)


def _layers(study):
    mean = study.movement.groupby(["model", "task", "run", "layer"]).relative_length.mean().reset_index()
    rows = []
    for (model, task, run), group in mean.groupby(["model", "task", "run"]):
        enough = len(group) > 2 and group.relative_length.nunique() > 1
        rho = stats.spearmanr(group.layer, group.relative_length).statistic if enough else np.nan
        rows.append({"model": model, "task": task, "run": run, "value": rho})
    return pd.DataFrame(rows, columns=["model", "task", "run", "value"])


def _geometry(study):
    own = study.last[study.last.tuned_on == study.last.task]
    return own[["model", "task", "run"]].assign(value=own.original_similarity.astype(float) - 0.5)


def _transfer(study):
    last = study.last
    groups = {}
    for kind, pairs in (("related", study.related), ("opposing", study.opposing)):
        wanted = np.array([[t, p] in pairs for t, p in zip(last.tuned_on, last.task)], bool)
        groups[kind] = last[wanted].astype({"accuracy": float}).groupby(["model", "task", "run"]).accuracy.mean()
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
        "Spearman's correlation of the layer with how far the labels' centroids move, relative to its vectors; "
        "for every model, task and seed with at least three layers.", "correlation", 1, _layers,
    ),
    Claim(
        "geometry", "Fine-tuning keeps the geometry of the labels.",
        "Similarity (Pearson) of the last layer's label distances to those before fine-tuning, minus 0.5, above which "
        "all of the paper's are; for every model, task and seed with at least six pairs of labels that are apart.",
        "above 0.5", 1, _geometry,
    ),
    Claim(
        "transfer", "Fine-tuning on a related task helps more than on an opposing one.",
        "Probe accuracy in the last layer after fine-tuning on related tasks minus that after opposing ones, for every "
        "model, probed task and seed; `related_tasks` and `opposing_tasks` of the config say which are which.",
        "points", 1, _transfer,
    ),
)  # fmt: skip


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
        its original space, and labels one space, so that pairs of one cell are no independent evidence: all is computed
        from the mean of each cell. `effect`: the mean of these, with a 95 % interval (`interval`); `d`, the same in
        standard deviations; `share` of the pairs in the claimed direction. `p`: Student's test, two-sided, of three
        cells or more; `p_adjusted` for the number of claims (Holm). `verdict`: `supported` or `contradicted` where it
        is below 0.05, else `too little data`. `p_cells`: the same by sign flips, which assumes only that chance knows
        no direction, and cannot be below 0.05 for fewer than six cells.
        `exceptions`: list of the cells (or labels) whose mean goes the other way, and of labels that have no distance
        any more, since they meet another; these count in the test as the largest change that any label shows, against
        the claim. `undefined`: list of other labels without a value, and why.
    """
    study, rows = Study(spaces, labels, movement, related, opposing), []
    for claim in CLAIMS:
        pairs, known = _pairs(claim, study)
        rows.append(_test(claim, pairs[known], pairs[~known]))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "towards"])
    table["p_adjusted"] = holm(table.p.to_numpy(float))
    certain, towards = table.p_adjusted < ALPHA, table.pop("towards")
    table["verdict"] = np.select([certain & (towards > 0), certain], ["supported", "contradicted"], "too little data")
    return table


def claim_pairs(spaces, labels, movement, related, opposing):
    """What the claims are tested on: a row per pair. Parameters as for `claims`."""
    study, frames = Study(spaces, labels, movement, related, opposing), []
    for claim in CLAIMS:
        pairs, known = _pairs(claim, study)
        if known.any():
            frames.append(pairs[known].reindex(columns=list(PAIRS)))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PAIRS))


def _pairs(claim, study):
    """All pairs of a claim, and which of them have a value."""
    pairs = claim.pairs(study).assign(claim=claim.name)
    return pairs, np.isfinite(pairs.value.astype(float))


def _test(claim, pairs, without):
    found = interval(pairs.groupby(["model", "task"]).value.mean())
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
    """Labels without a value, and why: for one reason, or for any but that it speaks against the claim."""
    rows = pairs.dropna(subset=["reason"]) if "reason" in pairs else pairs[:0]
    wanted = (row for row in rows.itertuples() if (row.reason == only if only else row.reason != AGAINST))
    return [f"{row.model} / {row.task} / {row.label} ({row.reason})" for row in wanted]


def _some(names):
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return names[:SHOWN] + more


def students(values):
    """Two-sided p value of the mean by Student's test; by sign flips where all values are the same, up to rounding."""
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
    """p values adjusted for how many they are (Holm, 1979); missing ones do not count."""
    p = np.asarray(p, float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))))
    return adjusted
