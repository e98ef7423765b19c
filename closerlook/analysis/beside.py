"""What a further recipe does beside the first one of its model and task, in a sentence."""

import pandas as pd

from closerlook.analysis.tuning import UNCHANGED
from closerlook.statistics.power import counted


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
            other = first[subject["model"]].get(task, recipe)
            rows = recipes[(recipes.model == subject["model"]) & (recipes.task == task)].set_index(["recipe", "layer"])
            if recipe != other and {recipe, other} <= set(rows.index.get_level_values("recipe")):
                found[name, task] = _sentence(other, rows.loc[recipe], rows.loc[other])
    return found


def _sentence(other, one, two):
    parts = [_displacement(other, one.displacement, two.displacement)]
    last = one.index.max()
    if pd.notna(one.accuracy[last]) and pd.notna(two.accuracy.get(last)):
        parts.append(f"the probe reads {one.accuracy[last]:.1f} % instead of {two.accuracy[last]:.1f} %")
    parts.append(_learned(*(rows.trained_parameters.dropna().astype(float) for rows in (one, two))))
    text = "; ".join(filter(None, parts))
    return f"Compared with {other}: {text}." if text else ""


def _displacement(other, one, two):
    both = pd.DataFrame({"one": one, "two": two}, dtype=float).dropna()
    moves = both > UNCHANGED
    if both.empty or not moves.any(axis=None):
        return None
    if not moves.one.any():
        return "no label moves"
    if not moves.two.any():
        return f"the labels' means move, by up to {both.one.max():.2g} of the vectors' length"
    far = (both.one / both.two).where(moves.one, 0)[moves.two]
    top, rest = far.index.max(), far.drop(far.index.max())
    below = ""
    if len(rest):
        low, high = (_number(end) for end in (rest.min(), rest.max()))
        below = "not at all" if not rest.any() else f"{low} times" if low == high else f"{low} to {high} times"
        below = f", {below} below it"
    more = (moves.one & ~moves.two).sum()
    also = f", and also in {counted(more, 'layers')} that {other} does not move" if more else ""
    return f"the labels' means move {_number(far[top])} times as far in layer {top}{below}{also}"


def _learned(one, two):
    if not len(one) or not len(two):
        return None
    if not one.iloc[0]:
        return "no weight of the model learns"
    if not two.iloc[0]:
        return f"{one.iloc[0]:,.0f} weights of the model learn"
    ratio = one.iloc[0] / two.iloc[0]
    if ratio == 1:
        return "as many weights learn"
    return (
        f"{_number(ratio)} times as many weights learn" if ratio > 1 else f"{100 * ratio:.2g} % as many weights learn"
    )


def _number(value):
    """Two digits, without an exponent where it is large."""
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"
