"""One row for every probed space."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from closerlook.analysis.similarity import label_vector, similarity
from closerlook.files import read_json

COLUMNS = (
    "model", "task", "state", "tuned_on", "seed", "step", "layer", "depth", "status", "n_labels",
    "accuracy", "accuracy_std", "repeats", "best_hidden_layers", "best_alpha", "majority", "n_test",
    "linear_accuracy", "linear_lead", "linear_lead_error",
    "selectivity", "control_accuracy", "description_bits", "compression", "frequency_compression",
    "n_clusters", "fewest_clusters", "is_linear", "overlapping", "mean_distance", "min_distance", "conflicts",
    "conflict_points",
    "test_status", "test_n_clusters", "test_is_linear", "train_test_similarity", "similarity_pairs",
    "original_similarity", "original_pairs", "direct_seconds", "classifier_seconds",
)  # fmt: skip


def spaces(direct, classifier, labels, depths):
    """Gather what the probes left, see `space_table`.

    Parameters
    ----------
    direct : list of path
        DirectProbe's results, `…/{model}/{state}/{task}/{split}/layer{n}.json`, each with an `.npz` beside it.
    classifier : list of path
        The classifier probe's results, `…/{model}/{state}/{task}/layer{n}.json`.
    labels, depths
        As in `space_table`.

    Returns
    -------
    DataFrame
    """
    return space_table(_read(direct), ((cell_of(f, 4), read_json(f)) for f in map(Path, classifier)), labels, depths)


def _read(direct):
    """DirectProbe's results, one after the other."""
    for path in map(Path, direct):
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            yield cell_of(path, 5), read_json(path), arrays


def space_table(direct, classifier, labels, depths):
    """Put side by side what the probes found.

    Parameters
    ----------
    direct : iterable of (cell, dict, dict of array)
        (model, state, task, layer, split), and what `closerlook.probes.geometry.measure` returned for it.
    classifier : iterable of (cell, dict)
        (model, state, task, layer), and what `closerlook.probes.classifier.probe` returned for it.
    labels : dict of str to list of str
        The labels of each task.
    depths : dict of str to int
        The number of layers of each model.

    Returns
    -------
    DataFrame
        One row per (model, task, state, layer); what was not measured is missing, never zero. Cluster counts and
        distances are those of the training split and its `n_labels`, as in the paper: `fewest_clusters` are those that
        labels and conflicts demand, `overlapping` the pairs of labels whose hulls meet, `min_distance` is the smallest
        of the labels' and `mean_distance` that of all pairs that are apart (see `closerlook.probes.geometry.measure`).
        `train_test_similarity` is Pearson's correlation of the two splits' distance vectors over the label pairs that
        are apart in both (`similarity_pairs` of them); `original_similarity` that of the training split and of the same
        layer before fine-tuning. Neither is there for fewer than six pairs.
        `linear_accuracy` is that of a linear readout, which is by `linear_lead` points (and their standard error) ahead
        of the probe. `selectivity`, `description_bits`, `compression` (against a uniform code) and
        `frequency_compression` (against one of the labels' frequencies) are there where the config asks for them.
    """
    rows = {}
    vectors = {}
    for key, result, arrays in direct:
        *cell, split = key
        row = rows.setdefault(tuple(cell), {})
        prefix = "" if split == "train" else "test_"
        row |= {prefix + k: result.get(k) for k in ("status", "n_clusters", "is_linear")}
        row["direct_seconds"] = row.get("direct_seconds", 0) + result["seconds"]
        vectors[tuple(key)] = label_vector(arrays["classes"], arrays["distance_vector"], len(labels[cell[2]]))
        if split == "train":
            row |= _distances(arrays) | {"n_labels": len(arrays["classes"])}
            row |= {k: result.get(k) for k in ("conflicts", "conflict_points", "fewest_clusters", "overlapping")}
    for cell, result in classifier:
        row = rows.setdefault(tuple(cell), {})
        best, linear = result["best"] or {}, result.get("linear") or {}
        row |= {k: result[k] for k in ("accuracy", "accuracy_std", "majority")}
        row |= {
            "n_test": result.get("n_test"),
            "linear_accuracy": linear.get("accuracy"),
            "linear_lead": linear.get("lead"),
            "linear_lead_error": linear.get("error"),
            "repeats": len(result["accuracies"]),
            "best_hidden_layers": str(tuple(best["hidden_layer_sizes"])) if best else None,
            "best_alpha": best.get("alpha"),
            "selectivity": result.get("selectivity"),
            "control_accuracy": (result.get("control") or {}).get("accuracy"),
            "description_bits": _mean((result.get("description_length") or {}).get("bits")),
            "compression": _mean((result.get("description_length") or {}).get("compression")),
            "frequency_compression": _mean((result.get("description_length") or {}).get("frequency_compression")),
            "classifier_seconds": result["seconds"],
        }
    for cell, row in rows.items():
        model, state, task, layer = cell
        if (*cell, "train") in vectors and (*cell, "test") in vectors:
            r, n = similarity(vectors[*cell, "train"], vectors[*cell, "test"])
            row |= {"train_test_similarity": r, "similarity_pairs": n}
        original = vectors.get((model, "pretrained", task, layer, "train"))
        if state != "pretrained" and original is not None and (*cell, "train") in vectors:
            r, n = similarity(original, vectors[*cell, "train"])
            row |= {"original_similarity": r, "original_pairs": n}
        row |= {"model": model, "task": task, "state": state, "layer": layer} | state_of(state)
        row["depth"] = depths[model]
        row.setdefault("n_labels", len(labels[task]))  # where the training split was not looked at
    frame = pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
    whole = ["seed", "step", "repeats", "n_test", "n_clusters", "fewest_clusters", "test_n_clusters", "overlapping"]
    whole += ["conflicts", "conflict_points", "similarity_pairs", "original_pairs"]
    return frame.astype({c: "Int64" for c in whole}).sort_values(["model", "task", "state", "layer"], ignore_index=True)


def _mean(values):
    return float(np.mean(values)) if values and None not in values else None


def cell_of(path, n):
    """(model, state, task, layer[, split]) from the last parts of a result's path."""
    *names, file = path.parts[-n:]
    layer = int(re.fullmatch(r"layer(\d+)", Path(file).stem)[1])
    return [*names[:3], layer, *names[3:]]


def state_of(state):
    """What a state's name says: the task it was tuned on, the seed, the step."""
    if state == "pretrained":
        return {"tuned_on": None, "seed": None, "step": None}
    task, seed, step = re.fullmatch(r"(.+)\.seed(\d+)(?:\.step(\d+))?", state).groups()
    return {"tuned_on": task, "seed": int(seed), "step": int(step) if step else None}


def run_of(path):
    """Model, task and seed from the last parts of the path of a run's result, `…/{model}/{task}.seed{n}.…`."""
    path = Path(path)
    task, seed = re.fullmatch(r"(.+)\.seed(\d+)", path.stem).groups()
    return {"model": path.parent.name, "task": task, "seed": int(seed)}


def before_and_after(frame):
    """Rows of the originals and of what was fine-tuned on the very task; a column `when` says which."""
    own = frame[frame.tuned_on.isna() | (frame.tuned_on == frame.task)]
    return own.assign(when=own.tuned_on.isna().map({True: "original", False: "fine-tuned"}))


def _distances(arrays):
    """Mean over label pairs, and the smallest of the labels', of the distances that exist."""
    vector, least = (arrays[name][~np.isnan(arrays[name])] for name in ("distance_vector", "min_distances"))
    return {
        "mean_distance": vector.mean() if len(vector) else None,
        "min_distance": least.min() if len(least) else None,
    }
