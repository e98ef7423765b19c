"""What a probe predicted of each test example, as a Parquet file."""

import numpy as np

from closerlook.files import staged

REPEAT = "prediction_"
LINEAR = "linear"


def write_predictions(path, labels, predictions=None, linear=None):
    """Write a row per test example, in the order of the task.

    Parameters
    ----------
    path : path
        Either complete or absent.
    labels : (n,) int array
        The gold labels' ids.
    predictions : (repeats, n) int array, optional
        What each repeat of the probe predicts; None where it predicts nothing.
    linear : (n,) int array, optional
        What a linear readout predicts.

    Notes
    -----
    Columns: `example` (from 0), `label`, `prediction_0`, `prediction_1`, … and `linear`; the ids are positions in the
    task's names.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"example": np.arange(len(labels)), "label": np.asarray(labels)}
    columns |= {f"{REPEAT}{i}": each for i, each in enumerate([] if predictions is None else predictions)}
    columns |= {} if linear is None else {LINEAR: linear}
    table = pa.table({name: pa.array(np.asarray(values, np.int32)) for name, values in columns.items()})
    with staged(path) as part:
        pq.write_table(table, part, compression="zstd")


def read_predictions(path):
    """Read such a file.

    Returns
    -------
    labels : (n,) int array
    predictions : (repeats, n) int array
        No rows where the probe predicted nothing.
    linear : (n,) int array or None
    """
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    each = [table[name].to_numpy() for name in table.column_names if name.startswith(REPEAT)]
    labels = table["label"].to_numpy()
    predictions = np.stack(each) if each else np.empty((0, len(labels)), np.int32)
    return labels, predictions, table[LINEAR].to_numpy() if LINEAR in table.column_names else None


def majority(predictions, k):
    """What most repeats predict.

    Parameters
    ----------
    predictions : (repeats, n) int array
    k : int
        Number of labels.

    Returns
    -------
    (n,) int array
        Of several labels that equally many predict, the first.
    """
    votes = np.zeros((predictions.shape[1], k), np.int32)
    for each in predictions:
        votes[np.arange(len(each)), each] += 1
    return votes.argmax(1)
