"""What a study found, in about ten lines for the terminal."""

from pathlib import Path

import yaml

from closerlook.analysis.answers import answers
from closerlook.analysis.collapsed import kept
from closerlook.analysis.runs import apart
from closerlook.analysis.spaces import before_and_after
from closerlook.analysis.tables import read_table
from closerlook.config import load
from closerlook.files import read_json
from closerlook.grid import Grid
from closerlook.layout import TABLE, TASK, TASK_FILES

TABLES = ("spaces", "labels", "movement", "tuning", "claim_cells", "similarity")


def summary(results):
    """Say what fine-tuning changed, from a study's tables.

    Parameters
    ----------
    results : path
        The study's folder of results.

    Returns
    -------
    list of str
        A line each: accuracy, clusters, distances and movement of every model and task, the layers that read best,
        how similar they are to the original, and what to beware of.
    """
    grid = Grid(load(yaml.safe_load((Path(results) / "config.yaml").read_text(encoding="utf-8"))))
    subjects, tasks, lines = grid.subjects(), list(grid.cfg.tasks), []
    read = {name: read_table(Path(results) / TABLE.format(table=name)) for name in TABLES}
    tables = {name: apart(table, subjects) for name, table in read.items()}
    similarity, spaces, models = tables.pop("similarity"), tables["spaces"], list(subjects)
    similarity = similarity[kept(similarity, spaces)]
    for found in answers(**tables, models=models, tasks=tasks):
        of = {name: frame[(frame.model == found["model"]) & (frame.task == found["task"])]
              for name, frame in (("spaces", spaces), ("similarity", similarity))}  # fmt: skip
        lines += ["", f"{found['model']}, {found['task']}:"] if len(models) * len(tasks) > 1 else [""]
        lines += [f"- {line}" for line in [*found["sentences"], *_best(of["spaces"]), *_alike(of["similarity"])]]
        task = read_json(Path(results) / TASK.format(task=found["task"]) / TASK_FILES["summary"])
        lines += [f"! {line}" for line in [*found["warnings"], *task.get("warnings", [])]]
    return lines


def _best(spaces):
    """Which layers read the labels best, before and after."""
    own = before_and_after(spaces[spaces.step.isna() & kept(spaces, spaces)])
    mean = own.assign(tuned=own.tuned_on.notna()).groupby(["tuned", "layer"]).accuracy.mean().dropna()
    if {*mean.index.get_level_values("tuned")} == {False, True}:
        (before, was), (after, now) = ((mean[tuned].idxmax(), mean[tuned].max()) for tuned in (False, True))
        yield f"Layer {before} told the labels apart best before ({was:.1f} %), layer {after} does after ({now:.1f} %)."


def _alike(similarity):
    """How similar the layers still are to the original: the least similar and the most."""
    mean = similarity[similarity.split == "test"].groupby("layer").cka.mean().dropna()
    if len(mean) > 1:
        low, high = mean.idxmin(), mean.idxmax()
        yield (
            f"Least like the original is layer {low} (CKA {mean[low]:.2f} on the test set), most like it layer {high} "
            f"({mean[high]:.2f})."
        )
