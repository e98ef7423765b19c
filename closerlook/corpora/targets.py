"""The positions of a target, as a cell of a table spells them."""

import re

from closerlook.corpora.cells import list_of, shortened, text_of
from closerlook.corpora.example import SIZES, called
from closerlook.corpora.printed import WRAPPED
from closerlook.corpora.text import split
from closerlook.errors import InputError

SPAN = r"[\[(]\s*(-?\d+(?:[\s,]+-?\d+)*)[\s,]*[\])]"
TWO = re.compile(rf"[\[(]\s*{SPAN}[\s,]*{SPAN}[\s,]*[\])]")  # a printed list of two lists
TAKES = {
    "word": "1 position",
    "pair": "2 positions",
    "span": "its first and its last position, or all of them in order",
    "span_pair": "the first and the last position of both spans, as [[0, 1], [4, 4]] or as 4 numbers",
}


def target_of(value, kind, column, place):
    """Read a target: 3, [3, 5], "3", "3 5", a printed list; for two spans also a list of two lists, or one printed.

    Parameters
    ----------
    value : object
        The cell.
    kind : str
    column, place : str
        For messages.

    Returns
    -------
    tuple of int

    Raises
    ------
    InputError
        If it does not have the positions that this kind takes.
    """
    if kind == "span_pair":
        parts = [_positions(part, column, place) for part in _two(value) or ()]
        if not parts and (flat := _positions(value, column, place)):
            parts = [flat[:2], flat[2:]] if len(flat) == 4 else []
        target = sum(map(_ends, parts), ()) if all(map(_ends, parts)) else ()
    else:
        target = _positions(value, column, place)
        target = _ends(target) if kind == "span" else target
    if len(target) != SIZES[kind]:
        raise InputError(
            f"{place}: {shortened(value)} in column {column!r} is not a target: a {called(kind)} takes {TAKES[kind]}, "
            "counted from 0."
        )
    return target


def _positions(value, column, place):
    """Whole numbers in a list, a printed one, or a text; none if it is something else."""
    items = list_of(value, column, place)
    items = items if items is not None else split(value) if isinstance(value, str) else [value]
    if any(isinstance(item, list | tuple | dict) for item in items):
        return ()
    items = [text_of(item, column, place) or "" for item in items]
    return tuple(map(int, items)) if all(re.fullmatch("-?[0-9]+", item) for item in items) else ()


def _ends(positions):
    """The first and the last of positions in a row; none if they are not."""
    whole = len(positions) < 3 or positions == tuple(range(positions[0], positions[-1] + 1))
    return (positions[0], positions[-1]) if positions and whole and positions[0] <= positions[-1] else ()


def _two(value):
    """The two lists that a cell holds; None if it does not."""
    if isinstance(value, list | tuple):
        return value if len(value) == 2 and all(isinstance(part, list | tuple) for part in value) else None
    if not isinstance(value, str):
        return None
    wrapped = WRAPPED.fullmatch(value.strip())
    found = TWO.fullmatch(wrapped[1].strip() if wrapped else value.strip())
    return found and [found[part].replace(",", " ") for part in (1, 2)]
