"""The paths of a few labels' centroids through fine-tuning."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import panels, style, told
from closerlook.figures.labels import folded, shown

ROWS, RUNS = 12, 36  # of runs below each other, and runs in all


def centroid_paths(frame, pairs, looks):
    """Draw the paths of the three closest labels in the first layer and in the last (Figure 3).

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.centroid_paths.centroid_paths` returns it.
    pairs : list of (str, str)
        The (model, task) of the rows.
    looks : dict of str to dict of str to dict
        `style.looks` of each task's labels.

    Returns
    -------
    matplotlib.figure.Figure
        A line per seed; an open circle where all seeds start, a filled mark where each ends.
    """
    style.use()
    pairs, missing = panels.few_runs(pairs, RUNS)
    models, tasks = (folded(names, 20) for names in zip(*pairs))
    names = {task: shown(looks.get(task, ()), 20) for task in tasks}
    notes = [missing]
    across = -(-len(pairs) // ROWS)
    rows = -(-len(pairs) // across)
    figure, axes = plt.subplots(
        rows, 2 * across, figsize=(5.0 * across, 2.4 * rows + 0.2), squeeze=False, layout="constrained"
    )
    axes = axes.reshape(-1, 2)
    for (model, task), row in zip(pairs, axes):
        apart = ", " if len(model) + len(task) <= 18 else ",\n"
        title = f"{models[model]}{apart}{tasks[task]}"
        run = frame[(frame.model == model) & (frame.task == task)]
        layers = sorted(run.layer.unique())
        for layer, axis in zip(layers, row):
            cell = run[run.layer == layer].sort_values("update")
            for (label, _), path in cell.groupby(["label", "run"]):
                look = looks[task][label]
                axis.plot(path.x, path.y, color=look["color"], linestyle=look["linestyle"], linewidth=1, alpha=0.85)
                axis.plot(path.x.iloc[0], path.y.iloc[0], "o", color=look["color"], markerfacecolor="white", zorder=4)
                axis.plot(path.x.iloc[-1], path.y.iloc[-1], look["marker"], color=look["color"], zorder=4)
            axis.set_aspect("equal", adjustable="datalim")
            axis.set_title(f"{title}: layer {layer}", fontweight="bold")
            axis.set_xlabel(f"PC 1 ({style.share(cell.explained_x.iloc[0])} of the variance)")
            axis.set_ylabel(f"PC 2 ({style.share(cell.explained_y.iloc[0])})")
            axis.xaxis.set_major_locator(MaxNLocator(4))
            axis.yaxis.set_major_locator(MaxNLocator(4))
        for axis in row[len(layers) :]:
            axis.set_axis_off()
        if len(layers):
            found = list(dict.fromkeys(run.label))
            handles = [Line2D([], [], **looks[task][name]) for name in found]
            style.legend(
                row[len(layers) - 1], handles, [names[task].text[name] for name in found], names[task].family,
                loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7,
            )  # fmt: skip
            notes.append(names[task].note(found))
        else:
            panels.not_measured(row[0])
            row[0].set_title(title, fontweight="bold")
    for axis in axes[len(pairs) :].flat:
        axis.set_axis_off()
    style.note(figure, *notes)
    closest = (
        f"{model}, {task}: {', '.join(names[task].text[label] for label in dict.fromkeys(run.label))}"
        for (model, task), run in frame.groupby(["model", "task"], sort=False)
        if (model, task) in pairs
    )
    told.describe(
        figure,
        "Paths through fine-tuning of the centroids of the three labels that are closest before it, in the first layer "
        "and in the last.",
        f"The labels: {told.some(closest)}.",
    )
    return figure
