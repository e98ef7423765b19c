"""The classifier probe: how well a small network reads the labels off frozen vectors (paper, section 3)."""

import logging
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

log = logging.getLogger(__name__)


def probe(train, test, *, hidden_layer_sizes, alphas, cv=3, repeats=5, max_iter=1000, random_state=0, threads=1):
    """Select a network on the training vectors, train it `repeats` times, and test each.

    The paper's probe (section 3): a ReLU network trained with Adam; shape and L2 weight are selected by accuracy on
    training data, and the selected candidate is trained again from several initialisations.

    Parameters
    ----------
    train, test : (X, y)
        Vectors (n, dim) and label ids (n,).
    hidden_layer_sizes : list of lists of int
        Candidate shapes; an empty list is a linear probe.
    alphas : list of float
        Candidate L2 weights, as scikit-learn's `MLPClassifier` defines them.
    cv : int
        Stratified folds to select by; 1 is one stratified hold-out of 20 %.
    repeats, max_iter, random_state, threads : int
        Initialisations of the selected candidate; most epochs of a fit; seed; processes of the search.

    Returns
    -------
    dict
        `status`: `ok`, or `single_class` where there is nothing to tell apart (then the scores are None).
        `accuracies` (per repeat), `accuracy`, `accuracy_std`: test accuracy in percent; `best`: the selected candidate;
        `grid`: every candidate's mean selection accuracy; `epochs` and `converged` per repeat; `majority`: accuracy of
        the most frequent training label; `seconds`.
    """
    (X, y), (Xt, yt) = train, test
    start = time.perf_counter()
    majority = 100 * float(np.mean(yt == np.bincount(y).argmax()))
    if len(np.unique(y)) < 2:
        return {"status": "single_class", "accuracy": None, "accuracy_std": None, "accuracies": [], "best": None,
                "grid": [], "majority": majority, "seconds": time.perf_counter() - start}  # fmt: skip
    candidates = [{"hidden_layer_sizes": tuple(h), "alpha": float(a)} for h in hidden_layer_sizes for a in alphas]
    network = MLPClassifier(max_iter=max_iter, random_state=random_state)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # said in the result, as `converged`
        grid = _select(network, candidates, X, y, cv, random_state, threads) if len(candidates) > 1 else []
        best = max(grid, key=lambda g: g["accuracy"]) if grid else candidates[0]  # ties: the first, as in scikit-learn
        best = {key: best[key] for key in ("hidden_layer_sizes", "alpha")}
        log.info("selected %s of %d candidates", best, len(candidates))
        accuracies, epochs = [], []
        for repeat in range(repeats):
            fitted = MLPClassifier(**best, max_iter=max_iter, random_state=random_state + repeat).fit(X, y)
            accuracies.append(100 * float(fitted.score(Xt, yt)))
            epochs.append(int(fitted.n_iter_))
            log.info("repeat %d: %.2f %% after %d epochs", repeat, accuracies[-1], epochs[-1])
    return {
        "status": "ok",
        "accuracies": accuracies,
        "accuracy": float(np.mean(accuracies)),
        "accuracy_std": float(np.std(accuracies)),
        "best": {**best, "hidden_layer_sizes": list(best["hidden_layer_sizes"])},
        "grid": [{**g, "hidden_layer_sizes": list(g["hidden_layer_sizes"])} for g in grid],
        "epochs": epochs,
        "converged": [e < max_iter for e in epochs],
        "majority": majority,
        "seconds": time.perf_counter() - start,
    }


def _select(network, candidates, X, y, cv, seed, threads):
    """Score every candidate by cross-validation on the training data."""
    splits = [_hold_out(y, seed)] if cv == 1 else _folds(y, cv, seed)
    search = GridSearchCV(network, [{k: [v] for k, v in c.items()} for c in candidates], cv=splits, refit=False,
                          n_jobs=threads)  # fmt: skip
    search.fit(X, y)
    return [{**c, "accuracy": 100 * float(a)} for c, a in zip(candidates, search.cv_results_["mean_test_score"])]


def _folds(y, cv, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a label with fewer points than folds is absent from some
        return list(StratifiedKFold(cv, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def _hold_out(y, seed):
    """Stratified 80/20 split; labels with a single point cannot be split and stay in the 80 %."""
    counts = np.bincount(y)
    single = np.flatnonzero(counts[y] < 2)
    rest = np.flatnonzero(counts[y] >= 2)
    try:
        kept, held = train_test_split(rest, test_size=0.2, random_state=seed, stratify=y[rest])
    except ValueError:  # fewer held-out points than labels
        kept, held = train_test_split(rest, test_size=0.2, random_state=seed)
    return np.sort(np.concatenate([kept, single])), np.sort(held)
