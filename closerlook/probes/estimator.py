"""DirectProbe as a scikit-learn estimator."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from closerlook.probes.direct import cluster, cluster_distances
from closerlook.probes.hulls import nearest
from closerlook.probes.threads import spread


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
    cluster_distances_ : array (n_clusters, n_clusters)
        Hull distances between clusters of different labels; NaN elsewhere.
    distance_vector_ : array (n_classes (n_classes - 1) / 2,)
        Mean over the cluster pairs of two labels i < j of `classes_`, row by row; NaN where there is none.
    min_distances_ : array (n_classes,)
        Smallest distance of a label to any other.
    conflicts_ : int array (m, 2)
        Identical points with different labels.
    label_distances_ : LabelDistances
        Verdict, proof and distance for each pair of whole labels.

    Invariant under rotation and translation; distances scale with the points.
    """

    def __init__(self, tol=1e-3, min_cluster_size=1, n_jobs=None, verify=False):
        self.tol = tol
        self.min_cluster_size = min_cluster_size
        self.n_jobs = n_jobs
        self.verify = verify

    def fit(self, X, y):
        """Cluster the points of X (n, d) with labels y (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, label = np.unique(y, return_inverse=True)
        found = cluster(X, label, self.classes_, tol=self.tol, n_jobs=self.n_jobs, verify=self.verify)
        self.labels_, self.n_clusters_ = found.labels, len(found.of_class)
        self.cluster_classes_ = self.classes_[found.of_class]
        self.is_linear_ = self.n_clusters_ == len(self.classes_)
        self.conflicts_, self.label_distances_ = found.conflicts, found.pairs
        keep = np.bincount(found.labels) >= self.min_cluster_size
        self.cluster_distances_ = cluster_distances(X, found, keep, self.tol, self.n_jobs)
        self.distance_vector_, self.min_distances_ = self._per_label(found.of_class)
        self._points = X
        return self

    def _per_label(self, of_class):
        D, k = self.cluster_distances_, len(self.classes_)
        measured = np.isfinite(D)
        member = (of_class == np.arange(k)[:, None]).astype(float)  # (k, n_clusters)
        total, count = member @ np.where(measured, D, 0) @ member.T, member @ measured @ member.T
        mean = np.full((k, k), np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        least = np.where(measured, D, np.inf).min(1)
        least = np.array([least[of_class == c].min() for c in range(k)])
        return mean[np.triu_indices(k, 1)], np.where(np.isfinite(least), least, np.nan)

    def predict(self, X):
        """The label of the nearest hull, for each point of X (m, d)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        members = [self._points[self.labels_ == c] for c in range(self.n_clusters_)]
        centres = np.array([m.mean(0) for m in members])
        radii = np.array([np.sqrt(((m - c) ** 2).sum(1).max()) for m, c in zip(members, centres)])

        def closest(x):
            away = np.sqrt(((centres - x) ** 2).sum(1))
            best, least = -1, np.inf
            for c in np.argsort(away - radii, kind="stable"):
                if away[c] - radii[c] >= least:
                    break
                distance = nearest(x[None], members[c], self.tol).distance
                if distance < least:
                    best, least = c, distance
            return best

        return self.cluster_classes_[spread(closest, X, self.n_jobs)]
