"""DirectProbe as a scikit-learn estimator."""

from __future__ import annotations  # so that `help` shows short names

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from closerlook.probes.direct.clusters import cluster, cluster_distances
from closerlook.probes.direct.labels import LabelDistances, distance_vector, min_distances, part_distances
from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.precision import RESOLUTION, TOL


class DirectProbe(ClassifierMixin, BaseEstimator):
    """Clusters of a labelled space whose convex hulls meet no other label's, and the distances between them.

    Every point starts as a cluster. The two closest clusters of one label (Euclidean distance of centroids) merge if
    the hull of their union meets no hull of a cluster of another label; otherwise this pair is never tried again.
    Ties go to the smallest point index. (Zhou & Srikumar, NAACL 2021; ACL 2022, section 3.)

    Parameters
    ----------
    tol : float, default=1e-3
        Relative gap between the bounds of a distance.
    min_cluster_size : int, default=1
        Clusters of fewer points are left out of distances (the authors' code leaves out those of up to five).
    n_jobs : int, default=None
        Threads; -1 for all. The result does not depend on it.
    verify : bool, default=False
        Compute every hyperplane and every coincidence again from the points.
    resolution : float, default=1e-9
        Hulls of two labels nearer than this, relative to the radius of their points, count as meeting. For the
        vectors of an encoder in float32, which rounding moves by some 1e-6 of it, 1e-5 is sensible.
    verbose : bool, default=False
        Show the progress of what takes over ten seconds.

    Attributes
    ----------
    labels_ : int array (n,)
        Cluster of each point; clusters are numbered by their first point.
    n_clusters_ : int
    cluster_classes_ : array (n_clusters,)
        Label of each cluster.
    classes_ : array (n_classes,)
    is_linear_ : bool
        Every label is one cluster: all pairs of labels are linearly separable.
    distance_vector_ : array (n_classes (n_classes - 1) / 2,)
        Hull distances of the labels i < j of `classes_`, row by row; NaN where two hulls meet, and so have none. Points
        in a conflict, and clusters of fewer than `min_cluster_size` points, take no part.
    min_distances_ : array (n_classes,)
        Smallest distance of a label to any other; NaN where its hull meets another's.
    cluster_distances_ : array (n_clusters, n_clusters)
        Hull distances between clusters of different labels that take part; NaN elsewhere.
    conflicts_ : int array (m, 2)
        Pairs of identical points (to the resolution) with different labels.
    label_distances_ : LabelDistances
        Verdict, proof and distance for each pair of whole labels.
    merges_ : dict
        How the greedy rule went: merges `merged` and `refused`; unions `tested` against another label; problems solved
        by `hinge` and `descent` where no hyperplane found earlier gave the answer.

    Distances are computed when first asked for; with thousands of clusters, those between clusters take long.
    Invariant under rotation and translation; distances scale with the points.
    """

    _parameter_constraints = {
        "tol": [Interval(Real, 0, 1, closed="neither")],
        "min_cluster_size": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "verify": ["boolean"],
        "resolution": [Interval(Real, 0, 1, closed="neither")],
        "verbose": ["boolean"],
    }

    labels_: NDArray[np.int_]
    n_clusters_: int
    cluster_classes_: NDArray[Any]
    classes_: NDArray[Any]
    is_linear_: bool
    conflicts_: NDArray[np.int_]
    label_distances_: LabelDistances
    merges_: dict[str, Any]
    _between: Any  # None until asked for

    def __init__(
        self,
        tol: float = TOL,
        min_cluster_size: int = 1,
        n_jobs: int | None = None,
        verify: bool = False,
        resolution: float = RESOLUTION,
        verbose: bool = False,
    ) -> None:
        self.tol = tol
        self.min_cluster_size = min_cluster_size
        self.n_jobs = n_jobs
        self.verify = verify
        self.resolution = resolution
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Cluster the points of X (n, d) with labels y (n,)."""
        self._validate_params()
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, label = np.unique(y, return_inverse=True)
        names = "resolution", "tol", "n_jobs", "verify", "verbose"
        found = cluster(X, label, self.classes_, **{name: getattr(self, name) for name in names})
        self.labels_, self.n_clusters_ = found.labels, len(found.of_class)
        self.cluster_classes_ = self.classes_[found.of_class]
        self.is_linear_ = self.n_clusters_ == len(self.classes_)
        self.conflicts_, self.label_distances_, self.merges_ = found.conflicts, found.pairs, found.merges
        self._found, self._points, self._label, self._distances, self._between = found, X, label, None, None
        return self

    @property
    def cluster_distances_(self) -> NDArray[np.float64]:
        check_is_fitted(self)
        if self._between is None:
            part = self._found.taking_part(self.min_cluster_size)
            self._between = cluster_distances(self._points, self._found, part, self.tol, self.n_jobs, self.verbose)
        return self._between

    @property
    def distance_vector_(self) -> NDArray[np.float64]:
        return distance_vector(self._of_labels())

    @property
    def min_distances_(self) -> NDArray[np.float64]:
        return min_distances(self._of_labels())

    def _of_labels(self):
        check_is_fitted(self)
        if self._distances is None:
            part = self._found.taking_part(self.min_cluster_size)
            given = self.resolution, self.tol, self.n_jobs
            self._distances = part_distances(self._points, self._label, self._found, part, *given)
        return self._distances

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label of the nearest hull, for each point of X (m, d). See `nearest_hull` for ties."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        index, _ = nearest_hull(self._points, self.labels_, X, self.tol, self.n_jobs, self.verbose)
        return self.cluster_classes_[index]
