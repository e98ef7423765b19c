"""The recipes of a task beside each other, layer by layer."""

from matplotlib.lines import Line2D

from closerlook.figures import panels, style, told
from closerlook.figures.labels import folded

MEASURES = {
    "accuracy": "accuracy (%)",
    "displacement": "displacement",
    "similarity": "similarity",
}


def recipes(frame, models, tasks):
    """Draw a panel per (measure, model, task): the measure against the layer, a line for each recipe.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.recipes.recipes` returns it.
    models, tasks : list of str
        Models that were tuned by several recipes, and tasks: the order of rows and columns.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are means over runs, bands one standard deviation. A measure that nothing has is left out, and so is a
        task that nothing was tuned on.
    """
    style.use()
    tuned = set(frame.task[frame.runs > 0])
    models, tasks, missing = panels.few(models, [task for task in tasks if task in tuned] or tasks)
    frame = frame[frame.model.isin(models)]
    names = folded(models, style.letters(1.25, 8))
    known = {name: text for name, text in MEASURES.items() if frame[name].notna().any()} or MEASURES
    recipes = list(dict.fromkeys(frame.recipe.dropna()))
    own, *others = style.looks([None, *recipes]).values()
    looks = dict(zip(recipes, others))
    rows = [(measure, model) for measure in known for model in models]
    figure, axes = panels.grid(len(rows), tasks, 1.25, 0.8, "layer")
    for (measure, model), line in zip(rows, axes):
        for task, axis in zip(tasks, line):
            cell = frame[(frame.model == model) & (frame.task == task)]
            before = cell[cell.recipe.isna()].set_index("layer")
            if measure == "accuracy":
                axis.plot(before.index, before.accuracy, color=own["color"], marker="o", zorder=4)
            for recipe, look in looks.items():
                of = cell[cell.recipe == recipe].set_index("layer").sort_index()
                mean = of[measure].dropna()
                look = {**look, "markersize": 2.5}
                style.band(axis, mean, of[f"{measure}_seed_std"][mean.index], look.pop("color"), **look)
            if cell[measure].isna().all():
                panels.not_measured(axis)
            panels.layer_ticks(axis)
        line[0].set_ylabel(f"{names[model]}\n{known[measure]}")
    original = Line2D([], [], color=own["color"], marker="o", label="original")
    lines = [Line2D([], [], label=recipe, **look | {"markersize": 3}) for recipe, look in looks.items()]
    handles = [original, *lines]
    style.legend(figure, handles, [h.get_label() for h in handles], loc="outside lower center", ncols=4)
    style.note(figure, missing)
    end = frame[frame.recipe.notna() & (frame.layer == frame.groupby(["model", "task"]).layer.transform("max"))]
    told.describe(
        figure,
        "Lines over the layers, a panel for each model and task, in it a line for each recipe.",
        recipes and f"The recipes: {told.some(recipes)}.",
        *(
            told.extremes(
                f"In the last layer, {what}",
                {f"{r.recipe}, {r.model}, {r.task}": float(getattr(r, measure)) for r in end.itertuples()},
            )
            for measure, what in (("accuracy", "accuracy"), ("displacement", "relative displacement"))
            if measure in known
        ),
    )
    return figure
