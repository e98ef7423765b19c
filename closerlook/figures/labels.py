"""Labels as a figure can show them: one line, of bounded length, in letters that a font has, no two the same."""

import functools
import itertools
import json
import logging
import re
import unicodedata
from collections import Counter, defaultdict
from typing import NamedTuple

from anyascii import anyascii

from closerlook.figures import fonts

log = logging.getLogger(__name__)

CATEGORIES = "Cc", "Cs", "Co", "Cn", "Zl", "Zp"  # what no font draws: controls, surrogates, private, unassigned, breaks
ACCENTS = "Mn", "Me"  # what is drawn on the letter before it
INVISIBLE = re.compile(  # what has no use on one line, and in part breaks a PDF; joiners and direction marks stay
    "[\u00ad\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # the last seven are letters that are drawn as nothing
    "\u200b\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
JOINER, LEFT_TO_RIGHT, CIRCLE = "\u200d", "\u200e", "\u25cc"
LONGEST = 200  # characters of a label that are looked at, from both its ends
MOST_ACCENTS = 4  # on one letter
SLACK = 8  # columns of two lines that are left to a break at a hyphen
TRANSLITERATED = "Labels transliterated: no installed font has their letters; see docs/analyses.md."


class Labels(NamedTuple):
    """What a figure writes for labels.

    Attributes
    ----------
    text : dict of str to str
        Of each label; no two look the same.
    family : list of str or None
        The fonts to write it with, by preference; None: the style's own.
    foreign : set of str
        The labels that are transliterated.
    """

    text: dict
    family: list | None
    foreign: set

    def note(self, names):
        """What has to be said where some labels are shown; empty if nothing has."""
        return TRANSLITERATED if self.foreign.intersection(names) else ""


def shown(names, width):
    """Find what to write for labels.

    Parameters
    ----------
    names : iterable of str
        All labels of a task, so that a label has the same name wherever it has the same room.
    width : int
        Columns that each may take; a wide character takes two.

    Returns
    -------
    Labels
    """
    names = list(names)
    texts = [one_line(name) for name in names]
    families, missing = fonts.families(texts)
    plain = [transliterated(text, families, missing) for text in texts]
    foreign = {name for name, text, new in zip(names, texts, plain) if text != new}
    if foreign:
        log.warning(TRANSLITERATED)
    return Labels(
        text=dict(zip(names, map(left_to_right, distinct(plain, width)))),
        family=families if len(families) > 1 else None,
        foreign=foreign,
    )


def one_line(name):
    """A label on one line: breaks and other characters that cannot be drawn are written as escapes, or left out.

    A label with nothing to see in it is written as a string, in quotes.
    """
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2]}…{name[-LONGEST // 2 :]}"
    text = unicodedata.normalize("NFC", "".join(map(_drawn, INVISIBLE.sub("", name))))
    runs = itertools.groupby(text, _is_accent)
    text = "".join("".join(itertools.islice(run, MOST_ACCENTS if accents else None)) for accents, run in runs)
    if not seen(text):
        return json.dumps(name)
    return CIRCLE + text if _is_accent(text[0]) else text


def _drawn(character):
    """A character, a space for any space, an escape for what has no picture."""
    category = unicodedata.category(character)
    return _escaped(character) if category in CATEGORIES else " " if category == "Zs" else character


def _is_accent(character):
    return unicodedata.category(character) in ACCENTS


def _escaped(character):
    return character.encode("unicode_escape").decode()


def seen(text):
    """What is seen of a text: labels for which this is the same cannot be told apart."""
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())


def left_to_right(text):
    """Keep right-to-left letters from turning around what is written before and after them."""
    turned = any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    return f"{LEFT_TO_RIGHT}{text}{LEFT_TO_RIGHT}" if turned else text


def transliterated(text, families, missing):
    """A text in ASCII where the fonts lack its letters, or all of it where they lack what these become together."""
    part = "".join(_ascii(c) if c in missing else c for c in text)
    return part if seen(part) and fonts.draws(part, families) else "".join(map(_ascii, text)) or json.dumps(text)


def _ascii(character):
    """A character in ASCII; an accent that has no such form is left out, anything else is escaped."""
    return anyascii(character) or ("" if unicodedata.category(character) in (*ACCENTS, "Cf") else _escaped(character))


def distinct(texts, width):
    """Shorten texts so that they still differ.

    Parameters
    ----------
    texts : list of str
    width : int
        Columns that each may take, at least 12.

    Returns
    -------
    list of str
        Long ones lack their middle, or what is nearer to their end or beginning where only that makes them differ.
        What still looks the same is numbered, in the order of the texts.
    """
    found = [shortened(text, width) for text in texts]
    for share in (0.75, 0.25):
        times = Counter(map(seen, found))
        found = [shortened(text, width, share) if times[seen(f)] > 1 else f for text, f in zip(texts, found)]
    times = Counter(map(seen, found))
    taken, numbers = set(times), defaultdict(int)
    for place, text in enumerate(texts):
        if times[look := seen(found[place])] > 1:
            while seen(found[place]) in taken:
                numbers[look] += 1
                number = f" ({numbers[look]})"
                found[place] = shortened(text, width - len(number)) + number
            taken.add(seen(found[place]))
    return found


def folded(names, width):
    """Find what to write for the names of tasks or models.

    Parameters
    ----------
    names : iterable of str
    width : int
        Columns of a line.

    Returns
    -------
    dict of str to str
        Of each name; two lines at most, and no two names the same.
    """
    names = list(dict.fromkeys(names))
    return {name: _two_lines(text, width) for name, text in zip(names, distinct(names, 2 * width - SLACK))}


def _two_lines(text, width):
    if len(text) <= width:
        return text
    breaks = [at for at in range(len(text) - width, width + 1) if text[at - 1] in "-_…"]
    cut = max(breaks, default=width)
    return f"{text[:cut]}\n{text[cut:]}"


def shortened(text, width, share=0.5):
    """A text of at most `width` columns, with `…` for what is left out; `share` of it comes from the beginning."""
    cells = _cells(text)
    sizes = [columns(cell) for cell in cells]
    if sum(sizes) <= width:
        return text
    room = round((width - 1) * share)
    head = sum(used <= room for used in itertools.accumulate(sizes))
    tail = sum(used <= width - 1 - room for used in itertools.accumulate(reversed(sizes)))
    return "".join([*cells[:head], "…", *cells[len(cells) - tail :]])


def columns(text):
    """How many columns a text takes: two for a wide character, none for an accent."""
    return sum(map(_columns, text))


@functools.lru_cache(10000)
def _columns(character):
    if unicodedata.category(character) in (*ACCENTS, "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cells(text):
    """Letters together with what must not be cut from them: accents, joined signs."""
    cells = []
    for c in text:
        joined = unicodedata.category(c)[0] == "M" or c == JOINER or "\U0001f3fb" <= c <= "\U0001f3ff"
        if cells and (joined or cells[-1].endswith(JOINER)):
            cells[-1] += c
        else:
            cells.append(c)
    return cells
