"""Conditions on cells: patterns in which `*` and `?` are wildcards, and nothing else is."""

import functools
import re

WILDCARDS = {"*": ".*", "?": "."}


def meets(cell, pattern):
    """Whether a cell's text matches a pattern.

    `*` is any text, `?` any character; after a backslash they, and a backslash, stand for themselves. An empty cell
    (None, "" or "_") matches `_`, and the patterns that match the empty text.
    """
    cell = "" if cell is None or cell == "_" else cell
    return not cell and pattern == "_" or bool(_compiled(pattern).fullmatch(cell))


@functools.cache
def _compiled(pattern):
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    return re.compile("".join(WILDCARDS.get(part) or re.escape(part[1:] or part) for part in parts), re.DOTALL)
