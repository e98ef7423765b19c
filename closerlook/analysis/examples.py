"""What fine-tuning did to every example: an example a row, of both splits, before and after."""

from typing import NamedTuple

import numpy as np

from closerlook.analysis.plane import planes_of
from closerlook.files import staged
from closerlook.layout import SPLITS
from closerlook.probes.predictions import read_predictions
from closerlook.vectors import NONE, read_vectors

ENDS = "before", "after"


class Followed(NamedTuple):
    """How an example's label was read along a run, as `closerlook.analysis.trace.trace_run` recorded it.

    Attributes
    ----------
    layer : int
    updates : (u,) int array
    right : dict of str to (u, n) bool array
        Of each split, whether the linear readout of each update's space gave the example's label; a training example
        was left out of it.
    """

    layer: int
    updates: np.ndarray
    right: dict


def write_examples(path, texts, labels, names, spaces, repeats=0, followed=None):
    """Write the Parquet file of a run's examples; it is either complete or absent.

    Parameters
    ----------
    path : path
    texts : dict of str to iterable
        Of each split the (text, spans) of its examples, as `closerlook.corpora.passages.passages` yields them.
    labels : dict of str to (n,) int array
        Of each split the label ids.
    names : list of str
    spaces : iterable of (int, dict)
        A layer, and what was found there, see `read_spaces`.
    repeats : int
        Of the classifier probe.
    followed : Followed, optional

    Notes
    -----
    Columns, where END is `before` and `after`, and labels are names: `layer`, `split`, `example` (its row in the split,
    from 0), `text`, `spans` (begin and end of each part of the target, in characters), `target` (its words), `label`;
    `probe_END_I`, the prediction of the classifier probe's repeat I, of test examples only, since it was trained on the
    others; `linear_END`, that of the linear readout, and `hull_END`, the label of the nearest hull; `own_distance_END`
    and `rival_distance_END`, to the nearest hull of its own label and of any other one, which is `rival_END`;
    `radius_END`, the root mean square distance of the training examples from their mean, to compare distances with;
    `cluster_END` and `cluster_size_END`, its cluster or the nearest one, whose label is `cluster_label_END`;
    `neighbours_END`, the ten nearest training examples, and `own_neighbours_END`, how many of these have its label;
    `shared_neighbours`, how many are the same; `displacement`, relative to the root mean square length of the training
    vectors before; `doubt_END`, log odds of the likeliest other label against its own by the readout that was made
    without it; `x_END`, `y_END`, its place in the plane of both ends. Of a run that was followed: `first_right`, the
    update from which on the linear readout is right to the end, and `forgotten`, how often it goes from right to wrong.
    What is not known is null. A training example is left out where it is itself judged, see
    `closerlook.analysis.surroundings`.
    """
    import pyarrow.parquet as pq

    told = {split: list(texts[split]) for split in SPLITS}
    with staged(path) as part:
        writer = None
        for layer, space in spaces:
            for split in SPLITS:
                table = _table(layer, split, told[split], labels[split], names, space, repeats, followed)
                writer = writer or pq.ParquetWriter(part, table.schema, compression="zstd")
                writer.write_table(table)
        if writer:
            writer.close()


def _table(layer, split, told, ids, names, space, repeats, followed):
    import pyarrow as pa

    def named(values):
        values = np.asarray(values)
        return pa.DictionaryArray.from_arrays(pa.array(values, pa.int32(), mask=values < 0), pa.array(names))

    def number(values, kind):
        values = np.asarray(values, np.float64)
        return pa.array(values, kind, from_pandas=True)

    n, around = len(ids), space["surroundings"]
    words = [" … ".join(text[a:b] for a, b in spans) if spans else None for text, spans in told]
    columns = {
        "layer": pa.array(np.full(n, layer), pa.int16()),
        "split": pa.DictionaryArray.from_arrays(pa.array(np.zeros(n), pa.int32()), pa.array([split])),
        "example": pa.array(np.arange(n), pa.int32()),
        "text": pa.array([text for text, _ in told], pa.string()),
        "spans": pa.array([[list(span) for span in spans] for _, spans in told], pa.list_(pa.list_(pa.int32()))),
        "target": pa.array(words, pa.string()),
        "label": named(ids),
    }
    for end in ENDS:
        of, probe = around[end], space["probe"][end]
        cluster = of[f"{split}_cluster"]
        in_cluster = {name: np.where(cluster < 0, NONE, np.append(of[name], NONE)[cluster])
                      for name in ("cluster_sizes", "cluster_classes")}  # fmt: skip
        for i in range(repeats):
            known = split == "test" and i < len(probe)
            columns[f"probe_{end}_{i}"] = named(probe[i] if known else np.full(n, NONE))
        columns |= {
            f"linear_{end}": named(of[f"{split}_linear"]), f"hull_{end}": named(of[f"{split}_hull"]),
            f"own_distance_{end}": number(of[f"{split}_own"], pa.float32()),
            f"rival_distance_{end}": number(of[f"{split}_rival"], pa.float32()),
            f"rival_{end}": named(of[f"{split}_rival_label"]),
            f"radius_{end}": pa.array(np.full(n, of["radius"]), pa.float32()),
            f"cluster_{end}": pa.array(cluster, pa.int32(), mask=cluster < 0),
            f"cluster_size_{end}": pa.array(in_cluster["cluster_sizes"], pa.int32(), mask=cluster < 0),
            f"cluster_label_{end}": named(in_cluster["cluster_classes"]),
            f"neighbours_{end}": _lists(of[f"{split}_neighbours"]),
            f"own_neighbours_{end}": pa.array(of[f"{split}_share"], pa.int16()),
            f"doubt_{end}": number(of["train_doubt"] if split == "train" else np.full(n, np.nan), pa.float32()),
        }  # fmt: skip
    columns["shared_neighbours"] = pa.array(_shared(*(around[end][f"{split}_neighbours"] for end in ENDS)), pa.int16())
    columns |= _moved(space, split)
    first, forgotten = (
        _learned(followed, split, n) if followed and followed.layer == layer else (np.full(n, np.nan),) * 2
    )
    columns |= {"first_right": number(first, pa.int32()), "forgotten": number(forgotten, pa.int16())}
    return pa.table(columns)


def _lists(rows):
    """Rows of a matrix as lists."""
    import pyarrow as pa

    n, k = rows.shape
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1) * k, pa.int32()), pa.array(rows.ravel(), pa.int32()))


def _shared(before, after):
    """How many neighbours are the same."""
    return (before[:, :, None] == after[:, None, :]).any(2).sum(1)


def _moved(space, split):
    """How far each example moved, and where it lies."""
    import pyarrow as pa

    before, after = (space["vectors"][end][split].astype(np.float64) for end in ENDS)
    length, size = np.sqrt(((after - before) ** 2).sum(1)), space["size"]
    columns = {"displacement": pa.array(length / size if size > 0 else np.full(len(length), np.nan), pa.float32())}
    for end, vectors in zip(ENDS, (before, after)):
        for axis, values in zip("xy", space["plane"].project(vectors).T):
            columns[f"{axis}_{end}"] = pa.array(values, pa.float32())
    return columns


def _learned(followed, split, n):
    """From which update on each example was right for good (NaN: not at the end), and how often it was forgotten."""
    right = followed.right[split]
    if right.shape[1] != n:
        raise ValueError(f"The run was followed on {right.shape[1]} examples, not on these {n}.")
    last_wrong = len(right) - 1 - np.argmin(right[::-1], 0)
    last_wrong = np.where(right.all(0), -1, last_wrong)
    first = np.where(right[-1], followed.updates[np.minimum(last_wrong + 1, len(right) - 1)], np.nan)
    return first, (right[:-1] & ~right[1:]).sum(0)


def read_spaces(movement, vectors, surroundings, predictions):
    """Read what is known of the examples of a run, a layer after the other.

    Parameters
    ----------
    movement : path
        What `closerlook.analysis.movement.measure_movement` found: it has the planes.
    vectors : dict
        `{end: {split: {layer: path}}}`.
    surroundings, predictions : dict
        `{end: {layer: path}}`, of what `measure_surroundings` found, and of what the classifier probe predicted, where
        it looked at the layer.

    Yields
    ------
    layer : int
    space : dict
        `plane`, a `Plane` of both ends; `size`, root mean square length of the training vectors before; `vectors`,
        `{end: {split: (n, dim) array}}`; `surroundings`, `{end: dict}`; `probe`, `{end: (repeats, n) int array}`, of
        test examples.
    """
    with np.load(movement, allow_pickle=False) as arrays:
        planes, sizes = planes_of(arrays), dict(zip(arrays["layers"].tolist(), arrays["size"]))
    for layer in sorted(surroundings["before"]):
        space = {"plane": planes[layer], "size": sizes[layer], "vectors": {}, "surroundings": {}, "probe": {}}
        for end in ENDS:
            space["vectors"][end] = {split: read_vectors(vectors[end][split][layer]) for split in SPLITS}
            file = predictions[end].get(layer)
            space["probe"][end] = read_predictions(file)[1] if file else ()
            with np.load(surroundings[end][layer], allow_pickle=False) as arrays:
                space["surroundings"][end] = dict(arrays)
        yield layer, space


def read_followed(path):
    """How the examples of a run were read along it, from the arrays of `closerlook.analysis.trace.trace_run`."""
    with np.load(path, allow_pickle=False) as arrays:
        right = {split: arrays[f"{split}_right"] for split in SPLITS}
        return Followed(int(arrays["layers"][-1]), arrays["updates"], right)
