"""The columns of CoNLL-2002 and 2003: one token per line, an empty line between sentences (Tjong Kim Sang, 2002)."""

import re

from closerlook.corpora.conditions import meets
from closerlook.corpora.example import WORDLESS, Example, left_out, select
from closerlook.corpora.spans import Tagging
from closerlook.corpora.text import lines, split
from closerlook.errors import InputError

DOCUMENT = "-DOCSTART-"  # the first word of a line between documents
KEYED = re.compile(r"#\s*[^\s=]+\s*=|#[^\t]*\s[^\s=]+=[^\t]*$")  # comments: `# text = …`, `# id 7 domain=en`
BLANK = " \t\r\n"


def sentences(path, query):
    """Yield (`Example` or None, what is left out) for every sentence of the file.

    The columns are named by `query.fields`, else "1", "2", …; the words are in the one named `word`, else in the first.
    """
    tagging, fields = Tagging(), query.fields
    for count, (numbers, rows) in enumerate(_sentences(path), 1):
        if count == 1:
            fields = _fields(fields, len(rows[0]), query, f"{path}:{numbers[0]}")
        places = [f"{path}:{number}" for number in numbers]
        cells = [dict(zip(fields, row)) for row in rows]
        for row, place in zip(cells, places):
            row[query.label] = query.named(row[query.label], place)
        yield _example(cells, places, fields, tagging, query, f"{path.stem}-{count}")


def _example(cells, places, fields, tagging, query, name):
    """A sentence's `Example`, and how many of its words are left out, by reason."""
    words = [row["word" if "word" in fields else fields[0]] for row in cells]
    tags = [None if row[query.label] in (None, "", "_") else row[query.label] for row in cells]
    found: list[tuple[tuple[int, ...], str | None]] = [((i,), tag) for i, tag in enumerate(tags)]
    if query.kind == "span":
        found = [((first, last), label) for first, last, label in tagging.spans(tags, places)]
    if not any(word.strip() for word in words):
        return left_out(WORDLESS)
    kept, left = select(
        found, query.kind, lambda i: all(meets(cells[i][c], pattern) for c, pattern in query.where.items())
    )
    words = [word if word.strip() else "" for word in words]
    return Example(name, words, [target for target, _ in kept], [label for _, label in kept], places[0]), left


def _fields(names, width, query, place):
    """The columns' names, checked against the file and what is asked of it."""
    names = names or [str(i + 1) for i in range(width)]
    if len(names) != width:
        raise InputError(f"{place}: {width} columns, but `fields` names {len(names)}: name each.")
    for column in (query.label, *query.where):
        if column not in names:
            raise InputError(f"{place}: there is no column {column!r}: use one of {', '.join(names)}.")
    return names


def _sentences(path):
    """Yield (line numbers, cells of each token) of every sentence; the file's first token tells how columns are cut."""
    block, shape = [], None
    for number, line in lines(path):
        ends = not line.strip(BLANK) or line.startswith(DOCUMENT)
        if not ends:
            block.append((number, line.rstrip("\r\n")))
            continue
        shape = yield from _tokens(path, block, shape)
        block = []
    yield from _tokens(path, block, shape)


def _tokens(path, block, shape):
    """Yield the tokens of a block of lines, if it has any; return (whether tabs separate columns, their number)."""
    first = next((line for _, line in block if not line.startswith("#")), None)
    shape = shape or first and ("\t" in first, len(_cells(first)))
    numbers, rows = [], []
    for number, line in block:
        cells = _cells(line)
        fits = shape and ("\t" in line, len(cells)) == shape
        if line.startswith("#") and (not fits or not rows and KEYED.match(line)):
            continue  # a comment: `#` is a word too
        if shape[1] != len(cells):
            raise InputError(
                f"{path}:{number}: {len(cells)} columns, but the file's first token has {shape[1]}: put as many into "
                "every line, and an empty line between sentences."
            )
        numbers.append(number)
        rows.append(cells)
    if rows:
        yield numbers, rows
    return shape


def _cells(line):
    """A line's cells, between tabs or, where it has none, between spaces."""
    return [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else split(line)
