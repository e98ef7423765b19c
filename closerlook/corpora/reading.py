"""From corpora to tasks: every format read into the same thing, one `Example` per sentence."""

from functools import partial
from itertools import islice
from pathlib import Path

from closerlook.corpora.task import SIZES
from closerlook.errors import InputError

FORMATS = ("conllu", "conllulex", "trec", "table")


def read_examples(format, path, *, kind, label, where=None, columns=None, rows=None):
    """Read the labelled sentences of one file.

    Parameters
    ----------
    format : {"conllu", "conllulex", "trec", "table"}
        `table` is TSV, CSV, JSON Lines or Parquet, by the file's suffix.
    path : path
    kind : {"word", "pair", "sentence"}
        What a target is: one word, a head and its dependent, or the whole sentence.
    label : str
        The column that holds the label; `_` or nothing in it means "not labelled". CoNLL-U columns are in lower case;
        `feats.NAME` and `misc.NAME` are one entry of a column, `meta.KEY` is one of the sentence's comments.
    where : dict of str to str, optional
        Column to glob (`fnmatch`): only targets of which every named column matches, `_` standing for an empty one.
        For a pair the dependent's columns count.
    columns : dict, optional
        For a table: {"words": column, "target": column or None}.
    rows : str, optional
        Which sentences of the file, as a Python slice: "0:800", "800:", ":-200".

    Returns
    -------
    iterator of Example
        In the order of the file, sentences with at least one target only.

    Raises
    ------
    InputError
        For a wrong argument at once; for a bad line, or if nothing is selected, when the iteration gets there.
    """
    path, where = Path(path), dict(where or {})
    if format not in FORMATS:
        raise InputError(f"{path}: there is no format {format!r}: use one of {', '.join(FORMATS)}.")
    if kind not in SIZES:
        raise InputError(f"{path}: there is no kind {kind!r}: use one of {', '.join(SIZES)}.")
    if columns and format != "table":
        raise InputError(f"{path}: `columns` is for tables, {format} has its own: remove it, or use format `table`.")
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: correct the path, or fetch the corpus first.")
    read = partial(_reader(format), path, kind=kind, label=label, where=where, columns=columns)
    return _select(read, path, kind, label, where, rows, _slice(rows, path))


def _reader(format):
    """The function that yields every sentence of a file; imported here, since reading labels must not need it."""
    from closerlook.corpora import conllu, streusle, table, trec

    return dict(zip(FORMATS, (conllu.sentences, streusle.sentences, trec.sentences, table.sentences)))[format]


def _slice(rows, path):
    """The slice that `rows` spells."""
    try:
        parts = [int(part) if part.strip() else None for part in (rows or ":").split(":")]
    except ValueError:
        parts = []
    if len(parts) not in (2, 3) or (parts[2:] or [None])[0] not in (None, *range(1, 10**6)):
        raise InputError(f"{path}: rows {rows!r} is not a slice of sentences: write for example '0:800' or '-200:'.")
    return slice(*parts)


def _select(read, path, kind, label, where, rows, chosen):
    """Yield the chosen sentences that have a target; nothing chosen, or nothing labelled, is an error."""
    if min(chosen.start or 0, chosen.stop or 0) < 0:  # counted from the end: one more pass tells where that is
        chosen = slice(*chosen.indices(sum(1 for _ in read())))
    n_sentences = n_examples = 0
    for example in islice(read(), chosen.start, chosen.stop, chosen.step):
        n_sentences += 1
        if example.targets:
            n_examples += 1
            yield example
    if not n_sentences and rows:
        raise InputError(f"{path}: rows {rows!r} selects none of its sentences: the file has fewer, choose others.")
    if not n_sentences:
        raise InputError(f"{path}: the file has no sentence: is it the right file?")
    if not n_examples:
        such = "".join(f", {column} = {glob}" for column, glob in where.items())
        raise InputError(
            f"{path}: none of {n_sentences} sentences has a {kind} with a label in column {label!r}{such}: "
            "check `label`, `where` and `rows`."
        )
