"""How similar every layer is to every other: of the original and the fine-tuned encoder, and of two seeds."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from closerlook.figures import panels, style, told
from closerlook.figures.colours import ink
from closerlook.layout import ORIGINAL

SIDES = 1.5, 3.6  # inches of a matrix, at least and at most
CELL = 0.36  # inches of a row that has room for a number
READABLE = 8  # layers whose numbers are written
TICKS = 16


def layer_matrices(frame, model, task):
    """Draw linear CKA of every layer of the original and every layer of a run; and of the layers of two runs.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.layer_matrices.layer_matrices` returns it.
    model, task : str

    Returns
    -------
    matplotlib.figure.Figure
        Means over seeds; the second matrix only where there are at least two. Where there are few layers, the numbers
        are written. What was not measured is empty.
    """
    style.use()
    own = frame[(frame.model == model) & (frame.task == task)]
    original = own["with"] == ORIGINAL
    parts = [(own[original], "layer of the original", "layer after fine-tuning")]
    if not original.all():
        parts.append((own[~original], "layer of one seed", "layer of another seed"))
    layers = sorted(own.layer.unique())
    side = float(np.clip(CELL * len(layers), *SIDES))
    figure, axes = plt.subplots(
        1, len(parts), figsize=((side + 0.7) * len(parts) + 0.5, side + 0.7), squeeze=False, layout="constrained"
    )
    if not layers:
        panels.not_measured(axes[0, 0])
        return figure
    shown = range(0, len(layers), -(-len(layers) // TICKS))
    for axis, (some, rows, columns) in zip(axes.flat, parts):
        values = some.pivot_table("cka", "layer", "other_layer", aggfunc="mean")
        values = values.reindex(index=layers, columns=layers).to_numpy(float)
        image = axis.imshow(np.ma.masked_invalid(values), cmap="viridis", vmin=0, vmax=1, origin="lower")
        for (i, j), value in np.ndenumerate(values):
            if np.isnan(value) or len(layers) <= READABLE:
                text = "–" if np.isnan(value) else f"{value:.2f}"
                colour = style.QUIET if np.isnan(value) else ink(to_hex(image.to_rgba(value)))
                axis.text(j, i, text, ha="center", va="center", fontsize=6, color=colour)
        axis.set_xticks(shown, [layers[i] for i in shown])
        axis.set_yticks(shown, [layers[i] for i in shown])
        axis.set(xlabel=columns, ylabel=rows)
        axis.grid(False)
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    figure.colorbar(image, ax=list(axes.flat), label="linear CKA", aspect=25, pad=0.02).outline.set_visible(False)
    same = own[original & (own.layer == own.other_layer)].groupby("layer").cka.mean()
    told.describe(
        figure,
        f"Matrices of layers: linear CKA of each layer of {model} and each after fine-tuning on {task}"
        f"{'' if original.all() else ', and of those of two seeds'}.",
        told.extremes("Of a layer and itself", {f"layer {layer}": float(value) for layer, value in same.items()}),
    )
    return figure
