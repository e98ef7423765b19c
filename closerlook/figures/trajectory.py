"""Fine-tuning, update by update: how far apart the labels are, and how like the original each layer still is."""

import matplotlib.pyplot as plt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style

HIGHLIGHTED = 3  # labels that gain most, and that gain least


def label_distances(labels, spaces, pairs, looks):
    """Draw, for each run, the smallest distance of every label to any other against the update (Figures 2 and 6).

    Parameters
    ----------
    labels, spaces : DataFrame
        As `closerlook.analysis.trajectories.trajectories` returns them.
    pairs : list of (str, str)
        The (model, task) of the panels.
    looks : dict of str to dict of str to dict
        `style.looks` of each task's labels.

    Returns
    -------
    matplotlib.figure.Figure
        The last layer, training split. Bold lines are means over seeds, bands one standard deviation; the labels that
        gained most and least, over the updates at which they are defined, stand out, with what they gained.
        Below, the pairs of labels that still overlap, which have no distance.
    """
    style.use()
    width = max(3.4, 2.6 * len(pairs))
    figure, axes = plt.subplots(
        2, len(pairs), figsize=(width, 4.2), squeeze=False, layout="constrained", sharex="col", height_ratios=[3, 1]
    )
    for (model, task), (above, below) in zip(pairs, axes.T):
        run = labels[(labels.model == model) & (labels.task == task)]
        last = run.layer.max()
        _labels(above, run[run.layer == last], looks[task])
        cells = spaces[(spaces.model == model) & (spaces.task == task) & (spaces.split == "train")]
        by = cells[cells.layer == last].groupby("update").overlapping
        style.band(below, by.mean(), by.std(ddof=1), style.DARK)
        below.set_ylim(0, max(1, 1.1 * by.mean().max()))
        below.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
        below.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        below.set_xlabel("update")
        above.set_title(f"{task}\n{model}, layer {last}", fontweight="bold")
    axes[0, 0].set_ylabel("distance to the nearest label")
    axes[1, 0].set_ylabel("overlapping\npairs")
    return figure


def _labels(axis, run, looks):
    """Draw all labels, and write the names of those that stand out beside them."""
    by = run.groupby(["label", "update"]).min_distance
    mean, spread = by.mean().unstack("update"), by.std(ddof=1).unstack("update")
    gain = mean.apply(_gain, axis=1).dropna().sort_values()
    n = min(HIGHLIGHTED, len(gain) // 2)
    least, most = list(gain.index[:n]), list(gain.index[::-1][:n])
    for label in mean.index:
        axis.plot(mean.columns, mean.loc[label], color=style.FAINT, linewidth=0.5, alpha=0.7)
    for label in (*most, *least):
        look = {"linestyle": looks[label]["linestyle"], "label": label}
        style.band(axis, mean.loc[label], spread.loc[label], looks[label]["color"], **look)
    axis.set_ylim(bottom=0)
    ends = mean.loc[[*most, *least]].ffill(axis=1).iloc[:, -1]
    for label, height in _apart(ends, axis.get_ylim()[1] / 17).items():
        axis.annotate(
            f"{label} {gain[label]:+.2f}", (1, height), (4, 0), xycoords=axis.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=6, color=looks[label]["color"],
        )  # fmt: skip


def _apart(heights, gap):
    """Heights (a Series), moved up where they are nearer than `gap` to the one below."""
    heights = heights.sort_values()
    for place in range(1, len(heights)):
        heights.iloc[place] = max(heights.iloc[place], heights.iloc[place - 1] + gap)
    return heights


def _gain(row):
    known = row.dropna()
    return known.iloc[-1] - known.iloc[0] if len(known) > 1 else None


def layer_similarity(spaces, pairs):
    """Draw, for each run, the similarity of every layer to itself before fine-tuning against the update (Figure 4).

    Parameters
    ----------
    spaces, pairs
        As in `label_distances`.

    Returns
    -------
    matplotlib.figure.Figure
        Training split. Lines are means over seeds, bands one standard deviation.
    """
    style.use()
    width = max(3.4, 2.1 * len(pairs) + 0.5)
    figure, axes = plt.subplots(1, len(pairs), figsize=(width, 2.2), squeeze=False, layout="constrained", sharey=True)
    depth = max(spaces.layer.max(), 1)
    colours = ListedColormap(plt.get_cmap("viridis_r")([0.05 + 0.95 * i / depth for i in range(depth + 1)]))
    for (model, task), axis in zip(pairs, axes[0]):
        run = spaces[(spaces.model == model) & (spaces.task == task) & (spaces.split == "train")]
        for layer, cells in run.groupby("layer"):
            by = cells.assign(similarity=cells.similarity.astype(float)).groupby("update").similarity
            style.band(axis, by.mean(), by.std(ddof=1), colours(layer))
        axis.axhline(0.5, color=style.FAINT, linestyle=":", linewidth=1)
        axis.set_title(f"{task}\n{model}", fontweight="bold")
        axis.set_xlabel("update")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes[0, 0].set_ylabel("similarity to the original")
    scale = ScalarMappable(Normalize(-0.5, depth + 0.5), colours)
    figure.colorbar(scale, ax=axes[0, -1], label="layer", ticks=MaxNLocator(integer=True, nbins=depth + 1))
    figure.legend(
        handles=[Line2D([], [], color=style.FAINT, linestyle=":", label="0.5, above which the paper's layers stay")],
        loc="outside lower center",
    )
    return figure
