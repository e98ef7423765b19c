"""TREC question classification (Li and Roth, COLING 2002): `COARSE:fine question`, one a line, in ISO-8859-1."""

import re

from closerlook.corpora.task import Example, lines, meets
from closerlook.errors import InputError

LINE = re.compile(r"([^\s:]+):([^\s:]+)(?:\s+(.*))?")


def sentences(path, kind, label, where, columns=None):
    """Yield an `Example` for every question of the file; the columns are `fine` ("COARSE:fine") and `coarse`."""
    if kind != "sentence":
        raise InputError(f"{path}: TREC labels whole sentences: use kind `sentence`, not {kind!r}.")
    for column in (label, *where):
        if column not in ("fine", "coarse"):
            raise InputError(f"{path}: TREC has no column {column!r}: use `fine` or `coarse`.")
    for number, line in lines(path, "iso-8859-1"):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        if not found:
            raise InputError(
                f"{path}:{number}: {line.split()[0]!r} is not COARSE:fine: start the line as in 'HUM:ind Who …'."
            )
        if not line.isascii():
            _refuse_utf8(line, f"{path}:{number}")
        cells = {"coarse": found[1], "fine": f"{found[1]}:{found[2]}"}
        words = (found[3] or "").split()
        is_target = meets(cells, where)
        yield Example(f"{path.stem}-{number}", words, [()] * is_target, [cells[label]] * is_target, f"{path}:{number}")


def _refuse_utf8(line, place):
    """Bytes above ASCII that form UTF-8 are no ISO-8859-1 text anyone has written: the file was converted."""
    try:
        line.encode("iso-8859-1").decode("utf-8")
    except UnicodeDecodeError:
        return
    raise InputError(f"{place}: this is UTF-8, and TREC files are ISO-8859-1: `iconv -f utf-8 -t iso-8859-1` it.")
