"""What the paper says of fine-tuning, and the pairs of the user's grid that speak for or against it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.spaces import last_layer
from closerlook.statistics.intervals import ANY

PAIRS = ("claim", "model", "task", "run", "label", "value")
AGAINST = "meets another label after fine-tuning, and none before"
WITHOUT = {  # whether a label has no distance before, and after: then it meets another
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
    within: tuple[float, float] = ANY  # what a difference can be


CLAIMS = (
    Claim(
        "accuracy", "Fine-tuning improves accuracy.",
        "Test accuracy of the classifier probe in the last layer, fine-tuned minus original, for every model, task and "
        "seed.", "points", 1, _accuracy, (-100, 100),
    ),
    Claim(
        "train_test_similarity", "Fine-tuning makes train and test drift apart.",
        "Spatial similarity of the training and the test split in the last layer, fine-tuned minus original, for every "
        "model, task and seed; where every label is one cluster in both splits.",
        "similarity", -1, _train_test, (-2, 2),
    ),
    Claim(
        "clusters", "Fine-tuning lowers the number of clusters.",
        "Binary logarithm of the number of DirectProbe's clusters in the last layer, fine-tuned minus original (-1 is "
        "half as many), for every model, task and seed with more clusters before than labels and conflicts demand.",
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
        "Spearman's correlation of the layer with how far the labels' centroids move, relative to its vectors' length; "
        "for every model, task and seed with at least three layers.", "correlation", 1, _layers, (-1, 1),
    ),
    Claim(
        "geometry", "Fine-tuning keeps the geometry of the labels.",
        "Similarity (Pearson) of the last layer's label distances to those before fine-tuning, minus 0.5 (all of the "
        "paper's lie above that); for every model, task and seed with at least six pairs of labels that are apart.",
        "above 0.5", 1, _geometry, (-1.5, 0.5),
    ),
    Claim(
        "transfer", "Fine-tuning on a related task helps more than on an opposing one.",
        "Probe accuracy in the last layer after fine-tuning on related tasks minus that after opposing ones, for every "
        "model, probed task and seed; `related_tasks` and `opposing_tasks` of the config say which are which.",
        "points", 1, _transfer, (-100, 100),
    ),
)  # fmt: skip


def claim_pairs(spaces, labels, movement, related, opposing):
    """What the claims are tested on: a row per pair. Parameters as for `claims`."""
    study, frames = Study(spaces, labels, movement, related, opposing), []
    for claim in CLAIMS:
        pairs, known = pairs_of(claim, study)
        if known.any():
            frames.append(pairs[known].reindex(columns=list(PAIRS)))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PAIRS))


def pairs_of(claim, study):
    """All pairs of a claim, and which of them have a value."""
    pairs = claim.pairs(study).assign(claim=claim.name)
    return pairs, np.isfinite(pairs.value.astype(float))
