"""How similar every layer still is to the original, by several measures."""

from typing import Any

from matplotlib.lines import Line2D

from closerlook.analysis.collapsed import kept
from closerlook.figures import panels, style, told
from closerlook.figures.colours import LABELS, legible
from closerlook.figures.labels import folded

LINES = {  # column, name, colour, marker
    "labels": ("label distances (the paper's)", LABELS[1], "o"),
    "cka": ("linear CKA", LABELS[0], "s"),
    "procrustes": ("Procrustes", LABELS[2], "^"),
    "rsa": ("RSA", LABELS[4], "D"),
    "neighbours": ("nearest neighbours", LABELS[5], "v"),
}
BOUNDS: dict[str, tuple[str, dict[str, Any]]] = {  # suffix of a column, name, line
    "ceiling": ("ceiling: two seeds", {"linestyle": "--", "linewidth": 0.7, "alpha": 0.9}),
    "floor": ("floor: nothing in common", {"linestyle": ":", "linewidth": 0.8}),
}
FEW = "too few pairs of labels"


def similarity(frame, spaces, models, tasks):
    """Draw the similarity of every fine-tuned layer to the original, by the paper's measure and by four others.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.similarity.similarity` returns it.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Training split. Lines are means over seeds, without those that collapsed, bands one standard deviation; a dashed
        line shows the ceiling, and a dotted one the floor. The paper's bound is a grey line at 0.5.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    names = folded(models, style.letters(1.5, 8))
    own = spaces[spaces.step.isna() & (spaces.tuned_on == spaces.task)]
    keys = ["model", "task", "layer", "run"]
    columns = {"original_similarity": "labels", "original_floor": "labels_floor", "original_ceiling": "labels_ceiling"}
    labels = own[[*keys, "original_pairs", *columns]].rename(columns=columns)
    both = frame[frame.split == "train"].merge(labels, "outer", keys)
    both = both[kept(both, spaces)]
    figure, axes = panels.grid(len(models), tasks, 1.9, 1.1, "layer")
    for model, row in zip(models, axes):
        for task, axis in zip(tasks, row):
            cell = both[(both.model == model) & (both.task == task)]
            for column, (_, colour, marker) in LINES.items():
                by = cell.astype({column: float}).dropna(subset=[column]).groupby("layer")[column]
                style.band(axis, by.mean(), by.std(ddof=1), colour, marker=marker)
                for end, (_, line) in BOUNDS.items():
                    mean = cell.astype({f"{column}_{end}": float}).groupby("layer")[f"{column}_{end}"].mean()
                    mark = {"marker": "_"} if mean.notna().sum() == 1 else {}  # a single layer has no line
                    axis.plot(mean.index, mean, color=colour, zorder=2, **mark, **line)
            if cell.labels.notna().any():
                axis.axhline(0.5, color=style.PALE, linewidth=0.8)
            panels.layer_ticks(axis)
            if not len(cell):
                panels.not_measured(axis)
            elif cell.labels.isna().all() and cell.original_pairs.notna().any():
                axis.text(0.5, 1.01, FEW, transform=axis.transAxes, ha="center", fontsize=5, color=legible(LABELS[1]))
        row[0].set_ylabel(f"{names[model]}\nsimilarity")
    panels.link(axes, "y")
    handles = [Line2D([], [], color=colour, marker=marker, label=name) for name, colour, marker in LINES.values()]
    handles += [Line2D([], [], color=style.DARK, label=name, **line) for name, line in BOUNDS.values()]
    handles.append(Line2D([], [], color=style.PALE, linewidth=0.8, label="0.5, above which the paper's layers stay"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if len(tasks) > 4 else 2)
    style.note(figure, missing)
    end = both[both.layer == both.groupby(["model", "task"]).layer.transform("max")]
    by = end.astype({column: float for column in LINES}).groupby(["model", "task"])
    means = {column: {", ".join(of): mean for of, mean in by[column].mean().items()} for column in ("labels", "cka")}
    told.describe(
        figure,
        "Lines over the layers, a panel for each model and task: similarity to the same layer before fine-tuning, by "
        "five measures.",
        *(told.extremes(f"By {LINES[column][0]}, in the last layer", of) for column, of in means.items()),
    )
    return figure
