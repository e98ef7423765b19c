"""Draws `merging.png`, DirectProbe on seven points: python docs/images/merging.py"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import ConvexHull

from closerlook import DirectProbe, hull_distance, separable
from closerlook.figures import style

BEFORE = np.array([(0.0, 0), (1, 0.2), (3, 0), (3.6, 0.6), (2, 0.1), (2, 1.2), (2.4, -1)])
AFTER = np.array([(0.4, -0.8), (1.2, -0.9), (2.7, -0.7), (3.2, -0.5), (1.6, 0.9), (2.1, 1.3), (2.6, 0.8)])
LABELS = np.array([0, 0, 0, 0, 1, 1, 1])
COLOURS, MARKS = (style.BEFORE, style.AFTER), ("o", "s")


def points(axis, X, title):
    for label in (0, 1):
        axis.scatter(*X[LABELS == label].T, s=34, color=COLOURS[label], marker=MARKS[label], linewidths=0, zorder=3)
    axis.set(aspect="equal", xticks=[], yticks=[], xlim=(-0.5, 4.1), ylim=(-1.4, 1.7))
    axis.set_title(title)
    axis.grid(False)
    axis.spines[:].set_visible(False)


def hull(axis, X, label, dashed=False):
    corners = X[ConvexHull(X).vertices] if len(X) > 2 else X
    axis.fill(*corners.T, facecolor=COLOURS[label], alpha=0.15, zorder=1)
    axis.fill(*corners.T, facecolor="none", edgecolor=COLOURS[label], linestyle="--" if dashed else "-", zorder=2)


def end(axis, X, title):
    """The clusters of a space; returns the shortest segment between the two labels, if they are apart."""
    points(axis, X, title)
    probe = DirectProbe().fit(X, LABELS)
    for c, label in enumerate(probe.cluster_classes_):
        hull(axis, X[probe.labels_ == c], label)
    assert f"{probe.n_clusters_} clusters" in title
    A, B = X[LABELS == 0], X[LABELS == 1]
    return [w @ Z for w, Z in zip(hull_distance(A, B).weights, (A, B))] if probe.is_linear_ else None


style.use()
figure, axes = plt.subplots(2, 3, figsize=(6.4, 3.4), layout="constrained")
(first, second, third), (fourth, fifth, sixth) = axes
points(first, BEFORE, "1  every point a cluster")
points(second, BEFORE, "2  close ones of a label merge")
for pair, label in (([0, 1], 0), ([2, 3], 0), ([4, 5], 1)):
    hull(second, BEFORE[pair], label)
assert all(separable(BEFORE[pair], BEFORE[[4, 5]]) for pair in ([0, 1], [2, 3]))
points(third, BEFORE, "3  refused: a square inside")
assert not separable(BEFORE[:4], BEFORE[4:5])
hull(third, BEFORE[:4], 0, dashed=True)
end(fourth, BEFORE, "4  the end: 3 clusters")
end(fifth, AFTER, "5  after training: 2 clusters")
a, b = end(sixth, AFTER, "6  their distance (2 clusters)")
sixth.plot(*np.stack([a, b]).T, color="black", marker=".", zorder=4)
across = np.array([b[1] - a[1], a[0] - b[0]]) * 3  # the edges of the street between the labels
for edge in (a, b):
    sixth.plot(*np.stack([edge - across, edge + across]).T, color=style.FAINT, linewidth=0.8, zorder=0)
style.save(figure, [Path(__file__).with_suffix(".png")])
