"""The study's Tables 7 and 5 beside the published ones, number by number."""

from importlib.resources import files

import pandas as pd

from closerlook.analysis.published.matching import LABELS
from closerlook.analysis.tables import read_table

COLUMNS = ("table", "model", "paper_model", "task", "fine_tuned_on", "state", "measure", "published", "published_std",
           "ours", "low", "high", "seeds", "difference", "labels", "paper_labels")  # fmt: skip
MEASURES = {  # those of each table, and what its columns with the ends of our interval begin with
    7: {"accuracy": "accuracy", "n_clusters": "n_clusters", "train_test_similarity": "similarity"},
    5: {name: name for name in ("accuracy", "mean_min_distance_change", "labels_increased", "labels_decreased")},
}
KEYS = ["paper_model", "task", "fine_tuned_on"]


def published(table):
    """Read one of the paper's tables.

    Parameters
    ----------
    table : str
        `table7` (accuracy, clusters and similarity in the last layer) or `table5` (from one task to another).

    Returns
    -------
    DataFrame
        Models and tasks under the paper's names. `accuracy_std` is over five initialisations of the probe.
    """
    with files("closerlook.analysis.published").joinpath(f"{table}.csv").open(encoding="utf-8") as file:
        return read_table(file)


def replication(table7, table5, names, models, tasks):
    """Set each number of the paper's Tables 7 and 5 beside ours.

    Parameters
    ----------
    table7, table5 : DataFrame
        As `closerlook.analysis.table7.table7` and `closerlook.analysis.table5.table5` return them.
    names : dict of str to list of str
        The labels of each task.
    models : dict of str to str
        What the paper calls our models.
    tasks : list of str
        The tasks that are the paper's. Both as `closerlook.analysis.published.matching` finds them.

    Returns
    -------
    DataFrame
        A row per published number that was measured here, under our names. `task` is the one that is probed;
        `fine_tuned_on` is missing for the original. `published_std` is over the probe's initialisations, with one run
        of fine-tuning; `low` and `high` are our 95 % interval over `seeds` runs, missing where there is none, as for
        the original; `difference` is ours minus the published number. Where `labels`, how many our task has, is not
        `paper_labels`, its examples are others than the paper's. (The paper's `is_linear` is left out: it says
        whether there are as many clusters as labels.)
    """
    theirs = {7: published("table7"), 5: published("table5").rename(columns={"probed_on": "task"})}
    ours = {7: table7, 5: table5.rename(columns={"probed_on": "task"})}
    for tables in (theirs, ours):
        tables[7] = tables[7].assign(fine_tuned_on=tables[7].task.where(tables[7].state == "fine-tuned"))
    rows = [row for number in MEASURES for row in _beside(number, theirs[number], ours[number], models, tasks)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).dropna(subset=["published", "ours"], ignore_index=True)
    table["state"] = table.fine_tuned_on.isna().map({True: "original", False: "fine-tuned"})
    table["difference"] = table.ours - table.published
    table["labels"] = table.task.map({task: len(labels) for task, labels in names.items()})
    table["paper_labels"] = table.task.map(LABELS)
    return table.round(4)


def _beside(number, theirs, ours, models, tasks):
    """Yield what stands in both versions of a table, measure by measure."""
    of_paper = ours.task.isin(tasks) & (ours.fine_tuned_on.isin(tasks) | ours.fine_tuned_on.isna())
    ours = ours[of_paper & ours.model.isin(models)]
    ours = ours.assign(paper_model=ours.model.map(models))
    theirs = theirs.rename(columns={"model": "paper_model"}).set_index(KEYS).add_suffix("_published").reset_index()
    for cell in ours.astype({"fine_tuned_on": object}).merge(theirs, on=KEYS).to_dict("records"):
        for measure, ours_in in MEASURES[number].items():
            yield {name: cell.get(name) for name in COLUMNS} | {
                "table": number,
                "measure": measure,
                "published": cell[f"{measure}_published"],
                "published_std": cell.get(f"{measure}_std_published"),
                "ours": cell[measure],
                "low": cell.get(f"{ours_in}_low"),
                "high": cell.get(f"{ours_in}_high"),
            }
