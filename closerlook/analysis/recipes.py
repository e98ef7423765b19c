"""What each recipe does to a model, layer by layer: the recipes of a task side by side."""

from closerlook.analysis.collapsed import kept

KEYS = ["model", "task", "recipe", "layer"]
SPREAD = ["accuracy", "linear_accuracy", "n_clusters", "min_distance", "similarity", "displacement"]
COLUMNS = (*KEYS, "runs", "trained_parameters", "weight_change",
           *(name for measure in SPREAD for name in (measure, f"{measure}_seed_std")))  # fmt: skip


def recipes(spaces, movement, tuning, order):
    """Gather the means over runs of every recipe, on the task that it tuned.

    Parameters
    ----------
    spaces, movement, tuning : DataFrame
        The study's tables of these names.
    order : list of str
        The recipes.

    Returns
    -------
    DataFrame
        A row per model, task, recipe (missing for the original) and layer, runs that collapsed left out where others
        did not (`closerlook.analysis.collapsed.kept`): how many `runs`, `trained_parameters` and relative
        `weight_change` of the encoder; accuracies (%), clusters, smallest distance, `similarity` of the label distances
        to those of the original, and `displacement`, the mean over labels of how far their centroids move relative to
        the length of the layer's vectors: each the mean over runs, and its standard deviation.
    """
    own = spaces[
        kept(spaces, spaces) & spaces.step.isna() & (spaces.tuned_on.isna() | (spaces.tuned_on == spaces.task))
    ]
    moved = movement[kept(movement, spaces)].groupby([*KEYS, "run"]).relative_length.mean().rename("displacement")
    rows = own.rename(columns={"original_similarity": "similarity"}).merge(moved.reset_index(), "left", [*KEYS, "run"])
    by = rows.astype(dict.fromkeys(SPREAD, float)).groupby(KEYS, dropna=False, sort=False)
    table = by[SPREAD].mean().join(by[SPREAD].std(ddof=1).add_suffix("_seed_std")).join(by.run.nunique().rename("runs"))
    costs = tuning.groupby(["model", "task", "recipe"])[["trained_parameters", "weight_change"]].mean()
    table = table.reset_index().merge(costs.reset_index(), "left", ["model", "task", "recipe"])
    place = {recipe: i for i, recipe in enumerate(order)}
    by = ["model", "task", "recipe", "layer"]
    table = table.sort_values(by, key=lambda c: c.map(place).fillna(-1) if c.name == "recipe" else c, ignore_index=True)
    return table[list(COLUMNS)].astype({"trained_parameters": "Int64"})
