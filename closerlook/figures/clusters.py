"""The clusters of a space in the plane, their hulls, and the shortest segment between two of them."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import ConvexHull, QhullError

from closerlook.figures import style, told
from closerlook.figures.labels import shown
from closerlook.probes.direct.estimator import DirectProbe
from closerlook.probes.hulls.distance import hull_distance


def clusters(X, y, names=None):
    """Draw labelled points, and beside them the clusters that DirectProbe makes of them.

    Parameters
    ----------
    X : array (n, 2)
        Points of a plane.
    y : array (n,)
        Their labels, two to eight of them.
    names : list of str, optional
        What to call the labels, in sorted order.

    Returns
    -------
    matplotlib.figure.Figure
        Left the points; in the middle the hulls of whole labels; right those of the clusters, with the shortest segment
        between two clusters of different labels.
    """
    style.use()
    probe = DirectProbe().fit(X, y)
    looks = style.looks(probe.classes_)
    colour = {label: look["color"] for label, look in looks.items()}
    figure, axes = plt.subplots(1, 3, figsize=(6.4, 1.9), sharex=True, sharey=True, layout="constrained")
    for axis in axes:
        points = [
            axis.scatter(*X[y == c].T, s=9, color=look["color"], marker=look["marker"], linewidths=0, zorder=3)
            for c, look in looks.items()
        ]
        axis.set(aspect="equal", xticks=[], yticks=[])
        axis.grid(False)
        axis.spines[:].set_visible(False)
    for label in probe.classes_:
        _hull(axes[1], X[y == label], colour[label])
    for c, label in enumerate(probe.cluster_classes_):
        _hull(axes[2], X[probe.labels_ == c], colour[label])
    D = np.where(np.isnan(probe.cluster_distances_), np.inf, probe.cluster_distances_)
    if np.isfinite(D).any():
        i, j = np.unravel_index(np.argmin(D), D.shape)
        A, B = X[probe.labels_ == i], X[probe.labels_ == j]
        a, b = hull_distance(A, B).weights
        axes[2].plot(*np.stack([a @ A, b @ B]).T, color="black", linewidth=1.2, marker=".", zorder=4)
    whole, k = len(probe.classes_), probe.n_clusters_
    axes[0].set_title(f"{len(X)} points, {whole} labels")
    meet = (~probe.label_distances_.separable).sum()
    axes[1].set_title("the labels' hulls meet" if meet else "the labels' hulls are apart")
    axes[2].set_title(f"{k} clusters, no two labels meet" if k > whole else "one cluster per label")
    called = shown(map(str, names or probe.classes_), 20)
    style.legend(
        figure, points, called.text.values(), called.family, loc="outside lower center", ncols=whole, markerscale=2
    )
    style.note(figure, called.note(called.text))
    told.describe(
        figure,
        "Points of each label in a plane, three times: alone, with the labels' hulls, and with those of the clusters.",
        f"{len(X)} points, {whole} labels, {k} clusters.",
    )
    return figure


def _hull(axis, points, colour):
    try:
        corners = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):  # two points, or all in one line
        corners = points[[np.argmin(points @ (1, 1e-3)), np.argmax(points @ (1, 1e-3))]]
    axis.fill(*corners.T, facecolor=colour, alpha=0.15, zorder=1)
    axis.fill(*corners.T, facecolor="none", edgecolor=colour, linewidth=1, zorder=2)
