"""Fine-tuning, update by update: how far apart the labels are."""

import numpy as np
from matplotlib.collections import LineCollection

from closerlook.figures import panels, style, told
from closerlook.figures.colours import legible
from closerlook.figures.labels import folded, shown

HIGHLIGHTED = 3  # labels that gain most, and that gain least
ACROSS, RUNS = 7, 42  # runs side by side, and in all, whose labels are shown


def label_distances(labels, spaces, pairs, looks):
    """Draw, for each run, the smallest distance of every label to any other against the update (Figures 2 and 6).

    Parameters
    ----------
    labels, spaces : DataFrame
        As `closerlook.analysis.label_distances.label_distances` and `closerlook.analysis.trajectory.trajectory` return
        them.
    pairs : list of (str, str)
        The (model, task) of the panels.
    looks : dict of str to dict of str to dict
        `style.looks` of each task's labels.

    Returns
    -------
    matplotlib.figure.Figure
        The last layer, training split. Bold lines are means over seeds, bands one standard deviation; the labels that
        gained most and least, over the updates at which they are defined, stand out, with what they gained. Two labels
        have only one distance, and so one line.
        Below, the pairs of labels that still overlap, which have no distance.
    """
    style.use()
    pairs, missing = panels.few_runs(pairs, RUNS)
    models, tasks = (folded(names, style.letters(1.8, 8, bold=True)) for names in zip(*pairs))
    names = {task: shown(looks.get(task, ()), 20) for task in tasks}
    figure, axes, across = panels.of_runs(len(pairs), ACROSS, (2.6, 4.2), height_ratios=(3, 1))
    notes = [missing]
    for (model, task), (above, below) in zip(pairs, axes):
        above.sharex(below)
        above.tick_params(labelbottom=False)
        run = labels[(labels.model == model) & (labels.task == task)]
        title = f"{tasks[task]}\n{models[model]}"
        if len(run):
            last = run.layer.max()
            title += f", layer {last}"
            notes.append(names[task].note(_labels(above, run[run.layer == last], looks[task], names[task])))
            cells = spaces[(spaces.model == model) & (spaces.task == task) & (spaces.split == "train")]
            by = cells[cells.layer == last].groupby("update").overlapping
            style.band(below, by.mean(), by.std(ddof=1), style.DARK)
            below.set_ylim(0, max(1, 1.1 * by.mean().max()))
        else:
            panels.not_measured(above)
        below.yaxis.set_major_locator(panels.whole(3))
        below.xaxis.set_major_locator(panels.whole(6))
        below.set_xlabel("update")
        above.set_title(title, fontweight="bold")
    for above, below in axes[::across]:
        above.set_ylabel("distance to the nearest label")
        below.set_ylabel("overlapping\npairs")
    style.note(figure, *notes)
    end = labels[labels.layer == labels.groupby(["model", "task"]).layer.transform("max")].dropna(
        subset=["min_distance"]
    )
    by = end.groupby(["model", "task", "update"]).min_distance.mean()
    means = {", ".join(of): by[of] for of in pairs if of in by}
    told.describe(
        figure,
        "Lines over the updates of fine-tuning, a panel for each model and task: distance of every label to its "
        "nearest, in the last layer; below it, pairs of labels that overlap.",
        told.changes(
            "The mean of those that have one", {name: (of.iloc[0], of.iloc[-1]) for name, of in means.items()}, 2
        ),
    )
    return figure


def _labels(axis, run, looks, names):
    """Draw all labels, write the names of those that stand out beside them, and return these."""
    by = run.groupby(["label", "update"]).min_distance
    mean, spread = by.mean().unstack("update"), by.std(ddof=1).unstack("update")
    gain = mean.apply(_gain, axis=1).dropna().sort_values()
    most = list(gain.index[::-1][:HIGHLIGHTED])
    least = [label for label in gain.index[:HIGHLIGHTED] if label not in most]
    axis.add_collection(LineCollection(
        [np.column_stack([mean.columns, row]) for row in mean.to_numpy()], color=style.FAINT, linewidth=0.5
    ))  # fmt: skip
    texts = {label: names.text[label] for label in (*most, *least)}
    colours = {label: looks[label]["color"] for label in texts}
    if len(mean) == 2 and np.allclose(mean.iloc[0], mean.iloc[1], equal_nan=True):
        both = " – ".join(names.text[label] for label in looks if label in texts)
        texts, colours = dict.fromkeys(most[:1], both), dict.fromkeys(texts, style.DARK)
    for label in texts:
        style.band(axis, mean.loc[label], spread.loc[label], colours[label], linestyle=looks[label]["linestyle"])
    axis.autoscale_view()
    axis.set_ylim(bottom=0)
    if mean.isna().all(axis=None):
        panels.not_measured(axis, "all pairs of labels overlap")
    ends = mean.loc[list(texts)].ffill(axis=1).iloc[:, -1]
    for label, height in _apart(ends, axis.get_ylim()[1] / 17).items():
        axis.annotate(
            f"{texts[label]} {gain[label]:+.2f}", (1, height), (4, 0), xycoords=axis.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=6, color=legible(colours[label]), fontfamily=names.family,
        )  # fmt: skip
    return list(colours)


def _apart(heights, gap):
    """Heights (a Series), moved up where they are closer than `gap` to the one below."""
    heights = heights.sort_values()
    for place in range(1, len(heights)):
        heights.iloc[place] = max(heights.iloc[place], heights.iloc[place - 1] + gap)
    return heights


def _gain(row):
    known = row.dropna()
    return known.iloc[-1] - known.iloc[0] if len(known) > 1 else None
