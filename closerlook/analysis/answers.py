"""What fine-tuning did to each model on each task, in sentences: what a reader wants to know before any table."""

import math

import numpy as np
import pandas as pd

from closerlook.analysis.collapsed import SURE, guesses, kept, tells
from closerlook.analysis.spaces import last_layer
from closerlook.analysis.unlearned import ahead
from closerlook.statistics.power import listed

NAMED = 3  # labels
GAIN = 1e-3  # relative: distances are computed to this gap
SIZE = 0.1  # doublings of a space's radius that have to be said beside distances


def answers(spaces, labels, movement, tuning, claim_cells, models, tasks, beside=None):
    """Say it for every model and task that was fine-tuned.

    Parameters
    ----------
    spaces, labels, movement, tuning, claim_cells : DataFrame
        The study's tables of these names.
    models, tasks : list of str
        The order.
    beside : dict, optional
        As `closerlook.analysis.beside.beside` returns it.

    Returns
    -------
    list of dict
        `model`, `task`, `sentences` (accuracy, clusters, labels, samples, layers, other recipes) and `warnings`, lists
        of str.
    """
    last = last_layer(spaces)
    found = []
    for task in tasks:
        for model in models:
            cell = last[(last.model == model) & (last.task == task)]
            before, after = cell[cell.tuned_on.isna()], cell[cell.tuned_on == task]
            if not len(after) or not len(before):
                continue
            here = (labels.model == model) & (labels.task == task) & (labels.layer == before.layer.iloc[0])
            here &= kept(labels, spaces)
            moved = movement[(movement.model == model) & (movement.task == task) & kept(movement, spaces)]
            runs = tuning[(tuning.model == model) & (tuning.task == task)]
            stay = after[kept(after, spaces)]
            told = claim_cells[claim_cells.claim == "accuracy"]
            told = next(told[(told.model == model) & (told.task == task)].itertuples(), None)
            sentences = [_accuracy(before.iloc[0], stay, told), _clusters(before.iloc[0], stay)]
            sentences += [_distances(labels[here], task), _samples(before.iloc[0]), _layers(moved)]
            sentences.append((beside or {}).get((model, task)))
            found.append({"model": model, "task": task, "sentences": list(filter(None, sentences)),
                          "warnings": list(_warnings(before.iloc[0], after, runs))})  # fmt: skip
    return found


def _accuracy(before, after, told):
    old, new = before.accuracy, after.accuracy.dropna().astype(float)
    if pd.isna(old) or not len(new):
        return None
    change = (mean := new.mean()) - old
    known = told is not None and pd.notna(told.ci_low)
    sure = known and (told.ci_low > 0 or told.ci_high < 0)
    what = "run" if after.seed.isna().any() else "seed"
    spread = f"; {len(new)} {what}s: {new.min():.1f} to {new.max():.1f} %" if len(new) > 1 else f"; one {what}"
    linear = _linear(before, after, change, sure)
    if not known:
        return f"Accuracy went from {old:.1f} to {mean:.1f} % ({change:+.1f} points{spread}).{linear}"
    ends = f"{told.ci_low:+.1f} to {told.ci_high:+.1f}"
    if sure:
        verb = "rose" if change > 0 else "fell"
        return f"Accuracy {verb} from {old:.1f} to {mean:.1f} % ({change:+.1f} points, 95 %: {ends}{spread}).{linear}"
    varied = listed(told.over.replace("initialisations", "initialisations of the probe").split(", "))
    if f"{old:.1f}" == f"{mean:.1f}":
        same = f"Accuracy stayed at {old:.1f} % ({spread.removeprefix('; ')})"
        return f"{same}: with other {varied} the change may be {ends} points.{linear}"
    return (
        f"Accuracy went from {old:.1f} to {mean:.1f} % ({change:+.1f} points{spread}), which may be chance: with other "
        f"{varied} it may be {ends}.{linear}"
    )


def _chance(old, new, n):
    """The largest difference of two accuracies that chance makes, in points: of examples and of seeds.

    Two successes and two failures are added to each share, without which a share of 0 or 1 would have no error
    (Agresti & Coull, 1998).
    """
    shares = [(n * p / 100 + 2) / (n + 4) for p in (old, new.mean())]
    variance = sum(1e4 * p * (1 - p) / (n + 4) for p in shares)
    if len(new) > 1:
        variance += new.var(ddof=1) / len(new)
    return SURE * np.sqrt(variance)


def _linear(before, after, change, sure):
    """What a linear readout says beside the probe, and whether that puts the probe's change in doubt."""
    old, new = before.linear_accuracy, after.linear_accuracy.dropna().astype(float)
    if pd.isna(old) or not len(new):
        return ""
    text = f" A linear readout of the same vectors reads {old:.1f} and {new.mean():.1f} %"
    own = new.mean() - old
    certain = abs(own) > _chance(old, new, before.n_test)
    if not sure:
        return f"{text}, which is more than chance." if certain else f"{text}."
    if certain and own * change > 0:
        return f"{text}."
    learned, more = ("better", "more") if change > 0 else ("worse", "less")
    return f"{text}: perhaps the probe learned {learned}, and the vectors say no {more}."


def _clusters(before, after):
    k, old, new = int(before.n_labels), before.n_clusters, after.n_clusters.dropna().astype(float)
    if pd.isna(old) or not len(new) or k < 2:
        return None
    labels, least = ("both labels" if k == 2 else f"all {k} labels"), _number(before.fewest_clusters)
    shared, old = before.conflict_points, _number(old)
    sharing = f"{_number(shared)} examples that share their vector with one of another label" if shared else ""
    but = f"Except for {sharing}, " if shared else ""
    was, now = before.overlapping == 0, (after.overlapping == 0).all()
    if was and now:
        return _sentence(f"{but}{labels} were linearly separable before, and still are.")
    if now:
        text = f"{but}{labels} became linearly separable: {old} clusters before, {new.mean():.4g} after"
        return _sentence(f"{text}, where {least} would do." if shared else f"{text}.")
    if was:
        pairs = _count(math.ceil(after.overlapping.max()), "pair")
        return _sentence(f"{but}{labels} were linearly separable before; after, up to {pairs} of them overlap.")
    excuse = f" with {sharing}" if shared else ""
    return f"The labels take {old} clusters before and {new.mean():.4g} after, where {least} would do{excuse}."


def _number(count):
    """A count, or the mean of counts over samples."""
    return str(int(count)) if count % 1 == 0 else f"{count:.1f}"


def _samples(before):
    """Of how many points clusters and distances are, where not of all."""
    if not before.get("samples", 1) > 1:
        return None
    n, m, of = (int(before[name]) for name in ("samples", "sample_points", "sample_of"))
    return f"Clusters and distances are means over {n} samples of {m:,} of the {of:,} training points."


def _distances(labels, task):
    """How far each label lies from the nearest other."""
    before, after = _ends(labels, task, "min_distance")
    ratio = (after / before).dropna()
    parts = []
    if len(before) == 2 and len(ratio):
        parts.append(f"The two labels lie {_times(ratio.iloc[0])} as they did.")
    elif len(ratio) and ((ratio - 1).abs() <= GAIN).all():
        parts.append("No label's distance to the nearest other changed.")
    elif len(ratio):
        up, down = (ratio > 1 + GAIN).sum(), (ratio < 1 - GAIN).sum()
        order = ratio.sort_values(ascending=False)
        most = ", ".join(f"{name} ({_factor(value)})" for name, value in order[:NAMED].items() if value > 1 + GAIN)
        lost = order[: -NAMED - 1 : -1]
        least = ", ".join(f"{name} ({_factor(value)})" for name, value in lost.items() if value < 1 - GAIN)
        parts.append(
            f"{up} of {len(ratio)} labels lie further from the nearest other label than before, {down} closer: "
            f"median {_factor(ratio.median())}" + (f"; largest {most}" if most else "")
            + (f"; smallest {least}" if least else "") + "."
        )  # fmt: skip
    old, new = _ends(labels, task, "relative_distance")
    relative = (new / old).dropna()
    grown = (ratio / relative).median()
    if abs(np.log2(grown)) > SIZE:
        parts.append(
            f"The whole space is {_factor(grown)} as large as it was; relative to it the median is "
            f"{_factor(relative.median())}."
        )
    freed, caught = (before.isna() & after.notna()).sum(), (before.notna() & after.isna()).sum()
    if freed:
        verb = "overlaps" if freed == 1 else "overlap"
        parts.append(f"{_count(freed, 'label')} that overlapped with another now {verb} with none.")
    if caught:
        verb = "overlaps" if caught == 1 else "overlap"
        parts.append(f"{_count(caught, 'label')} that overlapped with none now {verb} with another.")
    return " ".join(parts) or None


def _ends(labels, task, column):
    """A distance of each label before and after, mean over seeds (of its logarithm); NaN where it meets another."""
    before = labels[labels.tuned_on.isna()].set_index("label")[column].astype(float)
    after = labels[labels.tuned_on == task].groupby("label")[column]
    after = after.agg(lambda seeds: np.exp(np.log(seeds.astype(float)).mean(skipna=False)))
    shared = before.index.intersection(after.index)
    return before[shared], after[shared]


def _layers(moved):
    mean = moved.astype({"relative_length": float}).groupby("layer").relative_length.mean()
    if len(mean) < 2:
        return None
    low, high = mean.idxmin(), mean.idxmax()
    if mean[high] < GAIN:
        return "No layer moved by more than a thousandth of its vectors' length."
    if mean.is_monotonic_increasing and len(mean) > 2:
        start = "The higher the layer, the further it moved"
        low, high = mean.index[0], mean.index[-1]
    else:
        start = f"Layer {high} moved most, layer {low} least"
    return (
        f"{start}: the labels' means by {_percent(mean[low])} of their vectors' length in layer {low}, by "
        f"{_percent(mean[high])} in layer {high}."
    )


def _warnings(before, after, runs):
    for how, still in runs.dropna(subset=["unchanged"]).groupby("unchanged", sort=False):
        which = f"The run {still.run.iloc[0]}" if len(still) == 1 else f"The runs {', '.join(still.run)}"
        yield (
            f"{which} changed nothing: the weights equal those of the original {how}. (Was an adapter not applied, or "
            "the learning rate zero?)"
        )
    for run in runs[runs.tokenizer == "its own"].run:
        yield (
            f"The run {run} has a tokenizer of its own and is read with it: what it reads are not the tokens that the "
            "original reads."
        )
    for row in runs[runs.end.astype(str).str.contains("differ")].itertuples():
        yield f"The run {row.run} ends with {row.end}: its trajectory stops at those, and all else is about the end."
    if len(fallen := after[guesses(after)]) and tells(before.to_frame().T).any():
        which = f"The run {fallen.run.iloc[0]}" if len(fallen) == 1 else f"The runs {', '.join(fallen.run)}"
        yield (
            f"{which} may have collapsed: the vectors tell no more than the most frequent label "
            f"({fallen.accuracy.astype(float).mean():.1f} % of the test examples); those of the original tell more."
        )
    for state, rows in (("before", before.to_frame().T), ("after", after)):
        behind = rows[ahead(rows)]
        if len(behind):
            probe, linear = behind.accuracy.astype(float).mean(), behind.linear_accuracy.astype(float).mean()
            yield (
                f"The classifier probe did not learn what is there {state} fine-tuning: it reads {probe:.1f} %, a "
                f"linear readout of the same vectors {linear:.1f} %."
            )


def _sentence(text):
    return text[0].upper() + text[1:]


def _count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _factor(ratio):
    return f"×{ratio:.3g}"


def _times(ratio):
    return f"{ratio:.3g} times as far apart"
