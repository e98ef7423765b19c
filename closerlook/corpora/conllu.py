"""CoNLL-U, and the formats that add columns to it (universaldependencies.org/format.html)."""

import re
from collections import Counter

import conllu
from conllu.exceptions import ParseException
from conllu.parser import parse_id_value

from closerlook.corpora.conditions import meets
from closerlook.corpora.example import WORDLESS, Example, left_out, select
from closerlook.corpora.own import of_tokens
from closerlook.corpora.spans import Tagging
from closerlook.corpora.text import lines
from closerlook.errors import InputError

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
BREAK = re.compile(r"\t| {2,}")  # where the library ends a column
SPACES = re.compile(" {2,}")


def sentences(path, query, fields=FIELDS):
    """Yield (`Example`, what is left out) for every sentence of the file; `fields` names the file's columns."""
    source, seen = _Source(path, fields), set()  # seen: the entries of the label's column, if it is one like feats.Case
    tagging, kind, label = Tagging(), query.kind, query.label
    for count, (numbers, tokens, whole) in enumerate(_parsed(source)):
        meta = whole.metadata
        if count == 0:
            for column in (label, *query.where, *["head"] * (kind == "pair")):
                _check(column, kind, source.fields, meta, path)
        places = [f"{path}:{number}" for number in numbers]
        if "." in label:
            seen.update(*(_entries(label, token, meta) for token in (tokens if kind != "sentence" else [{}])))
        found, left = _targets(tokens, meta, places, query, tagging)
        name = meta.get("sent_id") or f"{path.stem}-{count + 1}"
        words = [token["form"] if token["form"].strip() else "" for token in tokens]
        if any(words):
            own = _own(whole, kind, places[0]) if query.own else (None, None)
            targets, labels = [target for target, _ in found], [value for _, value in found]
            yield Example(name, words, targets, labels, places[0], *own), left
        else:
            yield left_out(WORDLESS)
    column, _, name = label.partition(".")
    if name and seen and name not in seen:
        known = ", ".join(f"{column}.{one}" for one in sorted(seen))
        raise InputError(f"{path}: {label!r} occurs nowhere in the file: use one of {known}.")


def _own(tokens, kind, place):
    """The sentence's own text, and where its words stand if there are targets among them."""
    text = tokens.metadata.get("text")
    return (text, None) if text and kind == "sentence" else of_tokens(tokens, text, place)


def _targets(tokens, meta, places, query, tagging):
    """The (target, label) of a sentence, and how many are left out, by reason."""
    candidates = tokens if query.kind != "sentence" else [{}]
    values = [_value(query.label, token, meta, query, place) for token, place in zip(candidates, places)]

    def passes(i):
        cells = ((_value(c, candidates[i], meta, query, places[i]), pattern) for c, pattern in query.where.items())
        return all(meets(cell, pattern) for cell, pattern in cells)

    if query.kind == "span":
        found = [((first, last), label) for first, last, label in tagging.spans(values, places)]
        return select(found, "span", passes)
    if query.kind != "pair":
        return select([((i,) * (query.kind == "word"), value) for i, value in enumerate(values)], query.kind, passes)
    kept, left = select([((None, i), value) for i, value in enumerate(values)], "pair", passes)
    pairs = [((_head(tokens[i], len(tokens), places[i]), i), value) for (_, i), value in kept]
    found = [(target, value) for target, value in pairs if target[0] is not None]
    return found, left + Counter({"words without a head": len(pairs) - len(found)})


def _value(column, token, meta, query, place):
    """A column's value for a word, by its name if it is the label's; None if it has none."""
    value = _cell(column, token, meta).strip()
    value = None if value in ("", "_") else value
    return query.named(value, place) if column == query.label else value


def _parsed(source):
    """Yield (line numbers, tokens, the whole sentence with its comments) of each sentence, checked.

    Multi-word tokens (3-4) and empty nodes (3.1) are left out: a position counts syntactic words only.
    """
    path, fields = source.path, source.fields
    raw = {field: lambda cells, i: cells[i] for field in fields if field != "id"}  # cells as they stand
    for sentence in conllu.parse_incr(source, fields=fields, field_parsers=raw):
        words = [(n, token) for n, token in zip(source.numbers, sentence) if isinstance(token["id"], int)]
        source.numbers.clear()
        if not words:
            raise InputError(f"{path}:{source.last}: the sentence that ends here has no word: remove its comments.")
        for i, (number, token) in enumerate(words, 1):
            if token["id"] != i:
                raise InputError(f"{path}:{number}: the ID is {token['id']}, expected {i}: number the words from 1.")
            if not token.get("form", "").strip(" "):
                raise InputError(f"{path}:{number}: the word is empty: give it a FORM, or remove the line.")
        yield *zip(*words), sentence


class _Source:
    """What the library reads from: a file's lines, each checked as it passes, so that messages can name the line.

    Spaces inside a cell become one, since the library takes two for the end of a column, as people write it.

    `numbers` are those of the token lines since they were last cleared; `last` is the number of the last line.
    """

    def __init__(self, path, fields):
        self.path, self.fields, self.numbers, self.last = path, list(fields), [], 0

    read = None  # the library asks for it, as the mark of a file, and then iterates

    def __iter__(self):
        for number, line in lines(self.path):
            self.last = number
            if line.startswith("# global.columns = "):  # CoNLL-U Plus: the file names its own columns
                self.fields = line.partition("=")[2].lower().split()
                if not {"id", "form"} <= set(self.fields):
                    raise InputError(f"{self.path}:{self.last}: the columns lack ID or FORM: name them here.")
            elif line.strip() and not line.startswith("#"):
                line = SPACES.sub(" ", line) if "\t" in line else line
                self._check(BREAK.split(line.rstrip("\r\n")))
                self.numbers.append(self.last)
            yield line

    def _check(self, cells):
        place = f"{self.path}:{self.last}"
        if len(cells) != len(self.fields):
            raise InputError(
                f"{place}: {len(cells)} columns instead of {len(self.fields)} ({' '.join(self.fields).upper()}): "
                "put one tab between two columns, and _ into an empty one."
            )
        cell = cells[self.fields.index("id")]
        try:
            if parse_id_value(cell) is not None:
                return
        except ParseException:
            pass
        raise InputError(f"{place}: the ID {cell!r} is not a number, a range (3-4) or an empty node (3.1): correct it.")


def _entries(column, token, meta):
    """The named entries of a column such as `feats.Number`, `misc.Gloss` or `meta.genre`; none for a plain column."""
    group, dot, _ = column.partition(".")
    if group == "meta":
        return meta
    return dict(part.partition("=")[::2] for part in token.get(group, "").split("|") if "=" in part) if dot else {}


def _cell(column, token, meta):
    """The value of a column for a word, `_` if it has none."""
    if "." in column:
        return _entries(column, token, meta).get(column.partition(".")[2]) or "_"
    return token.get(column) or "_"


def _check(column, kind, fields, meta, path):
    """A column that the file does not have is an error that lists those it has."""
    group, _, name = column.partition(".")
    plain = [field for field in fields if field != "id"] if kind != "sentence" else []
    grouped = [field for field in ("feats", "misc") if field in plain]
    if column in plain or name and group in (*grouped, "meta"):
        return
    known = ", ".join([*plain, *(f"{field}.NAME" for field in grouped), *(f"meta.{key}" for key in meta)])
    if not known:
        raise InputError(
            f"{path}: there is no column {column!r} for kind {kind!r}, whose label is a comment `# KEY = value`, named "
            "`meta.KEY`; the first sentence has none."
        )
    raise InputError(f"{path}: there is no column {column!r} for kind {kind!r}: use one of {known}.")


def _head(token, n_words, place):
    """The 0-based position of a word's head, None for the root and for a word without one."""
    head = token.get("head") or "_"
    if head in ("0", "_"):
        return None
    if not head.isdecimal() or not 1 <= int(head) <= n_words or int(head) == token["id"]:
        raise InputError(
            f"{place}: the HEAD {head!r} is not another word of the sentence (1 to {n_words}), nor 0 for the root."
        )
    return int(head) - 1
