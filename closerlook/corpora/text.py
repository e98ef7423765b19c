"""Text files line by line, in whichever Unicode encoding, and words in a text."""

import codecs
import io
import re

from closerlook.errors import InputError

WIDE = {  # a file's first bytes -> its encoding; UTF-32's begin as UTF-16's do
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SPACE = re.compile(r"[ \t\n\r\f\v]+")


def split(text):
    """The words of a text, which ASCII white space separates.

    Any other space is part of a word: tokenised corpora put a plain space between two of them, and a
    no-break space only inside one (`10\\u00a0000`), or as one.
    """
    return [word for word in SPACE.split(text) if word]


def words_of(text, kind):
    """The words of a text as a target's positions count them: one that is blank is the empty text.

    Nothing counts the words of a sentence that is labelled as a whole, so there blanks only separate.
    """
    words = [word if word.strip() else "" for word in split(text)]
    return [word for word in words if word] if kind in ("sentence", "sentence_pair") else words


def places(words):
    """Where words stand once they are joined by single spaces, empty ones left out: the begin and end of each."""
    found, at = [], 0
    for word in words:
        found.append((at, at + len(word)))
        at += len(word) + bool(word)
    return found


def lines(path, fallback=None):
    """Yield (number from 1, line with its end) of a text file.

    It is UTF-8, with or without a byte-order mark, or UTF-16 or UTF-32 with one. `fallback` is the encoding of lines
    that are not UTF-8.

    Raises
    ------
    InputError
        For a line in another encoding, with its number; for a file whose lines end in carriage returns alone.
    """
    with open(path, "rb") as file:
        head = file.read(4)
        file.seek(0)
        wide = next((encoding for mark, encoding in WIDE.items() if head.startswith(mark)), None)
        rest = iter(io.TextIOWrapper(file, wide, newline="\n") if wide else file)
        number = 0
        while True:
            number += 1
            try:
                line = next(rest, None)
                if line is None:
                    return
                text = line if isinstance(line, str) else _decoded(line, fallback)
            except UnicodeDecodeError as error:
                raise InputError(_undecodable(path, number, wide, fallback, error)) from error
            if number == 1:
                text = text.removeprefix("\ufeff")
                if "\0" in text:
                    raise InputError(f"{path}:1: has NUL bytes: if it is UTF-16, `iconv -f utf-16le -t utf-8` it.")
                if "\r" in text.rstrip("\r") and not text.endswith("\n"):
                    raise InputError(
                        f"{path}: its lines end in carriage returns alone: convert it by `tr '\\r' '\\n' < old > new`."
                    )
            yield number, text


def _decoded(line, fallback):
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        if fallback is None:
            raise
        return line.decode(fallback)


def _undecodable(path, number, wide, fallback, error):
    """What is wrong with a line's bytes, and which command helps."""
    if wide:
        return (
            f"{path}: begins as {wide.upper()} and is something else from some point after line {number - 1} on "
            f"({error.reason}): make the file again."
        )
    what = f"{path}:{number}: byte {error.start + 1} of the line, 0x{error.object[error.start]:02x}, is not UTF-8"
    if fallback:
        return f"{what} nor {fallback}: correct the character."
    return f"{what}: convert the file, for example with `iconv -f windows-1252 -t utf-8`."
