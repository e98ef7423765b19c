"""Hyperplanes between the clusters of two labels, and whether the union of two clusters crosses over."""

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.compiled import jit
from closerlook.probes.descent import rounding
from closerlook.probes.hulls import nearest
from closerlook.probes.newton import soft_margin

MOST = 128  # hyperplanes kept of two labels
PULLS = 1e-6, 1e-10, 1e-14  # on the length of a normal, weaker where a stronger one did not let it separate
HEAVY = 1e4  # cost of a point that a new hyperplane is for, against any other point of the two labels


@jit
def open_clusters(mine, i, j, theirs, exists, n_walls, blur, uses, side):
    """The other label's clusters that no hyperplane keeps apart from the union of clusters i and j of this label."""
    floor = np.empty(n_walls)
    for w in range(n_walls):
        if side == 0:
            floor[w] = min(mine[i, w], mine[j, w]) - blur
        else:
            floor[w] = max(mine[i, w], mine[j, w]) + blur
    left = []
    for c in range(len(theirs)):
        if exists[c]:
            for w in range(n_walls):
                if (theirs[c, w] < floor[w]) if side == 0 else (theirs[c, w] > floor[w]):
                    uses[w] += 1
                    break
            else:
                left.append(c)
    return np.array(left, np.int64)


@jit
def extremes(products, cluster, reach, side):
    """The smallest (side 0) or largest product of each cluster."""
    reach[:] = products
    for p in range(len(products)):
        c = cluster[p]
        if (products[p] < reach[c]) if side == 0 else (products[p] > reach[c]):
            reach[c] = products[p]


class Front:
    """Two labels whose hulls meet, the hyperplanes found between their clusters, and how far each cluster reaches.

    `reach[0]` holds the smallest product of each cluster of the first label with each normal, `reach[1]` the largest of
    those of the second, so that a hyperplane is found again, whoever it was made for, and merges need no products.
    Products in float32 err by less than `blur`; what is not clear by more than that goes to the exact solver.
    """

    def __init__(self, first, second, verify=False):
        self.labels, self.verify = (first, second), verify
        self.X = first.X, second.X
        d = self.X[0].shape[1]
        self.Z = np.concatenate([np.c_[self.X[0], np.ones(len(self.X[0]))], -np.c_[self.X[1], np.ones(len(self.X[1]))]])
        self.blur = rounding(d)
        self.walls = np.empty((MOST, d + 1))
        self.reach = tuple(np.empty((len(X), MOST)) for X in self.X)
        self.uses, self.n = np.zeros(MOST), 0
        w = np.r_[self.X[0].mean(0) - self.X[1].mean(0), 0.0]
        self.add(soft_margin(self.Z, np.ones(len(self.Z)), w, PULLS[0]))

    def add(self, wall):
        """Keep a hyperplane (normal and offset); it takes the place of the one of least use if there are many."""
        k = self.n if self.n < MOST else int(np.argmin(self.uses))
        self.n = min(self.n + 1, MOST)
        self.walls[k] = wall
        self.uses[k] = self.uses[: self.n].max()
        normal = wall[:-1] / (np.linalg.norm(wall[:-1]) or 1.0)
        for side in (0, 1):
            extremes(self.X[side] @ normal, self.labels[side].cluster, self.reach[side][:, k], side)
        return k

    def merge(self, side, i, j):
        reach = self.reach[side]
        (np.minimum, np.maximum)[side](reach[i], reach[j], out=reach[i])

    def crossed(self, side, i, j):
        """Clusters of the other label that nothing keeps apart from the union of i and j."""
        other = self.labels[1 - side]
        return open_clusters(
            self.reach[side], i, j, self.reach[1 - side], other.exists, self.n, self.blur, self.uses, side
        )

    def free(self, side, i, j):
        """Whether the union of clusters i and j of one label meets no cluster of the other."""
        label, other = self.labels[side], self.labels[1 - side]
        left = self.crossed(side, i, j)
        if not len(left):
            return True
        union = np.concatenate([label.members[i], label.members[j]])
        shift = (0, len(self.X[0]))
        for pull in PULLS:
            cost = np.ones(len(self.Z))
            cost[shift[side] + union] = HEAVY
            cost[shift[1 - side] + np.concatenate([other.members[c] for c in left])] = HEAVY
            self.add(soft_margin(self.Z, cost, self.walls[self.best(side, i, j, left)], pull))
            still = self.crossed(side, i, j)
            if not len(still):
                return True
            left = still
        U = self.X[side][union]
        while len(left):
            c = left[np.argmax(self.depth(side, i, j, left).min(1))]
            C = self.X[1 - side][other.members[c]]
            proof = nearest(U, C)
            if self.verify and not proof.check(U, C):
                raise InputError(f"The proof about {len(U)} and {len(C)} points does not hold; please report this.")
            if not proof:
                return False
            sign = 1 if side == 0 else -1
            self.add(np.r_[sign * proof.normal, 0.0])
            still = self.crossed(side, i, j)
            left = still[np.isin(still, left) & (still != c)]
        return True

    def depth(self, side, i, j, left):
        """How far each of these clusters reaches past each hyperplane into the union, (n, n_walls)."""
        mine, theirs = self.reach[side][:, : self.n], self.reach[1 - side][left, : self.n]
        return theirs - np.minimum(mine[i], mine[j]) if side == 0 else np.maximum(mine[i], mine[j]) - theirs

    def best(self, side, i, j, left):
        """The hyperplane that most of these clusters are least beyond."""
        return int(np.argmin(self.depth(side, i, j, left).max(0)))
