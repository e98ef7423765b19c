"""The cells of tables: what a value is as text, the same whichever format holds it."""

import datetime
import decimal
import math
import re

from closerlook.corpora.printed import bare, items
from closerlook.errors import InputError

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]\d\d+)?")  # as programs write them: no 007, no 3e8
FLAGS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
MAPPING = re.compile(r"""\{\s*['"].*\}""", re.DOTALL)  # as programs print one
EMPTY = ("", "_", "nan", "NaN", "null")  # what programs write into a cell that has no value


def text_of(value, column, place):
    """One value as text; None if it is empty, `_`, NaN or null.

    A number is the shortest text that means it, without a fraction if that is zero: 0.50 is "0.5", and 1.0 (what pandas
    makes of an integer in a column with gaps) is "1". Truth is "true" or "false". A text that spells one of these is
    taken for it, since a CSV does not tell them apart.
    """
    if value is None or value != value:
        return None
    if isinstance(value, str):
        value = value.strip()
        if NUMBER.fullmatch(value):
            return _number(value)
        return None if value in EMPTY else FLAGS.get(value, value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "0" if value == 0 else repr(value).removesuffix(".0")
    if isinstance(value, decimal.Decimal):
        return _number(f"{value:f}")
    if isinstance(value, datetime.date | datetime.time):
        return str(value).removesuffix(" 00:00:00")  # a day, as it stands in a CSV
    raise InputError(f"{place}: column {column!r} holds {shortened(value)}: give one text or number.")


def _number(text):
    """The text form of a number that a text spells."""
    if text.lstrip("-").isdecimal():
        return "0" if text == "-0" else text
    value = float(text)
    return text_of(value, None, None) if math.isfinite(value) else text


def label_of(value, column, place):
    """The one label that a cell holds, as text; None if there is none. Several labels, or a mapping, are an error."""
    value = single(value, column, place)
    if isinstance(value, str) and MAPPING.fullmatch(value.strip()):
        raise InputError(f"{place}: column {column!r} holds {shortened(value)}: give one label.")
    return text_of(value, column, place)


def single(value, column, place):
    """The one item of a cell that holds a list, or a printed one, None if it is empty; any other cell as it is."""
    items = list_of(value, column, place)
    if items is not None and len(items) > 1 or isinstance(value, str) and bare(value):
        raise InputError(
            f"{place}: column {column!r} holds several labels, {shortened(value)}: a probe takes one per example, so "
            "make one task per label, with a column that says whether the example has it."
        )
    return value if items is None else next(iter(items), None)


def list_of(value, column, place, texts=False):
    """The items of a cell that holds a list, or a printed one; None for any other cell. Texts are not split."""
    if isinstance(value, str):
        return printed(value, column, place, texts)
    return list(value) if isinstance(value, list | tuple) else None


def printed(text, column, place, texts=False):
    """The items of a printed list, None for any other text; `texts` as `closerlook.corpora.printed.items` takes it."""
    try:
        return items(text, texts)
    except ValueError as error:
        raise InputError(
            f"{place}: column {column!r} holds {shortened(text)}, which looks like a printed list and cannot be read "
            f"({error}): correct it, or write the list as one of JSON Lines."
        ) from None


def check_columns(wanted, known, place):
    """An error if a column is missing, or there twice."""
    known = list(map(str, known))
    for column in wanted:
        if known.count(column) != 1:
            raise InputError(
                f"{place}: there is {'no' if column not in known else 'more than one'} column {column!r}: "
                f"use one of {', '.join(known)}."
            )


def shortened(value):
    """A value as it is shown in a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]} … {text[-6:]}"
