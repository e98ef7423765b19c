"""Errors of a classifier by the distance between the labels that it confuses."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from closerlook.analysis.errors import BINS
from closerlook.analysis.spaces import before_and_after
from closerlook.figures import panels, style, told
from closerlook.figures.labels import folded
from closerlook.figures.layers import COLOUR


def errors_by_distance(frame, models, tasks):
    """Draw the share of the classifier probe's errors in each fifth of the label pairs, the closest first.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.errors.errors` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Last layer. Bars are means over seeds, whiskers one standard deviation, dots single seeds; the dotted line is
        where they would be if errors did not depend on distance.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    names = folded(models, style.letters(1.5, 8))
    own = before_and_after(frame[frame.probe == "classifier"])
    figure, axes = panels.grid(len(models), tasks, 1.5, 0.8, "fifth of the label pairs")
    for model, row in zip(models, axes):
        for task, axis in zip(tasks, row):
            cell = own[(own.model == model) & (own.task == task)]
            cell = cell[(cell.layer == cell.layer.max()) & (cell.bin > 0)]
            for place, (when, colour) in enumerate(COLOUR.items()):
                some = cell[cell.when == when]
                by = some.groupby("bin").share
                where = by.mean().index + 0.4 * (place - 0.5)
                axis.bar(where, 100 * by.mean(), 0.38, color=colour, yerr=100 * by.std(ddof=1).fillna(0).to_numpy()
                         if some.run.nunique() > 1 else None, error_kw={"elinewidth": 0.8}, zorder=2)  # fmt: skip
                if some.run.nunique() > 1:
                    axis.plot(some.bin + 0.4 * (place - 0.5), 100 * some.share, ".", color=style.DARK, markersize=2)
            axis.axhline(100 / BINS, color=style.FAINT, linestyle=":", linewidth=1, zorder=3)
            axis.set_xticks(np.arange(1, BINS + 1), ["closest", *[""] * (BINS - 2), "farthest"],
                            **(panels.SLANTED if panels.narrow(axis) else {"fontsize": 6}))  # fmt: skip
            if not len(cell):
                panels.not_measured(axis, "not measured, or fewer\nthan five pairs of labels", height=0.6)
        row[0].set_ylabel(f"{names[model]}\nshare of the errors (%)")
    panels.link(axes, "y")
    handles: list[Artist] = [Patch(color=colour, label=when) for when, colour in COLOUR.items()]
    handles.append(Line2D([], [], color=style.FAINT, linestyle=":", label="if distance did not matter"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3 if len(tasks) > 2 else 1)
    style.note(figure, missing)
    closest = own[own.bin == 1].assign(share=100 * own.share)
    told.describe(
        figure,
        "Bars, a panel for each model and task: share of the probe's errors in each fifth of the pairs of labels, by "
        "their distance, before and after fine-tuning.",
        told.changes("The share of the closest fifth (%)", told.ends(closest, "share")),
    )
    return figure
