"""Hyperplanes between the clusters of two labels, and whether the union of two clusters crosses over."""

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.compiled import jit
from closerlook.probes.hulls.distance import nearest
from closerlook.probes.hulls.hinge import LIKELY, PROX, STEPS, between_means, divide, shares

MOST = 128  # hyperplanes kept of two labels
BRIEF = 10  # Newton steps of a search that can prove nothing but that there is a hyperplane


@jit
def open_clusters(mine, i, j, theirs, exists, n_walls, near, uses, side):
    """The other label's clusters that no hyperplane keeps apart from the union of clusters i and j of this label."""
    floor = np.empty(n_walls)
    for w in range(n_walls):
        if side == 0:
            floor[w] = min(mine[i, w], mine[j, w]) - near
        else:
            floor[w] = max(mine[i, w], mine[j, w]) + near
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


def confirm(holds, U, V):
    if not holds:
        raise InputError(f"The proof about {len(U)} and {len(V)} points does not hold; please report this.")


class Front:
    """Two labels whose hulls meet, the hyperplanes found between their clusters, and how far each cluster reaches.

    `X` holds the points of each in one frame, and `near` is a distance in it.
    `reach[0]` holds the smallest product of each cluster of the first label with each normal, `reach[1]` the largest of
    those of the second, so that a hyperplane is found again, whatever it was made for, and merges need no products.
    """

    def __init__(self, labels, X, near, verify=False):
        self.labels, self.X, self.near, self.verify = labels, X, near, verify
        d = X[0].shape[1]
        self.walls = np.empty((MOST, d + 1))
        self.reach = tuple(np.empty((len(X), MOST)) for X in self.X)
        self.uses, self.n = np.zeros(MOST), 0
        self.how = {"tested": 0, "hinge": 0, "descent": 0}  # unions; and what the kept hyperplanes left open
        self.add(between_means(*self.X, near))

    def add(self, wall):
        """Keep a hyperplane (normal and offset); if there are many, it replaces the least useful one."""
        k = self.n if self.n < MOST else int(np.argmin(self.uses))
        self.n = min(self.n + 1, MOST)
        self.walls[k] = wall
        self.uses[k] = self.uses[: self.n].max()
        normal = wall[:-1] / (np.linalg.norm(wall[:-1]) or 1.0)
        for side in (0, 1):
            extremes(self.X[side] @ normal, self.labels[side].cluster, self.reach[side][:, k], side)

    def merge(self, side, i, j):
        reach = self.reach[side]
        (np.minimum, np.maximum)[side](reach[i], reach[j], out=reach[i])

    def crossed(self, side, i, j):
        """Clusters of the other label that nothing keeps apart from the union of i and j."""
        mine, theirs, exists = self.reach[side], self.reach[1 - side], self.labels[1 - side].exists
        return open_clusters(mine, i, j, theirs, exists, self.n, self.near, self.uses, side)

    def free(self, side, i, j):
        """Whether the union of clusters i and j of one label meets no cluster of the other."""
        left = self.crossed(side, i, j)
        self.how["tested"] += 1
        if not len(left):
            return True
        label, other = self.labels[side], self.labels[1 - side]
        U = self.X[side][np.concatenate([label.members[i], label.members[j]])]
        while len(left):
            points = np.concatenate([other.members[c] for c in left])
            verdict, slack = self.divide(side, U, points, self.best(side, i, j, left), len(left) > 1)
            if verdict > 0:
                return True
            # one hyperplane cannot keep them all apart from the union, but for each there may be one
            mass = np.bincount(other.cluster[points], np.maximum(slack[len(U) :], 0.0), len(other.points))
            if verdict < 0 and np.count_nonzero(mass) == 1:
                return False
            left = np.intersect1d(left, self.crossed(side, i, j))
            if len(left):
                c = left[np.argmax(mass[left])]
                if self.meets(side, U, other.members[c], self.best(side, i, j, [c])):
                    return False
                left = np.setdiff1d(np.intersect1d(left, self.crossed(side, i, j)), [c])
        return True

    def meets(self, side, U, points, k):
        """Whether the hull of U meets that of one cluster of the other label."""
        verdict, _ = self.divide(side, U, points, k, several=False)
        if verdict == 0:
            self.how["descent"] += 1
            V = self.X[1 - side][points]
            proof = nearest(U, V, near=self.near)
            if self.verify:
                confirm(proof.check(U, V), U, V)
            if proof:
                self.add((1 - 2 * side) * np.append(proof.normal, -proof.offset) * (2 / proof.lower))
            return not proof
        return verdict < 0

    def divide(self, side, U, points, k, several):
        """Look for a hyperplane between U and points of the other label, from the kth one on, and keep it.

        That there is none for `several` clusters proves nothing of one of them, so the search for it is short.
        """
        self.how["hinge"] += 1
        V, sign = self.X[1 - side][points], 1.0 - 2 * side
        steps, prox = (BRIEF, PROX) if several else (STEPS, LIKELY)
        verdict, wall, slack = divide(U, V, sign * self.walls[k], self.near, steps, prox)
        self.add(sign * wall)
        if self.verify:
            self.check(U, V, wall, slack, verdict)
        return verdict, slack

    def check(self, U, V, wall, slack, verdict):
        """Compute the proof again."""
        holds = True
        if verdict > 0:
            holds = (U @ wall[:-1]).min() - (V @ wall[:-1]).max() > self.near * np.linalg.norm(wall[:-1]) * (1 - 1e-6)
        if verdict < 0:
            a, b = shares(slack, len(U))
            holds = np.linalg.norm(a @ U - b @ V) <= self.near * (1 + 1e-6)
        confirm(holds, U, V)

    def best(self, side, i, j, left):
        """The hyperplane that most of these clusters are least beyond."""
        mine, theirs = self.reach[side][:, : self.n], self.reach[1 - side][left, : self.n]
        past = theirs - np.minimum(mine[i], mine[j]) if side == 0 else np.maximum(mine[i], mine[j]) - theirs
        return int(np.argmin(past.max(0)))
