"""How like the original every layer still is, by several lights."""

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from closerlook.figures import style

LINES = {  # column, name, colour, marker
    "labels": ("label distances (the paper's)", "#D55E00", "o"),
    "cka": ("linear CKA", "#0072B2", "s"),
    "procrustes": ("Procrustes", "#009E73", "^"),
    "rsa": ("RSA", "#CC79A7", "D"),
}


def similarity_measures(frame, spaces, models, tasks):
    """Draw the similarity of every fine-tuned layer to the original, by the paper's measure and by three others.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.representations.similarities` returns it.
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Training split. Lines are means over seeds, bands one standard deviation.
    """
    style.use()
    own = spaces[spaces.step.isna() & (spaces.tuned_on == spaces.task)]
    keys = ["model", "task", "layer", "seed"]
    labels = own[[*keys, "original_similarity"]].rename(columns={"original_similarity": "labels"})
    both = frame[frame.split == "train"].merge(labels.astype({"seed": int}), "outer", keys)
    figure, axes = style.grid(len(models), tasks, 1.5 * len(models) + 0.9, "layer", sharey=True)
    for model, row in zip(models, axes):
        for task, axis in zip(tasks, row):
            cell = both[(both.model == model) & (both.task == task)]
            for column, (_, colour, marker) in LINES.items():
                by = cell.astype({column: float}).dropna(subset=[column]).groupby("layer")[column]
                style.band(axis, by.mean(), by.std(ddof=1), colour, marker=marker)
            axis.axhline(0.5, color=style.FAINT, linestyle=":", linewidth=1)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
            if not len(cell):
                style.not_measured(axis)
        row[0].set_ylabel(f"{model}\nsimilarity")
    handles = [Line2D([], [], color=colour, marker=marker, label=name) for name, colour, marker in LINES.values()]
    handles.append(Line2D([], [], color=style.FAINT, linestyle=":", label="0.5, above which the paper's stay"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if len(tasks) > 4 else 2)
    return figure
