"""Rows of CSV and TSV files."""

import csv
import re
import sys

from closerlook.corpora.cells import check_columns
from closerlook.corpora.text import lines
from closerlook.errors import InputError

QUOTED = re.compile(r'"(?:[^"]|"")*"')  # a whole cell, quoted as in CSV


def rows(path, wanted, delimiter):
    """Yield (line, {column: text}) of every row; the delimiter is a comma or a tab.

    In a TSV, a quote is a character like any other, unless every cell with a quote in it is quoted as in CSV.
    """
    header = None
    quoting = delimiter == "," or _encloses(path)
    for number, cells in _quoted(path, delimiter) if quoting else _plain(path):
        if header is None:
            header = cells
            if len(header) == 1 and wanted[:1] != header:
                _explain(header[0], delimiter, f"{path}:{number}")
            check_columns(wanted, header, f"{path}:{number}")
        elif len(cells) != len(header):
            raise InputError(
                f"{path}:{number}: {len(cells)} cells, but the header has {len(header)}: complete or quote them."
            )
        else:
            yield number, dict(zip(header, cells))


def _explain(header, delimiter, place):
    """A header that another delimiter cuts is an error that says so."""
    others = {";": "semicolons", "\t": "tabs", ",": "commas"}
    found = next((name for other, name in others.items() if other != delimiter and other in header), None)
    if found:
        instead = "write it again with commas" if found == "semicolons" else "correct its name, or set `type`"
        raise InputError(f"{place}: its columns are separated by {found}, not {others[delimiter]}: {instead}.")


def _plain(path):
    """Yield (line, cells) of a file without quoting."""
    for number, line in lines(path):
        if cells := line.rstrip("\r\n"):
            yield number, cells.split("\t")


def _quoted(path, delimiter):
    """Yield (first line, cells) of a file with the quoting of CSV. A lone carriage return is a space."""
    text = (line.rstrip("\r\n").replace("\r", " ") + "\n" for _, line in lines(path))
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = _next(reader)
        except csv.Error as error:
            raise InputError(
                f"{path}:{number}: the row that starts here cannot be read ({error}): put two quotes for each quote "
                "inside a quoted cell, or write the table as JSON Lines."
            ) from error
        if cells is None:
            return
        if cells:  # no blank line
            yield number, cells


def _next(reader):
    """The next row, however long its cells are; the limit stays as it is for everything else."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(limit)


def _encloses(path):
    """Whether quotes enclose the cells of a TSV. Where some do and others are characters, nobody can tell: an error."""
    width, even, enclosing, literal = None, True, None, None  # the last two: a line where this is so
    escapes = False  # R writes \" where CSV has ""
    for number, line in lines(path):
        if not (line := line.rstrip("\r\n")):
            continue
        cells = line.split("\t")
        width = width or len(cells)
        even = even and len(cells) == width
        for cell in cells if '"' in line else ():
            if QUOTED.fullmatch(cell):
                enclosing = enclosing or number
            elif '"' in cell:
                literal = literal or number
                escapes = escapes or '\\"' in cell
    if not literal or even and not enclosing:
        return bool(enclosing)
    if not even and _parses(path):  # cells over several lines, or with tabs in them
        return True
    if not enclosing:
        return False
    others = "quoting=0, escapechar='\\\\'" if escapes else "quoting=0"
    raise InputError(
        f"{path}: quotes enclose a cell in line {enclosing} and are part of one in line {literal}: write the table "
        f"again as JSON Lines, by `pandas.read_csv({path.name!r}, sep='\\t', dtype=str, keep_default_na=False, "
        f"quoting=3).to_json({path.stem + '.jsonl'!r}, orient='records', lines=True)` if every quote is part of the "
        f"text, or with `{others}` if they enclose cells."
    )


def _parses(path):
    """Whether a TSV can be read as quoted: every row has the header's number of cells."""
    try:
        widths = {len(cells) for _, cells in _quoted(path, "\t")}
    except InputError:
        return False
    return len(widths) == 1
