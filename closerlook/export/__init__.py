"""Spaces for other tools: vectors with labels, texts and a projection, in files that these read."""

from pathlib import Path

from closerlook.errors import InputError
from closerlook.export.asked import asked
from closerlook.export.formats import FORMATS
from closerlook.export.source import Source
from closerlook.files import staged, writable
from closerlook.layout import EXPORT, SPLITS

__all__ = ["export"]


def export(
    config,
    *,
    model=None,
    task=None,
    state=None,
    layer=None,
    split="both",
    to="parquet",
    out=None,
    texts=True,
    plane=None,
    origin="CONFIG",
):
    """Write spaces of a study, each to a file of its own.

    Parameters
    ----------
    config : closerlook.config.Config
    model, task : str, optional
        May be left out where the study has one only.
    state : str, optional
        `original`, or a run as `TASK.RUN`. By default the original and all runs on the task, one after the other.
    layer : int, optional
        -1 is the model's last; by default the last one that the study looks at.
    split : {"both", "train", "test"}
    to : {"parquet", "projector"}
        A Parquet file, or a folder for TensorBoard's projector (docs/export.md).
    out : path, optional
        Where to write the one space that is asked for; by default `exports/` in the folder of results.
    texts : bool
        False leaves out the texts and the targets' words and places.
    plane : str, optional
        A run on the task: `x` and `y` are coordinates in the plane in which the report's explorer shows it before and
        after. By default they are along the first two principal components of the space's training split.
    origin : str
        What to call the config in messages.

    Returns
    -------
    list of Path
        What was written; each is complete.

    Raises
    ------
    InputError
        For a name that the study does not have, with those that it has; for results that do not exist yet, with what
        makes them. Nothing is written then.
    """
    for name, value, known in (("split", split, ["both", *SPLITS]), ("to", to, list(FORMATS))):
        if value not in known:
            raise InputError(f"{name} {value!r}: is not one of {', '.join(known)}.")
    spaces, run = asked(config, model, task, state, layer, plane)
    results, form, splits = Path(config.pathvars.results), FORMATS[to], SPLITS if split == "both" else (split,)
    places = [_place(results, space, split, form) for space in spaces] if out is None else [Path(out)]
    if len(spaces) > len(places):
        states = ", ".join(str(space.state) for space in spaces)
        raise InputError(f"{out}: takes one space, and these are {len(spaces)}: choose a state, {states}.")
    for place in places:
        form.check(place)
        writable(place.parent)
    sources = [Source(results, space, splits, texts, run) for space in spaces]
    for source in sources:
        source.check(origin, config.embedding.keep)
    for source, place in zip(sources, places):
        with staged(place) as part:
            form.write(source, part)
    return places


def _place(results, space, split, form):
    names = space._asdict() | {"layer": space.layer if split == "both" else f"{space.layer}.{split}"}
    return results / f"{EXPORT.format(**names)}{form.suffix}"
