"""Rows of JSON Lines."""

import json

from closerlook.corpora.cells import check_columns
from closerlook.corpora.text import lines
from closerlook.errors import InputError


def rows(path, wanted):
    """Yield (line, {column: value}) of every row; a key may be absent from a row, but not from all."""
    seen = {}
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if "\\u" in line:
                json.dumps(row, ensure_ascii=False).encode()  # refuses half a surrogate pair, which no file can hold
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}:{number}: not JSON Lines ({error}): write one object per line.") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: a {type(row).__name__}, not an object: write one object per line.")
        seen.update(row)
        yield number, row
    if seen:
        check_columns(wanted, seen, path)
