"""The classifier probe as a scikit-learn estimator: a grid of ReLU networks, all trained together."""

from __future__ import annotations  # so that `help` shows short names

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from closerlook.devices import pick_device, torch_threads
from closerlook.probes.mlp.candidates import ALPHAS, SHAPES
from closerlook.probes.mlp.folds import folds, rare
from closerlook.probes.mlp.grid import score_grid
from closerlook.probes.mlp.networks import Networks, initial, tensors
from closerlook.probes.mlp.training import Training
from closerlook.probes.threads import spread

log = logging.getLogger(__name__)


class MLPProbe(ClassifierMixin, BaseEstimator):
    """A ReLU network chosen from a grid and trained several times: the classifier probe of Zhou & Srikumar (ACL 2022).

    Every candidate is what scikit-learn's `MLPClassifier` is with its defaults (Glorot initialisation, Adam, batches
    of 200, L2 term, stopping rule) after a `StandardScaler`, in float32; `docs/classifier.md` says how they compare.
    All candidates of a fold share the order of their batches, so that one product serves all their first layers.

    Parameters
    ----------
    hidden_layer_sizes : sequence of sequences of int
        Candidate shapes; `()` is a linear probe. By default the paper's 16 pairs of {32, 64, 128, 256}.
    alphas : sequence of float
        Candidate L2 weights. By default the paper's eight, from 1e-7 to 1.
    cv : int, default=3
        Stratified folds to select by; 1 is one stratified hold-out of 20 %.
    repeats : int, default=5
        Initialisations from which the selected candidate is trained again, on all samples.
    max_iter : int, default=1000
        Most epochs of a network.
    halving : bool, default=False
        A race: L2 weights that are too small to matter count as one, and shapes race within each other weight. After
        about 24, 48, 96 and 192 updates (in whole epochs) half, a quarter, an eighth and a sixteenth of them go on, by
        their loss on held-out samples and how it falls; the smallest shape is spared, and about 1,600 updates end it.
        Eight to fourteen times faster than to train every candidate to the end (`docs/classifier.md`).
    scale : {"standard", "none"}, default="standard"
        Standardise each dimension, by mean and standard deviation of the samples that a network is trained on. On
        vectors as they are, Adam's steps have one size whatever the vectors' scale, so where vectors differ little a
        network stops before it has learned anything (`docs/classifier.md`).
    device : {"cpu", "cuda", "auto"}, default="cpu"
    n_jobs : int, default=None
        CPU threads; None is one, -1 all. The result does not depend on it.
    random_state : int, RandomState or None, default=0
        With an int s, repeat r has the weights and the order of samples of `MLPClassifier(random_state=s + r)`.
    verbose : bool, default=False
        Show the progress of what takes over ten seconds.

    Attributes
    ----------
    classes_ : array (n_classes,)
    best_params_ : dict
        `hidden_layer_sizes` and `alpha` of the selected candidate: the best mean accuracy on held-out samples, the
        first of the grid where several have it.
    best_index_, best_score_ : int, float
        Its place in the grid and that accuracy; the score is NaN where the grid has one candidate, which is not scored.
    cv_results_ : dict of arrays
        As scikit-learn's: `params`, `param_hidden_layer_sizes`, `param_alpha`, `split{k}_test_score`,
        `mean_test_score`, `std_test_score`, `rank_test_score`; `split{k}_n_iter` and `split{k}_stopped` say after how
        many epochs a network ended, and why: `converged`, `max_iter`, `dropped`, `finalist` (the race was over) or
        `alike` (not trained: its score is that of the first of its shape). A score is that of the network as it was
        then; those that are dropped or alike rank behind the others.
    accuracies_ : array (repeats,)
        Accuracy of each repeat on the first evaluation set, or on the training data where there is none.
    mean_accuracy_, std_accuracy_ : float
        Their mean and (population) standard deviation.
    learning_curves_ : list of dict
        Of each repeat, by epoch: `loss`, and the accuracy on each evaluation set by its name.
    n_iter_, stopped_ : arrays (repeats,)
        Epochs of each repeat, and why it ended.
    networks_ : list of list of (W, b)
        Weights of each repeat, layer by layer, as `coefs_` and `intercepts_` of scikit-learn; for standardised samples.
    scaler_ : StandardScaler or None
    rare_labels_ : array
        Labels with too few samples to be in every part that candidates are trained on or scored by.

    Predictions are those of the first repeat.
    """

    classes_: NDArray[Any]
    best_params_: dict[str, Any]
    best_index_: int
    best_score_: float
    cv_results_: dict[str, Any]
    accuracies_: NDArray[np.float64]
    mean_accuracy_: float
    std_accuracy_: float
    learning_curves_: list[dict[str, list[float]]]
    n_iter_: NDArray[np.int_]
    stopped_: NDArray[np.object_]
    networks_: list[Any]
    scaler_: StandardScaler | None
    rare_labels_: NDArray[Any]

    def __init__(
        self,
        hidden_layer_sizes: Sequence[Sequence[int]] = SHAPES,
        alphas: Sequence[float] = ALPHAS,
        cv: int = 3,
        repeats: int = 5,
        max_iter: int = 1000,
        halving: bool = False,
        scale: Literal["standard", "none"] = "standard",
        device: Literal["cpu", "cuda", "auto"] = "cpu",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.alphas = alphas
        self.cv = cv
        self.repeats = repeats
        self.max_iter = max_iter
        self.halving = halving
        self.scale = scale
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self, X: ArrayLike, y: ArrayLike, eval_set: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None
    ) -> Self:
        """Select a candidate on X (n, d) with labels y (n,), and train it `repeats` times.

        Parameters
        ----------
        X : (n, d) float
        y : (n,)
        eval_set : dict of str to (X, y), optional
            Data to follow the accuracy on while the repeats are trained; labels that y lacks count as wrong.

        Raises
        ------
        ValueError
            One label only; a parameter out of its range; fewer samples than folds.
        """
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64])
        check_classification_targets(y)
        self._check()
        self.classes_, label = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"MLPProbe tells classes apart and y has only one class: {self.classes_[0]!r}.")
        device, rng = pick_device(self.device), check_random_state(self.random_state)
        seeds = rng.randint(2**31 - 1, size=self.repeats)
        if isinstance(self.random_state, (int, np.integer)):
            seeds = self.random_state + np.arange(self.repeats)
        sets = {name: self._checked(name, *pair) for name, pair in (eval_set or {}).items()}
        self.scaler_, scaled = self._scaling(X)
        sets = {name: tensors(scaled(Z), label, device) for name, (Z, label) in sets.items()}
        with torch_threads(1):  # a thread of ours has one of torch's, so that sums have one order
            self._select(X, label, int(seeds[0]), device)
            self._repeat(tensors(scaled(X), label, device), sets, seeds)
        return self

    def _scaling(self, X):
        """The scaler that samples ask for, and the function that applies it."""
        if self.scale == "none":
            return None, lambda Z: Z
        scaler = StandardScaler().fit(np.asarray(X, np.float64))
        return scaler, lambda Z: scaler.transform(np.asarray(Z, np.float64))

    def _check(self):
        for name in ("cv", "repeats", "max_iter"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"{name}={value!r} should be an integer of at least 1.")
        if not len(self.hidden_layer_sizes) or not len(self.alphas):
            raise ValueError("hidden_layer_sizes and alphas should name at least one candidate.")
        for shape in self.hidden_layer_sizes:
            if not np.iterable(shape) or not all(isinstance(n, (int, np.integer)) and n > 0 for n in shape):
                raise ValueError(f"hidden_layer_sizes: {shape!r} should be a sequence of positive integers, or ().")
        if self.scale not in ("standard", "none"):
            raise ValueError(f"scale={self.scale!r} should be 'standard' or 'none'.")
        if not all(np.isfinite(a) and a >= 0 for a in self.alphas):
            raise ValueError(f"alphas={self.alphas!r} should be finite and not negative.")

    def _checked(self, name, X, y):
        """An evaluation set with label ids; -1 for labels that y lacks."""
        if name == "loss":
            raise ValueError("eval_set: 'loss' is the name of a curve of its own; choose another.")
        try:
            X = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
            y = column_or_1d(y, warn=True)
        except ValueError as error:
            raise ValueError(f"eval_set {name!r}: {error}") from error
        if len(X) != len(y):
            raise ValueError(f"eval_set {name!r}: {len(X)} rows of X and {len(y)} labels.")
        if isinstance(y[0], str) != isinstance(self.classes_[0], str) or any(label is None for label in y):
            raise ValueError(f"eval_set {name!r}: labels are {y.dtype}, and those of y are {self.classes_.dtype}.")
        found = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        return X, np.where(self.classes_[found] == y, found, -1)

    def _select(self, X, y, seed, device):
        """Score every candidate; set `best_params_` and `cv_results_`."""
        grid = [
            {"hidden_layer_sizes": tuple(map(int, h)), "alpha": float(a)}
            for h in self.hidden_layer_sizes
            for a in self.alphas
        ]
        self.rare_labels_ = self.classes_[:0]
        scores = np.full((len(grid), 0), np.nan)
        results = {
            "params": grid,
            "param_hidden_layer_sizes": _objects([g["hidden_layer_sizes"] for g in grid]),
            "param_alpha": np.array([g["alpha"] for g in grid]),
        }
        alive = np.ones(len(grid), bool)
        if len(grid) > 1:
            splits = folds(y, self.cv, seed)
            self.rare_labels_ = self.classes_[rare(y, splits)]
            if len(self.rare_labels_):
                names = ", ".join(map(str, self.rare_labels_[:5])) + (", ..." if len(self.rare_labels_) > 5 else "")
                few = f"{len(self.rare_labels_)} labels have too few samples ({names})"
                warnings.warn(f"{few} to be in every part that candidates are trained on or scored by.", stacklevel=3)
            scores, n_iter, stopped = score_grid(
                grid, [self._sizes(g) for g in grid], X, y, splits, self._scaling, seed=seed, device=device,
                max_iter=self.max_iter, halving=self.halving, n_jobs=self._jobs(device), verbose=self.verbose,
            )  # fmt: skip
            for k in range(len(splits)):
                results |= {f"split{k}_test_score": scores[:, k], f"split{k}_n_iter": n_iter[:, k],
                            f"split{k}_stopped": stopped[:, k]}  # fmt: skip
            alive = ~np.any(np.isin(stopped, ["dropped", "alike"]), axis=1)
        mean = scores.mean(1) if scores.size else np.full(len(grid), np.nan)
        results["mean_test_score"] = mean
        results["std_test_score"] = scores.std(1) if scores.size else mean
        height = np.where(alive, np.nan_to_num(mean), np.nan_to_num(mean) - 2)  # dropped ones rank behind the others
        results["rank_test_score"] = 1 + (height[None] > height[:, None]).sum(1)
        self.best_index_ = int(np.argmax(height))
        self.best_score_ = float(mean[self.best_index_])
        self.best_params_, self.cv_results_ = grid[self.best_index_], results
        log.info("selected %s of %d candidates", self.best_params_, len(grid))

    def _jobs(self, device):
        return self.n_jobs if device.type == "cpu" else 1

    def _sizes(self, candidate):
        n_classes = len(self.classes_)
        return (self.n_features_in_, *candidate["hidden_layer_sizes"], 1 if n_classes == 2 else n_classes)

    def _repeat(self, data, sets, seeds):
        """Train the selected candidate from several initialisations, each with its own order of the samples."""
        (X, y), shuffles = data, [np.random.RandomState(seed) for seed in seeds]
        weights = [initial(self._sizes(self.best_params_), rng) for rng in shuffles]
        networks = Networks(weights, [self.best_params_["alpha"]] * len(seeds), X.device)
        together = Training(X, y, networks, shuffles, max_iter=self.max_iter)
        self.learning_curves_ = [{"loss": together.losses[r]} | {name: [] for name in sets} for r in range(len(seeds))]
        self.networks_ = [None] * len(seeds)
        self.n_iter_, self.stopped_ = np.empty(len(seeds), int), np.empty(len(seeds), object)
        self.accuracies_ = np.empty(len(seeds))

        def run(training):
            while training.networks:
                done = training.run()
                for name, data in sets.items():
                    for r, right in training.accuracies(*data).items():
                        self.learning_curves_[r][name].append(right)
                right = training.accuracies(X, y) if done and not sets else None
                for r, why in done.items():
                    self.networks_[r], self.n_iter_[r], self.stopped_[r] = training.weights(r), training.epoch, why
                    self.accuracies_[r] = right[r] if right else self.learning_curves_[r][next(iter(sets))][-1]
                    log.info("repeat %d: %.2f %% after %d epochs", r, 100 * self.accuracies_[r], training.epoch)
                training.leave(done)

        name = "repeats" if self.verbose else None
        spread(run, together.split() if X.device.type == "cpu" else [together], self._jobs(X.device), name)
        self.mean_accuracy_, self.std_accuracy_ = float(self.accuracies_.mean()), float(self.accuracies_.std())

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probability of each class, (n, n_classes), for X (n, d)."""
        check_is_fitted(self)
        return self._probabilities(validate_data(self, X, dtype=np.float64, reset=False), self.networks_[0])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class, (n,), for X (n, d)."""
        most = self.predict_proba(X).argmax(1)
        return self.classes_[most]

    def predict_each(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class by each repeat, (repeats, n), for X (n, d)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.classes_[[self._probabilities(X, network).argmax(1) for network in self.networks_]]

    def _probabilities(self, X, network):
        X = self.scaler_.transform(X) if self.scaler_ else X
        for depth, (W, b) in enumerate(network):
            X = X @ W + b
            if depth < len(network) - 1:
                X = np.maximum(X, 0)
        if X.shape[1] > 1:
            return softmax(X, axis=1)
        return np.hstack([1 - expit(X), expit(X)])


def _objects(values):
    """An array of tuples that numpy does not take apart."""
    array = np.empty(len(values), object)
    array[:] = values
    return array
