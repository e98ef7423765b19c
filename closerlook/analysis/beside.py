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
            other = first[subject["model"]][task]
            rows = recipes[(recipes.model == subject["model"]) & (recipes.task == task)].set_index(["recipe", "layer"])
            if recipe != other and {recipe, other} <= set(rows.index.get_level_values("recipe")):
                found[name, task] = _sentence(recipe, other, rows.loc[recipe], rows.loc[other])
    return found


def _sentence(recipe, other, one, two):
    parts = []
    far = (one.displacement / two.displacement.where(two.displacement > 0)).astype(float).dropna()
    if len(far):
        top, rest = far.index.max(), far.drop(far.index.max())
        parts.append(f"{recipe} moves the labels' means {far[top]:.2g} times as far as {other} does in layer {top}")
        if len(rest):
            parts[-1] += f", and between {rest.min():.2g} and {rest.max():.2g} times as far in the layers below"
    last = one.index.max()
    if pd.notna(one.accuracy[last]) and pd.notna(two.accuracy.get(last)):
        parts.append(f"the probe reads {one.accuracy[last]:.1f} % instead of {two.accuracy[last]:.1f} %")
    learned = [rows.trained_parameters.dropna() for rows in (one, two)]
    if all(map(len, learned)) and learned[1].iloc[0]:
        share = 100 * learned[0].iloc[0] / learned[1].iloc[0]
        parts.append(f"{share:.2g} % as many weights learn")
    text = "; ".join(parts)
    return f"Beside the recipe {other}: {text}." if text else ""
