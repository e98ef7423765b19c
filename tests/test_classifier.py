"""The classifier probe, against what scikit-learn does by itself and against data whose answer is known."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs
from sklearn.neural_network import MLPClassifier

from closerlook.probes.classifier import _hold_out, probe

SMALL = {"hidden_layer_sizes": [[8]], "alphas": [1e-4], "repeats": 2, "max_iter": 30}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return (X[:800], y[:800]), (X[800:1200], y[800:1200])


def test_a_single_candidate_is_scikit_learns_network(digits):
    (X, y), (Xt, yt) = digits
    result = probe(*digits, **SMALL, random_state=3)
    expected = [
        100 * MLPClassifier((8,), alpha=1e-4, max_iter=30, random_state=3 + i).fit(X, y).score(Xt, yt) for i in range(2)
    ]
    assert result["accuracies"] == pytest.approx(expected)
    assert result["accuracy"] == pytest.approx(np.mean(expected))
    assert result["accuracy_std"] == pytest.approx(np.std(expected))
    assert result["converged"] == [False, False] and result["epochs"] == [30, 30]
    assert result["status"] == "ok" and result["grid"] == []


@pytest.mark.parametrize("cv", [1, 3])
def test_the_better_candidate_is_selected(digits, cv):
    options = {**SMALL, "hidden_layer_sizes": [[1], [32]], "repeats": 1}
    result = probe(*digits, **options, cv=cv)
    assert result["best"] == {"hidden_layer_sizes": [32], "alpha": 1e-4}
    by_shape = {tuple(g["hidden_layer_sizes"]): g["accuracy"] for g in result["grid"]}
    assert by_shape[(32,)] > by_shape[(1,)] + 20


def test_a_linear_probe_is_part_of_the_language():
    X, y = make_blobs(300, centers=3, n_features=5, random_state=0)
    X = X.astype(np.float32)
    result = probe((X[:200], y[:200]), (X[200:], y[200:]), hidden_layer_sizes=[[]], alphas=[1e-4], repeats=1)
    assert result["accuracy"] >= 98
    xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 50, np.float32)
    labels = np.array([0, 1, 1, 0] * 50)
    assert probe((xor, labels), (xor, labels), hidden_layer_sizes=[[]], alphas=[1e-4], repeats=1)["accuracy"] <= 75


def test_one_label_has_no_score():
    X = np.zeros((5, 2), np.float32)
    result = probe((X, np.zeros(5, int)), (X, np.zeros(5, int)), **SMALL)
    assert result["status"] == "single_class" and result["accuracy"] is None


@pytest.mark.parametrize("cv", [1, 3])
def test_labels_too_rare_for_the_folds_are_no_error(cv):
    X, y = make_blobs(60, centers=2, n_features=3, random_state=0)
    y = np.concatenate([y[:-1], [2]])
    result = probe((X, y), (X, y), **{**SMALL, "alphas": [1e-4, 1e-2]}, cv=cv)
    assert result["status"] == "ok" and len(result["grid"]) == 2


def test_hold_out_is_a_stratified_fifth():
    y = np.repeat([0, 1, 2], [100, 50, 1])
    kept, held = _hold_out(y, 0)
    assert sorted([*kept, *held]) == list(range(151))
    assert np.bincount(y[held]).tolist() == [20, 10]


def test_majority_is_that_of_the_training_labels():
    X = np.zeros((10, 1), np.float32)
    result = probe((X, np.array([0] * 6 + [1] * 4)), (X[:4], np.array([0, 1, 1, 1])), **SMALL)
    assert result["majority"] == 25
