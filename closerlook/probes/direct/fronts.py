"""Hyperplanes between the clusters of two labels, and whether the union of two clusters crosses over."""

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.compiled import jit
from closerlook.probes.direct.union import root
from closerlook.probes.direct.walls import broad_wall
from closerlook.probes.hulls.distance import nearest
from closerlook.probes.hulls.hinge import LIKELY, PROX, STEPS, divide, shares

MOST = 128  # hyperplanes kept of two labels
DOMINANT = 0.95  # share of the points in question from which one cluster alone is asked about first
BRIEF = 10  # Newton steps of a search that can prove nothing but that there is a hyperplane


@jit
def widest(mine, i, j, n_beyond, n_walls):
    """The hyperplane that has the union of clusters i and j on its own side and the fewest points of the other label
    there too; -1 if none has."""
    best = -1
    for w in range(n_walls):
        if mine[w, i] >= 0.0 and mine[w, j] >= 0.0 and (best < 0 or n_beyond[w] < n_beyond[best]):
            best = w
    return best


@jit
def open_clusters(mine, i, j, theirs, some, n_walls, near, uses):
    """Those of `some` clusters of the other label that no hyperplane keeps apart from the union of i and j."""
    left = some.copy()
    n = len(left)
    for w in range(n_walls):
        if not n:
            break
        floor, stay = near - min(mine[w, i], mine[w, j]), 0
        for k in range(n):
            if theirs[w, left[k]] <= floor:
                left[stay] = left[k]
                stay += 1
        uses[w] += n - stay
        n = stay
    return left[:n]


@jit
def clusters_of(points, parent):
    """The clusters of some points, each once, ascending."""
    found = np.empty(len(points), np.int64)
    for k in range(len(points)):
        found[k] = root(parent, points[k])
    return np.unique(found)


@jit
def lowest(height, parent, low):
    """The least height of each cluster's points, at its root; infinite elsewhere."""
    low[:] = np.inf
    for p in range(len(height)):
        c = root(parent, p)
        low[c] = min(low[c], height[p])


def confirm(holds, U, V):
    if not holds:
        raise InputError(f"The proof about {len(U)} and {len(V)} points does not hold; please report this.")


class Front:
    """Two labels whose hulls meet, the hyperplanes found between their clusters, and how far each cluster reaches.

    `X` holds the points of each in one frame, and `near` is a distance in it.
    `low[0]` holds the least height of each cluster of the first label over each hyperplane, `low[1]` of the second on
    its other side: where the heights of two clusters sum to more than `near`, it keeps them apart, whatever it was made
    for, and merges need no products. `beyond` holds the points of each label that are not on their own side of it.
    """

    def __init__(self, labels, X, near, verify=False):
        self.labels, self.X, self.near, self.verify = labels, X, near, verify
        d = X[0].shape[1]
        self.walls = np.empty((MOST, d + 1))
        self.low = tuple(np.empty((MOST, len(X))) for X in self.X)
        self.beyond = [[np.empty(0, int)] * MOST for _ in range(2)]
        self.n_beyond = np.zeros((2, MOST), np.int64)
        self.uses, self.n = np.zeros(MOST), 0
        self.how = {"tested": 0, "hinge": 0, "descent": 0}  # unions; and what the kept hyperplanes left open
        self.add(broad_wall(self.X, near))
        for side in (0, 1):  # what that leaves on the wrong side, against the whole other label
            X = list(self.X)
            X[side] = X[side][self.beyond[side][0]]
            if len(X[side]):
                self.add(broad_wall(X, near))

    def add(self, wall):
        """Keep a hyperplane (normal and offset); if there are many, it replaces the least useful one."""
        k = self.n if self.n < MOST else int(np.argmin(self.uses))
        self.n = min(self.n + 1, MOST)
        self.walls[k] = wall
        self.uses[k] = self.uses[: self.n].max()
        wall = wall / (np.linalg.norm(wall[:-1]) or 1.0)
        for side, sign in ((0, 1.0), (1, -1.0)):
            height = self.X[side] @ (sign * wall[:-1]) + sign * wall[-1]
            lowest(height, self.labels[side].parent, self.low[side][k])
            self.beyond[side][k] = np.flatnonzero(height <= self.near)
            self.n_beyond[side][k] = len(self.beyond[side][k])

    def merge(self, side, i, j):
        low = self.low[side][: self.n]
        np.minimum(low[:, i], low[:, j], out=low[:, i])
        low[:, j] = np.inf

    def crossed(self, side, i, j):
        """Clusters of the other label that nothing keeps apart from the union of i and j."""
        mine, theirs, other = self.low[side], self.low[1 - side], self.labels[1 - side]
        k = widest(mine, i, j, self.n_beyond[1 - side], self.n)
        some = other.all() if k < 0 else clusters_of(self.beyond[1 - side][k], other.parent)
        return open_clusters(mine, i, j, theirs, some, self.n, self.near, self.uses)

    def free(self, side, i, j):
        """Whether the union of clusters i and j of one label meets no cluster of the other."""
        left = self.crossed(side, i, j)
        self.how["tested"] += 1
        if not len(left):
            return True
        label, other = self.labels[side], self.labels[1 - side]
        union = np.concatenate([label.members(i), label.members(j)])
        while len(left):
            weight = other.sizes[left]
            if weight.max() <= DOMINANT * weight.sum():
                members = [other.members(c) for c in left]
                verdict, slack = self.divide(side, union, np.concatenate(members), self.best(side, i, j, left), True)
                if verdict > 0:
                    return True
                # one hyperplane cannot keep them all apart from the union, but for each there may be one
                weight = np.add.reduceat(np.maximum(slack[1 - side], 0.0), np.cumsum([0, *map(len, members)])[:-1])
                if verdict < 0 and np.count_nonzero(weight) == 1:
                    return False
                still = np.isin(left, self.crossed(side, i, j))
                left, weight = left[still], weight[still]
                if not len(left):
                    break
            c = left[weight.argmax()]
            if self.meets(side, union, other.members(c), self.best(side, i, j, [c])):
                return False
            left = np.setdiff1d(np.intersect1d(left, self.crossed(side, i, j)), [c])
        return True

    def meets(self, side, union, points, k):
        """Whether the hull of a union of clusters meets that of one cluster of the other label."""
        verdict, slack = self.divide(side, union, points, k, several=False)
        if verdict == 0:
            self.how["descent"] += 1
            U, V = self.X[side][union], self.X[1 - side][points]
            both = np.concatenate(slack if side == 0 else slack[::-1])
            proof = nearest(U, V, near=self.near, start=shares(both, len(U)))
            if self.verify:
                confirm(proof.check(U, V), U, V)
            if proof:
                self.add((1 - 2 * side) * np.append(proof.normal, -proof.offset) * (2 / proof.lower))
            return not proof
        return verdict < 0

    def divide(self, side, union, points, k, several):
        """Look for a hyperplane between points of the two labels, from the kth one on, and keep it.

        That there is none for `several` clusters proves nothing of one of them, so the search for it is short.
        """
        some = (union, points) if side == 0 else (points, union)
        self.how["hinge"] += 1
        steps, prox = (BRIEF, PROX) if several else (STEPS, LIKELY)
        verdict, wall, slack = divide(self.X, some, self.walls[k], self.near, steps, prox)
        self.add(wall)
        if self.verify:
            self.check(self.X[0][some[0]], self.X[1][some[1]], wall, slack, verdict)
        return verdict, slack

    def check(self, U, V, wall, slack, verdict):
        """Compute the proof again."""
        holds = True
        if verdict > 0:
            holds = (U @ wall[:-1]).min() - (V @ wall[:-1]).max() > self.near * np.linalg.norm(wall[:-1]) * (1 - 1e-6)
        if verdict < 0:
            a, b = shares(np.concatenate(slack), len(U))
            holds = np.linalg.norm(a @ U - b @ V) <= self.near * (1 + 1e-6)
        confirm(holds, U, V)

    def best(self, side, i, j, left):
        """The hyperplane that most of these clusters are least beyond."""
        mine, theirs = self.low[side][: self.n], self.low[1 - side][: self.n][:, left]
        return int(np.argmax(np.minimum(mine[:, i], mine[:, j]) + theirs.min(1)))
