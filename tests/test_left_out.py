"""The readout that leaves out the point that it judges, against one analysis for each point."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf

from closerlook.probes.mlp.linear import discriminant


def left_out(X, y):
    fit = discriminant(X, y)
    return fit.classes, fit.left_out(X)


def slowly(X, y):
    """The same from its definition: for each point the means and the scatter of all others."""
    X = (X - X.mean(0)) / X.std(0)
    classes, n = np.unique(y), len(X)
    means = {c: X[y == c].mean(0) for c in classes}
    fitted = LedoitWolf(assume_centered=True).fit(X - np.stack([means[c] for c in y]))
    scatter = np.cov((X - np.stack([means[c] for c in y])).T, bias=True)
    target = fitted.shrinkage_ * np.trace(scatter) / X.shape[1] * np.eye(X.shape[1])
    logs = np.empty((n, len(classes)))
    for i in range(n):
        kept = np.arange(n) != i
        A, b = X[kept], y[kept]
        m = np.stack([A[b == c].mean(0) for c in classes])
        R = A - m[np.searchsorted(classes, b)]
        covariance = (1 - fitted.shrinkage_) * R.T @ R / n + target
        away = X[i] - m
        far = (away * np.linalg.solve(covariance, away.T).T).sum(1)
        logs[i] = log_softmax(np.log([(b == c).sum() for c in classes]) - far / 2)
    return logs


@pytest.mark.parametrize(("n", "d", "k"), [(60, 4, 3), (40, 30, 2), (90, 7, 5)])
def test_leaving_out_a_point_is_an_analysis_of_the_others(n, d, k):
    rng = np.random.default_rng(n)
    y = np.concatenate([np.arange(k), np.arange(k), rng.integers(0, k, n - 2 * k)]) * 3
    X = rng.normal(size=(n, d)) * rng.uniform(0.1, 10, d) + rng.normal(size=(3 * k, d))[y] + 5
    classes, logs = left_out(X, y)
    np.testing.assert_array_equal(classes, np.unique(y))
    np.testing.assert_allclose(logs, slowly(X, y), rtol=1e-4, atol=1e-4)


def test_a_wrong_label_does_not_vouch_for_itself():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 30)
    X = rng.normal(size=(60, 40)) + 4 * y[:, None]
    y[3] = 1
    _, logs = left_out(X, y)
    assert logs[3].argmax() == 0 and (logs.argmax(1) == y).sum() == 59


def test_the_only_point_of_a_label_cannot_be_read_as_it():
    X, y = np.random.default_rng(0).normal(size=(21, 3)), np.array([0] * 10 + [1] * 10 + [2])
    _, logs = left_out(X, y)
    assert logs[20, 2] == -np.inf and np.isfinite(logs[:20]).all()
    np.testing.assert_allclose(np.exp(logs.astype(float)).sum(1), 1, rtol=1e-5)


def test_scale_and_shift_of_a_dimension_do_not_matter():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(50, 6)), rng.integers(0, 3, 50)
    moved = X * rng.uniform(0.01, 100, 6) + rng.normal(size=6) * 100
    np.testing.assert_allclose(left_out(moved, y)[1], left_out(X, y)[1], atol=1e-4)


def test_labels_without_spread_are_told_apart_by_the_nearest_mean():
    X = np.repeat(np.eye(3), 4, 0)
    _, logs = left_out(X, np.repeat([0, 1, 2], 4))
    assert (logs.argmax(1) == np.repeat([0, 1, 2], 4)).all()
