"""People's own data: one example per row, as TSV, CSV, JSON Lines, Parquet, or a data set that `datasets` has saved."""

from functools import partial

from closerlook.corpora import arrow, delimited, jsonlines
from closerlook.corpora.cells import label_of, list_of, shortened, single, text_of
from closerlook.corpora.conditions import meets, spelled
from closerlook.corpora.example import EXCLUDED, SIZES, UNLABELLED, WORDLESS, Example, left_out, select
from closerlook.corpora.own import places_in
from closerlook.corpora.printed import bare
from closerlook.corpora.scripts import check_segmented
from closerlook.corpora.sources import TABLES
from closerlook.corpora.spans import Tagging
from closerlook.corpora.targets import target_of
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
    words, target, second = map((query.columns or {}).get, ("words", "target", "second"))
    if not words:
        raise InputError(f"{path}: which column holds the words? Set `columns: {{words: NAME, target: NAME or null}}`.")
    if query.kind in ("pair", "span_pair") and not target or not SIZES[query.kind] and target:
        raise InputError(
            f"{path}: a pair needs a target column, a sentence takes none: correct `columns.target` for kind "
            f"`{query.kind}`."
        )
    if (query.kind == "sentence_pair") != bool(second):
        raise InputError(f"{path}: kind `sentence_pair`, and no other, needs the column of the second text.")
    wanted = list(dict.fromkeys([words, *filter(None, (second, target)), query.label, *query.where]))
    if query.names and read in (arrow.parquet, arrow.saved):
        read = partial(read, plain=(query.label,))  # the task's names, not the file's
    patterns = {column: spelled(pattern) for column, pattern in query.where.items()}
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
        self.whole = not SIZES[query.kind]  # a label for the text, and not for something in it

    def example(self, name, patterns, tagging):
        """The row's `Example`, or None, and what is left out, by reason."""
        tagged = not self.query.columns.get("target") and self.kind in ("word", "span")  # a label for every word
        lists = {c: self.each(c, tagged) for c in patterns if not (tagged and c == self.query.label)}
        if not all(meets(self.one(c), patterns[c]) for c, items in lists.items() if items is None):
            return left_out(EXCLUDED)
        labels = self.tags() if tagged else self.label()
        if labels is None:
            return left_out(UNLABELLED)
        columns = [self.query.columns[name] for name in ("words", "second") if self.query.columns.get(name)]
        texts = [self.words(column) for column in columns]
        if not all(map(any, texts)):
            return left_out(WORDLESS)
        words = [word for text in texts for word in text]
        if self.kind == "sentence_pair":
            own = self.pair(columns, texts)
        else:
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

    def words(self, column):
        """The words of a column, from a list or a text."""
        value = self.cells.get(column)  # JSON Lines may lack it in some rows
        words = list_of(value, column, self.place, texts=True)
        if words is None:
            if self.whole and type(value) is int:
                return [str(value)]  # an id, as a CSV has it
            if not isinstance(value, str):
                return [] if value is None else [value]
            if not self.whole:
                self.refuse_bare(value, column, "words")
                check_segmented(split(value), f"{self.place}: column {column!r}")
            return words_of(value, self.kind)
        words = ["" if word is None or isinstance(word, str) and not word.strip() else word for word in words]
        if self.kind == "sentence_pair" and all(isinstance(word, str) for word in words):
            return words_of(" ".join(words), self.kind)  # as they are told apart in the text
        return words

    def pair(self, columns, texts):
        """Two texts as they stand, or the words of each joined: the first, no places, the second."""
        cells = [self.cells.get(column) for column in columns]
        own = [self.query.own and isinstance(c, str) and not self.listed(c, name) for c, name in zip(cells, columns)]
        first, second = (cell if mine else " ".join(map(str, text)) for cell, mine, text in zip(cells, own, texts))
        return first, None, second

    def listed(self, value, column):
        """Whether a text is a printed list of words."""
        return list_of(value, column, self.place, texts=True) is not None

    def text(self):
        """The row's text as it stands, and the places of its words."""
        value = self.cells.get(self.query.columns["words"])
        if not isinstance(value, str) or self.listed(value, self.query.columns["words"]):
            return None, None  # a list of words has no other text
        return value, None if self.whole else places_in(value)

    def label(self):
        """The row's one label, None if it has none."""
        column, place = self.query.label, self.place
        value = single(self.cells.get(column), column, place)
        if (
            self.kind == "sentence_pair" and isinstance(value, str) and value.strip() == "-"
        ):  # SNLI's: the annotators do not agree
            return None
        return label_of(self.query.named(value, place), column, place)

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
        return self.label() if column == self.query.label else text_of(self.cells.get(column), column, self.place)

    def each(self, column, tagged):
        """A condition's cell that holds a value for every word; None for any other."""
        if column == self.query.label:
            return None
        items = list_of(self.cells.get(column), column, self.place, texts=self.whole)
        if items is None and tagged:
            self.refuse_bare(self.cells.get(column), column, "cells")
        if items is not None and self.whole:
            raise InputError(
                f"{self.place}: column {column!r} holds a list: a condition on a sentence takes one value."
            )
        return items and [text_of(item, column, self.place) for item in items]

    def target(self):
        """The positions that the target column names; none for sentences."""
        column = self.query.columns.get("target")
        return target_of(self.cells.get(column), self.kind, column, self.place) if column else ()
