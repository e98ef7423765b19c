"""The workflow's classifier probe: what it adds to `MLPProbe`."""

import json

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf
from sklearn.datasets import load_digits, make_blobs
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from closerlook.probes.mlp.classifier import probe
from closerlook.probes.mlp.control import control_labels, shuffled_labels
from closerlook.probes.mlp.description import FIRST, online_code
from closerlook.probes.mlp.linear import compare, linear_readout
from closerlook.probes.mlp.networks import tensors

SMALL = {"hidden_layer_sizes": [[8]], "alphas": [1e-4], "repeats": 2, "max_iter": 30}
EXTRAS = {"selectivity": True, "shuffled": True, "description_length": True, "memorisation": True}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return (X[:800], y[:800]), (X[800:1200], y[800:1200])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_single_candidate_is_scikit_learns_network(digits):
    (X, y), (Xt, yt) = digits
    result = probe(*digits, **SMALL, random_state=3, scale="none")
    expected = [
        100 * MLPClassifier((8,), alpha=1e-4, max_iter=30, random_state=3 + i).fit(X, y).score(Xt, yt) for i in range(2)
    ]
    assert result["accuracies"] == pytest.approx(expected, abs=0.3)  # a point in 400
    assert result["accuracy"] == pytest.approx(np.mean(result["accuracies"]))
    assert result["accuracy_std"] == pytest.approx(np.std(result["accuracies"]))
    assert result["stopped"] == ["max_iter", "max_iter"] and result["converged"] == [False, False]
    assert result["epochs"] == [30, 30] and [len(c["loss"]) for c in result["curves"]] == [30, 30]
    assert [c["test"][-1] for c in result["curves"]] == pytest.approx(result["accuracies"], abs=1e-3)
    assert result["status"] == "ok" and result["grid"] == []
    assert not {"control", "selectivity", "shuffled", "description_length", "memorisation"} & set(result)


@pytest.mark.parametrize("cv", [1, 3])
def test_the_better_candidate_is_selected_and_the_whole_grid_is_kept(digits, cv):
    options = {**SMALL, "hidden_layer_sizes": [[1], [32], []], "repeats": 1}
    result = probe(*digits, **options, cv=cv)
    assert result["best"] == {"hidden_layer_sizes": [32], "alpha": 1e-4}
    by_shape = {tuple(g["hidden_layer_sizes"]): g for g in result["grid"]}
    assert by_shape[(32,)]["accuracy"] > by_shape[(1,)]["accuracy"] + 20
    for entry in result["grid"]:
        assert len(entry["accuracies"]) == len(entry["epochs"]) == len(entry["stopped"]) == cv
        assert entry["accuracy"] == pytest.approx(np.mean(entry["accuracies"]))


def test_one_label_has_no_score():
    X = np.zeros((5, 2), np.float32)
    result = probe((X, np.zeros(5, int)), (X, np.zeros(5, int)), **SMALL, **EXTRAS)
    assert result["status"] == "single_class" and result["accuracy"] is None
    assert result["selectivity"] is result["description_length"] is result["memorisation"] is None


def test_rare_labels_are_said():
    X, y = make_blobs(60, centers=2, n_features=3, random_state=0)
    y = np.concatenate([y[:-1], [2]])
    result = probe((X, y), (X, y), **{**SMALL, "alphas": [1e-4, 1e-2]}, cv=3)
    assert result["status"] == "ok" and len(result["grid"]) == 2 and result["rare_labels"] == [2]


def test_vectors_that_are_all_equal_give_the_majority(digits):
    (_, y), (_, yt) = digits
    X = np.ones((len(y), 4), np.float32), np.ones((len(yt), 4), np.float32)
    result = probe((X[0], y), (X[1], yt), **SMALL, **EXTRAS)
    assert result["status"] == "constant" and result["accuracy"] == result["majority"] and result["best"] is None
    assert result["accuracies"] == [result["majority"]] * 2 and result["linear"] is None


def test_a_linear_readout_stands_beside_the_probe(digits):
    (X, y), (Xt, yt) = digits
    scaler = StandardScaler().fit(X)
    residuals = scaler.transform(X) - np.stack([scaler.transform(X[y == label]).mean(0) for label in y])
    amount = LedoitWolf(assume_centered=True).fit(residuals).shrinkage_
    peer = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=amount).fit(scaler.transform(X), y)
    expected = 100 * peer.score(scaler.transform(Xt), yt)
    results = [probe((a * X + 3, y), (a * Xt + 3, yt), **SMALL, scale="none") for a in (1, 1e-4)]
    for result in results:  # whatever the scale
        linear = result["linear"]
        assert linear["accuracy"] == pytest.approx(expected)
        assert linear["lead"] == pytest.approx(linear["accuracy"] - result["accuracy"])
    assert results[1]["accuracy"] < 20 and results[1]["linear"]["lead"] > 10 * results[1]["linear"]["error"]


def test_the_error_of_a_lead_is_what_other_test_points_and_repeats_would_change_it_by():
    """Points by the hundred thousand, of which tests take 200 at a time: the standard deviation of the lead."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        skill = rng.normal(0.7, 0.03, 3)[:, None]  # of three repeats
        each = (rng.random((3, 200)) < skill).astype(int)
        found.append(compare((rng.random(200) < 0.8).astype(int), each, np.ones(200, int)))
    assert np.mean([f["lead"] for f in found]) == pytest.approx(10, abs=0.6)
    assert np.mean([f["error"] for f in found]) == pytest.approx(np.std([f["lead"] for f in found]), rel=0.15)


@pytest.mark.parametrize("noise", [0.0, 1e-15])
def test_labels_that_are_one_vector_each_are_read_off(noise):
    """Ten equal vectors a label, and so no covariance: each test vector has the label of the same one."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 10)
    X = rng.normal(size=(3, 6))[y] + noise * rng.normal(size=(30, 6))
    assert (linear_readout(X, y, X) == y).all() and (linear_readout(X[y < 2], y[y < 2], X[:20]) == y[:20]).all()


def test_one_vector_per_label_has_no_linear_readout():
    assert linear_readout(np.eye(3), np.arange(3), np.eye(3)) is None


def test_majority_is_that_of_the_training_labels():
    X = np.zeros((10, 1), np.float32)
    result = probe((X, np.array([0] * 6 + [1] * 4)), (X[:4], np.array([0, 1, 1, 1])), **SMALL)
    assert result["majority"] == 25


def test_the_result_can_be_written_as_json(digits):
    (X, y), (Xt, yt) = digits
    words = ([f"w{i % 50}" for i in range(len(y))], [f"w{i % 70}" for i in range(len(yt))])
    result = probe(*digits, **SMALL, **EXTRAS, words=words)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_vectors_that_give_words_away_are_not_selective():
    """One vector per word type carries the type, hence the control task; one per label carries nothing else."""
    rng = np.random.default_rng(0)
    types = np.repeat(np.arange(20), 40)
    label_of = rng.permutation(np.repeat([0, 1, 2, 3], 5))
    y, words = label_of[types], [f"word{t}" for t in types]
    lexical, abstract = np.eye(20, dtype=np.float32)[types], np.eye(4, dtype=np.float32)[y]
    options = {"hidden_layer_sizes": [[32]], "alphas": [1e-4], "repeats": 1, "max_iter": 300, "selectivity": True}
    by_type = probe((lexical, y), (lexical, y), **options, words=(words, words))
    assert by_type["accuracy"] == 100 and by_type["control"]["accuracy"] == 100 and by_type["selectivity"] == 0
    by_label = probe((abstract, y), (abstract, y), **options, words=(words, words))
    assert by_label["accuracy"] == 100 and by_label["selectivity"] > 20


def test_sentences_have_no_control_task(digits):
    result = probe(*digits, **SMALL, selectivity=True, words=(None, None))
    assert result["selectivity"] is None and "control" not in result


def test_control_labels_belong_to_types_and_follow_the_frequencies():
    y = np.repeat([3, 5, 9], [700, 200, 100])
    words = [f"type{i}" for i in range(5000)]
    labels = control_labels(words, y)
    assert np.array_equal(labels, control_labels(words[::-1], y)[::-1])  # whatever the other words are
    assert np.array_equal(control_labels(["a", "b", "a"], y)[[0, 1]], control_labels(["a", "b"], y))
    shares = [np.mean(labels == label) for label in (3, 5, 9)]
    np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=4 * np.sqrt(0.25 / 5000))
    assert np.mean(labels != control_labels(words, y, seed=1)) > 0.3
    assert set(control_labels(words, y)) == {3, 5, 9}


def code(X, y, seed=0):
    return online_code(*tensors(X, y, torch.device("cpu")), (16,), 1e-4, max_iter=200, seed=seed)


def test_description_length_of_noise_is_that_of_the_uniform_code():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 4)), rng.integers(0, 4, 1000)
    found = code(X, y)
    assert found["uniform_bits"] == 2000
    assert 0.9 < found["compression"] < 1.01  # no code can beat it; a trained one loses a little


@pytest.mark.parametrize("shares", [np.ones(10), 1 / np.arange(1, 47) ** 1.5, np.r_[81, np.ones(9)]])
def test_vectors_of_noise_compress_no_more_than_the_labels_frequencies_do(shares):
    rng = np.random.default_rng(0)
    y = rng.choice(len(shares), 1000, p=shares / shares.sum())
    y[0] = len(shares) - 1
    found = code(rng.normal(size=(1000, 32)), y)
    assert 0.85 < found["frequency_compression"] < 1.01
    assert found["frequency_bits"] == pytest.approx(found["bits"] * found["frequency_compression"])
    p = np.bincount(y)[np.unique(y)] / len(y)
    first = found["blocks"][0]
    entropy = -(p * np.log2(p)).sum() * (len(y) - found["blocks"][1]["known"])
    assert found["frequency_bits"] == pytest.approx(first["bits"] + entropy, rel=0.15)


def test_nothing_is_compressed_before_a_network_is_trained():
    X, y = make_blobs(127, centers=np.eye(4) * 20, random_state=0)
    found = code(X, y)
    assert found["bits"] == found["uniform_bits"] == 254
    assert found["compression"] is None and found["frequency_compression"] is None


def test_description_length_of_plain_labels_is_hardly_more_than_the_first_block():
    X, y = make_blobs(2000, centers=np.eye(4) * 20, random_state=0)
    found = code(X, y)
    known = [b["known"] for b in found["blocks"]]
    assert known == [0, 125, 250, 500, 1000] and FIRST <= known[1] < 2 * FIRST
    assert found["blocks"][0]["bits"] == pytest.approx(125 * 2)
    assert found["bits"] == pytest.approx(sum(b["bits"] for b in found["blocks"]))
    assert found["bits"] < 125 * 2 + 150
    assert found["compression"] == pytest.approx(4000 / found["bits"])


def test_fewer_samples_than_a_block_cost_the_uniform_code():
    X, y = make_blobs(100, centers=2, random_state=0)
    found = code(X, y)
    assert found["bits"] == 100 and len(found["blocks"]) == 1


def test_what_is_learned_by_heart_shows_on_the_samples_trained_on(digits):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 50)).astype(np.float32), rng.integers(0, 2, 300)
    options = {"hidden_layer_sizes": [[64]], "alphas": [1e-4], "repeats": 2, "max_iter": 300, "memorisation": True}
    noise = probe((X[:200], y[:200]), (X[200:], y[200:]), **options)["memorisation"]
    for curves in noise:
        assert curves["subtrain"][-1] == 100 and curves["subtest"][-1] < 75 and curves["test"][-1] < 75
        assert len(curves["subtrain"]) == len(curves["subtest"]) == len(curves["test"]) == len(curves["loss"])
    real = probe(*digits, **options)["memorisation"]
    assert all(curves["subtest"][-1] > 90 for curves in real)


def test_macro_f1_is_over_the_labels_of_the_test_set():
    """A label that only the training data have is predicted, and counts as an error of the others alone."""
    X, y = make_blobs([60, 40, 30, 20], centers=None, n_features=3, cluster_std=6.0, random_state=1)
    here = np.flatnonzero(y != 3)[::2]
    X = X.astype(np.float32)
    result = probe((X, y), (X[here], y[here]), **SMALL, predictions=True)
    assert (result["predictions"] == 3).any()
    for predicted, found in zip(result["predictions"], result["macro_f1s"], strict=True):
        right = [(predicted[y[here] == k] == k).sum() for k in range(3)]
        each = [2 * n / ((predicted == k).sum() + (y[here] == k).sum()) for k, n in enumerate(right)]
        assert found == pytest.approx(100 * np.mean(each)) and found < 100
    assert result["macro_f1"] == pytest.approx(np.mean(result["macro_f1s"]))
    assert result["macro_f1_std"] == pytest.approx(np.std(result["macro_f1s"]))


def test_macro_f1_of_a_guess_is_that_of_one_label():
    """The most frequent label of three with a share p: an F1 of 2 p / (1 + p), and nothing for the other two."""
    y = np.repeat([0, 1, 2], [6, 3, 1])
    X = np.ones((10, 2), np.float32)
    result = probe((X, y), (X, y), **SMALL)
    assert result["macro_f1s"] == pytest.approx([100 * 2 * 0.6 / 1.6 / 3] * 2) and result["macro_f1_std"] == 0
    nothing = probe((X, 0 * y), (X, 0 * y), **SMALL)
    assert nothing["macro_f1"] is nothing["macro_f1_std"] is None and nothing["macro_f1s"] == []


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_shuffled_labels_are_learned_as_scikit_learn_would_learn_them(digits):
    (X, y), (Xt, yt) = digits
    options = {**SMALL, "random_state": 3, "scale": "none", "shuffled": True, "words": (None, None)}
    result = probe(*digits, **options)
    expected = [MLPClassifier((8,), alpha=1e-4, max_iter=30, random_state=3 + i) for i in range(2)]
    expected = [100 * net.fit(X, shuffled_labels(y, 3 + i)).score(Xt, yt) for i, net in enumerate(expected)]
    assert result["shuffled"]["accuracies"] == pytest.approx(expected, abs=0.6)  # two points in 400
    assert result["shuffled"]["accuracy"] == pytest.approx(np.mean(result["shuffled"]["accuracies"]))
    assert result["shuffled"] == probe(*digits, **options, threads=2)["shuffled"]
    assert result["accuracy"] == probe(*digits, **options | {"shuffled": False})["accuracy"]


def test_shuffled_labels_leave_what_chance_gives():
    X, y = make_blobs(1200, centers=4, n_features=5, cluster_std=0.5, random_state=0)
    X = X.astype(np.float32)
    result = probe((X[:600], y[:600]), (X[600:], y[600:]), **SMALL | {"repeats": 8, "max_iter": 300}, shuffled=True)
    assert result["accuracy"] > 99
    error = 100 * np.sqrt(0.25 * 0.75 / 8 / 4)  # a cluster of points has one prediction: four draws a repeat
    assert abs(result["shuffled"]["accuracy"] - 25) < 3 * error


def test_shuffled_labels_are_as_frequent_and_of_no_order():
    y = np.repeat([0, 1, 2], [500, 300, 200])
    found = shuffled_labels(y, 7)
    assert np.array_equal(np.bincount(found), [500, 300, 200]) and np.array_equal(found, shuffled_labels(y, 7))
    agree = np.mean(found == y)  # by chance the sum of the squared shares
    assert abs(agree - 0.38) < 4 * np.sqrt(0.38 * 0.62 / 1000)
    assert not np.array_equal(found, shuffled_labels(y, 8))


def test_nothing_to_learn_has_the_floor_of_a_guess_or_none():
    y = np.repeat([0, 1], [6, 4])
    X = np.ones((10, 2), np.float32)
    assert probe((X, y), (X, y), **SMALL, shuffled=True)["shuffled"]["accuracies"] == [60, 60]
    assert probe((X, 0 * y), (X, 0 * y), **SMALL, shuffled=True)["shuffled"] is None
    assert "shuffled" not in probe((X, y), (X, y), **SMALL)
