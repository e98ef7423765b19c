"""How far, and where to, fine-tuning moves the labels."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style

HIGHLIGHTED = 6  # labels that move furthest
ROW = 5  # panels of layers in a row
LABELS_IN_ROW = 8


def directions(frame, looks):
    """Draw the way of every label's centroid as an arrow from the origin, a panel per layer (Figures 5 and 7 to 10).

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
        a colour. Axes say on what share of the squared length of all ways the plane was fitted.
    """
    style.use()
    layers = sorted(frame.layer.unique())
    last = frame[frame.layer == layers[-1]]
    order = (last.x**2 + last.y**2).groupby(last.label).mean().sort_values(ascending=False)
    bold = list(order.index[:HIGHLIGHTED])
    rows = -(-len(layers) // ROW)
    width = min(ROW, len(layers))
    figure, axes = plt.subplots(
        rows, width, figsize=(max(3.4, 1.75 * width), 1.85 * rows + 0.5), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(layers) :]:
        axis.set_axis_off()
    for layer, axis in zip(layers, axes.flat):
        cell = frame[frame.layer == layer]
        mean = cell.groupby("label")[["x", "y"]].mean()
        for label in sorted(mean.index, key=lambda name: name in bold):
            look = looks[label] if label in bold else {"color": style.PALE}
            front = 3 if label in bold else 2
            arrow = {"arrowstyle": "-|>", "color": look["color"], "linewidth": 1.1 if label in bold else 0.6,
                     "mutation_scale": 6, "shrinkA": 0, "shrinkB": 0}  # fmt: skip
            axis.annotate("", mean.loc[label], (0, 0), arrowprops=arrow, zorder=front)
            if label in bold and cell.seed.nunique() > 1:
                ends = cell[cell.label == label]
                axis.plot(ends.x, ends.y, **look | {"linestyle": ""}, markersize=2.5, alpha=0.6, zorder=front)
        limit = 1.08 * max(cell[["x", "y"]].abs().to_numpy().max(), 1e-12)
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=f"layer {layer}")
        axis.axhline(0, color=style.GRID, linewidth=0.6, zorder=0)
        axis.axvline(0, color=style.GRID, linewidth=0.6, zorder=0)
        axis.grid(False)
        axis.xaxis.set_major_locator(MaxNLocator(3))
        axis.yaxis.set_major_locator(MaxNLocator(3))
        axis.set_xlabel(f"1st direction ({style.share(cell.explained_x.iloc[0])})", fontsize=6.5)
        axis.set_ylabel(f"2nd direction ({style.share(cell.explained_y.iloc[0])})", fontsize=6.5)
    handles = [Line2D([], [], **looks[label] | {"linestyle": "-"}, label=label) for label in bold]
    others = frame.label.nunique() - len(bold)
    if others > 0:
        handles.append(Line2D([], [], color=style.PALE, label=f"{others} others"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4 if width > 2 else 3)
    return figure


def movement_lengths(frame, looks):
    """Draw the length of every label's way against the layer, a panel per label (Figures 5 and 7 to 10).

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
        band of one standard deviation; the grey line is the mean of all labels.
    """
    style.use()
    names = [name for name in looks if name in set(frame.label)]
    columns = min(LABELS_IN_ROW, len(names))
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(max(3.4, 0.92 * columns + 0.4), 0.85 * rows + 0.6), squeeze=False, sharex=True,
        sharey=True, layout="constrained",
    )  # fmt: skip
    mean = frame.groupby("layer").relative_length.mean()
    counts = frame.groupby("label").points.first()
    for name, axis in zip(names, axes.flat):
        by = frame[frame.label == name].groupby("layer").relative_length
        axis.plot(mean.index, mean, color=style.PALE, linewidth=1.4, zorder=1)
        style.band(axis, by.mean(), by.std(ddof=1), looks[name]["color"])
        axis.set_title(f"{name} ({counts[name]:,})", fontsize=6, pad=2)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
        axis.yaxis.set_major_locator(MaxNLocator(nbins=3))
        axis.tick_params(labelsize=6)
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    axes[0, 0].set_ylim(bottom=0)
    for column in range(columns):  # the last panel of a column may stand above the last row
        low = [axes[row, column] for row in range(rows) if row * columns + column < len(names)][-1]
        low.tick_params(labelbottom=True)
        low.set_xlabel("layer", fontsize=6)
    figure.supylabel("way of the centroid, relative", fontsize=8)
    handles = [
        Line2D([], [], color=style.DARK, label="label (training points in brackets)"),
        Line2D([], [], color=style.PALE, label="mean of all labels"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7)
    return figure
