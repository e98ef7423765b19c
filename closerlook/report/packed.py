"""Values for a page: JSON in which long columns of numbers refer to bytes after it, gzipped, in base64."""

import base64
import gzip
import json
import zlib

import numpy as np

LONG = 32  # numbers from which on a list of them is a column
DIGITS = 6  # decimals of numbers in a column at most


def packed(value):
    """Pack a value that JSON can say.

    Parameters
    ----------
    value : dict or list

    Returns
    -------
    str
        Base64 of a gzipped file without a time: the length of the JSON in UTF-8 as 4 bytes (big-endian), the JSON, the
        columns. In the JSON a column is `{"column": place of its first byte, n, bytes, low, digits, steps, width}`: n
        unsigned integers of so many bytes each, all lowest bytes first; 0 is None, and any other stands for (it - 1 +
        low) / 10^digits; with `steps` they are differences, each to the one before, modulo 2^(8 bytes); with a `width`
        the list is one of lists, so long each.
    """
    columns = bytearray()
    text = json.dumps(_out(value, columns), allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    return packed_bytes(len(text).to_bytes(4) + text + columns)


def packed_bytes(data):
    """Bytes, gzipped without a time, in base64."""
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def _out(value, columns):
    """A value without its columns, which are added to `columns`."""
    if isinstance(value, dict):
        return {key: _out(inner, columns) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    width = len(value[0]) if value and isinstance(value[0], list) else 0
    if width and all(isinstance(row, list) and len(row) == width for row in value):
        numbers = [number for row in value for number in row]
    else:
        width, numbers = 0, value
    about = _column(numbers, columns) if len(numbers) >= LONG else None
    if about is None:
        return [_out(inner, columns) for inner in value]
    return about | ({"width": width} if width else {})


def _column(numbers, columns):
    """What says how to read a column, whose bytes are added to `columns`; None if it does not hold numbers exactly."""
    if not all(number is None or type(number) in (int, float) for number in numbers):
        return None
    known = np.array([number is not None for number in numbers])
    values = np.array([0 if number is None else number for number in numbers], float)
    if not abs(values).max() < 2**31:
        return None
    for digits in range(DIGITS + 1):
        whole = np.round(values * 10**digits)
        if (whole / 10**digits == values).all() and abs(whole).max() < 2**31:
            break
    else:
        return None
    low = int(whole[known].min()) if known.any() else 0
    codes = np.where(known, whole - low + 1, 0).astype(np.int64)
    size = next(size for size in (1, 2, 4) if codes.max() < 2 ** (8 * size))
    found = {steps: _planes(np.diff(codes, prepend=0) if steps else codes, size) for steps in (False, True)}
    steps = min(found, key=lambda steps: len(zlib.compress(found[steps])))
    about = {"column": len(columns), "n": len(numbers), "bytes": size, "low": low, "digits": digits, "steps": steps}
    columns += found[steps]
    return about


def _planes(codes, size):
    """Integers as their lowest bytes, then the next ones."""
    return np.ascontiguousarray(codes.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :size].T).tobytes()
