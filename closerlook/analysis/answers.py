"""What fine-tuning did to each model on each task, in sentences: what a reader wants to know before any table."""

import numpy as np
import pandas as pd

from closerlook.analysis.tuning import UNCHANGED

SURE = 1.96  # standard errors; with less, a difference is called one that chance makes
NAMED = 3  # labels
GAIN = 1e-3  # relative: distances are computed to this gap


def answers(spaces, labels, movement, tuning, models, tasks):
    """Say it for every model and task that was fine-tuned.

    Parameters
    ----------
    spaces, labels, movement, tuning : DataFrame
        The study's tables of these names.
    models, tasks : list of str
        The order.

    Returns
    -------
    list of dict
        `model`, `task`, `sentences` (accuracy, clusters, labels, layers) and `warnings`, lists of str.
    """
    last = spaces[(spaces.layer == spaces.depth) & spaces.step.isna()]
    found = []
    for task in tasks:
        for model in models:
            cell = last[(last.model == model) & (last.task == task)]
            before, after = cell[cell.tuned_on.isna()], cell[cell.tuned_on == task]
            if not len(after) or not len(before):
                continue
            here = (labels.model == model) & (labels.task == task) & (labels.layer == before.layer.iloc[0])
            moved = movement[(movement.model == model) & (movement.task == task)]
            runs = tuning[(tuning.model == model) & (tuning.task == task)]
            sentences = [_accuracy(before.iloc[0], after), _clusters(before.iloc[0], after)]
            sentences += [_distances(labels[here], task), _layers(moved)]
            found.append({"model": model, "task": task, "sentences": list(filter(None, sentences)),
                          "warnings": list(_warnings(before.iloc[0], after, runs))})  # fmt: skip
    return found


def _accuracy(before, after):
    old, new = before.accuracy, after.accuracy.dropna().astype(float)
    if pd.isna(old) or not len(new):
        return None
    n, mean = before.n_test, new.mean()
    change, variance = mean - old, sum(p * (100 - p) for p in (old, mean)) / n
    if len(new) > 1:
        variance += new.var(ddof=1) / len(new)
    spread = f"; {len(new)} seeds: {new.min():.1f} to {new.max():.1f} %" if len(new) > 1 else "; one seed"
    if abs(change) > SURE * np.sqrt(variance):
        verb = "rose" if change > 0 else "fell"
        return f"Accuracy {verb} from {old:.1f} to {mean:.1f} % ({change:+.1f} points{spread})."
    return (
        f"Accuracy hardly changed, from {old:.1f} to {mean:.1f} % ({change:+.1f} points{spread}): on {n:.0f} test "
        f"examples up to {SURE * np.sqrt(variance):.1f} points can be chance."
    )


def _clusters(before, after):
    k, old, new = int(before.n_labels), before.n_clusters, after.n_clusters.dropna().astype(float)
    if pd.isna(old) or not len(new) or k < 2:
        return None
    labels, least = ("both labels" if k == 2 else f"all {k} labels"), int(before.fewest_clusters)
    shared = int(before.conflict_points)
    excuse = f" ({shared} examples share their vector with one of another label)" if shared else ""
    was, now = before.overlapping == 0, (after.overlapping == 0).all()
    if was and now:
        return f"{labels[0].upper()}{labels[1:]} were linearly separable before, and are after{excuse}."
    if now:
        return f"It made {labels} linearly separable: {int(old)} clusters before, {new.mean():.4g} after{excuse}."
    if was:
        pairs = _count(int(after.overlapping.max()), "pair")
        return f"Before, {labels} were linearly separable{excuse}; after, up to {pairs} of them overlap."
    return f"The labels take {int(old)} clusters before and {new.mean():.4g} after, where {least} would do{excuse}."


def _distances(labels, task):
    """How far apart the labels lie, each from its nearest."""
    before = labels[labels.tuned_on.isna()].set_index("label").min_distance.astype(float)
    after = labels[labels.tuned_on == task].groupby("label").min_distance
    after = after.agg(lambda seeds: np.exp(np.log(seeds.astype(float)).mean(skipna=False)))  # NaN: it meets another
    shared = before.index.intersection(after.index)
    before, after = before[shared], after[shared]
    ratio = (after / before).dropna()
    if not len(shared):
        return None
    parts = []
    if len(shared) == 2 and len(ratio):
        parts.append(f"The two labels lie {_times(ratio.iloc[0])} as they did.")
    elif len(ratio):
        up, down = (ratio > 1 + GAIN).sum(), (ratio < 1 - GAIN).sum()
        order = ratio.sort_values(ascending=False)
        most = ", ".join(f"{name} ({_factor(value)})" for name, value in order[:NAMED].items() if value > 1 + GAIN)
        lost = order[: -NAMED - 1 : -1]
        least = ", ".join(f"{name} ({_factor(value)})" for name, value in lost.items() if value < 1 - GAIN)
        parts.append(
            f"{up} of {len(ratio)} labels lie further from their nearest other, {down} nearer; half of them "
            f"{_factor(ratio.median())} or more" + (f", most of all {most}" if most else "")
            + (f"; nearer lie {least}" if least else "") + "."
        )  # fmt: skip
    freed, caught = (before.isna() & after.notna()).sum(), (before.notna() & after.isna()).sum()
    if freed:
        verb = "is" if freed == 1 else "are"
        parts.append(f"{_count(freed, 'label')} that overlapped with another {verb} free of all now.")
    if caught:
        verb = "overlaps" if caught == 1 else "overlap"
        parts.append(f"{_count(caught, 'label')} that overlapped with none {verb} now.")
    return " ".join(parts) or None


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
    still = runs[runs.weight_change.astype(float) < UNCHANGED]
    if len(still):
        seeds = ", ".join(map(str, still.seed))
        which = f"The run of seed {seeds}" if len(still) == 1 else f"The runs of seeds {seeds}"
        yield f"{which} changed nothing: the weights are still those of the original."
    for state, rows in (("before", before.to_frame().T), ("after", after)):
        behind = rows[(rows.linear_lead.astype(float) > 3 * rows.linear_lead_error.astype(float)).fillna(False)]
        if len(behind):
            probe, linear = behind.accuracy.astype(float).mean(), behind.linear_accuracy.astype(float).mean()
            yield (
                f"The classifier probe did not learn what is there {state} fine-tuning: it reads {probe:.1f} %, a "
                f"linear readout of the same vectors {linear:.1f} %."
            )


def _count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _factor(ratio):
    return f"×{ratio:.3g}"


def _times(ratio):
    return f"{ratio:.3g} times as far apart"
