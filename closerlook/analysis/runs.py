"""What tables say of runs, and how runs of several recipes are told apart."""

import pandas as pd

RUN = ("tuned_on", "run", "recipe", "seed")  # columns; all missing for the original


def described(of, runs):
    """What a row says of the model, task and run that it is about.

    Parameters
    ----------
    of : Space or Run
    runs : dict of str to dict
        The `recipe` and the `seed` (None where it is not known) of each run, by `model/task.run`.

    Returns
    -------
    dict
        `model`, `task`, `state` (of a space), and `RUN`.
    """
    tuned, run = of.state.task, of.state.run
    about = runs[f"{of.model}/{tuned}.{run}"] if run else {"recipe": None, "seed": None}
    row = {"model": of.model, "task": of.task} | ({"state": str(of.state)} if hasattr(of, "layer") else {})
    return row | {"tuned_on": tuned, "run": run, "recipe": about["recipe"], "seed": about["seed"]}


def apart(frame, subjects):
    """Rows of each subject under its name: those of a model's original, and of the runs of one recipe.

    Parameters
    ----------
    frame : DataFrame
        With a column `model`, and one `recipe` where it tells of runs.
    subjects : dict of str to (str, str or None)
        The model and the recipe of each; None: whichever there is.

    Returns
    -------
    DataFrame
    """
    if all(recipe is None for _, recipe in subjects.values()) or "recipe" not in frame:
        return frame
    parts = []
    for name, (model, recipe) in subjects.items():
        own = frame.model == model
        if recipe is not None:
            own &= frame.recipe.isna() | (frame.recipe == recipe)
        parts.append(frame[own].assign(model=name))
    return pd.concat(parts, ignore_index=True)
