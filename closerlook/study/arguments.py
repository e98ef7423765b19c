"""What a study is made from: vectors before and after, and labels; checked, and brought into one form."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from closerlook.errors import InputError
from closerlook.vectors import floats

ENDS = "before", "after"


@dataclass(frozen=True)
class Given:
    """Vectors and labels as they were given.

    Attributes
    ----------
    vectors : dict of str to list of (n, dim) array
        `before`, `after`, and where there is a test set of its own `test before`, `test after`: a space per layer.
    layers : list of int
        Those to look at.
    names : list of str
        The labels, sorted.
    train, test : (n,) int array
        The rows of each split, in what was given for it.
    train_y, test_y : (n,) int array
        Indices of their labels in `names`.
    notes : list of str
        What a reader should know.
    """

    vectors: dict
    layers: list
    names: list
    train: np.ndarray
    test: np.ndarray
    train_y: np.ndarray
    test_y: np.ndarray
    notes: list

    def space(self, end, layer):
        """Training and test vectors of one end (0: before, 1: after) in one layer."""
        whole = self.vectors[ENDS[end]][layer]
        if f"test {ENDS[end]}" in self.vectors:
            return whole, self.vectors[f"test {ENDS[end]}"][layer]
        return whole[self.train], whole[self.test]

    def differs(self, layer):
        """Why nothing can be said of movement in a layer; None where it can."""
        dims = [self.vectors[end][layer].shape[1] for end in ENDS]
        return None if dims[0] == dims[1] else "{} dimensions before and {} after".format(*dims)


def read(before, after, labels, test, layers, seed):
    """Check the arguments of `compare`, and bring them into one form.

    Raises
    ------
    InputError
        With the name of the argument that cannot be used.
    """
    given = {"before": before, "after": after}
    values = {"labels": _labels(labels, "labels")}
    if test is not None:
        if not isinstance(test, tuple | list) or len(test) != 3:
            raise InputError("`test` must be (before, after, labels) of the test examples.")
        given |= {f"test {end}": value for end, value in zip(ENDS, test)}
        values["test labels"] = _labels(test[2], "test labels")
    vectors = {name: _spaces(value, name) for name, value in given.items()}
    _same_sizes(vectors, values)
    names, ids = _ids(values)
    notes = []
    if test is None:
        train, held = _hold_out(ids["labels"], seed)
        train_y, test_y = ids["labels"][train], ids["labels"][held]
        notes.append(f"No test examples were given: {len(held):,} of {len(train) + len(held):,}, a stratified fifth, "
                     f"were held out (seed {seed}).")  # fmt: skip
    else:
        train_y, test_y = ids["labels"], ids["test labels"]
        train, held = np.arange(len(train_y)), np.arange(len(test_y))
    present = np.unique(train_y)
    if len(present) < 2:
        which = "`labels`" if test is not None or len(names) < 2 else "What is left of `labels` for training"
        raise InputError(
            f"{which} has one label only, {names[present[0]]!r}: there is nothing to tell apart; give examples of more"
            f"{', or `test`' if test is None and len(names) > 1 else ''}."
        )
    if new := [names[c] for c in np.setdiff1d(test_y, train_y)]:
        notes.append(f"Only test examples have the label{'s' * (len(new) > 1)} {_few(new)}: these count as errors.")
    if len(present) > len(train_y) / 2:
        notes.append(f"{len(present):,} labels for {len(train_y):,} training examples: are these classes?")
    return Given(vectors, _chosen(layers, len(vectors["before"])), names, train, held, train_y, test_y, notes)


def _spaces(value, name):
    """One array per layer; a single one for vectors that have no layers."""
    if isinstance(value, list | tuple) and len(value) and _array(value[0], f"{name}[0]").ndim == 2:
        spaces = [_array(space, f"{name}[{i}]") for i, space in enumerate(value)]
        if wrong := [i for i, space in enumerate(spaces) if space.ndim != 2]:
            raise InputError(f"`{name}[{wrong[0]}]` has {spaces[wrong[0]].ndim} axes: a layer is (n, dim).")
    else:
        spaces = _array(value, name)
        if spaces.ndim not in (2, 3):
            raise InputError(f"`{name}` has the shape {spaces.shape}: it must be (layers, n, dim) or (n, dim).")
        spaces = list(spaces) if spaces.ndim == 3 else [spaces]
    if not spaces:
        raise InputError(f"`{name}` has no layer.")
    for layer, space in enumerate(spaces):
        if not space.size:
            raise InputError(f"`{name}` is empty: its layer {layer} has the shape {space.shape}.")
        if not (finite := np.isfinite(space).all(1)).all():
            raise InputError(
                f"`{name}` has a NaN or an infinity in row {finite.argmin()} of layer {layer} (counted from 0): leave "
                "the example out, or make its vector again."
            )
    return spaces


def _array(value, name):
    """Floats, without loss."""
    if np.ma.is_masked(value):
        raise InputError(f"`{name}` has masked values: leave these examples out.")
    try:
        found = np.asarray(value)
    except Exception as error:  # whatever a foreign array raises: on a GPU, with a gradient, ragged
        reason = str(error).strip().split("\n")[0].rstrip(".")
        raise InputError(f"`{name}` cannot be read as an array ({reason}): give a numpy array.") from error
    if found.dtype.kind not in "biuf":
        raise InputError(f"`{name}` is not an array of numbers ({type(value).__name__}, {found.dtype}): give one.")
    return floats(found)


def _labels(value, name):
    """Labels as Python values; a list is not made an array, which would turn numbers beside strings into strings."""
    value = value if isinstance(value, list | tuple) else np.asarray(value)
    if np.ndim(value if isinstance(value, np.ndarray) else value[:1]) != 1 or any(map(np.ndim, value)):
        raise InputError(f"`{name}` must be a list with one label for each example.")
    values = [label.item() if hasattr(label, "item") else label for label in value]
    if missing := [i for i, label in enumerate(values) if pd.isna(label)]:
        raise InputError(f"`{name}` has none in row {missing[0]} (counted from 0): leave the example out.")
    return values


def _ids(values):
    """The names of all labels, and those of each set as indices into these."""
    kinds = {_kind(label) for labels in values.values() for label in labels}
    if len(kinds) > 1:
        raise InputError(f"`labels` are of several kinds ({', '.join(sorted(kinds))}): give all as strings.")
    try:
        distinct = sorted({label for labels in values.values() for label in labels})
    except TypeError:
        raise InputError(f"`labels` are of type {kinds.pop()}: give strings or numbers.") from None
    place = {label: i for i, label in enumerate(distinct)}
    return [str(label) for label in distinct], {
        name: np.array([place[label] for label in labels], int) for name, labels in values.items()
    }


def _kind(label):
    return "number" if isinstance(label, int | float) else type(label).__name__


def _same_sizes(vectors, values):
    """As many layers everywhere, as many examples on both sides of the comparison."""
    depth = len(vectors["before"])
    for name, spaces in vectors.items():
        if len(spaces) != depth:
            raise InputError(f"`{name}` has {_layers(len(spaces))}, but `before` has {depth}: give the same ones.")
        n = len(values["test labels" if name.startswith("test") else "labels"])
        for layer, space in enumerate(spaces):
            if len(space) != n:
                raise InputError(f"`{name}` has {len(space):,} vectors in layer {layer}, but there are {n:,} labels.")
    for end in ENDS:
        for layer, (train, test) in enumerate(zip(vectors[end], vectors.get(f"test {end}", vectors[end]))):
            if train.shape[1] != test.shape[1]:
                raise InputError(
                    f"`test {end}` has {test.shape[1]} dimensions in layer {layer}, but `{end}` has {train.shape[1]}."
                )


def _layers(n):
    return f"{n} layer{'s' * (n > 1)}"


def _chosen(layers, depth):
    wanted = list(range(depth)) if layers is None else list(np.atleast_1d(layers).tolist())
    for layer in wanted:
        if isinstance(layer, bool) or not isinstance(layer, int) or not -depth <= layer < depth:
            raise InputError(f"`layers` names {layer!r}: the vectors have the layers 0 to {depth - 1}.")
    if not wanted:
        raise InputError("`layers` is empty: name one, or leave it out for all.")
    return sorted({layer % depth for layer in wanted})


def _hold_out(y, seed):
    from closerlook.probes.mlp.folds import folds

    if len(y) < 2:
        raise InputError("`labels` has one example: give more.")
    return folds(y, 1, seed)[0]


def _few(names, most=5):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more
