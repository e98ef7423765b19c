"""All that is compiled, run once on a few points, so that its machine code is in the cache."""

import itertools

import numpy as np

from closerlook.analysis.surroundings import measure_surroundings
from closerlook.probes.direct.geometry import measure
from closerlook.probes.direct.hull_classifier import score
from closerlook.probes.direct.labels import label_distances
from closerlook.probes.hulls.distance import hull_distance, separable


def spaces():
    """Yield labelled points (n, dim), (n,): apart, overlapping, touching, equal, more dimensions than points."""
    drawn = np.random.default_rng(0)
    for n, dim, shift in itertools.product((60, 400), (2, 40), (0.0, 0.7, 3.0)):
        y = np.arange(n) % 3
        yield drawn.normal(size=(n, dim)) + shift * np.eye(3, dim)[y], y
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 2), -1).reshape(-1, 2)  # hulls that touch, ties, conflicts
    yield np.concatenate([grid, grid[:9]]), np.concatenate([(grid[:, 0] > 2.5).astype(int), np.full(9, 2)])


def rehearse():
    """Measure a few small spaces in every way in which jobs do, of either precision."""
    for X, y in spaces():
        for kind in (np.float32, np.float64):
            train, test = (X[::2].astype(kind), y[::2]), (X[1::2].astype(kind), y[1::2])
            _, clusters = measure(*train, verbose=False)
            score(train, test, clusters)
            measure_surroundings(train, test, clusters)
            start = label_distances(*train)
            label_distances(train[0] + 0.01, train[1], start)
        A, B = X[y == 0], X[y == 1]
        hull_distance(A, B)
        separable(A, B)


if __name__ == "__main__":
    rehearse()
