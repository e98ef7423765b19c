"""One look for all figures."""

import logging

import matplotlib
import matplotlib.pyplot as plt
import seaborn

BEFORE, AFTER = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion: safe for colour-blind eyes
PALE, FAINT, DARK, GRID = "#C4C4C4", "#9A9A9A", "#404040", "#E6E6E6"
# Paul Tol's muted colours, safe for colour-blind eyes, and black; with dashes and markers, 70 labels are told apart
LABELS = ("#CC6677", "#332288", "#117733", "#882255", "#44AA99", "#AA4499", "#999933", "#88CCEE", "#DDAA33", "#000000")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (7, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

PARAMETERS = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "savefig.bbox": "tight",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,  # text stays text in the PDF
}


def use():
    """Set the style, and a backend that needs no display."""
    matplotlib.use("agg")
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table of every font
    seaborn.set_theme(context="paper", style="ticks", rc=PARAMETERS)


def save(figure, paths):
    """Write a figure to each path; the same data give the same bytes."""
    for path in map(str, paths):
        figure.savefig(path, metadata={"CreationDate": None} if path.endswith(".pdf") else {"Software": None})


def grid(n_rows, tasks, height, xlabel, **more):
    """A figure with a column of panels for each task, titled, and the label of the x axis below the last row."""
    size = max(3.4, 1.75 * len(tasks) + 0.6), height
    figure, axes = plt.subplots(n_rows, len(tasks), figsize=size, squeeze=False, layout="constrained", **more)
    for axis, task in zip(axes[0], tasks):
        axis.set_title(task, fontweight="bold")
    for axis in axes[-1]:
        axis.set_xlabel(xlabel)
    return figure, axes


def band(axis, mean, spread, colour, alpha=0.2, **line):
    """Draw a line (a Series) and the band of its spread; where this is missing, the line alone."""
    if not len(mean):
        return
    spread = spread.fillna(0)
    axis.plot(mean.index, mean, color=colour, zorder=3, **line)
    axis.fill_between(mean.index, mean - spread, mean + spread, color=colour, alpha=alpha, linewidth=0)


def not_measured(axis):
    """Say in an empty panel that it is empty."""
    axis.text(0.5, 0.5, "not measured", transform=axis.transAxes, ha="center", color=FAINT)


def looks(names):
    """A colour, dashes and a marker for each label of a task, the same in every figure that shows it."""
    return {
        name: {
            "color": LABELS[i % len(LABELS)],
            "linestyle": DASHES[i // len(LABELS) % len(DASHES)],
            "marker": MARKERS[i // len(LABELS) % len(MARKERS)],
        }
        for i, name in enumerate(names)
    }


def share(value):
    """A share as a percentage; a dash where it is missing."""
    return "–" if value != value else f"{100 * value:.0f} %"
