"""Targets that occur more than once, in the same words: with one label (duplicates), or with several (conflicts)."""

import dataclasses
from pathlib import Path

import numpy as np

from closerlook.corpora.example import marked


@dataclasses.dataclass
class Repeat:
    """One target in the same words, wherever it occurs."""

    words: list[str]
    target: tuple[int, ...]
    second: str | None  # of two sentences
    cases: list[tuple] = dataclasses.field(default_factory=list)  # (split, row, number in the row, label)

    def all(self, split=None):
        """The label of every case, of one split or of both."""
        return [case[3] for case in self.cases if split in (None, case[0])]

    def labels(self, split=None):
        """The different ones, in the order of their first occurrence."""
        return list(dict.fromkeys(self.all(split)))


def repeats(splits, times):
    """List what may occur more than once, in the order of its first occurrence.

    `times` counts each sentence; the Python objects made here are only those of sentences that it has more than once.
    """
    found = {}
    for split, content in splits.items():
        again = np.array([i for i, key in enumerate(content.keys) if times[key] > 1], np.int64)
        for i, row in zip(again.tolist(), content.table.take(again).to_pylist()):
            for number, (target, label) in enumerate(zip(row["targets"], row["labels"])):
                same = found.setdefault(
                    (content.keys[i], tuple(target)), Repeat(row["words"], tuple(target), row["second"])
                )
                same.cases.append((split, i, number, label))
    return list(found.values())


def conflicts(found):
    """Those with more than one label."""
    return [same for same in found if len(same.labels()) > 1]


def described(same, kind, splits):
    """A repeated target for the summary: its text, and for each split and label how often it occurs and where first."""
    first, count = {}, {}
    for split, row, _, label in same.cases:
        first.setdefault((split, label), Path(splits[split].places[row]).name)
        count[split, label] = count.get((split, label), 0) + 1
    return {
        "text": marked(same.words, same.target, kind, same.second),
        "words": " ".join(same.words),
        "target": list(same.target),
        "cases": [
            {"split": split, "label": label, "count": count[split, label], "where": where}
            for (split, label), where in first.items()
        ],
    }


def without(table, drop):
    """A split's table without some of its targets, and without the rows that are left with none.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns `targets` and `labels`, a list per row.
    drop : set of (int, int)
        Rows, and numbers of targets in them.

    Returns
    -------
    table : pyarrow.Table
    rows : ndarray of int
        Which of the rows it has.
    """
    import pyarrow as pa

    targets, labels = (table[name].combine_chunks() for name in ("targets", "labels"))
    offsets = labels.offsets.to_numpy()
    keep = np.ones(offsets[-1], bool)
    keep[[offsets[row] + number for row, number in drop]] = False
    ends = np.append(0, np.cumsum(keep))[offsets]  # the offsets of what is kept
    rows = np.flatnonzero(np.diff(ends))
    for name, column in (("targets", targets), ("labels", labels)):
        flat = column.flatten().filter(pa.array(keep))
        lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat)
        table = table.set_column(table.schema.get_field_index(name), name, lists)
    return table.take(pa.array(rows)), rows
