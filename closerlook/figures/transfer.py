"""What fine-tuning on one task does to another."""

import matplotlib.pyplot as plt
import numpy as np

from closerlook.figures import style

PANELS = (
    ("accuracy_change", "accuracy_seed_std", "accuracy,\nchange in points", 1),
    ("mean_min_distance_change", "mean_min_distance_change_seed_std", "smallest distance of a label,\nmean change", 2),
)


def transfer(table, models, tasks):
    """Draw two matrices for each model: the change of the accuracy, and of the labels' smallest distances.

    Parameters
    ----------
    table : DataFrame
        As `closerlook.analysis.transfer.transfer` returns it.
    models, tasks : list of str
        The order of the panels, and of rows (fine-tuned on) and columns (probed on).

    Returns
    -------
    matplotlib.figure.Figure
        Means over seeds, with the standard deviation below where there are several. What was not measured is empty.
    """
    style.use()
    side = 0.62 * len(tasks) + 1.1
    figure, axes = plt.subplots(
        len(models), 2, figsize=(max(3.4, 2 * side), side * len(models) + 0.2), squeeze=False, layout="constrained"
    )
    for (measure, spread, title, digits), column in zip(PANELS, axes.T):
        limit = table[measure].astype(float).abs().fillna(0).max() or 1
        for model, axis in zip(models, column):
            own = table[(table.model == model) & table.fine_tuned_on.notna()]
            _matrix(axis, own, tasks, measure, spread, limit, digits)
            axis.set_title(f"{model}: {title}", fontweight="bold")
    for axis in axes[:, 0]:
        axis.set_ylabel("fine-tuned on")
    for axis in axes[-1]:
        axis.set_xlabel("probed on")
    return figure


def _matrix(axis, own, tasks, measure, spread, limit, digits):
    values = own.pivot(index="fine_tuned_on", columns="probed_on", values=measure).astype(float)
    values = values.reindex(index=tasks, columns=tasks)
    errors = own.pivot(index="fine_tuned_on", columns="probed_on", values=spread).astype(float)
    errors = errors.reindex(index=tasks, columns=tasks)
    axis.imshow(np.ma.masked_invalid(values.to_numpy()), cmap="PuOr", vmin=-limit, vmax=limit)
    for (i, j), value in np.ndenumerate(values.to_numpy()):
        if np.isnan(value):
            text, colour = "–", style.FAINT
        else:
            error = errors.to_numpy()[i, j]
            text = f"{value:+.{digits}f}" + ("" if np.isnan(error) else f"\n±{error:.{digits}f}")
            colour = "white" if abs(value) > 0.65 * limit else style.DARK
        axis.text(j, i, text, ha="center", va="center", fontsize=6.5, color=colour)
    axis.set_xticks(range(len(tasks)), tasks, rotation=30, ha="right")
    axis.set_yticks(range(len(tasks)), tasks)
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
