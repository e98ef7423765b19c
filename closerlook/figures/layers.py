"""Accuracy and number of clusters per layer, before and after fine-tuning."""

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from closerlook.analysis.collapsed import kept
from closerlook.analysis.spaces import before_and_after
from closerlook.figures import marks, panels, style, told
from closerlook.figures.labels import folded

MARK: dict[str, dict[str, Any]] = {
    "original": {"marker": "o", "markersize": 5, "markerfacecolor": "white"},
    "fine-tuned": {"marker": "o"},
}
MEASURES = {"accuracy": "Accuracy in the last layer (%)", "n_clusters": "The number of clusters in the last layer"}
READOUT: dict[str, Any] = {"linestyle": "--", "linewidth": 0.8, "marker": "x", "markersize": 3, "alpha": 0.8}
COLOUR = {"original": style.BEFORE, "fine-tuned": style.AFTER}  # hollow below filled: both show where they coincide


def layers(spaces, models, tasks):
    """Draw a panel per (measure, model, task): the measure against the layer, before and after fine-tuning.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are means over seeds, bands one standard deviation, dots single seeds. A run that collapsed is marked with
        an x and not in the mean, unless all did. Where a linear readout of the same vectors was measured, its accuracy
        is a thin dashed line with crosses. Where clusters are of samples, whiskers are one standard deviation over
        these.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    names = folded(models, style.letters(1.25, 8))
    own = before_and_after(spaces[spaces.step.isna()])
    own = own.assign(kept=kept(own, spaces))
    rows = [(measure, m) for measure in ("accuracy", "n_clusters") for m in models]
    figure, axes = panels.grid(len(rows), tasks, 1.25, 0.8, "layer")
    for (measure, model), line in zip(rows, axes):
        for task, axis in zip(tasks, line):
            cell = own[(own.model == model) & (own.task == task)]
            _panel(axis, cell, measure)
        line[0].set_ylabel(f"{names[model]}\n{'accuracy (%)' if measure == 'accuracy' else 'clusters'}")
    for i in range(2):  # one scale for all models of a task, so that they can be compared
        block = axes[i * len(models) : (i + 1) * len(models)]
        for column in block.T:
            _share(column, log=i == 1)
    _legend(figure, own)
    style.note(figure, missing, marks.sampled(own))
    told.describe(
        figure,
        "Lines over the layers, a panel for each model and task: accuracy of the probe, and number of clusters, before "
        "and after fine-tuning.",
        *(told.changes(what, told.ends(own[own.kept], measure)) for measure, what in MEASURES.items()),
    )
    return figure


def _panel(axis, cell, measure):
    """Draw both states of one model and task."""
    fell = cell[~cell.kept].dropna(subset=[measure])
    marks.fallen(axis, fell.layer, fell[measure].astype(float), style.AFTER)
    for when, colour in COLOUR.items():
        state = cell[cell.kept & (cell.when == when)]
        known = state.dropna(subset=[measure]).astype({measure: float})
        by = known.groupby("layer")[measure]
        style.band(axis, by.mean(), by.std(ddof=1), colour, **MARK[when])
        if measure == "n_clusters":
            marks.samples(axis, known, measure, colour)
        if when == "fine-tuned":
            axis.plot(known.layer, known[measure], ".", color=colour, markersize=2.5, alpha=0.7)
        if measure == "accuracy":
            readout = state.groupby("layer").linear_accuracy.mean().astype(float).dropna()
            axis.plot(readout.index, readout, color=colour, **READOUT)
    floor = cell["majority" if measure == "accuracy" else "n_labels"].dropna()
    if len(floor):
        axis.axhline(floor.iloc[0], **marks.MAJORITY)
    if cell[measure].isna().all():
        panels.not_measured(axis)
    if len(cell):  # also the layers in which the measure is missing
        low, high = cell.layer.min(), cell.layer.max()
        margin = 0.06 * max(1, high - low)
        axis.set_xlim(low - margin, high + margin)
    panels.layer_ticks(axis)
    if measure == "n_clusters":
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
        axis.yaxis.set_major_formatter(ScalarFormatter())
        axis.yaxis.set_minor_formatter(NullFormatter())


def _share(column, log):
    limits = [axis.get_ylim() for axis in column if np.isfinite(axis.dataLim.intervaly).all()]
    if not limits:  # nothing was measured
        return
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    if log and high / low < 2:  # a flat line needs room around it
        low, high = low / 1.4, high * 1.4
    for axis in column:
        axis.set_ylim(low, high)
        if log and high / low < 10:
            axis.yaxis.set_major_locator(panels.whole(4))


def _legend(figure, own):
    seeds = own.run.nunique()
    spread = f"fine-tuned (mean, standard deviation and each of {seeds} seeds)" if seeds > 1 else "fine-tuned"
    handles = [
        Line2D([], [], color=style.BEFORE, label="original", **MARK["original"]),
        Line2D([], [], color=style.AFTER, label=spread, **MARK["fine-tuned"]),
        Line2D([], [], label="most frequent label / number of labels", **marks.MAJORITY),
    ]
    if own.linear_accuracy.notna().any():
        handles.append(Line2D([], [], color=style.DARK, label="linear readout of the same vectors", **READOUT))
    handles += marks.collapsed(own[~own.kept])
    figure.legend(handles=handles, loc="outside lower center", ncols=2 if own.task.nunique() > 2 else 1)
