"""The classifier probe of the workflow: accuracy, and on request what it owes to memorising (paper, section 3)."""

import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import f1_score

from closerlook.devices import pick_device, torch_threads
from closerlook.probes.mlp.control import control_labels, shuffled_labels
from closerlook.probes.mlp.description import online_code
from closerlook.probes.mlp.estimator import MLPProbe
from closerlook.probes.mlp.folds import folds
from closerlook.probes.mlp.linear import compare, linear_readout
from closerlook.probes.mlp.networks import tensors
from closerlook.probes.threads import spread
from closerlook.vectors import constant


def probe(
    train,
    test,
    *,
    hidden_layer_sizes,
    alphas,
    cv=3,
    repeats=5,
    max_iter=1000,
    halving=False,
    scale="standard",
    random_state=0,
    threads=1,
    device="cpu",
    words=None,
    selectivity=False,
    shuffled=False,
    description_length=False,
    memorisation=False,
    predictions=False,
    verbose=True,
):
    """Select a network on the training vectors, train it `repeats` times, and test each.

    The paper's probe (section 3): a ReLU network trained with Adam; shape and L2 weight are selected by accuracy on
    training data, and the selected candidate is trained again from several initialisations. See `MLPProbe`.

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
        Initialisations of the selected candidate; most epochs of a network; seed; CPU threads.
    halving : bool
        Drop candidates that fall behind.
    scale : {"standard", "none"}
        Standardise each dimension on what a network is trained on, or take the vectors as they are.
    device : {"cpu", "cuda", "auto"}
    words : (list of str, list of str), optional
        The word of each target of train and test, for `selectivity`; None where targets are sentences.
    selectivity : bool
        Also train the selected candidate on a control task (see `control_labels`).
    shuffled : bool
        Also train the selected candidate on labels that have nothing in common with the vectors: the training labels,
        permuted anew for each repeat. It is tested on the true labels.
    description_length : bool
        Also compute the labels' description length with the selected candidate (see `online_code`).
    memorisation : bool
        Also train the selected candidate on 80 % of the training data, and follow its accuracy on these, on the other
        20 % and on the test data (paper, first arXiv version).
    predictions : bool
        Also give the label that each repeat, and the linear readout, predict of each test point.
    verbose : bool
        Show the progress of what is slow.

    Returns
    -------
    dict
        `status`: `ok`; `single_class` where there is nothing to tell apart (then the scores are None); `constant` where
        all training vectors are equal, so that any network gives the most frequent label.
        `accuracies` (per repeat), `accuracy`, `accuracy_std`: test accuracy in percent; `macro_f1s`, `macro_f1`,
        `macro_f1_std`: the mean F1 of the labels that occur in the test set, likewise; `best`: the selected candidate;
        `confusions`: [label, predicted label, how often] over all repeats, where they differ;
        `grid`: every candidate's selection accuracy by fold, epochs and what stopped it; per repeat `epochs`,
        `stopped`, `converged` and `curves` (loss, and test accuracy by epoch); `rare_labels`: those with too few
        points for every fold; `majority`: test accuracy of the most frequent training label; `linear`: how a linear
        readout does by comparison (see `linear.compare`), None where there is none; `n_test`, how many
        points were tested; `seconds`.
        On request `predictions` (repeats, n_test) and `linear_predictions` (n_test,), None where there are none;
        `control` (accuracies on the control task), `selectivity` (accuracy minus control accuracy, in points; None for
        sentences, which have no word type, and where all words draw one label), `shuffled` (`accuracies`, `accuracy`
        and `accuracy_std` after training on shuffled labels), `description_length` (bits and compression, by repeat)
        and `memorisation` (by repeat and epoch: accuracy on `subtrain`, `subtest` and `test`).
    """
    (X, y), (Xt, yt) = train, test
    start = time.perf_counter()
    result: dict[str, Any] = {
        "status": "single_class", **dict.fromkeys(("accuracy", "accuracy_std", "macro_f1", "macro_f1_std")),
        "accuracies": [], "macro_f1s": [], "best": None, "grid": [],
        "confusions": [], "linear": None, "n_test": len(yt),
        "majority": 100 * float(np.mean(yt == np.bincount(y).argmax())),
    }  # fmt: skip
    asked = {
        "selectivity": selectivity, "shuffled": shuffled, "description_length": description_length,
        "memorisation": memorisation, "predictions": predictions, "linear_predictions": predictions,
    }  # fmt: skip
    result |= {name: None for name, wanted in asked.items() if wanted}
    if len(np.unique(y)) < 2:
        return result | {"seconds": time.perf_counter() - start}
    if constant(X):
        guess = np.full((repeats, len(yt)), np.bincount(y).argmax())
        same = {"accuracies": [result["majority"]] * repeats, "accuracy": result["majority"], "accuracy_std": 0.0}
        result |= same | _macro_f1(guess, yt) | {"status": "constant", "confusions": _confusions(guess, yt)}
        result |= {"predictions": guess} if predictions else {}
        result |= {"shuffled": same} if shuffled else {}
        return result | {"seconds": time.perf_counter() - start}
    options = {
        "cv": cv, "repeats": repeats, "max_iter": max_iter, "halving": halving, "scale": scale,
        "random_state": random_state, "n_jobs": threads, "device": device, "verbose": verbose,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # rare labels are named in the result
        fitted = MLPProbe(hidden_layer_sizes, alphas, **options).fit(X, y, {"test": (Xt, yt)})
    best, each = fitted.best_params_, fitted.predict_each(Xt)
    readout = linear_readout(X, y, Xt)
    result |= _accuracies(fitted.accuracies_) | _macro_f1(each, yt)
    result |= {
        "status": "ok",
        "best": {**best, "hidden_layer_sizes": list(best["hidden_layer_sizes"])},
        "grid": _grid(fitted.cv_results_, cv) if len(fitted.cv_results_["params"]) > 1 else [],
        "confusions": _confusions(each, yt),
        "linear": None if readout is None else compare(readout, each, yt),
        "rare_labels": fitted.rare_labels_.tolist(),
        "epochs": fitted.n_iter_.tolist(),
        "stopped": fitted.stopped_.tolist(),
        "converged": (fitted.stopped_ == "converged").tolist(),
        "curves": [_rounded(curves) for curves in fitted.learning_curves_],
    }
    if predictions:
        result |= {"predictions": each, "linear_predictions": readout}
    chosen = MLPProbe([best["hidden_layer_sizes"]], [best["alpha"]], **options)
    if selectivity and words and words[0] is not None:
        control = [control_labels(w, y, random_state) for w in words]
        if len(np.unique(control[0])) > 1:
            result["control"] = _accuracies(chosen.fit(X, control[0], {"test": (Xt, control[1])}).accuracies_)
            result["selectivity"] = result["accuracy"] - result["control"]["accuracy"]
    if shuffled:
        right = spread(
            lambda r: _shuffled(chosen, train, test, random_state + r),
            range(repeats),
            threads if pick_device(device).type == "cpu" else 1,
            "shuffled labels" if verbose else None,
        )
        result["shuffled"] = _accuracies(np.array(right))
    if description_length:
        scaled = fitted.scaler_.transform(X) if fitted.scaler_ else X  # sender and receiver have the vectors
        data = tensors(scaled, np.unique(y, return_inverse=True)[1], pick_device(device))
        with torch_threads(1):
            codes = spread(
                lambda r: online_code(*data, *best.values(), max_iter=max_iter, seed=random_state + r),
                range(repeats),
                threads if data[0].device.type == "cpu" else 1,
                "description length" if verbose else None,
            )
        result["description_length"] = {key: [code[key] for code in codes] for key in codes[0]}
    if memorisation:
        kept, held = folds(y, 1, random_state)[0]
        if len(np.unique(y[kept])) > 1:
            sets = {"subtrain": (X[kept], y[kept]), "subtest": (X[held], y[held]), "test": (Xt, yt)}
            fitted = chosen.fit(X[kept], y[kept], sets)
            result["memorisation"] = [_rounded(curves) for curves in fitted.learning_curves_]
    return result | {"seconds": time.perf_counter() - start}


def _shuffled(chosen, train, test, seed):
    """The share of the test points that a network labels correctly which was trained on shuffled labels."""
    once = clone(chosen).set_params(repeats=1, random_state=seed, n_jobs=1, verbose=False)
    return once.fit(train[0], shuffled_labels(train[1], seed), {"test": test}).mean_accuracy_


def _accuracies(shares):
    """Each, mean and standard deviation over the repeats, in percent."""
    return {
        "accuracies": [100 * float(a) for a in shares],
        "accuracy": 100 * float(shares.mean()),
        "accuracy_std": 100 * float(shares.std()),
    }


def _macro_f1(each, y):
    """The mean F1 of the labels that occur in y, of each repeat's predictions (repeats, n); in percent."""
    scores = [100 * float(f1_score(y, one, labels=np.unique(y), average="macro", zero_division=0)) for one in each]
    return {"macro_f1s": scores, "macro_f1": float(np.mean(scores)), "macro_f1_std": float(np.std(scores))}


def _confusions(predicted, y):
    """[label, predicted label, how often], sorted, of the predictions (repeats, n) that are wrong."""
    pairs = np.stack([np.broadcast_to(y, predicted.shape), predicted], -1)[predicted != y]
    found, count = np.unique(pairs.reshape(-1, 2), axis=0, return_counts=True)
    return np.column_stack([found, count]).tolist()


def _grid(results, cv):
    """One entry per candidate."""
    return [
        {
            "hidden_layer_sizes": list(params["hidden_layer_sizes"]),
            "alpha": params["alpha"],
            "accuracy": 100 * float(results["mean_test_score"][i]),
            "accuracies": [100 * float(results[f"split{k}_test_score"][i]) for k in range(cv)],
            "epochs": [int(results[f"split{k}_n_iter"][i]) for k in range(cv)],
            "stopped": [str(results[f"split{k}_stopped"][i]) for k in range(cv)],
        }
        for i, params in enumerate(results["params"])
    ]


def _rounded(curves):
    """Curves short enough for a file: losses to six digits, accuracies in percent."""
    return {
        name: [float(f"{v:.6g}") if name == "loss" else round(100 * v, 3) for v in values]
        for name, values in curves.items()
    }
