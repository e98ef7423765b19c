"""Which spaces of a study are asked for, by names that may be left out where there is no choice."""

from closerlook.errors import InputError
from closerlook.grid import Grid
from closerlook.layout import Space, State


def asked(config, model=None, task=None, state=None, layer=None, plane=None):
    """Find the spaces, and the run in whose plane they are to be shown.

    Parameters
    ----------
    config : closerlook.config.Config
    model, task, state, plane : str, optional
    layer : int, optional

    Returns
    -------
    spaces : list of Space
        Of both splits; one, or where no state is given, one of the original and of each run on the task.
    run : Run or None

    Raises
    ------
    InputError
        For a name that the study does not have or that has to be given, with those that there are.
    """
    grid = Grid(config)
    if task is not None:
        _one("task", task, list(config.tasks))
    model = _one("model", model, [name for name in config.models if task is None or task in grid.tasks(name)])
    task = _one("task", task, grid.tasks(model))
    states = grid.states(model, task)
    if state is None:
        states = [one for one in states if one.task in (None, task)]
    else:
        states = [State.parse(_one("state", state, [str(one) for one in states]))]
    layer = _layer(layer, grid.layers(model), grid.depth(model))
    runs = {str(run.state): run for run in grid.runs(model, task)}
    run = None if plane is None else runs[_one("plane", plane, list(runs))]
    return [Space(model, one, task, layer) for one in states], run


def _one(what, name, known):
    if name is None and len(known) == 1:
        return known[0]
    if name not in known:
        wrong = "has to be given" if name is None else f"the study has no {name!r}"
        raise InputError(f"{what}: {wrong}: use one of {', '.join(known)}." if known else f"{what}: {wrong}.")
    return name


def _layer(layer, known, depth):
    if layer is None:
        return known[-1]
    found = layer + depth + 1 if layer < 0 else layer
    if found not in known:
        raise InputError(f"layer: the study does not look at {layer}: use one of {', '.join(map(str, known))}.")
    return found
