"""The smallest distance between two labels, and the accuracy, layer by layer."""

from typing import Any

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.analysis.collapsed import kept
from closerlook.analysis.spaces import before_and_after
from closerlook.figures import marks, panels, style, told
from closerlook.figures.labels import folded
from closerlook.figures.layers import COLOUR, MARK

MEASURES = {"min_distance": "smallest distance\nbetween two labels", "accuracy": "accuracy (%)"}


def layer_distances(spaces, model, tasks):
    """Draw the smallest distance between two labels above the accuracy, a panel per task (Zhou & Srikumar, 2021).

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    model : str
    tasks : list of str
        The order of the columns.

    Returns
    -------
    matplotlib.figure.Figure
        Training split distances, between clusters of different labels. Lines are means over seeds, bands one standard
        deviation; a vertical line marks the layer with the best accuracy in each state, unless several share it. A run
        that collapsed is marked with an x, and not in the mean, unless all did.
    """
    style.use()
    _, tasks, missing = panels.few([model], tasks)
    own = before_and_after(spaces[spaces.step.isna() & (spaces.model == model)])
    own = own.assign(kept=kept(own, spaces))
    figure, axes = panels.grid(2, tasks, 1.7, 0, "layer", sharex="col")
    for task, column in zip(tasks, axes.T):
        for measure, axis in zip(MEASURES, column):
            cell = own[own.task == task].dropna(subset=[measure]).astype({measure: float})
            if not len(cell):
                panels.not_measured(axis)
            fell, cell = cell[~cell.kept], cell[cell.kept]
            marks.fallen(axis, fell.layer, fell[measure], style.AFTER)
            if measure == "accuracy":
                marks.majority(axis, own[own.task == task])
            for when, colour in COLOUR.items():
                marks.samples(axis, cell[cell.when == when], measure, colour)
                by = cell[cell.when == when].groupby("layer")[measure]
                style.band(axis, by.mean(), by.std(ddof=1), colour, **MARK[when])
                state = own[own.kept & (own.task == task) & (own.when == when)]
                scores = state.groupby("layer").accuracy.mean().dropna()
                if (scores == scores.max()).sum() == 1:
                    axis.axvline(scores.astype(float).idxmax(), color=colour, linestyle=":", linewidth=1, zorder=1)
            panels.layer_ticks(axis)
            axis.yaxis.set_major_locator(MaxNLocator(nbins=4))
        column[0].set_ylim(bottom=0)
    for label, axis in zip(MEASURES.values(), axes[:, 0]):
        axis.set_ylabel(label)
    figure.suptitle(folded([model], style.letters(3.4, 8))[model], fontsize=8)
    handles = [Line2D([], [], color=COLOUR[when], label=when, **MARK[when]) for when in COLOUR]
    upright: dict[str, Any] = {"color": style.DARK, "linestyle": "", "marker": "|", "markersize": 10}
    handles.append(Line2D([], [], label="layer with the best accuracy", **upright))
    handles += [Line2D([], [], label="most frequent label", **marks.MAJORITY), *marks.collapsed(own[~own.kept])]
    figure.legend(handles=handles, loc="outside lower center", ncols=3 if len(tasks) > 2 else 1)
    style.note(figure, missing, marks.sampled(own))
    told.describe(
        figure,
        f"Lines over the layers of {model}, a panel for each task: the smallest distance between two labels above the "
        "accuracy of the probe, before and after fine-tuning.",
        told.changes("The smallest distance in the last layer", told.ends(own[own.kept], "min_distance"), 2),
        told.changes("Accuracy there (%)", told.ends(own[own.kept], "accuracy")),
    )
    return figure
