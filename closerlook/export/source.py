"""What is exported of a space: a row for each target, as Arrow tables of some thousand rows."""

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from closerlook.analysis.plane import planes_of, principal_plane
from closerlook.corpora.passages import passages
from closerlook.corpora.task import kind_of, load_labels, load_rows
from closerlook.errors import InputError
from closerlook.layout import EMBEDDING, MOVEMENT, PREDICTIONS, TASK, TASK_FILES, Run, Space, of_probe
from closerlook.probes.predictions import majority, read_predictions
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

ROWS = 8192  # of a table: 25 MB of vectors with 768 dimensions
SIGNS = ("[", "]"), ("{", "}")  # around the first part of a target, and around the second


@dataclass(frozen=True)
class Source:
    """A space, and where its results are.

    Attributes
    ----------
    results : Path
    space : Space
    splits : tuple of str
    texts : bool
        Whether the rows have texts, and targets in them.
    run : Run, optional
        The run whose plane `x` and `y` are in; by default it is that of the space's principal components.
    """

    results: Path
    space: Space
    splits: tuple
    texts: bool = True
    run: Run | None = None

    def check(self, origin, kept):
        """Check that what is read exists; an `InputError` says what makes it from the config `origin`."""
        needed = [self.folder / name for name in TASK_FILES.values()]
        needed += [self.vectors(split) for split in dict.fromkeys(["train", *self.splits])]
        needed += [self.movement] if self.run else []
        for file in (file for file in needed if not file.exists()):
            if file.suffix == ".npy" and not kept:
                raise InputError(
                    f"{file}: is not there, since {origin} has `embedding: {{keep: false}}`: make it true, and give "
                    f"`closerlook run {origin}`."
                )
            raise InputError(f"{file}: is not there: `closerlook run {origin}` makes it.")

    @property
    def folder(self):
        """The task's."""
        return self.results / TASK.format(task=self.space.task)

    @property
    def movement(self):
        """The file with the run's planes; None without a run."""
        return self.run and self.results / MOVEMENT.format(**self.run._asdict())

    def vectors(self, split):
        """The file of a split's vectors."""
        return self.results / EMBEDDING.format(**self.space._asdict() | {"split": split})

    def tables(self):
        """Yield the rows, one split after the other.

        Yields
        ------
        pyarrow.Table
            At most `ROWS` rows. The columns are those of docs/export.md, the same for all tables; what made them
            stands as JSON under `closerlook` in the schema's metadata.

        Raises
        ------
        InputError
            For results that are damaged, or that are of other data.
        """
        import pyarrow as pa

        kind, plane = kind_of(self.folder), self._plane()
        told = self.space._asdict() | {"state": str(self.space.state), "split": list(self.splits), "kind": kind}
        told |= {"plane": str(self.run.state) if self.run else "principal components of the training split"}
        told |= {"explained": [None if np.isnan(share) else float(share) for share in plane.explained]}
        told = {"closerlook": json.dumps(made_by(**told))}
        predicted = self._predicted()
        for split in self.splits:
            names, labels = load_labels(self.folder, split)
            names, X = pa.array(names), self._read(split, len(labels))
            read = passages(load_rows(self.folder, split), kind)
            for at in range(0, len(X), ROWS):
                part, y = X[at : at + ROWS].astype(np.float32, copy=False), labels[at : at + ROWS]
                examples = np.arange(at, at + len(y), dtype=np.int32)
                columns = {"id": [f"{split}:{i}" for i in examples], "split": [split] * len(y), "example": examples}
                columns |= _texts(list(islice(read, len(y)))) if self.texts else {}
                columns["label"] = names.take(pa.array(y))
                if predicted is not None:
                    guesses = predicted[at : at + ROWS] if split == "test" else np.zeros(len(y), int)
                    mask = None if split == "test" else np.ones(len(y), bool)
                    columns["prediction"] = names.take(pa.array(guesses, mask=mask))
                columns |= zip("xy", plane.project(part).T.astype(np.float32))
                columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), part.shape[1])
                yield pa.table(columns).replace_schema_metadata(told)

    def _read(self, split, n):
        X = read_vectors(self.vectors(split))
        if len(X) != n:
            raise InputError(
                f"{self.vectors(split)}: has {len(X)} vectors, but task {self.space.task} has {n} targets in this "
                "split: `closerlook run` makes it anew."
            )
        return X

    def _plane(self):
        if self.run is None:
            return principal_plane(read_vectors(self.vectors("train")))
        with np.load(self.movement, allow_pickle=False) as arrays:
            planes = planes_of(arrays)
        if self.space.layer not in planes:
            raise InputError(f"{self.movement}: has no plane of layer {self.space.layer}: use one of {list(planes)}.")
        return planes[self.space.layer]

    def _predicted(self):
        """What the classifier probe says of each test example: its label's id; None where it says nothing."""
        file = self.results / of_probe("classifier", PREDICTIONS).format(**self.space._asdict())
        if "test" not in self.splits or not file.is_file():
            return None
        labels, predictions, _ = read_predictions(file)
        names, expected = load_labels(self.folder, "test")
        if not np.array_equal(labels, expected):
            raise InputError(f"{file}: is about other data than {self.folder}: `closerlook run` makes it anew.")
        return majority(predictions, len(names)) if len(predictions) else None


def _texts(read):
    """Columns of (text, spans): the text, and what and where the one or two parts of the target are."""
    columns: dict[str, list | np.ndarray] = {"text": [text for text, _ in read]}
    for i in range(len(read[0][1])):
        if i == 0:
            columns["marked"] = [marked(*one) for one in read]
        name = f"_{i + 1}" if i else ""
        columns |= {
            f"target{name}": [text[slice(*spans[i])] for text, spans in read],
            f"start{name}": np.array([spans[i][0] for _, spans in read], np.int32),
            f"end{name}": np.array([spans[i][1] for _, spans in read], np.int32),
        }
    return columns


def marked(text, spans):
    """A text with [brackets] around the first of its spans, and {braces} around the second.

    As in `closerlook.corpora.example.marked`, a blank word is shown as ␣.
    """
    signs = []
    for (begin, end), (left, right) in zip(spans, SIGNS):
        signs += [(end, 0, right), (begin, 1, left)] if begin < end else [(begin, 1, f"{left}␣{right}")]
    for at, _, sign in sorted(signs, reverse=True):
        text = text[:at] + sign + text[at:]
    return text
