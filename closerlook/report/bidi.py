"""Names and texts of any writing direction inside sentences of the page, which run from left to right."""

import re

from markupsafe import Markup, escape

LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"  # from right to left
TURNED = re.compile(f"[{LETTERS}]")
WORDS = f"[{LETTERS}]+(?:\\s+[{LETTERS}]+)*"


def isolates(names):
    """Find what to write for a text in HTML, so that what runs from right to left turns nothing beside it.

    Parameters
    ----------
    names : iterable of str
        Names of labels, tasks and models that may stand in texts, in which digits and signs belong to the name.

    Returns
    -------
    callable
        From a text (or markup, which stays) to markup, in which each of the names that have such letters, and any other
        words in them, is a `bdi`.
    """
    whole = sorted({name for name in names if TURNED.search(name)}, key=len, reverse=True)
    parts = re.compile("|".join([*map(re.escape, whole), WORDS]))

    def isolated(text):
        if isinstance(text, Markup) or not TURNED.search(text := str(text)):
            return escape(text)
        found, last = [], 0
        for match in parts.finditer(text):
            found += [escape(text[last : match.start()]), Markup("<bdi>%s</bdi>") % match[0]]
            last = match.end()
        return Markup("").join([*found, escape(text[last:])])

    return isolated
