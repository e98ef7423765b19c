"""What stands in the report, from a study's tables and figures."""

from pathlib import Path

import pandas as pd

from closerlook.analysis.collapsed import kept
from closerlook.analysis.similarity import dominated
from closerlook.analysis.spaces import before_and_after, last_layer
from closerlook.figures.catalog import FIGURES
from closerlook.layout import FULL, ORIGINAL, model_of
from closerlook.statistics.power import listed

MAIN = {
    "model": "model", "task": "task", "state": "state", "accuracy": "accuracy", "accuracy_seed_std": "accuracy ±",
    "accuracy_low": "95 % from", "accuracy_high": "to", "macro_f1": "macro-F1", "macro_f1_seed_std": "macro-F1 ±",
    "linear_accuracy": "linear readout", "linear_accuracy_seed_std": "linear readout ±",
    "shuffled_accuracy": "shuffled labels", "shuffled_accuracy_seed_std": "shuffled labels ±",
    "best_hidden_layers": "best probe", "n_clusters": "clusters",
    "n_clusters_seed_std": "clusters ±", "n_clusters_std": "clusters, over samples", "is_linear": "separable",
    "train_test_similarity": "train-test similarity",
    "similarity_seed_std": "train-test similarity ±", "selectivity": "selectivity",
    "selectivity_seed_std": "selectivity ±", "compression": "compression", "compression_seed_std": "compression ±",
    "frequency_compression": "against frequencies", "frequency_compression_seed_std": "against frequencies ±",
    "seeds": "seeds", "collapsed": "collapsed",
}  # fmt: skip
CLUSTERS = {
    "model": "model", "task": "task", "labels": "labels", "conflict_points": "examples in conflict",
    "fewest": "fewest possible", "original": "original",
    "fine_tuned": "fine-tuned", "fine_tuned_seed_std": "fine-tuned ±", "fine_tuned_low": "95 % from",
    "fine_tuned_high": "to", "original_std": "original, over samples", "fine_tuned_std": "fine-tuned, over samples",
    "seeds": "seeds", "collapsed": "collapsed",
}  # fmt: skip
TRANSFER = {
    "model": "model", "fine_tuned_on": "fine-tuned on", "probed_on": "probed on",
    "labels_increased": "labels that gained", "labels_decreased": "that lost", "labels_freed": "that no longer overlap",
    "labels_caught": "that now overlap",
    "mean_min_distance_change": "mean change", "mean_min_distance_change_seed_std": "mean change ±",
    "accuracy": "accuracy", "accuracy_seed_std": "accuracy ±",
    "accuracy_change": "its change", "accuracy_change_low": "95 % from", "accuracy_change_high": "to",
    "seeds": "seeds", "collapsed": "collapsed",
}  # fmt: skip
LAYERS = {
    "layer": "layer", "when": "state", "accuracy": "accuracy", "accuracy ±": "accuracy ±",
    "macro_f1": "macro-F1", "macro_f1 ±": "macro-F1 ±",
    "linear_accuracy": "linear readout", "linear_accuracy ±": "linear readout ±", "n_clusters": "clusters",
    "n_clusters ±": "clusters ±", "n_clusters_std": "clusters, over samples", "overlapping": "overlapping pairs",
    "min_distance": "smallest distance", "min_distance ±": "smallest distance ±",
    "min_distance_std": "smallest distance, over samples",
    "mean_distance": "mean distance", "mean_distance ±": "mean distance ±",
    "train_test_similarity": "train-test similarity", "train_test_similarity ±": "train-test similarity ±",
    "similarity_pairs": "pairs (train-test)", "original_similarity": "similarity to the original",
    "original_similarity ±": "similarity to the original ±", "original_pairs": "pairs (original)", "seeds": "seeds",
}  # fmt: skip


def notes(unlearned, spaces, similarity):
    """What a reader should know about the numbers of a study.

    Parameters
    ----------
    unlearned, spaces, similarity : DataFrame
        As the functions of these names in the modules of these names of `closerlook.analysis` return them.

    Returns
    -------
    list of str
    """
    found = []
    if len(unlearned):
        worst = unlearned.iloc[0]
        where = f"{worst.task}, {worst.model}, layer {worst.layer}, {worst.state}"
        if pd.isna(worst.linear_accuracy):  # there is no more than one vector per label
            lost = f"One is {where}: {worst.accuracy:.1f} %."
        else:
            lost = f"Most is lost in {where}: {worst.accuracy:.1f} instead of {worst.linear_accuracy:.1f} %."
        found.append(
            f"The classifier probe did not learn what is there in {len(unlearned)} of {spaces.accuracy.notna().sum()} "
            "spaces: a linear readout of the same vectors is ahead of it by more than noise, or it does no better than "
            f"the most frequent label where DirectProbe finds all labels separable. {lost} Read the linear readout "
            "there (docs/classifier.md)."
        )
    equal = spaces[spaces.status == "constant"]
    if len(equal):
        where = ", ".join(f"{task} (layer {layer})" for task, layer in sorted(set(zip(equal.task, equal.layer))))
        found.append(
            f"All vectors are equal, as those of [CLS] are before any context is read, in {where}: there is nothing to "
            "measure."
        )
    last = last_layer(spaces).groupby("model")[["layer", "depth"]].first()
    for model, row in last[last.layer < last.depth].iterrows():
        found.append(
            f"{model}: the last layer that was looked at is {row.layer} of {row.depth}; *last* means this one."
        )
    few = sorted(set(spaces.task[spaces.n_labels < 4]))
    if few:
        found.append(
            f"{', '.join(few)}: with fewer than four labels there are at most three pairs of them, too few for a "
            "correlation; similarities of label distances are left out."
        )
    return found + dominated(similarity)


def summary(models, tasks, seeds, runs, layers, recipes=()):
    """One sentence on the extent of a study, and by which of the `recipes` it tunes, where that is not only `full`."""
    parts = [(len(models), "model"), (len(tasks), "task"), (len(seeds), "seed"), (runs, "brought run")]
    counted = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n)
    counted += f"; tuned by {listed(recipes)}" if {*recipes} - {FULL} else ""
    if not layers:
        return f"{counted}."
    whole = len(layers) > 2 and layers == list(range(min(layers), max(layers) + 1))
    named = f"s {layers[0]} to {layers[-1]}" if whole else f"{'s' * (len(layers) > 1)} {', '.join(map(str, layers))}"
    return f"{counted}; layer{named}."


def tables(table7, clusters, table5, spaces, models, tasks):
    """The report's tables, ready to be shown.

    Parameters
    ----------
    table7, clusters, table5, spaces : DataFrame
        The study's tables of these names.
    models, tasks : list of str
        The order of what stands per model and task.

    Returns
    -------
    list of dict
        As `closerlook.report.page.page` takes them. A column `X ±` is the standard deviation over seeds of `X`.
    """
    shown = [
        {
            "id": "table7", "title": "Before and after fine-tuning, last layer", "main": True,
            "frame": _named(_once(table7), MAIN),
            "note": "The paper's Tables 2 and 7. ± is the standard deviation over seeds; the original has none, and "
            "seeds that collapsed are not counted. The interval is that of the mean accuracy, for other seeds and "
            "other test examples. Macro-F1 is the mean F1 of the labels. The linear readout does not depend on scale "
            "or on an optimiser's patience: where it is far ahead, the probe has not learned. Train-test similarity is "
            "given where every label is one cluster, in both splits, and there are at least six pairs of labels. "
            "Compression cannot be compared between tasks.",
        }
    ]  # fmt: skip
    if len(clusters):
        shown.append({
            "id": "clusters", "title": "Clusters, where there were more than labels",
            "frame": _named(clusters, CLUSTERS),
            "note": "The paper's Tables 3 and 4, last layer. An example that shares its vector with one of another "
            "label stays alone, so that some clusters are unavoidable.",
        })  # fmt: skip
    if (table5.fine_tuned_on.notna() & (table5.fine_tuned_on != table5.probed_on)).any():
        shown.append({
            "id": "table5", "title": "From one task to another", "frame": _named(table5, TRANSFER),
            "note": "The paper's Table 5 as a matrix, last layer: fine-tune on one task, probe another. A label gains "
            "or loses smallest distance to any other; one that overlaps with another has none.",
        })  # fmt: skip
    for model in models:
        for task in tasks:
            frame = _layers(spaces, model, task)
            if len(frame):
                shown.append({
                    "id": f"layers-{model}-{task}", "title": f"{task}, {model}: layer by layer", "model": model,
                    "task": task, "frame": frame, "note": "± is the standard deviation over seeds.",
                })  # fmt: skip
    return [{"model": None, "task": None, "main": False} | table for table in shown]


def figures(files, drawn, summaries):
    """The report's figures, except those that would be empty with so few labels.

    Parameters
    ----------
    files : list of path
        PNGs.
    drawn : list of dict
        What each is: its `kind`, a name in `closerlook.figures.catalog`, and the `model` and `task` that it is of
        (neither: it is of the whole study).
    summaries : dict of str to dict
        What `summary.json` of each task holds.

    Returns
    -------
    list of dict
        As `closerlook.report.page.page` takes them.
    """
    k = max((summary["n_labels"] for summary in summaries.values()), default=0)
    return [
        {
            "id": "-".join(filter(None, (of["kind"], of.get("model"), of.get("task")))), "file": str(file),
            "title": FIGURES[of["kind"]].title, "caption": FIGURES[of["kind"]].caption,
            "model": of.get("model"), "task": of.get("task"),
        }
        for file, of in zip(files, drawn, strict=True)
        if k * (k - 1) // 2 >= FIGURES[of["kind"]].least
    ]  # fmt: skip


def _named(frame, columns):
    """Some columns under the names that they are shown with; those without any value are left out."""
    known = [c for c in columns if c in frame and frame[c].notna().any()]
    return frame[known].rename(columns=columns)


def _once(table):
    """The table with one row for the original of a model that was tuned by several recipes."""
    original, model = table.state == ORIGINAL, table.model.map(model_of)
    several = model.map(table.groupby(model).model.nunique()) > 1
    table = table.assign(model=table.model.where(~(original & several), model))
    return table[~(original & table.duplicated(["model", "task", "state"]))]


def _layers(spaces, model, task):
    """Means and standard deviations over seeds, by layer and state."""
    own = spaces[(spaces.model == model) & (spaces.task == task) & spaces.step.isna()]
    own = before_and_after(own[kept(own, spaces)])
    measures = [c for c in LAYERS if c in spaces and c != "layer"]
    by = own.astype(dict.fromkeys(measures, float)).groupby(["layer", "when"])
    table = by[measures].mean().join(by[measures].std(ddof=1).add_suffix(" ±")).join(by.run.nunique().rename("seeds"))
    table = table.reset_index().sort_values(["layer", "when"], ascending=[True, False], ignore_index=True)
    return _named(table, LAYERS)


def missing(table, texts):
    """What is missing; where texts may not be shown, without what jobs said, which quotes them."""
    return table if texts else table.assign(reason=table.reason.where(table.reason.isna(), "see its log"))


def making(config, versions, seeds, costs, started, ended):
    """How a run was made, for the end of the report."""
    facts = [("first job", started), ("last job", ended), ("jobs", f"{int(costs.jobs.sum()):,}")]
    facts.append(("time of all jobs", f"{costs.seconds.sum() / 3600:.2f} hours"))
    return {"config": config, "versions": versions, "seeds": list(seeds), "facts": facts, "costs": costs.round(1)}


def span(folder):
    """When the first job ended that left a benchmark file, and the last; as text."""
    times = [file.stat().st_mtime for file in Path(folder).rglob("*.tsv")]
    ends = (min(times), max(times)) if times else (None, None)
    return ["–" if t is None else pd.Timestamp(t, unit="s", tz="UTC").strftime("%Y-%m-%d %H:%M UTC") for t in ends]
