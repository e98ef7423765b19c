"""Where fine-tuning moves the labels: their displacements in the plane in which they are longest."""

import numpy as np
import pandas as pd

from closerlook.analysis.movement import ends, read
from closerlook.analysis.plane import fit_plane
from closerlook.analysis.runs import RUN, described

COLUMNS = ("model", "task", *RUN[1:], "layer", "label", "x", "y", "explained_x", "explained_y")


def directions(results, names, runs):
    """Gather where every label moved, see `directions_of`.

    Parameters
    ----------
    results : list of path
        What `closerlook.analysis.movement.measure_movement` found.
    names, runs
        As in `directions_of`.

    Returns
    -------
    DataFrame
    """
    return directions_of(read(results), names, runs)


def directions_of(results, names, runs):
    """The displacement of every label's centroid in a plane (paper, section 4.3, Figures 5 and 7 to 10).

    Parameters
    ----------
    results : iterable of (Run, dict of array)
        What `closerlook.analysis.movement.measure_movement` returned for each.
    names : dict of str to list of str
        The labels of each task.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, layer, label): `x`, `y`, the label's displacement (after minus before) in the two principal
        directions of the displacements in this layer, of all runs of a recipe, taken from the origin (no movement)
        rather than from their mean; and `explained_x`, `explained_y`, the share of their squared length along each.
    """
    groups = {}
    for run, arrays in results:
        row = described(run, runs)
        groups.setdefault((row["model"], row["task"], row["recipe"]), []).append((row, ends(arrays)))
    frames = []
    for found in groups.values():
        for i, layer in enumerate(found[0][1][0]):
            moves = [after[i] - before[i] for _, (_, before, after, *_) in found]
            plane = fit_plane(np.concatenate(moves), origin=np.zeros(moves[0].shape[1]))
            for (run, (*_, classes, _)), move in zip(found, moves):
                x, y = plane.project(move).T
                row = {"layer": int(layer), "label": [names[run["task"]][c] for c in classes], "x": x, "y": y}
                row |= dict(zip(("explained_x", "explained_y"), plane.explained))
                frames.append(pd.DataFrame(run | row))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return frame[list(COLUMNS)].astype({"seed": "Int64"})
