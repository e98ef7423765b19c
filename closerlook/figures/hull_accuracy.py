"""DirectProbe's clusters as a classifier, beside the classifier probe."""

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.analysis.collapsed import kept
from closerlook.analysis.spaces import before_and_after
from closerlook.figures import marks, panels, style, told
from closerlook.figures.labels import folded
from closerlook.figures.layers import COLOUR

PROBES = {"accuracy": ("classifier probe", "o"), "hull_accuracy": ("nearest hull", "D")}


def hull_accuracy(frame, spaces, models, tasks):
    """Draw the test accuracy of the nearest hull and of the classifier probe, before and after fine-tuning.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.hulls.hulls` returns it.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        The highest layer in which hulls were a classifier. Marks are means over seeds, whiskers one standard deviation.
        A run that collapsed is marked with an x, and not in the mean, unless all did.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    names = folded(models, style.letters(1.3, 8))
    own = before_and_after(frame)
    own = own.assign(kept=kept(own, spaces))
    figure, axes = panels.grid(len(models), tasks, 1.3, 0.8, "", sharey="col")
    for model, row in zip(models, axes):
        for task, axis in zip(tasks, row):
            cell = own[(own.model == model) & (own.task == task)]
            cell = cell[cell.layer == cell.layer.max()]
            marks.majority(axis, cell)
            for place, (column, (_, marker)) in enumerate(PROBES.items()):
                for at, (when, colour) in enumerate(COLOUR.items()):
                    x, known = at + 0.24 * (place - 0.5), cell[cell.when == when].dropna(subset=[column])
                    fell = known[~known.kept][column].astype(float)
                    marks.fallen(axis, [x] * len(fell), fell, colour)
                    some = known[known.kept][column].astype(float)
                    if not len(some):
                        continue
                    axis.errorbar(
                        x, some.mean(), some.std(ddof=1) if len(some) > 1 else None, fmt=marker,
                        color=colour, capsize=2, elinewidth=0.9,
                        markerfacecolor=colour if column == "accuracy" else "white",
                    )  # fmt: skip
                    if column == "hull_accuracy":
                        marks.samples(axis, known[known.kept].assign(layer=x), column, colour)
            axis.set_xticks([0, 1], list(COLOUR), **(panels.SLANTED if panels.narrow(axis) else {"fontsize": 6.5}))
            axis.set_xlim(-0.5, 1.5)
            axis.margins(y=0.2)
            axis.yaxis.set_major_locator(MaxNLocator(nbins=4))
            if not len(cell):
                panels.not_measured(axis)
        row[0].set_ylabel(f"{names[model]}\naccuracy (%)")
    handles = [
        Line2D([], [], color=style.DARK, marker=marker, linestyle="",
               markerfacecolor=style.DARK if column == "accuracy" else "white", label=name)
        for column, (name, marker) in PROBES.items()
    ]  # fmt: skip
    handles += [Line2D([], [], label="most frequent label", **marks.MAJORITY), *marks.collapsed(own[~own.kept])]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    style.note(figure, missing, marks.sampled(spaces))
    hulls, probes = (told.ends(own[own.kept], column) for column in ("hull_accuracy", "accuracy"))
    ahead = sum(hulls[name][1] > probes[name][1] for name in hulls if name in probes)
    told.describe(
        figure,
        "Marks, a panel for each model and task: test accuracy of the nearest hull and of the classifier probe, before "
        "and after fine-tuning.",
        told.changes("Accuracy of the nearest hull (%)", hulls),
        f"After it the nearest hull is ahead of the probe in {ahead} of {len(hulls)}." if hulls else None,
    )
    return figure
