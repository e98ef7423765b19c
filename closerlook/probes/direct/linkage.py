"""The greedy clustering: merge the two nearest clusters of a label while their hull meets no hull of another label."""

import itertools

import numpy as np
from scipy.sparse.csgraph import connected_components

from closerlook.probes.direct.centroids import Label
from closerlook.probes.direct.fronts import Front
from closerlook.probes.direct.union import roots
from closerlook.probes.hulls.pairs import LEAST
from closerlook.probes.hulls.points import frame
from closerlook.probes.threads import Slowing, progress


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
    with progress("clusters" if verbose else None, most, Slowing) as bar:
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
    nearest: list[tuple | None] = [None] * len(labels)
    while True:
        tries = []
        for k, label in enumerate(labels):
            if (known := nearest[k]) is None:
                gap, room, i, j = label.closest()
                scale = (label.unit / unit) ** 2
                nearest[k] = known = gap * scale, (gap + room) * scale, label.points[i], k, i, j
            if known[0] < np.inf:
                tries.append(known)
        if not tries:
            break
        most = min(tries)[1]
        *_, k, i, j = min((one for one in tries if one[0] <= most), key=lambda one: one[2])
        nearest[k] = None
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
        cluster[label.points] = label.points[roots(label.parent)]
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
