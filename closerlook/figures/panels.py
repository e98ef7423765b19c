"""Panels side by side: as many as one figure can show, and as large as it has room for."""

import matplotlib.pyplot as plt
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style
from closerlook.figures.labels import folded

WIDE, TALL = 19.0, 29.0  # inches of the largest figure, without what stands around it
MODELS, TASKS = 12, 20  # that one figure shows
NARROW = 1.3  # inches of a panel below which its letters are small
SLANTED = {"fontsize": 5.5, "rotation": 30, "ha": "right", "rotation_mode": "anchor"}  # words below a narrow panel


def few(models, tasks):
    """As many models and tasks as one figure can show, the first ones, and what has to be said of the others."""
    counts = [
        f"{most} of {len(items)} {what}"
        for items, most, what in ((models, MODELS, "models"), (tasks, TASKS, "tasks"))
        if len(items) > most
    ]
    missing = f"{' and '.join(counts)}, the first in the config; the tables have all." if counts else ""
    return models[:MODELS], tasks[:TASKS], missing


def few_runs(pairs, most):
    """As many pairs of a model and a task as one figure can show, the first ones, and what has to be said of others."""
    missing = f"{most} of {len(pairs)} pairs of a model and a task, the first in the config; the tables have all."
    return pairs[:most], missing if len(pairs) > most else ""


def grid(n_rows, tasks, row, rest, xlabel, **more):
    """A figure with a column of panels for each task, titled, and the label of the x axis below the last row.

    A row is `row` inches high, and all else `rest`; many rows and tasks have smaller panels.
    """
    width = min(1.75, (WIDE - 0.6) / len(tasks))
    size = max(3.4, width * len(tasks) + 0.6), min(row, (TALL - rest) / n_rows) * n_rows + rest
    figure, axes = plt.subplots(n_rows, len(tasks), figsize=size, squeeze=False, layout="constrained", **more)
    points = 8 if width > NARROW else 6
    titles = folded(tasks, style.letters(max(width, 3.4 / len(tasks) - 0.6), points, bold=True))
    for axis, task in zip(axes[0], tasks):
        axis.set_title(titles[task], fontweight="bold", fontsize=points)
    middle = len(tasks) // 2
    for axis in axes[-1] if width > NARROW else axes[-1, middle : middle + 1]:
        axis.set_xlabel(xlabel)
    if width <= NARROW:
        for axis in axes.flat:
            axis.tick_params(labelsize=5, pad=2, length=2)
    return figure, axes


def of_runs(n, most, size, rest=0.0, height_ratios=(1,)):
    """A figure with panels for each of `n` runs, at most so many side by side, and how many these are."""
    rows = -(-n // most)
    across = -(-n // rows)
    (width, height), parts = size, len(height_ratios)
    figure, axes = plt.subplots(
        rows * parts, across, figsize=(max(3.4, width * across + rest), height * rows), squeeze=False,
        layout="constrained", height_ratios=[*height_ratios] * rows,
    )  # fmt: skip
    axes = axes.reshape(rows, parts, across).swapaxes(1, 2).reshape(-1, parts)
    for axis in axes[n:].flat:
        axis.set_axis_off()
    return figure, axes[:n], across


def link(axes, name):
    """Give drawn panels one x axis or y axis; drawing into linked ones takes time with the square of their number."""
    first, *others = axes.flat
    for axis in axes.flat:
        getattr(axis, f"get_{name}lim")()  # computed once, it is not computed again with every link
    for axis in others:
        getattr(axis, f"share{name}")(first)
    first.autoscale(axis=name)
    for axis in axes.flat:
        place = axis.get_subplotspec()
        if not (place.is_last_row() if name == "x" else place.is_first_col()):
            axis.tick_params(axis=name, labelbottom=False, labelleft=False)


def narrow(axis):
    """Whether an axis stands in a grid with little room for each."""
    return axis.figure.get_figwidth() / axis.get_gridspec().ncols <= NARROW


def whole(n):
    """Ticks at whole numbers, in about `n` intervals; where there is only one number, a tick there."""
    return MaxNLocator(integer=True, nbins=n, min_n_ticks=1)


def layer_ticks(axis):
    """Put ticks at layers, as many as there is room for."""
    axis.xaxis.set_major_locator(whole(4 if narrow(axis) else 7))


def not_measured(axis, why="not measured", height=0.5):
    """Say in an empty panel that it is empty, and why."""
    axis.text(
        0.5, height, why, transform=axis.transAxes, ha="center", color=style.QUIET, fontsize=5 if narrow(axis) else 8
    )
