"""Fine-tuning, update by update: how similar each layer still is to the original."""

import matplotlib.pyplot as plt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.lines import Line2D

from closerlook.figures import panels, style, told
from closerlook.figures.labels import folded

ACROSS, RUNS = 9, 99  # runs side by side, and in all, whose layers are shown
PALEST = 0.38  # of the colours from yellow to blue: those before it are lost on white


def layer_similarity(spaces, pairs):
    """Draw, for each run, the similarity of every layer to itself before fine-tuning against the update (Figure 4).

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.trajectory.trajectory` returns it.
    pairs : list of (str, str)
        The (model, task) of the panels.

    Returns
    -------
    matplotlib.figure.Figure
        Training split. Lines are means over seeds, bands one standard deviation. With too few pairs of labels there
        is no similarity, and no line.
    """
    style.use()
    pairs, missing = panels.few_runs(pairs, RUNS)
    models, tasks = (folded(names, style.letters(1.8, 8, bold=True)) for names in zip(*pairs))
    figure, axes, across = panels.of_runs(len(pairs), ACROSS, (2.1, 2.2), rest=0.5)
    depth = max([0, *spaces.layer])
    shades = [PALEST + (1 - PALEST) * layer / max(1, depth) for layer in range(depth + 1)]
    colours = ListedColormap(plt.get_cmap("plasma_r")(shades))
    for (model, task), axis in zip(pairs, axes[:, 0]):
        run = spaces[(spaces.model == model) & (spaces.task == task) & (spaces.split == "train")]
        axis.xaxis.set_major_locator(panels.whole(6))
        for layer, cells in run.groupby("layer"):
            by = cells.assign(similarity=cells.similarity.astype(float)).groupby("update").similarity
            style.band(axis, by.mean(), by.std(ddof=1), colours(layer))
        axis.axhline(0.5, color=style.FAINT, linestyle=":", linewidth=1)
        if not run.similarity.notna().any():
            panels.not_measured(axis, "too few pairs of labels" if len(run) else "not measured", height=0.6)
            axis.set_xticks([])
        axis.set_title(f"{tasks[task]}\n{models[model]}", fontweight="bold")
        axis.set_xlabel("update")
    for axis in axes[::across, 0]:
        axis.set_ylabel("similarity to the original")
    panels.link(axes, "y")
    scale = ScalarMappable(Normalize(-0.5, depth + 0.5), colours)
    figure.colorbar(scale, ax=list(axes[across - 1 :: across, 0]), label="layer", ticks=panels.whole(depth + 1))
    figure.legend(
        handles=[Line2D([], [], color=style.FAINT, linestyle=":", label="0.5, above which the paper's layers stay")],
        loc="outside lower center",
    )
    style.note(figure, missing)
    end = spaces[(spaces.split == "train") & (spaces.layer == depth)].dropna(subset=["similarity"])
    end = end[end["update"] == end.groupby(["model", "task"])["update"].transform("max")]
    means = end.astype({"similarity": float}).groupby(["model", "task"]).similarity.mean()
    told.describe(
        figure,
        "Lines over the updates of fine-tuning, a panel for each model and task, and in it one for each layer: "
        "similarity of its label distances to those before.",
        told.extremes(
            "In the last layer, after the last update", {", ".join(of): value for of, value in means.items()}
        ),
    )
    return figure
