"""The clusters of one label, and which two of them have the nearest centroids.

Each cluster knows the nearest of those older than itself, so that the nearest pair of all is known to its younger one,
and a merge changes nothing for others. Nearest ones are looked for in float32, by products of matrices; those that its
rounding leaves in question are compared in float64, in which equal distances stay equal.
"""

import numpy as np

from closerlook.probes.compiled import jit
from closerlook.probes.direct.union import members
from closerlook.probes.hulls.points import frame

EPS = np.finfo(np.float64).eps
UNKNOWN, GONE = -2, -1  # the age of a neighbour that is to be looked for; of one that is part of another
PRODUCTS = 2**22  # distances that are computed at a time: 16 MB


@jit
def tie(square, d):
    """By how much equal squared distances in the unit ball may differ: the rounding of the division by sizes."""
    near = 4.0 * np.sqrt(d) * EPS
    return 2.0 * np.sqrt(square) * near + near * near


@jit
def between(sums, sizes, i, j):
    """The squared distance of two centroids, summed in the order of the coordinates."""
    square = 0.0
    for k in range(sums.shape[1]):
        square += (sums[i, k] / sizes[i] - sums[j, k] / sizes[j]) ** 2
    return square


@jit
def settle(tree, i, value):
    """Set the gap of cluster i in the tournament of least gaps."""
    i += len(tree) // 2
    tree[i] = value
    while i > 1:
        i //= 2
        tree[i] = min(tree[2 * i], tree[2 * i + 1])


@jit
def within(tree, most):
    """The clusters whose gap is no more than this, ascending."""
    found, stack = [], [1]
    while stack:
        i = stack.pop()
        if tree[i] <= most:
            if i >= len(tree) // 2:
                found.append(i - len(tree) // 2)
            else:
                stack.append(2 * i + 1)
                stack.append(2 * i)
    return np.array(found, np.int64)


@jit
def choose(i, products, squares, of, room, sums, sizes, near, age, born, tree):
    """Let cluster i know the nearest centroid by its products with the first rows: of those that the rounding leaves in
    question, by their distances in float64, and of those that tie the first; none where there is none."""
    n, least = len(products), np.inf
    for r in range(n):
        least = min(least, squares[r] - 2.0 * products[r])
    most, gap, found = least + 2.0 * room, np.inf, []
    for r in range(n):
        if squares[r] - 2.0 * products[r] <= most < np.inf:
            exact = between(sums, sizes, i, of[r])
            gap = min(gap, exact)
            found.append((exact, of[r]))
    first = -1
    for exact, c in found:
        if exact <= gap + tie(gap, sums.shape[1]) and (first < 0 or c < first):
            first = c
    near[i] = first
    if first >= 0:
        age[i] = born[first]
    settle(tree, i, gap)


@jit
def search(i, C, squares, of, row, barred, room, sums, sizes, near, age, born, tree):
    """Find the nearest of the clusters older than i that it may merge with. `barred` are rows that it may not."""
    stop = row[i]
    products = C[:stop] @ C[stop]
    for r in barred:
        if r < stop:
            products[r] = -np.inf
    choose(i, products, squares[:stop], of, room, sums, sizes, near, age, born, tree)


@jit
def search_all(start, products, squares, of, room, sums, sizes, near, age, born, tree):
    """`search` for the rows from `start` on, by their products with those up to the last of them."""
    for k in range(len(products)):
        r = start + k
        choose(of[r], products[k, :r], squares[:r], of, room, sums, sizes, near, age, born, tree)


@jit
def nearest_pair(C, squares, of, row, room, sums, sizes, near, age, born, tree, shut):
    """The nearest pair of clusters and its squared distance. If that needs a search of a cluster with pairs that are
    not to be tried, it alone and an infinite distance."""
    nobody = np.empty(0, np.int64)
    while tree[1] < np.inf:
        stale = False
        owners = within(tree, tree[1] + tie(tree[1], C.shape[1]))
        for i in owners:
            if born[near[i]] != age[i]:
                if shut[i]:
                    return i, -1, np.inf
                search(i, C, squares, of, row, nobody, room, sums, sizes, near, age, born, tree)
                stale = True
        if not stale:
            a, b = len(near), len(near)
            for i in owners:
                j = near[i]
                if min(i, j) < a or (min(i, j) == a and max(i, j) < b):
                    a, b = min(i, j), max(i, j)
            return a, b, tree[1]
    return -1, -1, np.inf


class Label:
    """The clusters of one label, named by the place of their first point among the label's points.

    Centroids are computed in a frame of the label's own, in which equal distances stay equal: `unit` is its scale.
    """

    def __init__(self, points, X, frozen):
        n, d = len(points), X.shape[1]
        self.points, self.parent = points, np.arange(n)
        self.sums, _, self.unit = frame(X[points])
        self.sizes = np.ones(n)
        self.following, self.last = np.full(n, -1), np.arange(n)  # lists of members
        self.barred = {}  # pairs not to try, from either side
        # a row for each cluster that may merge, the oldest first, and which one; infinite squares where that is gone
        some = np.flatnonzero(~frozen[points])
        self.n_rows, room = len(some), len(some) + len(some) // 4 + 8
        self.C, self.squares, self.of = np.empty((room, d), np.float32), np.full(room, np.inf), np.empty(room, int)
        self.C[: len(some)], self.of[: len(some)] = self.sums[some], some
        self.squares[: len(some)] = np.einsum("nd,nd->n", self.sums[some], self.sums[some])
        self.room = (d + 16) * 2.0**-23 * max(self.squares[: len(some)], default=0.0)  # rounding of a square in float32
        self.row = np.full(n, -1)
        self.row[some] = np.arange(len(some))
        self.near, self.age, self.born = np.full(n, -1), np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.shut = np.zeros(n, bool)  # clusters in `barred`
        self.tree = np.full(2 * (1 << max(n - 1, 1).bit_length()), np.inf)
        step = max(1, PRODUCTS // max(len(some), 1))
        for start in range(0, len(some), step):
            stop = min(start + step, len(some))
            products = self.C[start:stop] @ self.C[:stop].T
            search_all(start, products, self.squares, self.of, *self.table()[1])

    def table(self):
        known = self.room, self.sums, self.sizes, self.near, self.age, self.born, self.tree
        return (self.C, self.squares, self.of, self.row), known

    def members(self, i):
        return members(i, int(self.sizes[i]), self.following)

    def all(self):
        """All clusters, ascending."""
        return np.flatnonzero(self.parent == np.arange(len(self.parent)))

    def closest(self):
        """The distance of the two clusters to try next, squared and with its rounding, and which they are."""
        rows, known = self.table()
        while True:
            i, j, gap = nearest_pair(*rows, *known, self.shut)
            if j >= 0 or i < 0:
                return gap, tie(gap, self.C.shape[1]) if gap < np.inf else 0.0, i, j
            search(i, *rows, self.row[np.fromiter(self.barred[i], np.int64)], *known)

    def refuse(self, i, j):
        """The union of clusters i and j meets another label; so will everything that contains it."""
        for a, b in ((i, j), (j, i)):
            self.barred.setdefault(a, set()).add(b)
            self.shut[a] = True
        self.age[i if self.row[i] > self.row[j] else j] = UNKNOWN  # the younger one knew the pair

    def merge(self, i, j):
        """Cluster j becomes a part of cluster i."""
        self.following[self.last[i]], self.last[i] = j, self.last[j]
        self.parent[j] = i
        self.sums[i] += self.sums[j]
        self.sizes[i] += self.sizes[j]
        self.born[i], self.born[j] = self.born[i] + 1, GONE
        settle(self.tree, j, np.inf)
        if self.shut[i] or self.shut[j]:  # what a part may not merge with, the whole may not either
            theirs = self.barred.pop(j, set())
            for k in theirs:
                self.barred[k].discard(j)
                self.barred[k].add(i)
            self.barred.setdefault(i, set()).update(theirs)
            self.shut[i], self.shut[j] = True, False
        for old in (self.row[i], self.row[j]):
            self.squares[old] = np.inf
        if self.n_rows == len(self.C):
            self._tidy()
        new, self.n_rows = self.n_rows, self.n_rows + 1
        centroid = self.sums[i] / self.sizes[i]
        self.C[new], self.of[new], self.squares[new], self.row[i] = centroid, i, centroid @ centroid, new
        self.near[i], self.age[i] = i, UNKNOWN
        settle(self.tree, i, 0.0)

    def _tidy(self):
        """Close the gaps between rows."""
        old = np.flatnonzero(np.isfinite(self.squares))
        self.n_rows = len(old)
        for start in range(0, len(old), 4096):  # rows only move up
            some = old[start : start + 4096]
            self.C[start : start + len(some)] = self.C[some]
        self.of[: len(old)], self.squares[: len(old)] = self.of[old], self.squares[old]
        self.squares[len(old) :] = np.inf
        self.row[self.of[: len(old)]] = np.arange(len(old))
