"""The formats of corpora, a class each: its keys in the config, and what reads its files."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from closerlook.corpora.example import PLAIN, SIZES
from closerlook.corpora.sources import HERE, TABLES, files_of, suffix_of
from closerlook.errors import InputError
from closerlook.keys import STRING, Count, File, Seed, Sha256, Text, Unique, refuse
from closerlook.shapes import Shape, kinds, one_of, tell_apart

ROWS = r"^-?\d*:-?\d*$"


def _rows(value):
    if not re.fullmatch(ROWS, value):
        raise ValueError("write a slice of sentences such as `0:800`, `800:` or `:-200`")
    return value


Rows = Annotated[str, AfterValidator(_rows), WithJsonSchema(STRING | {"pattern": ROWS})]


class Split(Shape):
    """Where one split of a corpus comes from."""

    rows: Rows | None = Field(None, description="A slice of its sentences, such as `0:800`.")


class Source(Split):
    """A published file."""

    path: File | None = Field(None, description="A local file, relative to the working directory.")
    url: Text | None = Field(None, description="Where to download the file from, instead of `path`.")
    sha256: Sha256 | None = Field(None, description="The file's SHA-256; a file that differs is refused.")

    def mistakes(self):
        if (self.path is None) == (self.url is None):
            yield "", "give either `path` or `url`"
        elif self.url and not _is_url(self.url):
            yield "url", f"{self.url!r} is not an address, such as https://example.org/train.csv"
        elif self.path and not Path(self.path).is_file():
            yield "path", f"there is no file {self.path!r}; give a path relative to {Path.cwd()}"


class TableSource(Source):
    """A table, or a data set that `datasets` saved."""

    path: File | None = Field(
        None,
        description="A local file, or a folder that `datasets` wrote with `save_to_disk`, relative to the working "
        "directory.",
    )
    type: Literal["csv", "tsv", "jsonl", "parquet"] | None = Field(
        None, description="The file's type, where its name does not end in it."
    )
    split: str | None = Field(None, description="Of a saved data set that has several: the name of the split.")

    def mistakes(self):
        if self.path is not None and Path(self.path).is_dir():
            yield from self._saved()
            return
        found = list(super().mistakes())
        yield from found
        if self.split:
            yield "split", "is for `hub` and for saved data sets; take it out"
        if not found and suffix_of(self.path, self.url, self.type) not in TABLES:
            yield "", f"the name of a table ends in one of {', '.join(TABLES)}, which gives its format; or set `type`"

    def _saved(self):
        """What is wrong with a saved data set."""
        if self.url:
            yield "", "give either `path` or `url`"
        if self.type:
            yield "type", "is for the file of a table; take it out"
        if self.sha256:
            yield "sha256", f"is for a file, and {self.path!r} is a folder; take it out"
        try:
            files_of(self.path, self.split)
        except InputError as error:
            yield "", str(error).rstrip(".")


class HubSplit(Split):
    """A split of a dataset on the hub."""

    split: Text = Field(description="The name of the dataset's split.")


def _is_url(text):
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _elsewhere(name):
    """The name of a dataset that is not a folder on this machine."""
    if Path(name).is_dir():
        refuse([("", f"{name!r} {HERE}")])
    return name


class Format(Shape):
    """Text with labels: files as somebody published them, a hub dataset, or the built-in grammar."""

    kinds: ClassVar[tuple[str, ...]] = tuple(PLAIN)  # of targets
    has_text: ClassVar[bool] = True  # of its own, beside the words
    columns: ClassVar[bool] = False  # with names of the user's, which a task gives
    read_as: ClassVar[str | None] = (
        None  # the format of the files that its corpora are written to, where it is not this one
    )

    @staticmethod
    def sentences(path, query):
        """Yield (`Example` or None, what is left out) for every sentence of a file."""
        raise NotImplementedError


class Files(Format):
    """A format of published files."""

    train: Source = Field(description="The training split.")
    test: Source = Field(description="The test split.")


class Conllu(Files):
    """CoNLL-U, the format of Universal Dependencies."""

    format: Literal["conllu"]

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import conllu

        return conllu.sentences(path, query)


class Conllulex(Files):
    """STREUSLE's `.conllulex`."""

    format: Literal["conllulex"]

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import streusle

        return streusle.sentences(path, query)


class Conll(Files):
    """The columns of CoNLL-2002 and 2003."""

    format: Literal["conll"]
    fields: Annotated[list[str], Field(min_length=1), Unique] | None = Field(
        None,
        description="The columns' names, such as `[word, pos, chunk, ner]`; by default `'1'`, `'2'`, …. The words are "
        "in the one named `word`, else in the first.",
    )
    kinds: ClassVar = ("word", "span")
    has_text: ClassVar = False

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import conll

        return conll.sentences(path, query)


class EdgeProbing(Files):
    """JSON lines of edge probing (Tenney et al., 2019): a text, and targets of one or two spans in it."""

    format: Literal["edge_probing"]
    kinds: ClassVar = ("word", "span", "span_pair")
    has_text: ClassVar = False

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import edge_probing

        return edge_probing.sentences(path, query)


class Trec(Files):
    """TREC's questions, `COARSE:fine question`."""

    format: Literal["trec"]
    kinds: ClassVar = ("sentence",)

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import trec

        return trec.sentences(path, query)


class Table(Format):
    """Your own: one example per row, as .tsv, .csv, .jsonl or .parquet, or a saved data set."""

    format: Literal["table"]
    train: TableSource = Field(description="The training split.")
    test: TableSource = Field(description="The test split.")
    kinds: ClassVar = tuple(SIZES)
    columns: ClassVar = True

    @staticmethod
    def sentences(path, query):
        from closerlook.corpora import table

        return table.sentences(path, query)


class Hub(Format):
    """A dataset on the Hugging Face hub."""

    format: Literal["hub"]
    name: Annotated[Text, AfterValidator(_elsewhere)] = Field(description="The dataset, as `owner/name`.")
    config_name: str | None = Field(None, description="The dataset's configuration, where it has several.")
    revision: str | None = Field(None, description="A commit, tag or branch.")
    train: HubSplit = Field(description="The training split.")
    test: HubSplit = Field(description="The test split.")
    kinds: ClassVar = tuple(SIZES)
    columns: ClassVar = True
    read_as: ClassVar = "table"


class Grammar(Format):
    """Sentences that the built-in grammar writes."""

    format: Literal["grammar"]
    n_train: Count = Field(800, description="Sentences of the training split.")
    n_test: Count = Field(250, description="Sentences of the test split.")
    n_text: Count = Field(6000, description="Raw sentences to pre-train on.")
    seed: Seed = Field(0, description="The seed of its sentences.")
    read_as: ClassVar = "conllu"


FORMATS: dict[str, type[Format]] = {
    "conllu": Conllu,
    "conllulex": Conllulex,
    "trec": Trec,
    "table": Table,
    "conll": Conll,
    "edge_probing": EdgeProbing,
    "hub": Hub,
    "grammar": Grammar,
}
Corpus = one_of("format", **FORMATS)
tell_apart({n: kinds(f.model_fields["train"].annotation)[0] for n, f in FORMATS.items() if "train" in f.model_fields})
