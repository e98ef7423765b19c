"""What a study found, in about ten lines for the terminal."""

from pathlib import Path

from closerlook.analysis.answers import answers
from closerlook.analysis.tables import read_table
from closerlook.files import read_json

TABLES = ("spaces", "labels", "movement", "tuning", "similarity")


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
        how like the original they are, and what to beware of.
    """
    tables = {name: read_table(Path(results) / "tables" / f"{name}.csv") for name in TABLES}
    similarity, spaces = tables.pop("similarity"), tables["spaces"]
    models, tasks = (list(dict.fromkeys(spaces[column])) for column in ("model", "task"))
    lines = []
    for found in answers(**tables, models=models, tasks=tasks):
        of = {name: frame[(frame.model == found["model"]) & (frame.task == found["task"])]
              for name, frame in (("spaces", spaces), ("similarity", similarity))}  # fmt: skip
        lines += ["", f"{found['model']}, {found['task']}:"] if len(models) * len(tasks) > 1 else [""]
        lines += [f"- {line}" for line in [*found["sentences"], *_best(of["spaces"]), *_alike(of["similarity"])]]
        warnings = read_json(Path(results) / "tasks" / found["task"] / "summary.json").get("warnings", [])
        lines += [f"! {line}" for line in [*found["warnings"], *warnings]]
    return lines


def _best(spaces):
    """Which layers read the labels best, before and after."""
    own = spaces[(spaces.tuned_on.isna() | (spaces.tuned_on == spaces.task)) & spaces.step.isna()]
    mean = own.assign(tuned=own.tuned_on.notna()).groupby(["tuned", "layer"]).accuracy.mean().dropna()
    if {*mean.index.get_level_values("tuned")} == {False, True}:
        (before, was), (after, now) = ((mean[tuned].idxmax(), mean[tuned].max()) for tuned in (False, True))
        yield f"Layer {before} told the labels apart best before ({was:.1f} %), layer {after} does after ({now:.1f} %)."


def _alike(similarity):
    """How like the original the layers still are, where it is least and where it is most."""
    mean = similarity[similarity.split == "test"].groupby("layer").cka.mean().dropna()
    if len(mean) > 1:
        low, high = mean.idxmin(), mean.idxmax()
        yield (
            f"Least like the original is layer {low} (CKA {mean[low]:.2f} on the test set), most like it layer {high} "
            f"({mean[high]:.2f})."
        )
