"""People's own data: one example per row, as TSV, CSV, JSON Lines, Parquet, or a data set that `datasets` has saved."""

import re
from functools import partial

from closerlook.corpora import arrow, delimited, jsonlines
from closerlook.corpora.cells import label_of, list_of, shortened, text_of
from closerlook.corpora.conditions import meets
from closerlook.corpora.example import EXCLUDED, SIZES, UNLABELLED, WORDLESS, Example, left_out, select
from closerlook.corpora.own import places_in
from closerlook.corpora.printed import bare
from closerlook.corpora.sources import TABLES
from closerlook.corpora.spans import Tagging
from closerlook.corpora.text import split, words_of
from closerlook.errors import InputError

READERS = {
    ".tsv": partial(delimited.rows, delimiter="\t"),
    ".csv": partial(delimited.rows, delimiter=","),
    ".jsonl": jsonlines.rows,
    ".json": jsonlines.rows,
    ".parquet": arrow.parquet,
}


def sentences(path, query):
    """Yield (`Example` or None, what is left out) for every row.

    The words are a list, or a text. The label is one value; or, for words and spans without a target column, one value
    per word. Lists may be printed ones. Rows that a condition excludes, or without a label, are not looked at further.
    """
    read = reader(path)
    words, target = (query.columns or {}).get("words"), (query.columns or {}).get("target")
    if not words:
        raise InputError(f"{path}: which column holds the words? Set `columns: {{words: NAME, target: NAME or null}}`.")
    if query.kind == "pair" and not target or query.kind == "sentence" and target:
        raise InputError(f"{path}: a pair needs a target column, a sentence takes none: correct `columns.target`.")
    wanted = list(dict.fromkeys([words, *[target] * bool(target), query.label, *query.where]))
    if query.names and read in (arrow.parquet, arrow.saved):
        read = partial(read, plain=(query.label,))  # the task's names, not the file's
    patterns = {column: _spelled(pattern) for column, pattern in query.where.items()}
    tagging = Tagging()
    for number, row in read(path, wanted):
        yield _Row(row, query, f"{path}:{number}").example(f"{path.stem}-{number}", patterns, tagging)


def reader(path):
    """The function that yields (number, {column: value}) of every row, given the path and the columns.

    Raises
    ------
    InputError
        A name that does not end as a table's does.
    """
    read = arrow.saved if path.is_dir() else READERS.get(path.suffix.lower())
    if not read:
        raise InputError(
            f"{path}: {path.suffix!r} is not a table: use {', '.join(TABLES)} (.json: one object per line)."
        )
    return read


class _Row:
    """The cells of one row, as a task reads them."""

    def __init__(self, cells, query, place):
        self.cells, self.query, self.kind, self.place = cells, query, query.kind, place

    def example(self, name, patterns, tagging):
        """The row's `Example`, or None, and what is left out, by reason."""
        tagged = not self.query.columns.get("target") and self.kind in ("word", "span")  # a label for every word
        lists = {c: self.each(c, tagged) for c in patterns if not (tagged and c == self.query.label)}
        if not all(meets(self.one(c), patterns[c]) for c, items in lists.items() if items is None):
            return left_out(EXCLUDED)
        labels = self.tags() if tagged else self.label()
        if labels is None:
            return left_out(UNLABELLED)
        words = self.words()
        if not any(words):
            return left_out(WORDLESS)
        own = self.text() if self.query.own else (None, None)
        lists = {column: items for column, items in lists.items() if items is not None}
        lists |= {self.query.label: labels} if tagged else {}
        for column, items in lists.items():
            if len(items) != len(words):
                raise InputError(
                    f"{self.place}: {len(items)} {'labels' if column == self.query.label else 'cells'} in column "
                    f"{column!r} for {len(words)} words: give one per word."
                )
        if not tagged:
            found = [(self.target(), labels)]
        elif self.kind == "word":
            found = [((i,), label) for i, label in enumerate(labels)]
        else:
            found = self.spans(labels, tagging)
        checks = [(items, patterns[column]) for column, items in lists.items() if column in patterns]
        kept, left = select(found, self.kind, lambda i: all(meets(items[i], pattern) for items, pattern in checks))
        targets, labels = [where for where, _ in kept], [label for _, label in kept]
        return Example(name, words, targets, labels, self.place, *own), left

    def words(self):
        """The row's words, from a list or a text."""
        column = self.query.columns["words"]
        value = self.cells.get(column)  # JSON Lines may lack it in some rows
        words = list_of(value, column, self.place, texts=True)
        if words is None:
            if self.kind != "sentence":
                self.refuse_bare(value, column, "words")
            return words_of(value, self.kind) if isinstance(value, str) else [] if value is None else [value]
        return ["" if word is None or isinstance(word, str) and not word.strip() else word for word in words]

    def text(self):
        """The row's text as it stands, and the places of its words."""
        value = self.cells.get(self.query.columns["words"])
        if (
            not isinstance(value, str)
            or list_of(value, self.query.columns["words"], self.place, texts=True) is not None
        ):
            return None, None  # a list of words has no other text
        return value, None if self.kind == "sentence" else places_in(value)

    def label(self):
        """The row's one label, None if it has none."""
        value = self.query.named(self.cells.get(self.query.label), self.place)
        return label_of(value, self.query.label, self.place)

    def tags(self):
        """The labels of the row's words, None for each that has none (`_`, null, -100), or None for them all."""
        column, place = self.query.label, self.place
        value = self.cells.get(column)
        if value is None or isinstance(value, str) and not value.strip():
            return None
        values = list_of(value, column, place)
        if values is None and isinstance(value, str):
            self.refuse_bare(value, column, "labels")
            values = split(value)
        if values is None:
            raise InputError(f"{place}: column {column!r} holds one value: give a label per word, or `columns.target`.")
        values = [text_of(self.query.named(one, place), column, place) for one in values]
        return [None if one == "-100" else one for one in values]  # -100: what PyTorch's losses leave out

    def spans(self, tags, tagging):
        """The (target, label) that tags spell."""
        places = [f"{self.place}, word {i} (counted from 0)" for i in range(len(tags))]
        return [((first, last), label) for first, last, label in tagging.spans(tags, places)]

    def refuse_bare(self, value, column, what):
        """A list that was printed without quotes, which would pass for a text with brackets in it, is an error."""
        if isinstance(value, str) and bare(value, labels=what == "labels"):
            raise InputError(
                f"{self.place}: column {column!r} holds {shortened(value)}, which looks like a list that was printed "
                f"without quotes: put nothing but a space between the {what}, or use JSON Lines."
            )

    def one(self, column):
        """A condition's cell, as text."""
        value = self.cells.get(column)
        return text_of(self.query.named(value, self.place) if column == self.query.label else value, column, self.place)

    def each(self, column, tagged):
        """A condition's cell that holds a value for every word; None for any other."""
        items = list_of(self.cells.get(column), column, self.place, texts=self.kind == "sentence")
        if items is None and tagged:
            self.refuse_bare(self.cells.get(column), column, "cells")
        if items is not None and self.kind == "sentence":
            raise InputError(
                f"{self.place}: column {column!r} holds a list: a condition on a sentence takes one value."
            )
        return items and [text_of(item, column, self.place) for item in items]

    def target(self):
        """The positions that the target column names: 3, [3, 5], "3", "3 5" or a printed list; none for sentences."""
        column = self.query.columns.get("target")
        if not column:
            return ()
        value = self.cells.get(column)
        items = list_of(value, column, self.place)
        items = items if items is not None else split(value) if isinstance(value, str) else [value]
        items = [text_of(item, column, self.place) or "" for item in items]
        target = tuple(map(int, items)) if all(re.fullmatch("-?[0-9]+", item) for item in items) else ()
        takes = f"{SIZES[self.kind]} position{'s' * (SIZES[self.kind] > 1)}"
        if self.kind == "span":
            takes = "its first and its last position, or all of them in order"
            whole = len(target) < 3 or target == tuple(range(target[0], target[-1] + 1))
            target = (target[0], target[-1]) if target and whole and target[0] <= target[-1] else ()
        if len(target) != SIZES[self.kind]:
            raise InputError(
                f"{self.place}: {value!r} in column {column!r} is not a target: "
                f"a {self.kind} takes {takes}, counted from 0."
            )
        return target


def _spelled(pattern):
    """A pattern without wildcards as cells spell it: `1.0` is `1`, and `True` is `true`."""
    return pattern if re.search(r"[*?\\]", pattern) else text_of(pattern, None, None) or "_"
