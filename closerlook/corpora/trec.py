"""TREC question classification (Li and Roth, COLING 2002): `COARSE:fine question`, one per line."""

import re

from closerlook.corpora.conditions import meets
from closerlook.corpora.example import EXCLUDED, WORDLESS, Example, left_out
from closerlook.corpora.text import lines, words_of
from closerlook.errors import InputError

LINE = re.compile(r"([^\s:]+):([^\s:]+)(?:\s+(.*))?", re.DOTALL)
PUBLISHED = (
    "windows-1252"  # the files are in ISO-8859-1, whose letters this has too, with the quotes of those who edit it
)


def sentences(path, query):
    """Yield (`Example` or None, what is left out) for every question; the columns are `fine` and `coarse`."""
    for column in (query.label, *query.where):
        if column not in ("fine", "coarse"):
            raise InputError(f"{path}: TREC has no column {column!r}: use `fine` or `coarse`.")
    for number, line in lines(path, PUBLISHED):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        if not found:
            raise InputError(
                f"{path}:{number}: {line.split()[0]!r} is not COARSE:fine: start the line as in 'HUM:ind Who …'."
            )
        cells = {"coarse": found[1], "fine": f"{found[1]}:{found[2]}"}
        words, label = words_of(found[3] or "", "sentence"), query.named(cells[query.label], f"{path}:{number}")
        if not all(meets(cells[column], pattern) for column, pattern in query.where.items()):
            yield left_out(EXCLUDED)
        elif not words:
            yield left_out(WORDLESS)
        else:
            text = found[3] if query.own else None
            yield Example(f"{path.stem}-{number}", words, [()], [label], f"{path}:{number}", text), {}
