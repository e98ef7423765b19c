"""The greedy clustering: merge the two nearest clusters of a label while their hull meets no hull of another label."""

import numpy as np

from closerlook.probes.compiled import jit
from closerlook.probes.fronts import Front
from closerlook.probes.threads import progress


@jit
def squares(C, centre, out):
    """Squared distances of all centroids C (d, n) from one, each summed in the order of its coordinates."""
    out[:] = 0.0
    for k in range(len(C)):
        row, c = C[k], centre[k]
        for j in range(len(out)):
            out[j] += (row[j] - c) ** 2


@jit
def scan(i, C, free, shut, near, gap, fresh, out):
    """Find cluster i's nearest partner among those it may still merge with; the first of several."""
    squares(C, C[:, i].copy(), out)
    near[i], gap[i], fresh[i] = -1, np.inf, True
    for j in range(len(out)):
        if out[j] < gap[i] and free[j] and j != i and not shut[i, j]:
            near[i], gap[i] = j, out[j]


@jit
def scan_all(C, free, shut, near, gap, fresh, out):
    for i in range(len(free)):
        if free[i]:
            scan(i, C, free, shut, near, gap, fresh, out)


@jit
def join(i, j, centre, C, free, shut, near, gap, fresh, out):
    """Cluster j becomes a part of cluster i, whose centroid is now `centre`, and the nearest partners follow: where the
    partner is gone and the new cluster is no nearer, the gap stays as a lower bound, no longer `fresh`."""
    free[j], gap[j], fresh[j] = False, np.inf, True
    C[:, i] = centre
    for k in range(len(free)):
        if shut[j, k]:  # what a part may not merge with, the whole may not either
            shut[i, k] = shut[k, i] = True
    scan(i, C, free, shut, near, gap, fresh, out)
    for k in range(len(free)):
        if free[k] and k != i:
            if not shut[k, i] and out[k] < gap[k]:
                near[k], gap[k], fresh[k] = i, out[k], True
            elif near[k] == i or near[k] == j:
                fresh[k] = False
            elif not shut[k, i] and out[k] == gap[k] and i < near[k]:
                near[k] = i


class Label:
    """The clusters of one label, named by the place of their first point among the label's points."""

    def __init__(self, points, X, frozen):
        n = len(points)
        self.points, self.X = points, X[points]
        self.C, self.sums, self.sizes = self.X.T.copy(), self.X.copy(), np.ones(n)  # centroids (d, n), sums (n, d)
        self.cluster = np.arange(n)
        self.members = [np.array([i]) for i in range(n)]
        self.exists = np.ones(n, bool)
        self.free = ~frozen[points]  # of those that may merge
        self.near, self.gap, self.fresh = np.full(n, -1), np.full(n, np.inf), np.ones(n, bool)
        self.shut = np.zeros((n, n), bool)  # pairs not to try
        self.table = self.C, self.free, self.shut, self.near, self.gap, self.fresh, np.empty(n)
        scan_all(*self.table)

    def closest(self):
        """The distance of the two clusters to try next, and which they are."""
        while True:
            i = int(np.argmin(self.gap))
            if self.fresh[i]:
                return self.gap[i], i, int(self.near[i])
            scan(i, *self.table)

    def refuse(self, i, j):
        """The union of clusters i and j meets another label; so will all that contains it."""
        self.shut[i, j] = self.shut[j, i] = True
        scan(i, *self.table)
        scan(j, *self.table)

    def merge(self, i, j):
        """Cluster j becomes a part of cluster i."""
        self.members[i] = np.concatenate([self.members[i], self.members[j]])
        self.cluster[self.members[i]] = i
        self.exists[j] = False
        self.sums[i] += self.sums[j]
        self.sizes[i] += self.sizes[j]
        join(i, j, self.sums[i] / self.sizes[i], *self.table)


def replay(X, groups, near, frozen, verify=False, verbose=False):
    """Greedy clusters of the labels whose hulls meet another label's.

    Parameters
    ----------
    X : array (n, d)
        All points, in the unit ball around the origin.
    groups : list of int array
        The points of each label, ascending.
    near : array (k, k)
        How near hulls of two labels count as meeting, where those of the whole labels meet; NaN where they do not.
    frozen : bool array (n,)
        Points that another label also has, which never merge.
    verify : bool
        Check every proof again.
    verbose : bool
        Show progress.

    Returns
    -------
    int array (n,)
        The cluster of each point, named by the cluster's first point.
    dict
        Merges `merged` and `refused`; unions `tested` against a rival label, and the problems that had to be solved for
        that by `hinge` and `descent`, since no hyperplane found earlier gave the answer.
    """
    rivals = [np.flatnonzero(row) for row in np.isfinite(near)]
    labels = {k: Label(groups[k], X, frozen) for k, foes in enumerate(rivals) if len(foes)}
    fronts = {(a, b): Front(labels[a], labels[b], near[a, b], verify) for a in labels for b in rivals[a] if a < b}
    sides = {a: [(fronts[min(a, b), max(a, b)], int(a > b)) for b in rivals[a]] for a in labels}
    counts = {"merged": 0, "refused": 0}
    bar = progress("clusters" if verbose else None, sum(int(label.free.sum()) - 1 for label in labels.values()))
    while labels:
        pairs = [(k, *label.closest()) for k, label in labels.items()]
        k, gap, i, j = min(pairs, key=lambda pair: (pair[1], labels[pair[0]].points[pair[2]]))
        if gap == np.inf:
            break
        if all(front.free(side, i, j) for front, side in sides[k]):
            for front, side in sides[k]:
                front.merge(side, i, j)
            labels[k].merge(i, j)
            counts["merged"] += 1
            bar.update()
        else:
            labels[k].refuse(i, j)
            counts["refused"] += 1
    bar.close()
    cluster = np.arange(len(X))
    for k, points in enumerate(groups):
        cluster[points] = points[labels[k].cluster] if k in labels else points[0]
    counts |= {key: sum(front.how[key] for front in fronts.values()) for key in ("tested", "hinge", "descent")}
    return cluster, counts
