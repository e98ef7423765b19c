"""Control tasks: labels that a probe can only memorise, by their words (Hewitt & Liang, EMNLP 2019) or not at all."""

import hashlib

import numpy as np


def control_labels(words, y, seed=0):
    """Give every word type a label at random, the same wherever it occurs.

    Parameters
    ----------
    words : list of str
        The word of each target; equal strings are one type.
    y : (n,) int
        The real training labels. A type draws its label from their frequencies, so that chance does as well on the
        control task as on the real one.
    seed : int

    Returns
    -------
    (len(words),) int
        A type's label depends on its string, the frequencies and the seed, not on the other types.
    """
    classes, counts = np.unique(y, return_counts=True)
    ends = np.cumsum(counts) / len(y)
    drawn = {word: _uniform(word, seed) for word in set(words)}
    place = np.searchsorted(ends, [drawn[word] for word in words], side="right")
    return classes[np.minimum(place, len(classes) - 1)]


def shuffled_labels(y, seed=0):
    """The labels y (n,) in an order drawn at random: as frequent as they were, and independent of any vectors."""
    return np.random.default_rng(seed).permutation(y)


def _uniform(word, seed):
    """A number in [0, 1) that a word and a seed determine."""
    digest = hashlib.sha256(f"{seed} {word}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
