"""The paths of a few labels' centroids through fine-tuning."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style


def centroid_paths(frame, pairs, looks):
    """Draw the paths of the three closest labels in the first layer and in the last (Figure 3).

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.paths.paths` returns it.
    pairs : list of (str, str)
        The (model, task) of the rows.
    looks : dict of str to dict of str to dict
        `style.looks` of each task's labels.

    Returns
    -------
    matplotlib.figure.Figure
        A line per seed; an open circle where all seeds start, a full mark where each ends.
    """
    style.use()
    figure, axes = plt.subplots(
        len(pairs), 2, figsize=(5.0, 2.4 * len(pairs) + 0.2), squeeze=False, layout="constrained"
    )
    for (model, task), row in zip(pairs, axes):
        run = frame[(frame.model == model) & (frame.task == task)]
        layers = sorted(run.layer.unique())
        for layer, axis in zip(layers, row):
            cell = run[run.layer == layer].sort_values("update")
            for (label, _), path in cell.groupby(["label", "seed"]):
                look = looks[task][label]
                axis.plot(path.x, path.y, color=look["color"], linestyle=look["linestyle"], linewidth=1, alpha=0.85)
                axis.plot(path.x.iloc[0], path.y.iloc[0], "o", color=look["color"], markerfacecolor="white", zorder=4)
                axis.plot(path.x.iloc[-1], path.y.iloc[-1], look["marker"], color=look["color"], zorder=4)
            axis.set_aspect("equal", adjustable="datalim")
            axis.set_title(f"{model}, {task}: layer {layer}", fontweight="bold")
            axis.set_xlabel(f"PC 1 ({style.share(cell.explained_x.iloc[0])} of the variance)")
            axis.set_ylabel(f"PC 2 ({style.share(cell.explained_y.iloc[0])})")
            axis.xaxis.set_major_locator(MaxNLocator(4))
            axis.yaxis.set_major_locator(MaxNLocator(4))
        for axis in row[len(layers) :]:
            axis.set_axis_off()
        if len(layers):
            names = list(dict.fromkeys(run.label))
            handles = [Line2D([], [], **looks[task][name], label=name) for name in names]
            row[len(layers) - 1].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7)
        else:
            style.not_measured(row[0])
    return figure
