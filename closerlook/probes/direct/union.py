"""Which cluster a point is in while clusters merge: a forest of points (Tarjan 1975), and lists of their members."""

import numpy as np

from closerlook.probes.compiled import jit


@jit
def root(parent, p):
    """The cluster of point p, named by its first point; paths are halved on the way."""
    while parent[p] != p:
        parent[p] = parent[parent[p]]
        p = parent[p]
    return p


@jit
def roots(parent):
    """The clusters of all points."""
    found = np.empty(len(parent), np.int64)
    for p in range(len(parent)):
        found[p] = root(parent, p)
    return found


@jit
def members(first, size, following):
    """The points of a cluster, from its first one on along the list."""
    found = np.empty(size, np.int64)
    for k in range(size):
        found[k] = first
        first = following[first]
    return found
