"""One row for every probed space."""

import numpy as np
import pandas as pd

from closerlook.analysis.collapsed import has_collapsed
from closerlook.analysis.label_similarity import floor, label_vector, similarity
from closerlook.analysis.predictions import read_correct, read_sentences, standard_error
from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import Space, State
from closerlook.probes.direct.samples import over_samples, parts

COLUMNS = (
    "model", "task", "state", *RUN, "collapsed", "step", "layer", "depth", "status", "n_labels",
    "accuracy", "accuracy_std", "accuracy_error", "macro_f1", "macro_f1_std", "repeats", "best_hidden_layers",
    "best_alpha",
    "majority", "n_test", "linear_accuracy", "linear_lead", "linear_lead_error",
    "shuffled_accuracy", "selectivity", "control_accuracy", "description_bits", "compression", "frequency_compression",
    "n_clusters", "fewest_clusters", "is_linear", "overlapping", "mean_distance", "min_distance", "radius",
    "conflicts", "conflict_points",
    "test_status", "test_n_clusters", "test_is_linear", "train_test_similarity", "similarity_pairs",
    "original_similarity", "original_pairs", "original_floor", "original_ceiling",
    "direct_seconds", "classifier_seconds",
)  # fmt: skip
SAMPLED = (  # where DirectProbe looked at samples of a space
    "sample_points", "sample_of", "samples", "n_clusters_std", "overlapping_std", "mean_distance_std",
    "min_distance_std", "test_n_clusters_std", "train_test_similarity_std", "original_similarity_std",
)  # fmt: skip


def spaces(direct, clusters, classifier, predictions, sentences, names, depths, runs):
    """Gather what the probes wrote, see `space_table`.

    Parameters
    ----------
    direct : list of path
        DirectProbe's results, of both splits.
    clusters : list of path
        Its arrays, of the same spaces.
    classifier : list of path
        The classifier probe's results.
    predictions : list of path
        What it predicted, of the same spaces.
    sentences : list of path
        The tasks' `sentences.json`.
    names, depths, runs
        As in `space_table`.

    Returns
    -------
    DataFrame
    """
    measured = _read(direct, {Space.of(path): path for path in clusters})
    classified = ((Space.of(path), read_json(path)) for path in classifier)
    texts = read_sentences(sentences)
    errors = {space: standard_error(c, texts.get(space.task)) for space, c in read_correct(predictions).items()}
    return space_table(measured, classified, names, depths, runs, errors)


def _read(direct, clusters):
    """What DirectProbe wrote, one space after the other."""
    for path in direct:
        space = Space.of(path)
        with np.load(clusters[space], allow_pickle=False) as arrays:
            yield space, read_json(path), arrays


def space_table(direct, classifier, names, depths, runs, errors):
    """Put side by side what the probes found.

    Parameters
    ----------
    direct : iterable of (Space, dict, dict of array)
        What `closerlook.probes.direct.geometry.measure_samples` returned for each.
    classifier : iterable of (Space, dict)
        What `closerlook.probes.mlp.classifier.probe` returned for each.
    names : dict of str to list of str
        The labels of each task.
    depths : dict of str to int
        The number of layers of each model.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.
    errors : dict of Space to float
        The standard errors of the accuracies.

    Returns
    -------
    DataFrame
        One row per (model, task, state, layer); what was not measured is missing, never zero. Cluster counts and
        distances are those of the training split and its `n_labels`, as in the paper: `fewest_clusters` are those that
        labels and conflicts demand, `overlapping` the pairs of labels whose hulls meet, `min_distance` is the smallest
        over the labels and `mean_distance` the mean of all pairs that are apart (see `probes.direct.geometry.measure`);
        `radius`, by which a distance is made relative: root mean square distance of the points from their mean.
        `train_test_similarity` is Pearson's correlation of the two splits' distance vectors over the label pairs that
        are apart in both (`similarity_pairs` of them); `original_similarity` that of the training split and the same
        layer before fine-tuning. Both are missing for fewer than six pairs. The latter stands between `original_floor`,
        what at most one in twenty permutations of the labels exceeds, and `original_ceiling`, the mean similarity to
        the same space of the recipe's other runs.
        `linear_accuracy` is that of a linear readout, which is ahead of the probe by `linear_lead` points (with
        their standard error). `accuracy_std` is over the probe's repeats; `accuracy_error` is the standard
        error for the choice of test sentences. `macro_f1` is the mean F1 of the labels in the test split, in percent.
        `shuffled_accuracy` is that of the probe trained on shuffled labels. It, `selectivity`, `description_bits`,
        `compression` (against a uniform code) and `frequency_compression` (against one of the labels' frequencies) are
        there where the config asks for them.
        Where DirectProbe looked at samples (`samples` of `sample_points` points each, `sample_of` how many), what it
        found are means over these, missing where a sample has none, and `X_std` is the standard deviation: each counts
        once, however many samples there are.
        `collapsed`: whether the row is of a run that collapsed (see `closerlook.analysis.collapsed.has_collapsed`).
    """
    rows = {}
    vectors = {}
    for space, result, arrays in direct:
        row = rows.setdefault(space._replace(split=None), {})
        prefix = "" if space.split == "train" else "test_"
        row |= {prefix + k: result.get(k) for k in ("status", "n_clusters", "is_linear")}
        row["direct_seconds"] = row.get("direct_seconds", 0) + result["seconds"]
        each, n_labels = parts(arrays), len(names[space.task])
        vectors[space] = [label_vector(arrays["classes"], part["distance_vector"], n_labels) for part in each]
        row[f"{prefix}n_clusters_std"] = _spread(result, "n_clusters")
        if space.split == "train":
            row |= _distances(each) | {"n_labels": len(arrays["classes"])}
            row |= {"overlapping_std": _spread(result, "overlapping"), "samples": len(each)}
            n = result.get("n_points")
            row |= {"sample_points": n, "sample_of": result["sample"]["of"] if "sample" in result else n}
            row |= {k: result.get(k) for k in ("conflicts", "conflict_points", "fewest_clusters", "overlapping")}
    for space, result in classifier:
        row = rows.setdefault(space, {})
        best, linear = result["best"] or {}, result.get("linear") or {}
        row |= {k: result.get(k) for k in ("accuracy", "accuracy_std", "macro_f1", "macro_f1_std", "majority")}
        row |= {
            "accuracy_error": errors.get(space),
            "n_test": result.get("n_test"),
            "linear_accuracy": linear.get("accuracy"),
            "linear_lead": linear.get("lead"),
            "linear_lead_error": linear.get("error"),
            "repeats": len(result["accuracies"]),
            "best_hidden_layers": str(tuple(best["hidden_layer_sizes"])) if best else None,
            "best_alpha": best.get("alpha"),
            "shuffled_accuracy": (result.get("shuffled") or {}).get("accuracy"),
            "selectivity": result.get("selectivity"),
            "control_accuracy": (result.get("control") or {}).get("accuracy"),
            "description_bits": _mean((result.get("description_length") or {}).get("bits")),
            "compression": _mean((result.get("description_length") or {}).get("compression")),
            "frequency_compression": _mean((result.get("description_length") or {}).get("frequency_compression")),
            "classifier_seconds": result["seconds"],
        }
    families = _families(vectors, runs)
    for space, row in rows.items():
        train, test = (vectors.get(space._replace(split=split)) for split in ("train", "test"))
        if train is not None and test is not None:
            r, spread, n = _similarity(train, test)
            row |= {"train_test_similarity": r, "train_test_similarity_std": spread, "similarity_pairs": n}
        original = vectors.get(space._replace(state=State(), split="train"))
        if space.state != State() and original is not None and train is not None:
            r, spread, n = _similarity(original, train)
            row |= {"original_similarity": r, "original_similarity_std": spread, "original_pairs": n}
            if r is not None:
                row |= {
                    "original_floor": over_samples([floor(u, v) for u, v in zip(original, train)])[0],
                    "original_ceiling": _ceiling(space.state, families[_family(space, runs)]),
                }
        row |= described(space, runs) | {"step": space.state.step, "layer": space.layer, "depth": depths[space.model]}
        row.setdefault("n_labels", len(names[space.task]))  # where the training split was not looked at
    sampled = SAMPLED if any(row.get("samples", 1) > 1 for row in rows.values()) else ()
    frame = pd.DataFrame(list(rows.values()), columns=[*COLUMNS, *sampled])
    whole = ["seed", "step", "repeats", "n_test", "n_clusters", "fewest_clusters", "test_n_clusters", "overlapping"]
    whole += ["conflicts", "conflict_points", "similarity_pairs", "original_pairs"]
    frame["collapsed"] = has_collapsed(frame, last_layer(frame))
    numbers = frame[whole].astype(float)
    means = [c for c in whole if (numbers[c].dropna() % 1).any()]  # over samples: they need not be whole
    kinds = dict.fromkeys(whole, "Int64") | dict.fromkeys(means, "Float64")
    return frame.astype(kinds).sort_values(["model", "task", "state", "layer"], ignore_index=True)


def _families(vectors, runs):
    """The training splits' vectors of the runs of each recipe in one layer, by state."""
    found = {}
    for space, vector in vectors.items():
        if space.split == "train" and space.state != State():
            found.setdefault(_family(space, runs), {})[space.state] = vector
    return found


def _family(space, runs):
    state = space.state
    recipe = runs[f"{space.model}/{state._replace(step=None)}"]["recipe"]
    return space.model, space.task, space.layer, state.task, state.step, recipe


def _ceiling(own, family):
    """The mean similarity of a run's vector to those of the other runs of its recipe; None where there are none."""
    alike = [_similarity(family[own], vector)[0] for state, vector in family.items() if state != own]
    return float(np.mean(alike)) if alike and None not in alike else None


def _mean(values):
    return float(np.mean(values)) if values and None not in values else None


def last_layer(frame):
    """Rows of each model's highest layer that was looked at, without steps on the way there: what *last* means."""
    rows = frame[frame.layer == frame.groupby("model").layer.transform("max")]
    return rows[rows.step.isna()] if "step" in rows else rows


def before_and_after(frame):
    """Rows of the originals and of what was fine-tuned on the same task; a column `when` says which."""
    own = frame[frame.tuned_on.isna() | (frame.tuned_on == frame.task)]
    return own.assign(when=own.tuned_on.isna().map({True: "original", False: "fine-tuned"}))


def _similarity(one, two):
    """Mean and spread over samples, paired, of the similarity of two spaces; and the mean number of pairs of labels."""
    if min(len(one), len(two)) == 1:  # one of the two was taken whole
        one, two = one * len(two), two * len(one)
    found, pairs = zip(*map(similarity, one, two))
    return *over_samples(found), over_samples(pairs)[0]


def _spread(result, name):
    """The standard deviation over samples of what DirectProbe counted."""
    return over_samples([record[name] for record in result["repeats"]])[1] if "repeats" in result else None


def _distances(each):
    """Mean over label pairs, and the smallest over labels, of the distances that exist, over samples."""
    found = {"mean_distance": [], "min_distance": [], "radius": []}
    for arrays in each:
        vector, least = (arrays[name][~np.isnan(arrays[name])] for name in ("distance_vector", "min_distances"))
        found["mean_distance"].append(vector.mean() if len(vector) else None)
        found["min_distance"].append(least.min() if len(least) else None)
        found["radius"].append(float(arrays["radius"]) if "radius" in arrays else None)
    over = {name: over_samples(values) for name, values in found.items()}
    return {name: mean for name, (mean, _) in over.items()} | {
        f"{name}_std": spread for name, (_, spread) in over.items()
    }
