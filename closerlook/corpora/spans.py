"""Spans of words, spelled by one tag per word: IOB1, IOB2 (Tjong Kim Sang and Veenstra, EACL 1999), BIOES or BILOU."""

import re

from closerlook.errors import InputError

SCHEMES = ("IOB1", "IOB2", "BIOES")
TAG = re.compile(r"([BIESLU])[-_](.+)")
OUTSIDE = ("O", None)
PLAIN = {"L": "E", "U": "S"}  # BILOU's letters in BIOES


class Tagging:
    """Reads the spans of a file's sentences, and checks that one scheme fits them all."""

    def __init__(self):
        self.misfits = {}  # scheme -> where it first does not fit

    def spans(self, tags, places):
        """Find the spans of a sentence.

        Parameters
        ----------
        tags : list of str or None
            Such as B-PER, I-PER, O; None counts as O.
        places : list of str
            Where each stands, for messages.

        Returns
        -------
        list of (int, int, str)
            First word, last word, label.

        Raises
        ------
        InputError
            If a text is not a tag, or if, up to here, the file's tags fit no scheme.
        """
        parts = [_parts(tag, place) for tag, place in zip(tags, places)]
        self._check(parts, tags, places)
        found, before = [], OUTSIDE
        for i, (letter, label) in enumerate(parts):
            if letter in ("B", "S") or letter != "O" and not _continues((letter, label), before):
                found.append((i, i, label))
            elif letter != "O":
                found[-1] = (found[-1][0], i, label)
            before = letter, label
        return found

    def _check(self, parts, tags, places):
        """Note the first place at which each scheme does not fit; if none is left, that place is an error."""
        for i, (before, tag) in enumerate(zip([OUTSIDE, *parts], [*parts, None])):
            last = i - (tag is None)
            for scheme in SCHEMES:
                if scheme not in self.misfits and not _fits(scheme, before, tag):
                    self.misfits[scheme] = places[last]
                    if len(self.misfits) == len(SCHEMES):
                        raise InputError(self._message(i, tags, places[last]))

    def _message(self, i, tags, place):
        before = repr(tags[i - 1] or "O") if i else "the sentence's beginning"
        what = f"the tag {tags[i]!r} after {before}" if i < len(tags) else f"the sentence's end after {before}"
        here = [scheme for scheme, at in self.misfits.items() if at == place]
        earlier = [f"{scheme} ({at})" for scheme, at in self.misfits.items() if at != place]
        others = f", and the tags before it are not {' nor '.join(earlier)}" if earlier else ""
        schemes = " and ".join([", ".join(here[:-1])] * (len(here) > 1) + here[-1:])
        return f"{place}: {what} is wrong in {schemes}{others}: correct the tags, or use kind `word`."


def _parts(tag, place):
    """A tag's letter, in BIOES, and its label."""
    if tag in (None, "O"):
        return OUTSIDE
    found = TAG.fullmatch(tag)
    if not found:
        raise InputError(f"{place}: {tag!r} is not a tag that spells spans, as B-PER, I-PER and O do: use kind `word`.")
    return PLAIN.get(found[1], found[1]), found[2]


def _continues(tag, before):
    """Whether a tag may go on with the span of the tag before it: same label, and that span is not closed."""
    return before[0] in ("B", "I") and before[1] == tag[1]


def _fits(scheme, before, tag):
    """Whether a tag, None for the sentence's end, may follow another in a scheme."""
    letter = tag[0] if tag else "O"
    if scheme == "BIOES":
        inside = letter in ("I", "E") and _continues(tag, before)
        return inside if before[0] in ("B", "I") else letter in ("O", "B", "S")
    if scheme == "IOB2":
        return letter in ("O", "B") or letter == "I" and _continues(tag, before)
    return letter in ("O", "I") or letter == "B" and _continues(tag, before)
