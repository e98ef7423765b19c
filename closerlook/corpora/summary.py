"""A task's summary: what a reader wants to know of the data before any result. It changes with the data only."""

import hashlib
import json

import numpy as np

from closerlook.corpora.cautions import cautions
from closerlook.corpora.repeats import conflicts, described, repeats
from closerlook.corpora.scripts import UNSPACED

CONFLICTS = 50  # spelled out in the summary
OVERLAPS = 20


def summarise(kind, names, splits, times, dropped=None):
    """Return what summary.json holds.

    Parameters
    ----------
    kind : str
    names : list of str
        The labels.
    splits : dict of str to Split
        As `closerlook.corpora.task` has gathered them.
    times : Counter
        How often each sentence occurs, by its key.
    dropped : dict, optional
        What `drop_conflicts` has left out.
    """
    found = repeats(splits, times)
    clashes = conflicts(found)
    counts = {split: content.counts() for split, content in splits.items()}
    both = [same for same in found if same.labels("train") and same.labels("test")]
    summary = {
        "kind": kind,
        "n_labels": len(names),
        "splits": {split: _split(content, counts[split]) for split, content in splits.items()},
        "labels_only_in_train": sorted(counts["train"].keys() - counts["test"].keys()),
        "labels_only_in_test": sorted(counts["test"].keys() - counts["train"].keys()),
        "conflicts": {
            "train": sum(len(same.labels("train")) > 1 for same in clashes),
            "test": sum(len(same.labels("test")) > 1 for same in clashes),
            "across": sum(_strange(same.labels("train"), same.all("test")) for same in both),
            "total": len(clashes),
            "first": [described(same, kind, splits) for same in clashes[:CONFLICTS]],
        },
        "dropped_conflicts": dropped,
        "duplicates": {
            split: sum(len(same.all(split)) - len(same.labels(split)) for same in found) for split in splits
        },
        "train_test_overlap": sum(len(same.all("test")) for same in both),
        "overlap_first": [described(same, kind, splits) for same in both[:OVERLAPS]],
        "digest": _digest(kind, splits),
    }
    one_word = {split: of["longest"] == 1 for split, of in summary["splits"].items()}
    return summary | {"warnings": list(cautions(kind, counts, summary, one_word))}


def _strange(known, labels):
    """How many labels are not among those known."""
    return sum(label not in known for label in labels)


def _split(content, counts):
    """What one split has.

    `textless` counts sentences whose words have all been replaced by `_`; `spaced_out` words in a script without
    spaces, in sentences that are read with spaces between their words.
    """
    import pyarrow.compute as pc

    words, joined = content.table["words"].combine_chunks(), content.table["text"].is_null().to_numpy()
    offsets, flat = words.offsets.to_numpy(), words.flatten()
    blank, withheld = (pc.equal(flat, word).to_numpy(zero_copy_only=False) for word in ("", "_"))
    unspaced = pc.match_substring_regex(flat, f"[{UNSPACED}]").to_numpy(zero_copy_only=False)
    lengths, withheld = np.diff(offsets), np.diff(np.append(0, np.cumsum(withheld))[offsets])
    return {
        "n_sentences": content.table.num_rows,
        "n_targets": sum(counts.values()),
        "n_words": len(flat),
        "longest": int(lengths.max()),
        "labels": counts,
        "left_out": dict(content.left_out),
        "blank_tokens": int(blank.sum()),
        "textless": int(((withheld == lengths) & (lengths > 1)).sum()),
        "spaced_out": int((unspaced & np.repeat(joined, lengths)).sum()),
    }


def _digest(kind, splits):
    return hashlib.sha256(json.dumps([kind, *(content.digest for content in splits.values())]).encode()).hexdigest()
