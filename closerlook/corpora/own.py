"""A sentence's own text, as the corpus has it, and where its words stand in it."""

import re

from closerlook.errors import InputError

WORD = re.compile(r"[^ \t\n\r\f\v]+")  # what `closerlook.corpora.text.split` keeps


def places_in(text):
    """Begin and end of every word of a text that is cut at white space."""
    return [found.span() for found in WORD.finditer(text)]


def of_tokens(tokens, text, place):
    """The text of a CoNLL-U sentence, and the places of its words.

    Parameters
    ----------
    tokens : list of dict
        All lines of the sentence: words, and multi-word tokens (3-4), whose surface form stands for their words.
    text : str or None
        Its comment `# text`; without it the text is put together, with a space after each token except
        where `SpaceAfter=No`.
    place : str
        "file:line", for messages.

    Returns
    -------
    text : str
    places : list of (int, int)
        Begin and end of each word; the words of a multi-word token have its place.

    Raises
    ------
    InputError
        If the words do not spell the text.
    """
    surface, spells, until = [], [], 0  # (form, how many words it stands for); the last word of a multi-word token
    for token in tokens:
        if isinstance(token["id"], tuple):
            if token["id"][1] == "-":
                surface.append((token, token["id"][2] - token["id"][0] + 1))
                until = token["id"][2]
        elif token["id"] > until:
            surface.append((token, 1))
    if text is None:
        text = "".join(t["form"] + " " * ("SpaceAfter=No" not in t.get("misc", "")) for t, _ in surface).strip()
    solid = [i for i, letter in enumerate(text) if not letter.isspace()]
    places, at = [], 0
    for token, n in surface:
        size = sum(not letter.isspace() for letter in token["form"])
        spells += [letter for letter in token["form"] if not letter.isspace()]
        begin = solid[at] if at < len(solid) else len(text)
        at += size
        places += [(begin, solid[at - 1] + 1 if size and at <= len(solid) else begin)] * n
    if spells != [text[i] for i in solid]:
        raise InputError(f"{place}: the words do not spell `# text`: correct either, or set `text: joined`.")
    return text, places
