"""What a comparison found: tables, and words."""

from __future__ import annotations  # so that `help` shows short names

from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from closerlook.analysis.answers import answers
from closerlook.analysis.claim_cells import cell_table
from closerlook.analysis.claim_pairs import Study as Claimed
from closerlook.analysis.directions import directions_of
from closerlook.analysis.errors import COLUMNS as ERRORS
from closerlook.analysis.errors import errors_of
from closerlook.analysis.labels import label_rows
from closerlook.analysis.movement import displacements
from closerlook.analysis.predictions import standard_error
from closerlook.analysis.runs import described
from closerlook.analysis.similarity import MEASURES, similarity_rows
from closerlook.analysis.spaces import space_table
from closerlook.analysis.tuning import COLUMNS as TUNING
from closerlook.analysis.unlearned import unlearned
from closerlook.layout import SPLITS, Run, Space, State
from closerlook.probes.condensed import nearest
from closerlook.probes.predictions import majority
from closerlook.report.contents import notes
from closerlook.study.arguments import ENDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BOTH = {  # columns of `spaces`, and what `table` calls them before and after
    "status": "status", "accuracy": "accuracy", "accuracy_std": "accuracy_std", "accuracy_error": "accuracy_error",
    "macro_f1": "macro_f1", "majority": "majority",
    "linear_accuracy": "linear_accuracy", "linear_lead": "linear_lead", "linear_lead_error": "linear_lead_error",
    "compression": "compression", "n_clusters": "clusters", "fewest_clusters": "fewest_clusters",
    "overlapping": "overlapping", "conflicts": "conflicts", "min_distance": "min_distance",
    "mean_distance": "mean_distance", "train_test_similarity": "train_test_similarity",
    "n_clusters_std": "clusters_std", "min_distance_std": "min_distance_std", "mean_distance_std": "mean_distance_std",
}  # fmt: skip
TUNED = "tuned"  # the name of the run from before to after
UNTOLD = pd.DataFrame(columns=list(TUNING))  # nothing is known of how it went
CHANGES = {(True, True): "stays right", (False, True): "becomes right", (True, False): "becomes wrong",
           (False, False): "stays wrong"}  # fmt: skip
EXAMPLES = ("layer", "example", "label", "before", "after", "before_right", "after_right", "change")


class Cell(NamedTuple):
    """Found in one layer at one end: DirectProbe's record and arrays of each split, the classifier's result."""

    train: tuple
    test: tuple
    classifier: dict


class Study:
    """Vectors before and after, compared layer by layer; made by `closerlook.compare`.

    Attributes
    ----------
    table : DataFrame
        A row per layer. `X_before` and `X_after`: `accuracy` of the classifier probe on the test examples (%),
        `accuracy_std` over its repeats, `accuracy_error` (its standard error for the choice of test examples),
        `macro_f1`, `majority` (of the most frequent label), `linear_accuracy` of a linear readout,
        which is ahead of the probe by `linear_lead` points, with `linear_lead_error` as standard error; `clusters` and
        the `fewest_clusters` that labels and conflicts demand, `overlapping` pairs of labels, `conflicts`, the labels'
        `min_distance` and `mean_distance`, `train_test_similarity`; `status`, as in
        `closerlook.probes.direct.geometry.measure`. Then how similar a layer is to its start: `similarity` of the label
        distances (Pearson's correlation over `similarity_pairs`), `cka`, `procrustes`, `rsa`, `neighbours`; and
        `movement`: how far the labels' means moved, relative to the root mean square length of the vectors before,
        averaged over labels.
        What cannot be measured is missing. Of samples, counts and distances are means; `X_std` is their deviation.
    labels : DataFrame
        A row per (layer, label) of the training examples: `points`; before and after `clusters`, `min_distance` to the
        `nearest` other label, and how many it meets (`overlapping`); the `displacement` of its mean, the same relative
        to the vectors' length, and its `cosine` with the mean displacement.
    examples : DataFrame
        A row per (layer, test example): its `label`, what most repeats of the probe predict `before` and `after`, the
        share of repeats that are right (`before_right`, `after_right`), and the `change` (`stays right`, `becomes
        right`, `becomes wrong`, `stays wrong`). `example` is its row in what was given.
    notes : list of str
        What a reader should know.
    spaces, movement, directions, similarity, errors : DataFrame
        The workflow's tables of these names.
    names : list of str
        The labels.
    """

    table: pd.DataFrame
    labels: pd.DataFrame
    examples: pd.DataFrame
    notes: list[str]
    spaces: pd.DataFrame
    movement: pd.DataFrame
    directions: pd.DataFrame
    similarity: pd.DataFrame
    errors: pd.DataFrame
    names: list[str]

    def __init__(self, given, cells, moved, alike, *, model, task, made, seconds):
        self.model, self.task, self.names, self.made, self.seconds = model, task, given.names, made, seconds
        self.cells, self.moved, self._given = cells, moved, given
        self.run = Run(model, task, TUNED)
        self._states, runs = (State(), self.run.state), {f"{model}/{self.run.state}": {"recipe": TUNED, "seed": None}}
        names, depths, moves = {task: given.names}, {model: given.layers[-1]}, [(self.run, a) for a in moved.values()]
        space = {(end, n): Space(model, self._states[end], task, n) for end, n in cells}
        direct = [
            (space[at]._replace(split=split), *getattr(cell, split)) for at, cell in cells.items() for split in SPLITS
        ]
        self._correct = {
            space[at]: cell.classifier["predictions"] == given.test_y
            for at, cell in cells.items()
            if cell.classifier["predictions"] is not None
        }
        errors = {of: standard_error(correct) for of, correct in self._correct.items()}
        self.spaces = space_table(
            direct, [(space[at], cell.classifier) for at, cell in cells.items()], names, depths, runs, errors
        )
        self._labels = label_rows([(of, arrays) for of, _, arrays in direct if of.split == "train"], names, runs)
        self.movement, self.similarity = displacements(moves, names, runs), similarity_rows([(self.run, alike)], runs)
        planes = [directions_of([move], names, runs) for move in moves] or [directions_of([], names, runs)]
        self.directions = pd.concat(planes, ignore_index=True)
        self.errors = pd.DataFrame(
            [
                described(space[at], runs) | {"layer": at[1], "probe": "classifier"} | row
                for at, cell in cells.items() if cell.classifier["confusions"]
                for row in errors_of(cell.classifier["confusions"], cell.train[1], len(given.names))
            ],
            columns=list(ERRORS),
        ).astype({"seed": "Int64"})  # fmt: skip
        self.table, self.labels, self.examples = self._table(), self._label_table(), self._example_table()
        self.notes = [*given.notes, *self._own_notes(), *notes(unlearned(self.spaces), self.spaces, self.similarity)]

    def _end(self, frame, end):
        return frame[frame.state == str(self._states[end])]

    def _table(self):
        before, after = (self._end(self.spaces, end).set_index("layer") for end in (0, 1))
        table = {}
        for column, name in BOTH.items():
            known = column in before and (before[column].notna().any() or after[column].notna().any())
            if known or column in ("status", "n_clusters", "accuracy"):
                table |= {f"{name}_{end}": frame[column] for end, frame in zip(ENDS, (before, after))}
        table |= {"similarity": after.original_similarity, "similarity_pairs": after.original_pairs}
        alike = self.similarity[self.similarity.split == "train"].set_index("layer")
        table |= {name: alike[name].astype(float) for name in MEASURES}
        table["movement"] = self.movement.groupby("layer").relative_length.mean().astype(float)
        return pd.DataFrame(table).reset_index(names="layer")

    def _label_table(self):
        ends = []
        for end, name in enumerate(ENDS):
            frame = self._end(self._labels, end).set_index(["layer", "label"])
            frame = frame[["clusters", "min_distance", "overlapping"]].assign(nearest=self._nearest(end))
            ends.append(frame.add_suffix(f"_{name}"))
        moved = self.movement.set_index(["layer", "label"])[["length", "relative_length", "cosine"]]
        moved = moved.rename(columns={"length": "displacement", "relative_length": "relative_displacement"})
        columns = [f"{name}_{end}" for name in ("clusters", "min_distance", "nearest", "overlapping") for end in ENDS]
        counts = pd.Series(np.bincount(self._given.train_y, minlength=len(self.names)), self.names, name="points")
        table = ends[0].join(ends[1])[columns].join(moved.astype(float)).reset_index()
        table.insert(2, "points", table.label.map(counts))
        place = {name: i for i, name in enumerate(self.names)}
        return table.sort_values(["layer", "label"], key=lambda c: c.map(place) if c.name == "label" else c,
                                 ignore_index=True)  # fmt: skip

    def _nearest(self, end):
        """The label that is nearest to each, by (layer, label)."""
        found = {}
        for layer in self._given.layers:
            arrays = self.cells[end, layer].train[1]
            classes, known = arrays["classes"], ~np.isnan(arrays["min_distances"])
            place, *_ = nearest(arrays["distance_vector"], len(classes), known)
            for c, to in zip(classes, place):
                found[layer, self.names[c]] = self.names[classes[to]] if to >= 0 else None
        return pd.Series(found, dtype=object)

    def _example_table(self):
        y, frames = self._given.test_y, []
        for layer in self._given.layers:
            each = [self.cells[end, layer].classifier["predictions"] for end in (0, 1)]
            if each[0] is None or each[1] is None:
                continue
            row, right = {"layer": layer, "example": self._given.test, "label": np.array(self.names)[y]}, []
            for end, predicted in zip(ENDS, each):
                most = majority(predicted, len(self.names))
                row[end] = np.array(self.names)[most]
                row[f"{end}_right"] = (predicted == y).mean(0)
                right.append(most == y)
            row["change"] = [CHANGES[pair] for pair in zip(*(some.tolist() for some in right))]
            frames.append(pd.DataFrame(row)[list(EXAMPLES)])
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(EXAMPLES))

    def _own_notes(self):
        given = self._given
        still = [layer for layer in given.layers if self.similar(layer)]
        if len(still) == len(given.layers):
            yield "Nothing changed: the vectors before and after are the same."
        elif given.layers[-1] in still:
            yield "The vectors of the last layer are the same before and after."
        apart = {layer: why for layer in given.layers if (why := given.differs(layer))}
        if apart:
            where = "any layer" if len(apart) == len(given.layers) else f"layers {', '.join(map(str, apart))}"
            yield f"Movement needs one space: there is none in {where}, with {apart[min(apart)]}."
        if not self.made["probe"]:
            yield "The classifier probe was left out: accuracies are those of a linear readout."

    def clusters(self, state, layer):
        """DirectProbe's arrays of the training examples in one space."""
        return self.cells[self._states.index(state), layer].train[1]

    def similar(self, layer):
        """Whether a layer has the very same vectors before and after."""
        before, after = (self._given.space(end, layer) for end in (0, 1))
        return all(map(np.array_equal, before, after))

    def missing(self):
        """Why nothing can be said of movement; None where something can, in at least one layer."""
        return None if self.moved else next(note for note in self.notes if note.startswith("Movement needs"))

    def plot(self, name: str) -> Figure:
        """Draw one of the workflow's figures.

        Parameters
        ----------
        name : {"layers", "layer_distances", "similarity", "movement_lengths", "directions", "errors_by_distance"}
            Or `movement`, `errors`: the name of the table that is drawn.

        Returns
        -------
        matplotlib.figure.Figure
            To be shown by a notebook, or saved: `figure.savefig(path, bbox_inches="tight")`.

        Raises
        ------
        InputError
            For another name, or where there is nothing to draw; with the reason.
        """
        from closerlook.study.figures import draw

        return draw(self, name)

    def report(self, path: str | PathLike[str]) -> Path:
        """Write one page with everything, in the template of the workflow's report; it opens offline.

        Parameters
        ----------
        path : path
            The HTML file; it is either complete or absent.

        Returns
        -------
        Path
        """
        from closerlook.study.report import report

        return report(self, path)

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What changed, as `closerlook.analysis.answers.answers` says it."""
        study = Claimed(self.spaces, self._labels, self.movement, [], [], self._correct)
        tables = (self.spaces, self._labels, self.movement, UNTOLD, cell_table(study))
        found = answers(*tables, [self.model], [self.task])
        if not self.made["probe"]:
            last = self.table.iloc[-1]
            for answer in found if "linear_accuracy_before" in last else ():
                ends = f"{last.linear_accuracy_before:.1f} % before and {last.linear_accuracy_after:.1f} % after"
                answer["sentences"].insert(0, f"A linear readout reads {ends}.")
        return found

    @property
    def extent(self) -> str:
        """What was compared, in a line."""
        layers, n, m = len(self._given.layers), len(self._given.train), len(self._given.test)
        return f"{n:,} training and {m:,} test examples, {len(self.names)} labels, {layers} layer{'s' * (layers > 1)}"

    def _lines(self):
        answer = self.answers[0]
        return [
            *answer["warnings"],
            *answer["sentences"],
            *(note for note in self.notes if note not in answer["warnings"]),
        ]

    def __repr__(self) -> str:
        lines = [f"Study of {self.extent}; last layer ({self._given.layers[-1]}):", *self._lines()]
        return "\n- ".join(lines) + "\nSee .table, .labels, .examples, .plot(name), .report(path)."

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in self._lines())
        table = self.table.dropna(axis="columns", how="all").to_html(
            index=False, float_format="{:.4g}".format, na_rep="–"
        )
        return f"<p><b>{escape(self.extent)}</b>; last layer ({self._given.layers[-1]}):</p><ul>{lines}</ul>{table}"
