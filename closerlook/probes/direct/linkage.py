"""The greedy clustering: merge the two nearest clusters of a label while their hull meets no hull of another label."""

import itertools

import numpy as np
from scipy.sparse.csgraph import connected_components

from closerlook.probes.compiled import jit
from closerlook.probes.direct.fronts import Front
from closerlook.probes.hulls.pairs import LEAST
from closerlook.probes.hulls.points import frame
from closerlook.probes.threads import progress

EPS = np.finfo(np.float64).eps


@jit
def squares(C, centre, out):
    """Squared distances of all centroids C (d, n) from one, each summed in the order of its coordinates."""
    out[:] = 0.0
    for k in range(len(C)):
        row, c = C[k], centre[k]
        for j in range(len(out)):
            out[j] += (row[j] - c) ** 2


@jit
def tie(square, d):
    """By how much equal squared distances in the unit ball may differ: the rounding of the division by sizes."""
    near = 4.0 * np.sqrt(d) * EPS
    return 2.0 * np.sqrt(square) * near + near * near


@jit
def scan(i, C, free, shut, near, gap, fresh, out):
    """Find cluster i's nearest partner among those it may still merge with; the first of several."""
    squares(C, C[:, i].copy(), out)
    near[i], gap[i], fresh[i] = -1, np.inf, True
    for j in range(len(out)):
        if out[j] < gap[i] and free[j] and j != i and not shut[i, j]:
            gap[i] = out[j]
    most = gap[i] + tie(gap[i], len(C)) if gap[i] < np.inf else -1.0
    for j in range(len(out)):
        if out[j] <= most and free[j] and j != i and not shut[i, j]:
            near[i] = j
            break


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
            room = tie(gap[k], len(C)) if gap[k] < np.inf else 0.0
            if not shut[k, i] and out[k] < gap[k] - room:
                near[k], gap[k], fresh[k] = i, out[k], True
            elif near[k] == i or near[k] == j:
                fresh[k] = False
            elif not shut[k, i] and out[k] <= gap[k] + room and i < near[k]:
                near[k], gap[k] = i, min(gap[k], out[k])


@jit
def first_of_least(gap, d):
    """The first place with the least gap, up to rounding."""
    least = gap.min()
    most = least + tie(least, d) if least < np.inf else np.inf
    for i in range(len(gap)):
        if gap[i] <= most:
            return i
    return -1


class Label:
    """The clusters of one label, named by the place of their first point among the label's points.

    Centroids are computed in a frame of the label's own, in which equal distances stay equal: `unit` is its scale.
    """

    def __init__(self, points, X, frozen):
        n = len(points)
        Z, _, self.unit = frame(X[points])
        self.points = points
        self.C, self.sums, self.sizes = Z.T.copy(), Z, np.ones(n)  # centroids (d, n), sums (n, d)
        self.cluster = np.arange(n)
        self.members = [np.array([i]) for i in range(n)]
        self.exists = np.ones(n, bool)
        self.free = ~frozen[points]  # of those that may merge
        self.near, self.gap, self.fresh = np.full(n, -1), np.full(n, np.inf), np.ones(n, bool)
        self.shut = np.zeros((n, n), bool)  # pairs not to try
        self.table = self.C, self.free, self.shut, self.near, self.gap, self.fresh, np.empty(n)
        scan_all(*self.table)

    def closest(self):
        """The distance of the two clusters to try next, squared and with its rounding, and which they are."""
        while True:
            i = first_of_least(self.gap, len(self.C))
            if self.fresh[i]:
                gap, j = self.gap[i], int(self.near[i])
                return gap, tie(gap, len(self.C)) if gap < np.inf else 0.0, min(i, j), max(i, j)
            scan(i, *self.table)

    def refuse(self, i, j):
        """The union of clusters i and j meets another label; so will everything that contains it."""
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
        All points.
    groups : list of int array
        The points of each label, ascending.
    near : array (k, k)
        How near hulls of two labels count as meeting, where those of the whole labels meet; NaN where they do not.
    frozen : bool array (n,)
        Points that another label also has, which never merge.
    verify : bool
        Compute every proof again.
    verbose : bool
        Show progress.

    Returns
    -------
    int array (n,)
        The cluster of each point, named by the cluster's first point.
    dict
        Merges `merged` and `refused`; unions `tested` against a rival label, and the problems that had to be solved for
        that by `hinge` and `descent`, because no hyperplane found earlier gave the answer.
    """
    cluster, counts = np.arange(len(X)), dict.fromkeys(("merged", "refused", "tested", "hinge", "descent"), 0)
    meet = np.isfinite(near)
    n_rest, part = connected_components(meet, directed=False)
    for points in groups:
        cluster[points] = points[0]
    rest = [np.flatnonzero(part == c) for c in range(n_rest)]
    rest = [some for some in rest if len(some) > 1]  # labels that meet none are one cluster each
    most = sum(int((~frozen[groups[k]]).sum()) - 1 for some in rest for k in some)
    with progress("clusters" if verbose else None, most) as bar:
        for some in rest:
            replay_some(X, [groups[k] for k in some], near[np.ix_(some, some)], frozen, verify, cluster, counts, bar)
    return cluster, counts


def replay_some(X, groups, near, frozen, verify, cluster, counts, bar):
    """`replay` for labels that meet each other, directly or through others; results in `cluster` and `counts`."""
    labels = [Label(points, X, frozen) for points in groups]
    pairs = [(a, b) for a, b in itertools.combinations(range(len(groups)), 2) if np.isfinite(near[a, b])]
    fronts = dict(zip(pairs, fronts_of(X, labels, pairs, near, verify)))
    sides = [[(front, pair.index(k)) for pair, front in fronts.items() if k in pair] for k in range(len(groups))]
    unit = max(label.unit for label in labels)
    while True:
        tries = []
        for k, label in enumerate(labels):
            gap, room, i, j = label.closest()
            if gap < np.inf:
                scale = (label.unit / unit) ** 2
                tries.append((gap * scale, (gap + room) * scale, label.points[i], k, i, j))
        if not tries:
            break
        most = min(tries)[1]
        *_, k, i, j = min((one for one in tries if one[0] <= most), key=lambda one: one[2])
        if all(front.free(side, i, j) for front, side in sides[k]):
            for front, side in sides[k]:
                front.merge(side, i, j)
            labels[k].merge(i, j)
            counts["merged"] += 1
            bar.update()
        else:
            labels[k].refuse(i, j)
            counts["refused"] += 1
    for label in labels:
        cluster[label.points] = label.points[label.cluster]
    for front in fronts.values():
        for key, n in front.how.items():
            counts[key] += n


def fronts_of(X, labels, pairs, near, verify):
    """A front for each pair of labels, all in one frame, except those that would be too small in it."""
    ends = np.cumsum([0, *(len(label.points) for label in labels)])
    Z, _, size = frame(X[np.concatenate([label.points for label in labels])])
    parts = [Z[i:j] for i, j in itertools.pairwise(ends)]
    for a, b in pairs:
        middle = (parts[a].mean(0) + parts[b].mean(0)) / 2
        two, scale = (parts[a], parts[b]), size
        if max(np.sqrt(((P - middle) ** 2).sum(1).max()) for P in two) < LEAST:
            Y, _, scale = frame(X[np.concatenate([labels[a].points, labels[b].points])])
            two = Y[: len(parts[a])], Y[len(parts[a]) :]
        yield Front((labels[a], labels[b]), two, near[a, b] / scale, verify)
