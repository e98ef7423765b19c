"""What the probe predicted, example by example: whether it was right."""

from pathlib import Path

from closerlook.files import read_json
from closerlook.layout import Space
from closerlook.probes.predictions import read_predictions
from closerlook.statistics.crossed import Cell, in_grid

TWO = 100 * 2**0.5  # points: an example more that is right and one that is wrong, in effect (Agresti & Coull, 1998)


def read_correct(paths):
    """Read predictions of some spaces.

    Parameters
    ----------
    paths : list of path
        As `closerlook.probes.predictions.write_predictions` leaves them.

    Returns
    -------
    dict
        By `Space`: which test examples each repeat of the probe got right, (repeats, n) bool. Spaces in which the probe
        predicted nothing are left out.
    """
    found = {}
    for path in paths:
        labels, predictions, _ = read_predictions(path)
        if len(predictions):
            found[Space.of(path)] = predictions == labels
    return found


def read_sentences(paths, split="test"):
    """Read the sentence of every example of a split, by task."""
    return {Path(path).parent.name: read_json(path)[split] for path in paths}


def standard_error(correct, sentences=None):
    """How far an accuracy is off for the choice of test examples, in points.

    Parameters
    ----------
    correct : (repeats, n) bool
    sentences : (n,) array, optional
        As `closerlook.statistics.crossed.Cell` has them.

    Returns
    -------
    float or None
        The standard error of the mean over repeats; None for a single example.
    """
    part = in_grid([Cell(100.0 * correct[None], sentences, TWO)]).parts.get("test examples")
    return None if part is None else part.variance**0.5
