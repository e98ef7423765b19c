"""CoNLL-U, and the formats that add columns to it (universaldependencies.org/format.html)."""

import re

import conllu
from conllu.exceptions import ParseException
from conllu.parser import parse_id_value

from closerlook.corpora.task import Example, lines, meets
from closerlook.errors import InputError

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
BREAK = re.compile(r"\t| {2,}")  # where the library ends a column


def sentences(path, kind, label, where, columns=None, fields=FIELDS):
    """Yield an `Example` for every sentence of the file, labelled or not.

    `fields` names the file's columns; the other parameters are those of `closerlook.corpora.reading.read_examples`.
    """
    source, seen = _Source(path, fields), set()  # seen: the entries of the label's column, if it is one like feats.Case
    for count, (numbers, tokens, meta) in enumerate(_parsed(source)):
        if count == 0:
            for column in (label, *where, *["head"] * (kind == "pair")):
                _check(column, kind, source.fields, meta, path)
        targets, labels = [], []
        for i, token in enumerate(tokens if kind != "sentence" else [{}]):
            if "." in label:
                seen.update(_entries(label, token, meta))
            value = _cell(label, token, meta)
            if value == "_" or not meets({column: _cell(column, token, meta) for column in where}, where):
                continue
            head = _head(token, len(tokens), f"{path}:{numbers[i]}") if kind == "pair" else None
            if kind == "pair" and head is None:
                continue
            targets.append({"word": (i,), "pair": (head, i), "sentence": ()}[kind])
            labels.append(value)
        name = meta.get("sent_id") or f"{path.stem}-{count + 1}"
        yield Example(name, [token["form"] for token in tokens], targets, labels, f"{path}:{numbers[0]}")
    column, _, name = label.partition(".")
    if name and seen and name not in seen:
        known = ", ".join(f"{column}.{one}" for one in sorted(seen))
        raise InputError(f"{path}: {label!r} occurs nowhere in the file: use one of {known}.")


def _parsed(source):
    """Yield (line numbers, tokens, comments) of each sentence, checked.

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
            if not token.get("form", "").strip():
                raise InputError(f"{path}:{number}: the word is empty: give it a FORM, or remove the line.")
        yield *zip(*words), sentence.metadata


class _Source:
    """What the library reads from: a file's lines, each checked on its way, so that messages can name the line.

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
        raise InputError(f"{place}: the ID {cell!r} is no number, range (3-4) or empty node (3.1): correct it.")


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
