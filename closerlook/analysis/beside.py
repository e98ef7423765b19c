"""What a further recipe does beside the first one of its model and task, in a sentence."""

import pandas as pd


def beside(recipes, subjects):
    """Say it for every further recipe.

    Parameters
    ----------
    recipes : DataFrame
        As `closerlook.analysis.recipes.recipes` returns it.
    subjects : dict
        As `closerlook.grid.Grid.subjects` returns them.

    Returns
    -------
    dict of (str, str) to str
        By subject and task.
    """
    first = {subject["model"]: subject["recipes"] for subject in subjects.values() if subject["whole"]}
    found = {}
    for name, subject in subjects.items():
        for task, recipe in subject["recipes"].items():
            other = first[subject["model"]].get(task)
            rows = recipes[(recipes.model == subject["model"]) & (recipes.task == task)].set_index(["recipe", "layer"])
            if recipe != other and {recipe, other} <= set(rows.index.get_level_values("recipe")):
                found[name, task] = _sentence(other, rows.loc[recipe], rows.loc[other])
    return found


def _sentence(other, one, two):
    parts = []
    far = (one.displacement / two.displacement.where(two.displacement > 0)).astype(float).dropna().round(3)
    if len(far) and not far.any():
        parts.append("no label moves")
    elif len(far):
        top, rest = far.index.max(), far.drop(far.index.max())
        parts.append(f"the labels' means move {far[top]:.2g} times as far in layer {top}")
        if len(rest):
            ends = f"{rest.min():.2g} to {rest.max():.2g} times" if rest.any() else "not at all"
            parts[-1] += f", {ends} below it"
    last = one.index.max()
    if pd.notna(one.accuracy[last]) and pd.notna(two.accuracy.get(last)):
        parts.append(f"the probe reads {one.accuracy[last]:.1f} % instead of {two.accuracy[last]:.1f} %")
    learned = [rows.trained_parameters.dropna() for rows in (one, two)]
    if all(map(len, learned)) and learned[1].iloc[0]:
        share = 100 * learned[0].iloc[0] / learned[1].iloc[0]
        parts.append(f"{share:.2g} % as many weights learn" if share else "no weight of the model learns")
    text = "; ".join(parts)
    return f"Compared with {other}: {text}." if text else ""
