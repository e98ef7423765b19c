"""From corpora to tasks: every format read into the same thing, one `Example` per sentence."""

import dataclasses
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path

from closerlook.corpora.example import SIZES, Query, called
from closerlook.corpora.formats import FORMATS
from closerlook.corpora.names import read_names
from closerlook.errors import InputError
from closerlook.files import read_json


def read_examples(
    format, path, *, kind, label, where=None, columns=None, rows=None, fields=None, names=None, text=None
):
    """Read the labelled sentences of one file.

    Parameters
    ----------
    format : {"conllu", "conllulex", "trec", "table", "conll", "edge_probing"}
        `table` is TSV, CSV, JSON Lines or Parquet, by the file's suffix, or a folder of `Dataset.save_to_disk`; `conll`
        the columns of CoNLL-2003; `edge_probing` the JSON lines of Tenney et al. (2019).
    path : path
    kind : {"word", "span", "pair", "sentence", "span_pair", "sentence_pair"}
        What a target is: one word, words in a row, a head and its dependent, the whole sentence, two spans, or two
        sentences. Not every format has all of them.
    label : str
        The column that holds the label; `_` or nothing in it means "not labelled". CoNLL-U columns are in lower case;
        `feats.NAME` and `misc.NAME` are one entry of a column, `meta.KEY` is one of the sentence's comments. For spans,
        tags such as B-PER, I-PER, O, unless the table has a target column.
    where : dict of str to str, optional
        Column to pattern (`closerlook.corpora.conditions`): only targets for which every named column matches. For a
        pair the dependent's columns count, for a span its first word's, for two spans the first one's.
    columns : dict, optional
        For a table: {"words": column, "target": column or None, "second": column or None}.
    rows : str, optional
        Which sentences of the file, as a Python slice: "0:800", "800:", ":-200".
    fields : list of str, optional
        For `conll`: the columns' names; "1", "2", … by default.
    names : list of str or path, optional
        The names of labels that are integers from 0; the path of a JSON file with such a list.
    text : {"own", "joined"}, optional
        Keep the text of a sentence as the corpus has it, or let it be its words, joined by single spaces. By default
        sentences that are labelled as a whole keep theirs.

    Returns
    -------
    Examples

    Raises
    ------
    InputError
        For a wrong argument at once; for a bad line, or if nothing is selected, when the iteration gets there.
    """
    path = Path(path)
    readable = [name for name, one in FORMATS.items() if not one.read_as]
    if format not in readable:
        raise InputError(f"{path}: there is no format {format!r}: use one of {', '.join(readable)}.")
    if kind not in SIZES:
        raise InputError(f"{path}: there is no kind {kind!r}: use one of {', '.join(SIZES)}.")
    if columns and format != "table":
        raise InputError(f"{path}: `columns` is for tables, {format} has its own: remove it, or use format `table`.")
    if fields and format != "conll":
        raise InputError(f"{path}: `fields` is for format `conll`, not {format}: remove it.")
    if not path.is_file() and not (format == "table" and path.is_dir()):
        raise InputError(f"{path}: there is no such file: correct the path, or fetch the corpus first.")
    if kind not in FORMATS[format].kinds:
        kinds = " or ".join(f"`{name}`" for name in FORMATS[format].kinds)
        raise InputError(f"{path}: format {format} labels no {called(kind)}s: use kind {kinds}.")
    own = (text or ("joined" if SIZES[kind] else "own")) == "own"
    query = Query(kind, label, dict(where or {}), columns, fields, read_names(names), own)
    return Examples(partial(FORMATS[format].sentences, path, query), path, query, rows)


def read_split(folder, split, corpus, task, names=None, fetched=None):
    """Read one split of a task from the folder that `closerlook.corpora.fetch.fetch_corpus` has written.

    Parameters
    ----------
    folder : path
    split : str
    corpus, task : dict
        As the config has them.
    names : path, optional
        Of the JSON file that `task["names"]` names, if it does.
    fetched : path, optional
        Of the `fetched.json` beside the folder: a file that was somebody's own is then called by its own path.

    Returns
    -------
    Examples
    """
    form = FORMATS[corpus["format"]].read_as or corpus["format"]
    (path,) = [path for path in Path(folder).iterdir() if path.stem == split]
    source = str(read_json(fetched).get(split, {}).get("source", "")) if fetched else ""
    examples = read_examples(
        form,
        path,
        kind=task["kind"],
        label=task["label"],
        where=task["where"],
        columns={key: task[key] for key in ("words", "target", "second")} if form == "table" else None,
        rows=(corpus.get(split) or {}).get("rows"),
        fields=corpus.get("fields"),
        names=names or task["names"],
        text=task["text"],
    )
    examples.called = source if source and Path(source).exists() else None  # nobody can correct a line at a URL
    return examples


class Examples:
    """The labelled sentences of a file, in its order, those with at least one target.

    Attributes
    ----------
    left_out : Counter
        What the last iteration left out of the chosen rows: how much, by reason.
    called : str or None
        What to call the file in messages and places, if not by its path.
    label : str
        The column that holds the label.
    """

    def __init__(self, read, path, query, rows):
        self.left_out, self.called = Counter(), None
        self.label = query.label
        self._read, self._path, self._query, self._rows = read, path, query, rows
        self._slice = _slice(rows, path)

    def __iter__(self):
        """Yield each `Example`; nothing chosen, nothing labelled or a missing text is an error."""
        try:
            for example in self._examples():
                yield dataclasses.replace(example, where=self._place(example.where)) if self.called else example
        except InputError as error:
            raise InputError(self._place(str(error))) from error

    def _place(self, text):
        return text.replace(str(self._path), self.called, 1) if self.called else text

    def _examples(self):
        self.left_out = Counter()
        path, chosen = self._path, self._slice
        if min(chosen.start or 0, chosen.stop or 0) < 0:  # counted from the end: one more pass tells where that is
            chosen = slice(*chosen.indices(sum(1 for _ in self._read())))
        n_sentences = n_examples = n_words = n_withheld = 0
        for example, left in islice(self._read(), chosen.start, chosen.stop, chosen.step):
            n_sentences += 1
            self.left_out.update(left)
            if example is None:
                continue
            n_words += len(example.words)
            n_withheld += example.words.count("_")
            if example.targets:
                n_examples += 1
                yield example
        if not n_sentences and self._rows:
            raise InputError(
                f"{path}: rows {self._rows!r} selects none of its sentences: the file has fewer, choose others."
            )
        if not n_sentences:
            raise InputError(f"{path}: the file has no sentence: is it the right file?")
        if n_withheld > n_words / 2:
            raise InputError(
                f"{path}: {n_withheld} of {n_words} words are `_`: the corpus is distributed without its text, which "
                "has to be merged in first; its README says how."
            )
        if not n_examples:
            raise InputError(self._nothing(n_sentences))

    def _nothing(self, n_sentences):
        such = "".join(f", {column} = {pattern}" for column, pattern in self._query.where.items())
        left = "; ".join(f"{n} {reason}" for reason, n in sorted(self.left_out.items()))
        return (
            f"{self._path}: none of {n_sentences} sentences has a {called(self._query.kind)} with a label in column "
            f"{self._query.label!r}{such}{f' (left out: {left})' if left else ''}: check `label`, `where` and `rows`."
        )


def _slice(rows, path):
    """The slice that `rows` spells."""
    try:
        parts = [int(part) if part.strip() else None for part in (rows or ":").split(":")]
    except ValueError:
        parts = []
    if len(parts) not in (2, 3) or (parts[2:] or [None])[0] not in (None, *range(1, 10**6)):
        raise InputError(f"{path}: rows {rows!r} is not a slice of sentences: write for example '0:800' or '-200:'.")
    return slice(*parts)
