"""The workflow's figures of one study, drawn without a trace in the settings of whoever asked for them."""

import contextlib

import matplotlib
import matplotlib.pyplot as plt

from closerlook.errors import InputError
from closerlook.figures import style
from closerlook.figures.depth import layer_distances
from closerlook.figures.errors import errors_by_distance
from closerlook.figures.layers import layers
from closerlook.figures.movement import directions, movement_lengths
from closerlook.figures.similarity import similarity_measures

FIGURES = {  # name: (the workflow's name of it, caption, function of a study)
    "layers": (
        "layers",
        "Accuracy of the classifier probe (circles) and of the linear readout (crosses, dashed), and number of "
        "DirectProbe's clusters against the layer, before (original) and after (fine-tuned). As many clusters as "
        "labels means that every pair of labels is linearly separable.",
        lambda study: layers(study.spaces, [study.model], [study.task]),
    ),
    "layer_distances": (
        "layer_distances",
        "The smallest distance between two labels of the training examples, and the accuracy of the classifier probe,"
        " against the layer. A vertical line marks the layer with the best accuracy, where no other has the same.",
        lambda study: layer_distances(study.spaces, study.model, [study.task]),
    ),
    "similarity": (
        "similarity",
        "Similarity of every layer after to the same layer before, on the training examples: Pearson's correlation of"
        " the label distances (the paper's measure), and three measures that know nothing of labels: linear CKA, "
        "Procrustes, and the rank correlation of all distances (RSA).",
        lambda study: similarity_measures(study.similarity, study.spaces, [study.model], [study.task]),
    ),
    "movement": (
        "movement_lengths",
        "Length of the displacement of every label's mean against the layer, relative to the root mean square length "
        "of the layer's vectors before; grey is the mean of all labels. Up to 40 labels each have a panel. Where "
        "there are more, the 24 that move furthest in the last layer have one, and the 16 that move least.",
        lambda study: movement_lengths(study.movement, style.looks(study.names)),
    ),
    "directions": (
        "directions",
        "Displacement of every label's mean (after minus before), drawn from the origin, per layer. The plane is that"
        " of the two directions with the largest share of the squared length of all displacements. The six labels "
        "that move furthest in the last layer have a colour; all others are grey.",
        lambda study: directions(study.directions(), style.looks(study.names)),
    ),
    "errors_by_distance": (
        "errors_by_distance",
        "Share of the classifier probe's errors on the test examples in each fifth of the label pairs, from the pairs"
        " that are closest on the training examples to those that are farthest apart, in the last layer. If distance "
        "had no effect, every bar would reach the dotted line.",
        lambda study: errors_by_distance(study.errors, [study.model], [study.task]),
    ),
}


def why_not(study, name):
    """Why a figure would be empty; None where it would not."""
    if name in ("movement", "directions"):
        return study.missing()
    if name == "errors_by_distance":
        pairs, errors = len(study.names) * (len(study.names) - 1) // 2, study.errors
        if not study.made["probe"]:
            return "There are no errors to sort, as the classifier probe was left out (`probe=False`)."
        if not (errors.bin > 0).any():
            return f"There are no errors to sort, or fewer than five pairs of labels ({pairs})."
    return None


def draw(study, name):
    """Draw a figure; pyplot, its backend and its settings are left as they were."""
    if name not in FIGURES:
        raise InputError(f"There is no figure {name!r}: take one of {', '.join(FIGURES)}.")
    if why := why_not(study, name):
        raise InputError(f"{name}: {why}")
    with _aside():
        figure = FIGURES[name][2](study)
        figure.draw_without_rendering()  # ticks take the settings of the moment in which they are made
        plt.close(figure)
    return figure


@contextlib.contextmanager
def _aside():
    backend = matplotlib.get_backend()
    try:
        with matplotlib.rc_context():
            yield
    finally:
        matplotlib.use(backend)
