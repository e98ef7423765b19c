"""Lists that a program has printed into a cell: `['a', 'b']`, `['a' 'b']`, `("a", "b")`, `[0 1]`. No code is run."""

import ast
import json
import re

STRING = r"""(?:[bru]{0,2}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
NUMBER = r"(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
NAMES: dict[str, bool | None] = {"None": None, "null": None, "nan": None, "NaN": None, "<NA>": None}
NAMES |= {"True": True, "true": True, "False": False, "false": False}
VALUE = "|".join([STRING, NUMBER, *NAMES])
ITEM = re.compile(rf"(?:(?:np|numpy)\.\w+\((?P<inner>{VALUE})\)|(?P<plain>{VALUE}))(?=[\s,]|$)", re.DOTALL)
BETWEEN = re.compile(r"\s*,\s*|\s+")
WRAPPED = re.compile(r"(?:\w+\.)?(?:array|tensor|list|tuple|deque)\((.*?)(?:,\s*\w+=[^\[\]]*)?\)", re.DOTALL)
CUT = re.compile(rf"[\[(]\s*{STRING}\s*,?\s*{STRING}[^\])]*", re.DOTALL)  # two items and no end
START = re.compile(rf"[\[({{]*(?:{STRING}|{ITEM.pattern})", re.DOTALL)
BARE = re.compile(r"\[[^\s\[\],]+(?:\s*,\s*[^\s\[\],]+)+\s*\]")  # items without quotes
SPACED = re.compile(r"\[[^\s\[\]]+(?:\s+[^\s\[\]]+)+\s*\]")
COMMAS = re.compile(r"[^\s,]+,(?:\s+[^\s,]+,)*\s+[^\s,]+")  # `DT, NN`; the label `,` stands alone
SET = re.compile(rf"(?:(?:frozen)?set\()?\{{\s*{STRING}(?:\s*,\s*{STRING})*\s*\}}\)?", re.DOTALL)


def items(text, texts=False):
    """Read a printed list.

    Parameters
    ----------
    text : str
    texts : bool
        Whether only a list of texts will do: `[1, 2]` does not look like one of these.

    Returns
    -------
    list or None
        Texts, integers, floats, booleans and None; None for a text that does not look like a printed list.

    Raises
    ------
    ValueError
        If it looks like one and cannot be read; the message says why.
    """
    text = text.strip()
    if SET.fullmatch(text):
        raise ValueError("it is a set, which has no order")
    if found := WRAPPED.fullmatch(text):
        text = found[1].strip()
    if text[:1] + text[-1:] not in ("[]", "()"):
        if CUT.fullmatch(text) or not texts and text[:2] in ("['", '["'):
            raise ValueError("it has no end")
        return None
    body = text[1:-1].strip()
    if not body:
        return [] if text[0] == "[" else None
    last = BETWEEN.split(body.rstrip(", \t\n"))[-1]
    if not START.match(body) or not (last[-1:] in "'\")]}" or ITEM.fullmatch(last)):
        return None  # neither the first item nor the last is what programs print
    if text[0] == "(" and "," not in body or texts and all(re.match(NUMBER, end) for end in (body, last)):
        return None
    values = _json(text)
    values = _items(body) if values is None else values
    for value in values:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("it has half a surrogate pair, which no text can hold") from None
    return values


def bare(text, labels=False):
    """Whether a text looks like a list printed without quotes: `[DT, NN]`; with `labels` also `[DT NN]`, `DT, NN`."""
    text = text.strip()
    return bool(BARE.fullmatch(text) or labels and (SPACED.fullmatch(text) or COMMAS.fullmatch(text)))


def _json(text):
    """A JSON list of plain values, whose escapes are not quite Python's; None for anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if any(isinstance(value, list | dict) for value in values):
        raise ValueError("it holds other lists")
    return [None if value != value else value for value in values]


def _items(body):
    values, separators, at = [], set(), 0
    while at < len(body):
        found = ITEM.match(body, at)
        if not found:
            rest = body[at:]
            raise ValueError("it is cut short by `...`" if rest.startswith("...") else f"{rest[:20]!r} is not an item")
        values.append(_value(found["inner"] or found["plain"]))
        at = found.end()
        if between := BETWEEN.match(body, at):
            separators.add("," in between[0])
            at = between.end()
    if len(separators) > 1:
        raise ValueError("commas are missing between some of its items")
    return values


def _value(item):
    if item in NAMES:
        return NAMES[item]
    if item[-1] in "'\"":
        value = item[1:-1] if item[0] in "'\"" and "\\" not in item else ast.literal_eval(item)
        return value.decode() if isinstance(value, bytes) else value
    return int(item) if re.fullmatch(r"[+-]?\d+", item) else float(item)
