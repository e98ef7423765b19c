"""Where fine-tuning moves the labels."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style, told
from closerlook.figures.labels import shown

HIGHLIGHTED = 6  # labels that move furthest
ROW, MOST_ROWS = 5, 15  # panels of layers in a row, and rows before they become longer


def directions(frame, looks, model, task):
    """Draw the displacement of every label's centroid as an arrow, a panel per layer (Figures 5 and 7 to 10).

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.directions.directions` returns it.
    looks : dict of str to dict
        `style.looks` of each task's labels.
    model, task : str

    Returns
    -------
    matplotlib.figure.Figure
        Arrows are means over seeds, dots the ends of single seeds; the labels that move furthest in the last layer have
        a colour. Axes say what share of the squared length of all displacements lies along them.
    """
    style.use()
    frame, looks = frame[(frame.model == model) & (frame.task == task)], looks[task]
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
        for label in front if cell.run.nunique() > 1 else ():
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
    told.describe(
        figure,
        f"Arrows from the origin, a panel for each layer: how fine-tuning on {task} displaces each label's centroid in "
        f"{model}.",
        f"Furthest in the last layer: {told.some(names.text[label] for label in bold[: told.LISTED])}.",
    )
    return figure


def _arrows(axis, ends, color, width, zorder):
    """Draw arrows from the origin, with shafts of `width` points, all at once: one by one takes seconds."""
    axis.quiver(
        0 * ends.x, 0 * ends.y, ends.x, ends.y, color=color, angles="xy", scale_units="xy", scale=1, units="inches",
        width=width / 72, headwidth=1 + 2.4 / width, headlength=1 + 2.6 / width, headaxislength=1 + 2.6 / width,
        zorder=zorder,
    )  # fmt: skip
