"""Conditions on cells: patterns in which `*` and `?` are wildcards, and nothing else is."""

import functools
import re

from closerlook.corpora.cells import NUMBER, text_of

WILDCARDS = {"*": ".*", "?": "."}


def meets(cell, pattern):
    """Whether a cell's text matches a pattern.

    `*` is any text, `?` any character; after a backslash they, and a backslash, stand for themselves. An empty cell
    (None, "" or "_") matches `_`, and the patterns that match the empty text. Numbers match if they are equal.
    """
    cell = "" if cell is None or cell == "_" else cell
    if (number := _number(pattern)) and (found := _number(cell)):
        return found == number
    return not cell and pattern == "_" or bool(_compiled(pattern).fullmatch(cell))


def spelled(pattern):
    """A pattern without wildcards as cells spell it: `1.0` is `1`, and `True` is `true`."""
    return pattern if re.search(r"[*?\\]", pattern) else text_of(pattern, None, None) or "_"


@functools.lru_cache(10000)
def _number(text):
    return text_of(text, None, None) if NUMBER.fullmatch(text) else None


@functools.cache
def _compiled(pattern):
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    return re.compile("".join(WILDCARDS.get(part) or re.escape(part[1:] or part) for part in parts), re.DOTALL)
