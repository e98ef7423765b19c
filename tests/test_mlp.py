"""`MLPProbe` against scikit-learn's `MLPClassifier` and against data whose answer is known."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from closerlook import MLPProbe
from closerlook.devices import torch_threads
from closerlook.probes.mlp.folds import folds, rare
from closerlook.probes.mlp.networks import Networks, initial, tensors
from closerlook.probes.mlp.race import behind, outlook, rungs, stand_ins
from closerlook.probes.mlp.training import Training

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return X[:1000], y[:1000], X[1000:], y[1000:]


@parametrize_with_checks([MLPProbe([(8,)], [1e-4], repeats=1, max_iter=300)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_classes", [2, 10])
@pytest.mark.parametrize("shape", [(), (16,), (32, 8), (8, 8, 8)])
@pytest.mark.parametrize("alpha", [1e-7, 1.0])
def test_fifty_updates_are_those_of_scikit_learn(digits, n_classes, shape, alpha):
    X, y = digits[0][:900], digits[1][:900] % n_classes  # batches of 200, the last of 100
    epochs = 10
    if shape:
        peer = MLPClassifier(shape, alpha=alpha, max_iter=epochs, random_state=7).fit(X, y)
        coefs, intercepts, losses = peer.coefs_, peer.intercepts_, peer.loss_curve_
    else:  # scikit-learn insists on a hidden layer: its own parts, without one
        coefs, intercepts, losses = linear(X, y, alpha, epochs)
    rng = np.random.RandomState(7)
    weights = initial((X.shape[1], *shape, 1 if n_classes == 2 else n_classes), rng)
    training = Training(*tensors(X, y, CPU), Networks([weights], [alpha], CPU), [rng])
    for _ in range(epochs):
        training.run()
    assert training.networks.updates == 50
    np.testing.assert_allclose(training.losses[0], losses, rtol=1e-5)
    for (W, b), coef, intercept in zip(training.weights(0), coefs, intercepts, strict=True):
        np.testing.assert_allclose(W, coef, atol=5e-5)
        np.testing.assert_allclose(b, intercept, atol=5e-5)


def linear(X, y, alpha, epochs):
    """Softmax or logistic regression by Adam, plainly, in float64, in the order of scikit-learn's shuffles."""
    rng = np.random.RandomState(7)
    n_out = 1 if y.max() == 1 else y.max() + 1
    params = [p for layer in initial((X.shape[1], n_out), rng) for p in layer]
    moments = [[np.zeros_like(p), np.zeros_like(p)] for p in params]
    target = y[:, None] if n_out == 1 else np.eye(n_out)[y]
    index, losses, t = np.arange(len(X)), [], 0
    for _ in range(epochs):
        order = np.arange(len(X))
        rng.shuffle(order)
        index, total = index[order], 0
        for start in range(0, len(X), 200):
            rows = index[start : start + 200]
            Z = X[rows] @ params[0] + params[1]
            P = 1 / (1 + np.exp(-Z)) if n_out == 1 else np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
            T = target[rows]
            likelihood = np.where(T == 1, P, 1 - P) if n_out == 1 else P[T == 1]
            total += -np.log(likelihood).sum() + alpha / 2 * (params[0] ** 2).sum()
            delta, t = (P - T) / len(rows), t + 1
            grads = [X[rows].T @ delta + alpha / len(rows) * params[0], delta.sum(0)]
            for p, g, m in zip(params, grads, moments):
                m[0] = 0.9 * m[0] + 0.1 * g
                m[1] = 0.999 * m[1] + 0.001 * g**2
                p -= 1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m[0] / (np.sqrt(m[1]) + 1e-8)
        losses.append(total / len(X))
    return [params[0]], [params[1]], losses


def test_networks_trained_together_go_as_each_goes_alone(digits):
    X, y = tensors(digits[0], digits[1], CPU)
    shapes, alphas = [(16,), (), (8, 16), (16,), (32, 8), ()], [1e-4, 1e-4, 1.0, 0.1, 1e-4, 10.0]
    weights = [initial((64, *shape, 10), np.random.RandomState(i)) for i, shape in enumerate(shapes)]
    together = Training(X, y, Networks(weights, alphas, CPU), [np.random.RandomState(0)])
    alone = [Training(X, y, Networks([w], [a], CPU), [np.random.RandomState(0)]) for w, a in zip(weights, alphas)]
    for epoch in range(8):
        together.run()
        for training in alone:
            training.run()
        if epoch == 3:  # some leave; the others go on as if nothing had happened
            together.leave([0, 1])
    assert sorted(together.networks.order) == [2, 3, 4, 5]
    for i in (2, 3, 4, 5):
        np.testing.assert_allclose(together.losses[i], alone[i].losses[0], rtol=1e-5)
        for (W, b), (V, c) in zip(together.weights(i), alone[i].weights(0)):
            np.testing.assert_allclose(W, V, atol=2e-5)
            np.testing.assert_allclose(b, c, atol=2e-5)
        assert together.accuracies(X, y)[i] == pytest.approx(alone[i].accuracies(X, y)[0], abs=2e-3)


def scikit_learns(scale, *args, **keys):
    """scikit-learn's network, after its scaler if the vectors are to be standardised."""
    network = MLPClassifier(*args, **keys)
    return network if scale == "none" else make_pipeline(StandardScaler(), network)


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_a_repeat_is_scikit_learns_network(digits, scale):
    X, y, Xt, yt = digits
    probe = MLPProbe([(32,)], [1e-2], repeats=3, random_state=5, scale=scale).fit(X, y, {"test": (Xt, yt)})
    for r in range(3):
        peer = scikit_learns(scale, (32,), alpha=1e-2, max_iter=1000, random_state=5 + r).fit(X, y)
        assert probe.accuracies_[r] == pytest.approx(peer.score(Xt, yt), abs=0.005)
        peer = peer if scale == "none" else peer[-1]
        assert abs(probe.n_iter_[r] - peer.n_iter_) <= 0.05 * peer.n_iter_  # rounding grows over thousands of updates
        assert probe.stopped_[r] == "converged"
        np.testing.assert_allclose(probe.learning_curves_[r]["loss"][:30], peer.loss_curve_[:30], rtol=1e-3)
        assert len(probe.learning_curves_[r]["test"]) == len(probe.learning_curves_[r]["loss"]) == probe.n_iter_[r]
    assert probe.mean_accuracy_ == pytest.approx(probe.accuracies_.mean())
    assert probe.std_accuracy_ == pytest.approx(probe.accuracies_.std())
    assert probe.score(Xt, yt) == pytest.approx(probe.accuracies_[0])


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_the_grids_scores_are_those_of_scikit_learns_search_within_noise(digits, scale):
    X, y, *_ = digits
    grid = {"hidden_layer_sizes": [(4,), (24,)], "alpha": [1e-4, 10.0]}
    probe = MLPProbe(*grid.values(), cv=3, repeats=1, max_iter=150, scale=scale).fit(X, y)
    splits, scores = StratifiedKFold(3, shuffle=True, random_state=0), {}
    for shape, alpha in itertools.product(*grid.values()):  # the scaler is fitted anew within each fold
        peer = scikit_learns(scale, shape, alpha=alpha, max_iter=150, random_state=0)
        scores[shape, alpha] = cross_val_score(peer, X, y, cv=splits).mean()
    for params, score in by_params(probe.cv_results_):
        assert score == pytest.approx(scores[params["hidden_layer_sizes"], params["alpha"]], abs=0.04)
    assert tuple(probe.best_params_.values()) == max(scores, key=scores.get)
    assert probe.best_score_ == probe.cv_results_["mean_test_score"].max()
    assert probe.cv_results_["rank_test_score"][probe.best_index_] == 1


def by_params(results):
    return zip(results["params"], results["mean_test_score"])


def test_a_linear_probe_ends_where_logistic_regression_does():
    X, y = make_blobs(6000, centers=4, n_features=5, cluster_std=3, random_state=0)
    X = X / X.std()
    probe = MLPProbe([()], [2.0], repeats=1).fit(X, y)
    peer = LogisticRegression(C=200 / 6000 / 2.0, max_iter=5000).fit(X, y)  # the L2 term is per batch of 200
    assert probe.score(X, y) == pytest.approx(peer.score(X, y), abs=0.01)
    assert np.abs(probe.predict_proba(X) - peer.predict_proba(X)).mean() < 0.02


def test_a_wider_network_wins_where_a_linear_one_cannot():
    X = np.random.default_rng(0).uniform(-1, 1, (1200, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    probe = MLPProbe([(), (1,), (32, 32)], [1e-4], cv=1, repeats=2).fit(X, y)
    assert probe.best_params_["hidden_layer_sizes"] == (32, 32)
    assert probe.score(X, y) > 0.97
    assert probe.cv_results_["mean_test_score"][0] < 0.7


def test_halving_drops_what_is_behind_and_keeps_the_scores_of_the_others(digits):
    X, y, *_ = digits
    shapes, alphas = [(n,) for n in (1, 2, 3, 4, 32, 48, 64, 96)], [1e-4, 3.0, 10.0, 30.0]
    whole = MLPProbe(shapes, alphas, cv=2, repeats=1, max_iter=150).fit(X, y)
    fast = MLPProbe(shapes, alphas, cv=2, repeats=1, max_iter=150, halving=True).fit(X, y)
    for k in range(2):
        stopped, n_iter = fast.cv_results_[f"split{k}_stopped"], fast.cv_results_[f"split{k}_n_iter"]
        assert [(n_iter[stopped == "dropped"] <= e).sum() for e in (7, 8, 16, 32, 64)] == [0, 15, 23, 27, 27]
        kept = stopped != "dropped"
        assert kept[fast.best_index_] and kept.reshape(8, 4).sum(0).tolist() == [2, 1, 1, 1] and kept[0]
        score = f"split{k}_test_score"
        np.testing.assert_allclose(fast.cv_results_[score][kept], whole.cv_results_[score][kept], atol=1e-9)
    assert whole.cv_results_["mean_test_score"][fast.best_index_] > whole.best_score_ - 0.01
    assert fast.cv_results_["rank_test_score"][fast.best_index_] == 1


def test_the_race_ends_before_its_last_have_converged(digits):
    X, y, *_ = digits  # 800 are trained on, in 4 updates an epoch
    probe = MLPProbe([(2,), (3,), (4,), (5,), (6,)], [1.0], cv=1, repeats=1, halving=True).fit(X, y)
    n_iter, stopped = probe.cv_results_["split0_n_iter"], probe.cv_results_["split0_stopped"]
    assert set(stopped) == {"dropped", "finalist"} and stopped[0] == "finalist"  # the smallest is spared
    assert (n_iter[stopped == "finalist"] == 400).all()  # 1600 updates
    assert probe.stopped_[0] == "converged" and probe.n_iter_[0] > 400


def test_weights_too_small_to_matter_are_one_candidate(digits):
    X, y, *_ = digits
    alphas = [1e-7, 1e-5, 1e-3, 1e-2, 30.0]
    options = {"hidden_layer_sizes": [(16,), (32, 16)], "alphas": alphas, "cv": 2, "repeats": 1, "max_iter": 60}
    fast, whole = (MLPProbe(**options, halving=halving).fit(X, y) for halving in (True, False))
    alike = fast.cv_results_["split0_stopped"] == "alike"
    assert alike.reshape(2, 5).tolist() == [[False, True, True, True, False]] * 2
    assert (fast.cv_results_["split0_n_iter"][alike] == 0).all() and not alike[fast.best_index_]
    scores, trained = (probe.cv_results_["mean_test_score"].reshape(2, 5) for probe in (fast, whole))
    assert (scores[:, :4] == scores[:, :1]).all()
    assert np.abs(trained[:, :4] - trained[:, :1]).max() < 0.01  # trained, they are as good as equal
    assert np.abs(trained[:, 4] - trained[:, 0]).max() > 0.01


@pytest.mark.parametrize(
    "n, labels, alpha, one", [(1000, 10, 1e-2, True), (1000, 10, 1.0, False), (10, 10, 1e-2, False)]
)
def test_an_l2_term_is_too_small_below_a_hundredth_of_guessing(n, labels, alpha, one):
    y = np.arange(n) % labels
    weights = [W for W, _ in initial((64, 32, labels), np.random.RandomState(0))]
    term = alpha / 2 * sum((W**2).sum() for W in weights) / min(200, n)  # as scikit-learn adds it to the loss
    assert (term < 0.01 * np.log(labels)) == one
    grid = [{"alpha": 1e-9}, {"alpha": alpha}]
    assert stand_ins(grid, [(64, 32, labels)] * 2, y).tolist() == [0, 0 if one else 1]


def test_outlook_favours_neither_what_is_quick_nor_what_has_not_yet_overfitted():
    quick, slow, stuck, steady = [2.0, 1.0, 1.6], [2.0, 1.9, 1.4], [2.0, 2.0, 2.0], [2.0, 1.5, 1.2]
    found = outlook(list(np.transpose([quick, slow, stuck, steady])))
    np.testing.assert_allclose(found, [1.0, 0.9, 2.0, 0.9])
    assert outlook([np.array([3.0, 2.0])]).tolist() == [3.0, 2.0]


def test_shapes_race_within_each_l2_weight():
    losses, alphas = np.array([3.0, 1.0, 2.0, 4.0, 9.0, 7.0, 8.0, 6.0]), np.repeat([0.1, 1.0], 4)
    assert np.flatnonzero(behind(losses, alphas, 1 / 2, 1)).tolist() == [0, 3, 4, 6]
    assert np.flatnonzero(behind(losses, alphas, 1 / 2, 3)).tolist() == [0, 4, 6]  # the fourth is spared
    assert np.flatnonzero(behind(losses, alphas, 1 / 16, 1)).tolist() == [0, 3, 4, 6]  # three at least: two of each
    assert np.flatnonzero(behind(losses, np.ones(8), 1 / 16, 1)).tolist() == [3, 4, 5, 6, 7]
    assert not behind(losses, alphas, 1, 0).any() and not behind(losses[:3], np.ones(3), 1 / 16, 0).any()


@pytest.mark.parametrize(
    "n, max_iter, expected",
    [
        (800, 1000, [(3, 1), (6, 1 / 2), (12, 1 / 4), (24, 1 / 8), (48, 1 / 16), (400, 1)]),
        (800, 25, [(3, 1), (6, 1 / 2), (12, 1 / 4), (24, 1 / 8), (25, 1)]),
        (800, 3, [(3, 1)]),
        (10**6, 1000, [(1, 1), (2, 1 / 2), (4, 1 / 4), (8, 1 / 8), (16, 1 / 16), (32, 1)]),
    ],
)
def test_rungs_are_whole_epochs_within_the_most(n, max_iter, expected):
    assert rungs(n, max_iter) == expected


def test_the_result_depends_on_the_seed_alone(digits):
    X, y, Xt, yt = digits
    options = {"hidden_layer_sizes": [(8,), (4, 4), ()], "alphas": [1e-4, 0.1, 1.0], "cv": 3, "repeats": 2}
    options |= {"max_iter": 80, "halving": True}
    a, b, c = (
        MLPProbe(**options, random_state=seed, n_jobs=jobs).fit(X, y, {"t": (Xt, yt)})
        for seed, jobs in [(0, 1), (0, 1), (1, 1)]
    )
    assert np.array_equal(a.predict_proba(Xt), b.predict_proba(Xt))
    assert np.array_equal(a.accuracies_, b.accuracies_)
    assert not np.array_equal(a.predict_proba(Xt), c.predict_proba(Xt))
    two = MLPProbe(**options, n_jobs=2).fit(X, y, {"t": (Xt, yt)})
    assert np.array_equal(two.predict_proba(Xt), a.predict_proba(Xt))
    assert np.array_equal(two.cv_results_["mean_test_score"], a.cv_results_["mean_test_score"])


def test_torchs_threads_are_as_before(digits):
    before = torch.get_num_threads()
    first, second = torch_threads(1), torch_threads(1)
    try:
        torch.set_num_threads(3)
        MLPProbe([(4,)], [1e-4], repeats=1, max_iter=1, n_jobs=2).fit(*digits[:2])
        assert torch.get_num_threads() == 3
        first.__enter__()  # two that overlap, as in two threads
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_num_threads() == 1
        second.__exit__(None, None, None)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("cv", [1, 3])
def test_rare_labels_are_handled_and_said(cv):
    X, y = make_blobs(60, centers=2, n_features=3, random_state=0)
    y = np.where(np.arange(60) == 7, "rare", np.array(["a", "b"])[y])
    with pytest.warns(UserWarning, match=r"1 labels have too few samples \(rare\)"):
        probe = MLPProbe([(8,)], [1e-4, 1e-2], cv=cv, repeats=1, max_iter=20).fit(X, y)
    assert probe.rare_labels_.tolist() == ["rare"]
    assert np.isfinite(probe.cv_results_["mean_test_score"]).all()
    assert probe.predict_proba(X).shape == (60, 3)


def test_labels_that_only_the_evaluation_set_has_are_wrong():
    X, y = make_blobs(80, centers=2, n_features=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probe = MLPProbe([(8,)], [1e-4], repeats=1).fit(X, y, {"test": (X[:10], np.full(10, 5)), "train": (X, y)})
    assert probe.accuracies_[0] == 0 and probe.learning_curves_[0]["train"][-1] == 1


def test_hold_out_is_a_stratified_fifth():
    y = np.repeat([0, 1, 2], [100, 50, 1])
    [(kept, held)] = splits = folds(y, 1, 0)
    assert sorted([*kept, *held]) == list(range(151))
    assert np.bincount(y[held]).tolist() == [20, 10]
    assert rare(y, splits).tolist() == [2]


def test_labels_that_a_part_lacks_are_rare():
    y = np.repeat([0, 1], [200, 2])
    assert rare(y, folds(y, 1, 0)).tolist() == [1]  # both are kept, so that none can be scored by
    assert rare(y, folds(y, 3, 0)).tolist() == [1] and rare(y, folds(y, 2, 0)).tolist() == []
    y = np.concatenate([[0, 0], np.arange(1, 80)])
    kept, held = folds(y, 1, 0)[0]
    assert len(held) == 1  # no other can be held out and known


@pytest.mark.parametrize("y, cv", [([0, 1], 1), ([0, 1, 2, 3], 3), ([0, 0, 1, 1], 4), ([0] * 6 + [1], 3)])
def test_every_sample_is_trained_on_or_held_out(y, cv):
    for kept, held in folds(np.array(y), cv, 0):
        assert len(kept) and len(held) and sorted([*kept, *held]) == list(range(len(y)))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cv": 0}, "cv=0 should be an integer of at least 1"),
        ({"repeats": 0}, "repeats=0"),
        ({"max_iter": 1.5}, "max_iter=1.5"),
        ({"hidden_layer_sizes": [64]}, "64 should be a sequence of positive integers"),
        ({"hidden_layer_sizes": [(64, 0)]}, "should be a sequence of positive integers"),
        ({"hidden_layer_sizes": []}, "at least one candidate"),
        ({"alphas": [-1.0]}, "should be finite and not negative"),
        ({"device": "tpu"}, "`tpu` is not one of"),
        ({"cv": 100}, "cv=100 needs at least 100 samples"),
    ],
)
def test_a_parameter_out_of_its_range_is_named(options, message):
    X, y = make_blobs(30, centers=2, random_state=0)
    with pytest.raises(ValueError, match=message):
        MLPProbe(**{"hidden_layer_sizes": [(4,)], "alphas": [1e-4, 1e-2], "max_iter": 2, **options}).fit(X, y)


def test_values_beyond_float32_and_a_wrong_evaluation_set_are_errors():
    X, y = make_blobs(30, centers=2, random_state=0)
    probe = MLPProbe([(4,)], [1e-4], repeats=1, max_iter=1, scale="none")
    with pytest.raises(ValueError, match="too large for float32"):
        probe.fit(X * 1e60, y)
    for name, data, says in [
        ("test", (X[:, :1], y), "eval_set 'test': X has 1 features"),
        ("test", (X[:5], y), "eval_set 'test': 5 rows of X and 30 labels"),
        ("test", (X, y.astype(str)), "eval_set 'test': labels are <U"),
        ("test", (X, np.full(30, None)), "eval_set 'test': labels are object"),
        ("loss", (X, y), "'loss' is the name of a curve"),
    ]:
        with pytest.raises(ValueError, match=says):
            probe.fit(X, y, {name: data})
    with pytest.raises(ValueError, match="only one class"):
        probe.fit(X, np.zeros(30))


@pytest.mark.filterwarnings("error::UserWarning")
def test_read_only_and_columns_of_labels_are_taken_as_they_are(digits, tmp_path):
    X, y, *_ = digits
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A column-vector y")
        probe = MLPProbe([(8,)], [1e-4], repeats=1, max_iter=30).fit(mapped, y, {"col": (mapped, y[:, None])})
    assert probe.accuracies_[0] == pytest.approx(probe.score(X, y))


def test_losses_are_clipped_as_in_scikit_learn():
    X, y = make_blobs(400, centers=6, n_features=10, cluster_std=60, center_box=(-60, 60), random_state=0)
    X = X.astype(np.float32)
    peer = MLPClassifier((16,), max_iter=5, random_state=0).fit(X, y)
    probe = MLPProbe([(16,)], [1e-4], repeats=1, max_iter=5, scale="none").fit(X, y)
    np.testing.assert_allclose(probe.learning_curves_[0]["loss"], peer.loss_curve_, rtol=1e-3)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_standardised_vectors_make_their_scale_no_matter(digits, scale):
    """As they are, vectors that differ by 1e-4 teach a network nothing before it stops."""
    X, y, Xt, yt = digits
    moved = [7 + scale * Z.astype(np.float64) for Z in (X, Xt)]
    accuracy = {}
    for how in ("standard", "none"):
        probe = MLPProbe([(32,)], [1e-4], repeats=1, scale=how).fit(moved[0], y, {"test": (moved[1], yt)})
        accuracy[how] = probe.mean_accuracy_
        assert probe.score(moved[1], yt) == pytest.approx(probe.mean_accuracy_)
    assert accuracy["standard"] > 0.9 and (scale == 1.0 or accuracy["none"] < accuracy["standard"] - 0.02)
    assert scale != 1e-4 or accuracy["none"] < 0.2


@pytest.mark.parametrize("scale", [0.02, 1.0])
def test_halving_keeps_what_learns_slowly(scale):
    """While most candidates still say the most frequent label, losses tell those apart that have begun to learn."""
    rng = np.random.default_rng(99)
    w = rng.normal(size=(30, 6))

    def noisy(seed, n):
        r = np.random.default_rng(seed)
        X = r.normal(size=(n, 30))
        return scale * X, (X @ w).argmax(1)

    test, grid = (
        noisy(1, 2000),
        {"hidden_layer_sizes": [(n, n) for n in (2, 4, 8, 16, 32, 64)], "cv": 1, "scale": "none"},
    )
    grid |= {"alphas": [1e-7, 1e-5, 1e-3, 1e-1], "repeats": 2, "max_iter": 250}
    found = [MLPProbe(**grid, halving=h).fit(*noisy(0, 400), {"test": test}).mean_accuracy_ for h in (False, True)]
    assert found[0] > 0.5 and found[1] > found[0] - 0.05
