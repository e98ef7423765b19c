"""Training examples that look mislabelled: what the hulls of a fine-tuned space say of their labels."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from closerlook.layout import Run
from closerlook.probes.precision import ENCODER_RESOLUTION

COLUMNS = ("model", "task", "layer", "example", "target", "text", "label", "suggested", "score", "runs", "of",
           "conflict", "cluster_size", "own_distance", "rival_distance", "doubt", "why")  # fmt: skip
READ = ("layer", "split", "example", "label", "own_distance_after", "rival_distance_after", "rival_after",
        "radius_after", "cluster_size_after", "doubt_after")  # fmt: skip
MEANS: dict[str, Callable] = {
    "own_distance": np.mean,
    "rival_distance": np.mean,
    "doubt": np.mean,
    "cluster_size": np.median,
}  # over runs
FEW = 2  # points of a cluster that may well be errors


def suspects(examples, resolution=ENCODER_RESOLUTION):
    """Rank the training examples whose labels look wrong.

    Parameters
    ----------
    examples : list of path
        What `closerlook.analysis.examples.write_examples` wrote of each run.
    resolution : float
        Vectors nearer than this, relative to the radius of the space, count as the same.

    Returns
    -------
    DataFrame
        A row per (model, task, training example) that is listed in at least half of the runs, in the last layer that
        was looked at. A run lists an example of whose label no other hull is as near as one of another label, the
        example itself being left out, and one that has the same vector as an example of another label (`conflict`).
        `suggested` is that other label, by most runs. `score`: the mean over runs of two ranks among all training
        examples, from 0 to 1: by how much farther its own label's hull is than the other's, and by `doubt`, the odds
        against its label by a linear readout that was made without it. `runs` that list it, of how many (`of`).
        Distances in radii of the space, `cluster_size` and `doubt` are means over runs (of the size the median).
        Sorted: conflicts first, then those that most runs list, and by score.
    """
    runs = {}
    for file in examples:
        of = Run.of(file)
        runs.setdefault((of.model, of.task), []).append(file)
    found = [_ranked(model, task, files, resolution) for (model, task), files in runs.items()]
    found = [frame for frame in found if len(frame)]
    return pd.concat(found, ignore_index=True)[list(COLUMNS)] if found else pd.DataFrame(columns=list(COLUMNS))


def _ranked(model, task, files, resolution):
    each = [_judged(file, resolution) for file in files]
    first = each[0]
    listed = np.stack([run.listed for run in each])
    chosen = np.flatnonzero(listed.sum(0) * 2 >= len(each))
    frame = first.loc[chosen, ["example", "label"]].assign(model=model, task=task, layer=first.attrs["layer"])
    frame["score"] = np.mean([run.score for run in each], axis=0)[chosen]
    frame["runs"], frame["of"] = listed.sum(0)[chosen], len(each)
    frame["conflict"] = np.any([run.conflict for run in each], axis=0)[chosen]
    for name, middle in MEANS.items():
        frame[name] = middle([run[name] for run in each], axis=0)[chosen]
    frame["suggested"] = _most([run.rival[chosen] for run in each], [run.conflict[chosen] for run in each])
    frame["why"] = [_why(row) for row in frame.itertuples()]
    order = ["conflict", "runs", "score"]
    frame = frame.sort_values(order, ascending=False, kind="stable", ignore_index=True)
    return frame.join(_texts(files[0], first.attrs["layer"]), on="example")


def _most(rivals, conflicts):
    """The label that most runs suggest for each example; of those in a conflict, most of the runs that see it."""
    codes, names = pd.factorize(pd.concat(rivals), sort=True)
    codes, told = codes.reshape(len(rivals), -1), np.stack(conflicts)
    votes, rows = np.zeros((codes.shape[1], len(names))), np.arange(codes.shape[1])
    for code, conflict in zip(codes, told):
        known = code >= 0
        votes[rows[known], code[known]] += np.where(conflict, len(rivals), 1)[known]
    return names.to_numpy()[votes.argmax(1)] if len(rows) else []


def _judged(file, resolution):
    """What one run says of every training example."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(file, columns=list(READ))
    layer = pc.max(table["layer"]).as_py()
    table = table.filter(pc.equal(table["layer"], layer)).to_pandas()
    run = table[table.split == "train"].reset_index(drop=True)
    run.attrs["layer"] = layer
    own, rival = run.own_distance_after / run.radius_after, run.rival_distance_after / run.radius_after
    run["conflict"] = rival <= resolution
    run["listed"] = (own > rival) | run.conflict
    farther = (own - rival).replace(np.inf, np.nan)  # the only example of its label has no hull to return to
    run["score"] = (
        farther.rank(pct=True).fillna(0.5) + run.doubt_after.replace(np.inf, np.nan).rank(pct=True).fillna(0.5)
    ) / 2
    run["listed"] &= farther.notna() | run.conflict
    return run.rename(
        columns={"rival_after": "rival", "cluster_size_after": "cluster_size", "doubt_after": "doubt"}
    ).assign(own_distance=own, rival_distance=rival)


def _why(row):
    if row.conflict:
        return f"has the same vector as an example of {row.suggested}"
    apart = f"{row.rival_distance:.2f} from {row.suggested}, {row.own_distance:.2f} from {row.label}"
    alone = "" if row.cluster_size > FEW else "alone: " if row.cluster_size < FEW else "with one other: "
    return f"{alone}{apart}"


def _texts(file, layer):
    import pyarrow.parquet as pq

    part = [("layer", "=", layer), ("split", "=", "train")]
    return pq.read_table(file, columns=["example", "text", "target"], filters=part).to_pandas().set_index("example")
