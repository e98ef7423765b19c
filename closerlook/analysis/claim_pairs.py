"""What the paper says of fine-tuning, and the pairs of the user's grid that speak for or against it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.collapsed import kept
from closerlook.analysis.predictions import read_correct, read_sentences
from closerlook.analysis.spaces import last_layer
from closerlook.layout import FULL, ORIGINAL, Space, State, model_of, run_name
from closerlook.statistics.intervals import ANY

MOVED = 1e-3  # of the vectors' length: where no layer moved further, which one did most is rounding
ALIKE = 2.0  # points of accuracy, between recipes that are as good as each other
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
    correct: dict = field(default_factory=dict)  # of the last layer, as `closerlook.analysis.predictions` reads it
    sentences: dict = field(default_factory=dict)  # of each task's test examples
    fallen: list = field(default_factory=list)  # (model, task, run) of runs that collapsed and are left out
    contrasts: list = field(default_factory=list)  # of recipes: (one that tunes all weights, one that does not)

    @functools.cached_property
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

    @functools.cached_property
    def _recipes(self):
        tuned = self.spaces[self.spaces.run.notna()]
        return dict(zip(zip(tuned.model, tuned.task, tuned.run), tuned.recipe.astype(object)))

    def recipe(self, model, task, run):
        """The recipe of a run, of which a task is probed."""
        return str(self._recipes.get((model, task, run)))

    def right(self, model, state, task):
        """Which test examples each repeat of the probe got right in the last layer, (repeats, n); None if not known."""
        layer = self.last.layer[self.last.model == model]
        name = model_of(model)
        return self.correct.get(Space(name, State.parse(state), task, int(layer.iloc[0]))) if len(layer) else None


def _accuracy(study):
    return study.changes("accuracy")


def _accuracies(study, model, task, runs):
    before = study.right(model, ORIGINAL, task)
    after = [study.right(model, str(State(task, run)), task) for run in runs]
    return _differences(after, [before] * len(after))


def _differences(after, before):
    """In points, (S, repeats, n); None where something is not known."""
    shapes = {None if each is None else each.shape for each in (*after, *before)}
    if None in shapes or len(shapes) > 1:
        return None
    return 100 * (np.stack(after).astype(float) - np.stack(before))


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
    size = labels.relative_distance.astype(float)
    labels = labels.assign(value=np.log2(size.where(size > 0)))  # labels that meet have none
    before = labels[labels.tuned_on.isna()].set_index(keys).value
    after = labels[labels.tuned_on == labels.task].set_index(keys)[["run", "value"]]
    after = after[after.index.isin(before.index)]
    old, lost = before[after.index], after.value.isna().groupby(keys).transform("any")  # in any run
    why = [WITHOUT.get(pair) for pair in zip(old.isna(), lost)]
    after["value"] = (after.value - old.to_numpy()).where(~lost)
    return after.assign(reason=why).reset_index()


def _layers(study):
    mean = study.movement.groupby(["model", "task", "run", "layer"]).relative_length.mean().reset_index()
    rows = []
    for (model, task, run), group in mean.groupby(["model", "task", "run"]):
        enough = len(group) > 2 and group.relative_length.nunique() > 1 and group.relative_length.max() >= MOVED
        rho = stats.spearmanr(group.layer, group.relative_length).statistic if enough else np.nan
        rows.append({"model": model, "task": task, "run": run, "value": rho})
    return pd.DataFrame(rows, columns=["model", "task", "run", "value"])


def _geometry(study):
    own = study.last[study.last.tuned_on == study.last.task]
    found = own[["original_similarity", "original_floor", "original_ceiling"]].astype(float)
    # of the ceiling each run has the mean over its pairs: as pseudo-values, since every pair is of two runs
    families = [own.model, own.task, own.recipe]
    ceiling = 2 * found.original_ceiling - found.original_ceiling.groupby(families, dropna=False).transform("mean")
    middle = (found.original_floor + ceiling) / 2
    return own[["model", "task", "run"]].assign(value=found.original_similarity - middle)


def _helped(study):
    """Spaces of the last layer after tuning on a related task, and on an opposing one; runs by their seed, if known."""
    pairs = [list(pair) for pair in zip(study.last.tuned_on, study.last.task)]
    rows = zip(study.last.recipe, study.last.seed, study.last.run)
    runs = [run if pd.isna(seed) else run_name(FULL if pd.isna(r) else r, int(seed)) for r, seed, run in rows]
    last = study.last.assign(run=runs)  # brought runs have names of their own
    return [last[np.array([pair in wanted for pair in pairs], bool)] for wanted in (study.related, study.opposing)]


def _transfer(study):
    keys = ["model", "task", "run"]
    related, opposing = (rows.astype({"accuracy": float}).groupby(keys).accuracy.mean() for rows in _helped(study))
    return (related - opposing).dropna().rename("value").reset_index()


def _transferred(study, model, task, runs):
    sides = []
    for rows in _helped(study):
        rows = rows[(rows.model == model) & (rows.task == task)]
        found = [[study.right(model, state, task) for state in rows.state[rows.run == run]] for run in runs]
        if any(each is None for some in found for each in some) or len({e.shape for some in found for e in some}) > 1:
            return None
        sides.append([np.mean(some, axis=0) for some in found])
    return _differences(*sides)


def _recipes(study):
    """Runs of two recipes with the same seed: how much further the first moved the labels, where it is no better."""
    own = study.last[study.last.tuned_on == study.last.task].dropna(subset=["seed", "accuracy"])
    top = study.movement.model.map(study.last.groupby("model").layer.first())
    keys = ["model", "task", "run"]
    moved = study.movement[study.movement.layer == top].groupby(keys).relative_length.mean().rename("moved")
    own, frames = own.merge(moved.reset_index(), on=keys), []
    for full, other in study.contrasts:
        one, two = (own[own.recipe == recipe].astype({"accuracy": float}) for recipe in (full, other))
        both = two.merge(one, on=["model", "task", "seed"], suffixes=("", "_full"))
        gained = (both.accuracy - both.accuracy_full).groupby([both.model, both.task]).transform("mean")
        why = gained.map(lambda points: f"accuracy differs by {points:+.1f} points", na_action="ignore")
        why = why.where(gained.abs() > ALIKE, "moves nothing")
        known = (gained.abs() <= ALIKE) & (both.moved > 0) & (both.moved_full > 0)
        value = np.log2((both.moved_full / both.moved).where(known))
        frames.append(both[keys].assign(label=f"{full} and {other}", value=value, reason=why.where(~known, None)))
    return pd.concat(frames) if frames else pd.DataFrame(columns=[*keys, "label", "value", "reason"])


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
    scores: Callable | None = None  # the same by run, repeat of the probe and test example
    counts: bool = False  # what it compares are counts, which may be equal by chance


CLAIMS = (
    Claim(
        "accuracy", "Fine-tuning improves accuracy.",
        "Test accuracy of the classifier probe in the last layer, fine-tuned minus original, for every model, task and "
        "seed.", "points", 1, _accuracy, (-100, 100), _accuracies,
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
        "doublings", -1, _clusters, counts=True,
    ),
    Claim(
        "label_distances", "Fine-tuning pushes the labels apart.",
        "Binary logarithm of a label's smallest distance to any other in the last layer, training split, relative to "
        "the space's root mean square radius, fine-tuned minus original (1 is twice as far), for every model, task, "
        "seed and label.",
        "doublings", 1, _distances,
    ),
    Claim(
        "layers", "Fine-tuning changes higher layers more than lower ones.",
        "Spearman's correlation of the layer with how far the labels' centroids move, relative to its vectors' length; "
        "for every model, task and seed with at least three layers of which one moved by a thousandth.",
        "correlation", 1, _layers, (-1, 1),
    ),
    Claim(
        "geometry", "Fine-tuning keeps the geometry of the labels.",
        "Similarity (Pearson) of the last layer's label distances to those before fine-tuning, above the middle "
        "between what permuted labels give (1 in 20) and what two seeds give to each other: above zero, a tuned space "
        "is more like its original than unlike it. For every model, task and seed with at least six pairs of labels "
        "that are apart, where there are two seeds. (The paper's bound is a similarity of 0.5.)",
        "similarity", 1, _geometry, (-2, 2),
    ),
    Claim(
        "transfer", "Fine-tuning on a related task helps more than on an opposing one.",
        "Probe accuracy in the last layer after fine-tuning on related tasks minus that after opposing ones, for every "
        "model, probed task and seed; `related_tasks` and `opposing_tasks` of the config say which are which.",
        "points", 1, _transfer, (-100, 100), _transferred,
    ),
    Claim(
        "recipes", "Tuning all weights moves the space further, at the same accuracy.",
        "Binary logarithm of how far the labels' centroids move in the last layer, relative to its vectors' length, "
        "when all weights are tuned, over how far they move when a few are (1 is twice as far); for every model, task, "
        "seed and recipe of `recipes` that does not tune all (LoRA, the top layers), where the probe's accuracies of "
        "the two differ by at most 2 points, mean over seeds.",
        "doublings", 1, _recipes,
    ),
)  # fmt: skip


def study_of(spaces, labels, movement, related, opposing, contrasts=(), predictions=(), sentences=()):
    """The study of some tables, and of files with predictions and sentences, without runs that collapsed."""
    stays = kept(spaces, spaces)
    gone = spaces[~stays & (spaces.tuned_on == spaces.task)]
    return Study(
        spaces[stays], labels[kept(labels, spaces)], movement[kept(movement, spaces)], related, opposing,
        read_correct(predictions), read_sentences(sentences),
        list(dict.fromkeys(zip(gone.model, gone.task, gone.run))), list(contrasts),
    )  # fmt: skip


def claim_pairs(spaces, labels, movement, related, opposing, contrasts=()):
    """What the claims are tested on: a row per pair. Parameters as for `Study`."""
    study, frames = study_of(spaces, labels, movement, related, opposing, contrasts), []
    for claim in CLAIMS:
        pairs, known = pairs_of(claim, study)
        if known.any():
            frames.append(pairs[known].reindex(columns=list(PAIRS)))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PAIRS))


def pairs_of(claim, study):
    """All pairs of a claim, and which of them have a value."""
    pairs = claim.pairs(study).assign(claim=claim.name)
    return pairs, np.isfinite(pairs.value.astype(float))
