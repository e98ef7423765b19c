"""What the probe memorises, before and after fine-tuning."""

from typing import Any

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter, StrMethodFormatter

from closerlook.analysis.collapsed import kept
from closerlook.figures import marks, panels, style, told
from closerlook.figures.labels import folded

LINE: dict[str, Any] = {"subtrain": "-", "subtest": "--", "test": ":"}
NAME = {"subtrain": "subtrain: the 80 % trained on", "subtest": "subtest: the other 20 %", "test": "test"}


def memorisation(frame, spaces, models, tasks):
    """Draw a panel per (model, task): the probe's accuracy against its epoch, in the last layer.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.memorisation.memorisation` returns it.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are means over the probe's repeats and over seeds, bands one standard deviation over both; after a probe
        has converged, its last accuracy continues to count. The ends of a run that collapsed are marked with an x, and
        not in the mean, unless all did.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    names = folded(models, style.letters(1.5, 8))
    figure, axes = panels.grid(len(models), tasks, 1.5, 1.0, "epoch of the probe")
    own = frame[frame.tuned_on.isna() | (frame.tuned_on == frame.task)]
    own = own.assign(kept=kept(own, spaces))
    for model, line in zip(models, axes):
        for task, axis in zip(tasks, line):
            cell = own[(own.model == model) & (own.task == task)]
            _panel(axis, cell[cell.layer == cell.layer.max()])
        line[0].set_ylabel(f"{names[model]}\naccuracy (%)")
    panels.link(axes, "x")
    colours = {"original": style.BEFORE, "fine-tuned": style.AFTER}
    handles = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    handles += [Line2D([], [], color=style.DARK, linestyle=LINE[name], label=NAME[name]) for name in LINE]
    handles += [Line2D([], [], label="most frequent label", **marks.MAJORITY), *marks.collapsed(own[~own.kept])]
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if len(tasks) > 3 else 2)
    style.note(figure, missing)
    told.describe(
        figure,
        "Lines over the epochs of the probe, a panel for each model and task: accuracy on subtrain, subtest and test, "
        "before and after fine-tuning.",
        _finding(own[own.kept & own.tuned_on.notna()]),
    )
    return figure


def _panel(axis, cell):
    marks.majority(axis, cell)
    ends = cell[~cell.kept].sort_values("epoch").groupby(["state", "set"]).last()
    marks.fallen(axis, ends.epoch, ends.accuracy, style.AFTER)
    for before, colour in ((True, style.BEFORE), (False, style.AFTER)):
        for name, dashes in LINE.items():
            own = cell[cell.kept & (cell.tuned_on.isna() == before) & (cell.set == name)]
            if not len(own):
                continue
            wide = own.pivot_table(index="epoch", columns="state", values=["accuracy", "accuracy_std"]).ffill()
            mean = wide["accuracy"].mean(axis=1)
            within = (wide["accuracy_std"] ** 2).mean(axis=1)
            spread = (within + wide["accuracy"].var(axis=1, ddof=0)) ** 0.5
            style.band(axis, mean, spread, colour, alpha=0.15, linestyle=dashes)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if not len(cell):
        panels.not_measured(axis)


def _finding(tuned):
    """In how many models and tasks the probe does on subtest as on subtrain, after fine-tuning."""
    cells = tuned[tuned.layer == tuned.groupby(["model", "task"]).layer.transform("max")].sort_values("epoch")
    ends = cells.groupby(["model", "task", "state", "set"]).accuracy.last().groupby(["model", "task", "set"]).mean()
    ends = ends.unstack("set").reindex(columns=["subtrain", "subtest", "test"]).astype(float).dropna()
    near = (abs(ends.subtest - ends.subtrain) < abs(ends.subtest - ends.test)).sum()
    return len(ends) and f"After fine-tuning, subtest ends nearer to subtrain than to test in {near} of {len(ends)}."
