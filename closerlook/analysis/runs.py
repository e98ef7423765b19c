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
        With a column `model`, and a column `recipe` where it is about runs.
    subjects : dict
        As `closerlook.grid.Grid.subjects` returns them.

    Returns
    -------
    DataFrame
    """
    if all(subject["whole"] for subject in subjects.values()) or "recipe" not in frame:
        return frame
    tuned, parts = frame["tuned_on" if "tuned_on" in frame else "task"], []
    for name, subject in subjects.items():
        of_model = frame.model == subject["model"]
        tuned_so = of_model & frame.recipe.notna() & (frame.recipe == tuned.map(subject["recipes"]))
        compared = frame.task.isin(frame.task[tuned_so])  # also a task that was only probed
        original = of_model & frame.recipe.isna() & (subject["whole"] | compared)
        parts.append(frame[original | tuned_so].assign(model=name))
    return pd.concat(parts, ignore_index=True)
