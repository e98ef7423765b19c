"""How far, and where to, fine-tuning moves the labels."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import panels, style
from closerlook.figures.labels import columns, shown

HIGHLIGHTED = 6  # labels that move furthest
ROW, MOST_ROWS = 5, 15  # panels of layers in a row, and rows until these become longer
LABELS_IN_ROW = 8
FURTHEST, LEAST = 24, 16  # labels that have a panel where there are more: three rows and two


def directions(frame, looks):
    """Draw the displacement of every label's centroid as an arrow, a panel per layer (Figures 5 and 7 to 10).

    Parameters
    ----------
    frame : DataFrame
        One model and task of what `closerlook.analysis.movement.directions` returns.
    looks : dict of str to dict
        `style.looks` of the task's labels.

    Returns
    -------
    matplotlib.figure.Figure
        Arrows are means over seeds, dots the ends of single seeds; the labels that move furthest in the last layer have
        a colour. Axes say what share of the squared length of all displacements lies along them.
    """
    style.use()
    names = shown(looks, 28)
    layers = sorted(frame.layer.unique())
    last = frame[frame.layer == layers[-1]]
    order = (last.x**2 + last.y**2).groupby(last.label).mean().sort_values(ascending=False)
    bold = list(order.index[:HIGHLIGHTED])
    width = min(max(ROW, -(-len(layers) // MOST_ROWS)), len(layers))
    rows = -(-len(layers) // width)
    figure, axes = plt.subplots(
        rows, width, figsize=(max(3.4, 1.75 * width), 1.85 * rows + 0.5), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(layers) :]:
        axis.set_axis_off()
    for layer, axis in zip(layers, axes.flat):
        cell = frame[frame.layer == layer]
        mean = cell.groupby("label")[["x", "y"]].mean()
        _arrows(axis, mean[~mean.index.isin(bold)], style.PALE, width=0.6, zorder=2)
        front = [label for label in bold if label in mean.index]
        _arrows(axis, mean.loc[front], [looks[label]["color"] for label in front], width=1.1, zorder=3)
        for label in front if cell.seed.nunique() > 1 else ():
            ends = cell[cell.label == label]
            axis.plot(ends.x, ends.y, **looks[label] | {"linestyle": ""}, markersize=2.5, alpha=0.6, zorder=3)
        limit = 1.08 * max(cell[["x", "y"]].abs().to_numpy().max(), 1e-12)
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=f"layer {layer}")
        axis.axhline(0, color=style.GRID, linewidth=0.6, zorder=0)
        axis.axvline(0, color=style.GRID, linewidth=0.6, zorder=0)
        axis.grid(False)
        axis.xaxis.set_major_locator(MaxNLocator(3))
        axis.yaxis.set_major_locator(MaxNLocator(3))
        axis.set_xlabel(f"1st direction ({style.share(cell.explained_x.iloc[0])})", fontsize=6.5)
        axis.set_ylabel(f"2nd direction ({style.share(cell.explained_y.iloc[0])})", fontsize=6.5)
    handles = [Line2D([], [], **looks[label] | {"linestyle": "-"}) for label in bold]
    texts = [names.text[label] for label in bold]
    if (others := frame.label.nunique() - len(bold)) > 0:
        handles.append(Line2D([], [], color=style.PALE))
        texts.append(f"{others} others" if others > 1 else "1 other")
    style.legend(figure, handles, texts, names.family, loc="outside lower center", ncols=4 if width > 2 else 3)
    style.note(figure, names.note(bold))
    return figure


def _arrows(axis, ends, color, width, zorder):
    """Draw arrows from the origin, with shafts of `width` points, all at once: one by one takes seconds."""
    axis.quiver(
        0 * ends.x, 0 * ends.y, ends.x, ends.y, color=color, angles="xy", scale_units="xy", scale=1, units="inches",
        width=width / 72, headwidth=1 + 2.4 / width, headlength=1 + 2.6 / width, headaxislength=1 + 2.6 / width,
        zorder=zorder,
    )  # fmt: skip


def movement_lengths(frame, looks):
    """Draw the length of every label's displacement against the layer, a panel per label (Figures 5 and 7 to 10).

    Parameters
    ----------
    frame : DataFrame
        One model and task of what `closerlook.analysis.movement.movements` returns.
    looks : dict of str to dict
        `style.looks` of the task's labels, in whose order the panels are.

    Returns
    -------
    matplotlib.figure.Figure
        Lengths relative to that of the layer's vectors before fine-tuning. The label's line is a mean over seeds with a
        band of one standard deviation; the grey line is the mean of all labels. Of more than 40 labels, those that move
        furthest in the last layer are shown, and those that move least.
    """
    style.use()
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
