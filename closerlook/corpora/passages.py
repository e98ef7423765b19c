"""The text that a model reads for each target of a task, and where the target stands in it."""

from closerlook.corpora.example import BETWEEN, SIZES
from closerlook.corpora.text import places

ROWS = 1000  # as Python objects at a time


def passages(table, kind):
    """Go through the targets of a split in the order of their vectors.

    Parameters
    ----------
    table : pyarrow.Table
        As `closerlook.corpora.task.load_rows` returns it.
    kind : str
        Of `closerlook.corpora.example.SIZES`.

    Yields
    ------
    text : str
        The sentence as the model reads it: its own text, else its words with single spaces between them; two
        sentences with " ‖ " between them.
    spans : list of (int, int)
        Begin and end of the target in it, in characters (code points): of a word or a span one; of a pair the
        dependent's, then the head's; of two spans both; of sentences none. A target without any letter, a blank
        word, ends where it begins.
    """
    for batch in table.select(["words", "targets", "text", "places", "second"]).to_batches(ROWS):
        for row in batch.to_pylist():
            text, where = _read(row)
            yield from ((text, _spans(target, kind, where, len(text))) for target in row["targets"])


def _read(row):
    """The text of a row, and the places of its words in it."""
    if row["second"] is not None:
        return row["text"] + BETWEEN + row["second"], None
    if row["text"] is not None:
        return row["text"], row["places"]
    return " ".join(filter(None, row["words"])), places(row["words"])


def _spans(target, kind, where, end):
    if not SIZES[kind]:
        return []
    if kind == "pair":
        target = (target[1], target[1], target[0], target[0])
    return [_span(where[first : last + 1], end) for first, last in zip(target[::2], target[1::2] or target)]


def _span(where, end):
    """From the first word to the last one, of those that are not blank, where there are any."""
    some = [place for place in where if place[0] < place[1]] or [(min(where[0][0], end),) * 2]
    return some[0][0], some[-1][1]
