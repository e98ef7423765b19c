"""Points that share their place with a point of another label, which no hulls can tell apart."""

import numpy as np

from closerlook.probes.direct.labels import label_distances
from closerlook.vectors import constant


def find_conflicts(X, label, near):
    """Pairs of points of different labels nearer than `near[label, label]`, sorted; int array (m, 2)."""
    reach = near.max(initial=0.0)
    line = X @ np.ones(X.shape[1]) / np.sqrt(X.shape[1])  # products with a unit vector are no further apart
    order = np.argsort(line, kind="stable")
    line, found = line[order], [np.empty((0, 2), int)]
    reach += 1e-9 * reach + 1e-12 * np.abs(line).max(initial=0.0)
    for step in range(1, len(X)):  # neighbours along the line, then those two places apart, while any are near
        close = np.flatnonzero(line[step:] - line[:-step] <= reach)
        if not len(close):
            break
        i, j = order[close], order[close + step]
        i, j = i[label[i] != label[j]], j[label[i] != label[j]]
        same = np.sqrt(((X[i] - X[j]) ** 2).sum(1)) <= near[label[i], label[j]]
        found.append(np.sort(np.stack([i[same], j[same]], 1), 1))
    pairs = np.concatenate(found)
    return pairs[np.lexsort(pairs.T[::-1])]


def without_conflicts(X, y, resolution):
    """The points (n,) bool of X that share their place with none of another label; all of a label that has none."""
    if constant(X):
        return np.ones(len(X), bool)
    pairs = label_distances(X, y, tol=0.5, resolution=resolution)
    label = np.searchsorted(pairs.classes, y)
    free = np.ones(len(X), bool)
    free[find_conflicts(X, label, pairs.near)] = False
    return free | (np.bincount(label[free], minlength=len(pairs.classes)) == 0)[label]
