"""How far fine-tuning moves the labels."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import panels, style, told
from closerlook.figures.labels import columns, shown

LABELS_IN_ROW = 8
FURTHEST, LEAST = 24, 16  # labels that have a panel where there are more: three rows and two


def movement_lengths(frame, looks, model, task):
    """Draw the length of every label's displacement against the layer, a panel per label (Figures 5 and 7 to 10).

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.movement.movement` returns it.
    looks : dict of str to dict
        `style.looks` of each task's labels, in whose order the panels are.
    model, task : str

    Returns
    -------
    matplotlib.figure.Figure
        Lengths relative to that of the layer's vectors before fine-tuning. The label's line is a mean over seeds with a
        band of one standard deviation; the grey line is the mean of all labels. Of more than 40 labels, those that move
        furthest in the last layer are shown, and those that move least.
    """
    style.use()
    frame, looks = frame[(frame.model == model) & (frame.task == task)], looks[task]
    names = shown(looks, 16)
    present = set(frame.label)
    chosen, left_out = _chosen(frame, [name for name in looks if name in present])
    across = min(LABELS_IN_ROW, len(chosen))
    rows = -(-len(chosen) // across)
    figure, axes = plt.subplots(
        rows, across, figsize=(max(3.4, 0.92 * across + 0.4), 0.85 * rows + 0.6), squeeze=False, sharex=True,
        sharey=True, layout="constrained",
    )  # fmt: skip
    mean = frame.groupby("layer").relative_length.mean()
    counts = frame.groupby("label").points.first()
    mark = {"marker": "o"} if len(mean) == 1 else {}  # a single layer has no line
    for name, axis in zip(chosen, axes.flat):
        by = frame[frame.label == name].groupby("layer").relative_length
        axis.plot(mean.index, mean, color=style.PALE, linewidth=1.4, zorder=1, **mark)
        style.band(axis, by.mean(), by.std(ddof=1), looks[name]["color"], **mark)
        title = f"{names.text[name]} ({counts[name]:,})"
        points = min(6, 6 * style.letters(0.85, 6) / columns(title)) if across > 2 else 6
        axis.set_title(title, fontsize=points, pad=2, fontfamily=names.family)
        axis.xaxis.set_major_locator(panels.whole(4))
        axis.yaxis.set_major_locator(MaxNLocator(nbins=3))
        axis.tick_params(labelsize=6)
    for axis in axes.flat[len(chosen) :]:
        axis.set_axis_off()
    axes[0, 0].set_ylim(bottom=0)
    for column in range(across):  # the last panel of a column may stand above the last row
        low = [axes[row, column] for row in range(rows) if row * across + column < len(chosen)][-1]
        low.tick_params(labelbottom=True)
        low.set_xlabel("layer", fontsize=6)
    figure.supylabel("relative displacement", fontsize=8)
    handles = [
        Line2D([], [], color=style.DARK, label="label (training points in brackets)"),
        Line2D([], [], color=style.PALE, label="mean of all labels"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7)
    style.note(figure, left_out, names.note(chosen))
    end = frame[frame.layer == frame.layer.max()].groupby("label").relative_length.mean()
    told.describe(
        figure,
        f"Lines over the layers, a panel for each label of {task}: how far fine-tuning displaces it in {model}.",
        told.extremes("In the last layer", {names.text[label]: length for label, length in end.items()}),
    )
    return figure


def _chosen(frame, names):
    """The labels that have a panel, and what has to be said of the others."""
    if len(names) <= FURTHEST + LEAST:
        return names, ""
    last = frame[frame.layer == frame.layer.max()]
    lengths = last.groupby("label").relative_length.mean().reindex(names)
    order = list(lengths.fillna(lengths.median()).sort_values(ascending=False, kind="stable").index)
    return order[:FURTHEST] + order[-LEAST:], (
        f"{FURTHEST + LEAST} of {len(names):,} labels: the {FURTHEST} that move furthest in the last layer, then the "
        f"{LEAST} that move least. All are in movement.csv."
    )
