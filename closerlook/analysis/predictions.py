"""What the probe predicted, example by example: whether it was right."""

from pathlib import Path

from closerlook.files import read_json
from closerlook.layout import Space
from closerlook.probes.predictions import read_predictions


def read_correct(paths):
    """Read predictions of some spaces.

    Parameters
    ----------
    paths : list of path
        As `closerlook.probes.predictions.write_predictions` leaves them.

    Returns
    -------
    dict
        By (model, state as text, task, layer): which test examples each repeat of the probe got right, (repeats, n)
        bool. Spaces in which the probe predicted nothing are left out.
    """
    found = {}
    for path in paths:
        labels, predictions, _ = read_predictions(path)
        if len(predictions):
            space = Space.of(path)
            found[space.model, str(space.state), space.task, space.layer] = predictions == labels
    return found


def read_sentences(paths, split="test"):
    """Read the sentence of every example of a split, by task."""
    return {Path(path).parent.name: read_json(path)[split] for path in paths}
