"""The workflow's figures of one study, drawn without a trace in the settings of whoever asked for them."""

import contextlib
from importlib import import_module

import matplotlib
import matplotlib.pyplot as plt

from closerlook.errors import InputError
from closerlook.figures import style
from closerlook.figures.catalog import FIGURES

NAMES = ("layers", "layer_distances", "similarity", "movement_lengths", "directions", "errors_by_distance")
TABLES = {"movement": "movement_lengths", "errors": "errors_by_distance"}  # a table's name will do


def why_not(study, name):
    """Why a figure would be empty; None where it would not."""
    if name in ("movement_lengths", "directions"):
        return study.missing()
    if name == "errors_by_distance":
        pairs, errors = len(study.names) * (len(study.names) - 1) // 2, study.errors
        if not study.made["probe"]:
            return "There are no errors to sort, because the classifier probe was left out (`probe=False`)."
        if not (errors.bin > 0).any():
            return f"There are no errors to sort, or fewer than five pairs of labels ({pairs})."
    return None


def draw(study, name):
    """Draw a figure; pyplot, its backend and its settings are left as they were."""
    name = TABLES.get(name, name)
    if name not in NAMES:
        raise InputError(f"There is no figure {name!r}: take one of {', '.join(NAMES)}.")
    if why := why_not(study, name):
        raise InputError(f"{name}: {why}")
    row, function = FIGURES[name], getattr(import_module(f"closerlook.figures.{name}"), name)
    given = {parameter: getattr(study, table) for parameter, table in row.reads.items()}
    given |= {"model": study.model} if row.per != "study" else {"models": [study.model]}
    given |= {"task": study.task} if row.per == "cell" else {"tasks": [study.task]}
    given |= {"looks": {study.task: style.looks(study.names)}} if row.looks else {}
    with aside():
        figure = function(**given)
        figure.draw_without_rendering()  # ticks take the settings of the moment in which they are made
        plt.close(figure)
    return figure


@contextlib.contextmanager
def aside():
    """Settings and backend of Matplotlib that end where the block does."""
    backend = matplotlib.get_backend()
    try:
        with matplotlib.rc_context():
            yield
    finally:
        matplotlib.use(backend)
