"""What fine-tuning on one task does to another."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from closerlook.figures import panels, style, told
from closerlook.figures.colours import ink
from closerlook.figures.labels import folded

PANELS = (
    ("accuracy_change", "accuracy_seed_std", "accuracy,\nchange in points", 1),
    ("mean_min_distance_change", "mean_min_distance_change_seed_std", "smallest distance of a label,\nmean change", 2),
)
CELL, REST = 0.62, 1.1  # inches of a cell, and of what is around a matrix
READABLE = 0.4  # inches of a cell that has room for its numbers


def transfer(table, models, tasks):
    """Draw two matrices for each model: the change of the accuracy, and of the labels' smallest distances.

    Parameters
    ----------
    table : DataFrame
        As `closerlook.analysis.table5.table5` returns it.
    models, tasks : list of str
        The order of the panels, and of rows (fine-tuned on) and columns (probed on).

    Returns
    -------
    matplotlib.figure.Figure
        Means over seeds, with the standard deviation below where there are several; a note above says how many runs
        are not in them, because they collapsed. What was not measured is empty.
        Where cells are too small for numbers, there is a scale.
    """
    style.use()
    models, tasks, missing = panels.few(models, tasks)
    cell, across = _largest(len(models), len(tasks))
    side, rows = cell * len(tasks) + REST, -(-len(models) // across)
    figure, axes = plt.subplots(
        rows, 2 * across, figsize=(max(3.4, 2 * side * across), side * rows + 0.2), squeeze=False, layout="constrained"
    )
    names, called = folded(models, 20), {name: text.replace("\n", "") for name, text in folded(tasks, 14).items()}
    for place, (measure, spread, title, digits) in enumerate(PANELS):
        block = axes[:, place * across : (place + 1) * across]
        limit = table[measure].astype(float).abs().fillna(0).max() or 1
        for model, axis in zip(models, block.flat):
            own = table[(table.model == model) & table.fine_tuned_on.notna()]
            image = _matrix(axis, own, tasks, measure, spread, limit, digits if cell >= READABLE else None)
            turned = {"rotation": 30, "ha": "right"} if cell >= READABLE else {"rotation": 90}
            axis.set_xticks(range(len(tasks)), called.values(), **turned)
            axis.set_yticks(range(len(tasks)), called.values())
            axis.set_title(names[model] + (": " if len(model) <= 20 else ":\n") + title, fontweight="bold")
        for axis in block.flat[len(models) :]:
            axis.set_axis_off()
        for axis in block.flat[max(0, len(models) - across) : len(models)]:
            axis.set_xlabel("probed on")
        if cell < READABLE:
            scale = title.replace("\n", " ")
            figure.colorbar(image, ax=list(block.flat), location="bottom", label=scale, shrink=0.5, aspect=40, pad=0.01)
    for axis in axes[:, 0]:
        axis.set_ylabel("fine-tuned on")
    style.note(figure, missing, _collapsed(table, models), "" if cell >= READABLE else "The numbers are in table5.csv.")
    crossed = table[table.fine_tuned_on.notna() & (table.fine_tuned_on != table.probed_on) & table.model.isin(models)]
    told.describe(
        figure,
        "Matrices of tasks, two for each model: what fine-tuning on one (rows) does to another (columns).",
        *(
            told.extremes(
                f"Of another task, {title.replace(chr(10), ' ')}",
                {
                    f"{r.model}, {r.fine_tuned_on} → {r.probed_on}": float(getattr(r, measure))
                    for r in crossed.itertuples()
                },
                digits,
            )
            for measure, _, title, digits in PANELS
        ),
    )
    return figure


def _collapsed(table, models):
    """Which runs are not in the means."""
    gone = table[table.model.isin(models) & (table.collapsed > 0) & (table.collapsed < table.seeds)]
    gone = gone.drop_duplicates(["model", "fine_tuned_on"])
    parts = [f"{r.collapsed} of {r.seeds} of {r.model} on {r.fine_tuned_on}" for r in gone.itertuples()]
    return f"Runs that collapsed, and are not in the means: {', '.join(parts)}." if parts else ""


def _largest(models, tasks):
    """The largest cells with which all matrices fit, and how many models then stand side by side."""
    sizes = [
        (min(CELL, (panels.WIDE / (2 * n) - REST) / tasks, (panels.TALL / -(-models // n) - REST) / tasks), -n)
        for n in range(1, models + 1)
    ]
    cell, across = max(sizes)
    return cell, -across


def _matrix(axis, own, tasks, measure, spread, limit, digits):
    """Draw a matrix, with numbers of that many digits (None: without numbers)."""
    values = own.pivot(index="fine_tuned_on", columns="probed_on", values=measure).astype(float)
    values = values.reindex(index=tasks, columns=tasks).to_numpy()
    errors = own.pivot(index="fine_tuned_on", columns="probed_on", values=spread).astype(float)
    errors = errors.reindex(index=tasks, columns=tasks).to_numpy()
    image = axis.imshow(np.ma.masked_invalid(values), cmap="PuOr", vmin=-limit, vmax=limit)
    for (i, j), value in np.ndenumerate(values):
        if np.isnan(value):
            text, colour = "–", style.QUIET
        elif digits is None:
            continue
        else:
            error = errors[i, j]
            text = f"{value:+.{digits}f}" + ("" if np.isnan(error) else f"\n±{error:.{digits}f}")
            colour = ink(to_hex(image.to_rgba(value)))
        axis.text(j, i, text, ha="center", va="center", fontsize=6.5, color=colour)
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return image
