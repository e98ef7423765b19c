"""The paper's Table 7 (and its excerpt, Table 2) for any grid."""

import pandas as pd

from closerlook.analysis.collapsed import kept
from closerlook.analysis.spaces import last_layer
from closerlook.statistics.crossed import Estimate, Part
from closerlook.statistics.intervals import RANGES, interval

PAPER = ["model", "task", "state", "accuracy", "accuracy_std", "best_hidden_layers", "n_clusters", "is_linear",
         "train_test_similarity"]  # fmt: skip
MEASURES = {"accuracy": "accuracy", "n_clusters": "n_clusters", "similarity": "train_test_similarity"}
SPREAD = [f"{name}_{part}" for name in MEASURES for part in ("seed_std", "low", "high")]
SPREAD += ["similarity_pairs", "seeds", "collapsed", "min_cluster_size"]
# where there are any
EXTRA = ["macro_f1", "linear_accuracy", "shuffled_accuracy", "selectivity", "compression", "frequency_compression"]
SAMPLED = ["sample_points", "samples", "n_clusters_std", "train_test_similarity_std"]  # of DirectProbe


def table7(spaces, models, tasks, min_cluster_size=1):
    """Last layer of every model and task, before and after fine-tuning.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.
    models, tasks : list of str
        The order of the rows.
    min_cluster_size : int
        What the distances were computed with; a column, since the paper's code drops clusters of up to five points.

    Returns
    -------
    DataFrame
        The paper's columns (`accuracy_std` is over the probe's initialisations, averaged over seeds), then standard
        deviation and 95 % interval (see `closerlook.statistics.intervals`) over fine-tuning `seeds`, and their number;
        the interval of `accuracy` is over test examples too, and so is there for the original and for one seed;
        those of them that `collapsed` are left out of all that is said, unless all did (see `analysis.collapsed`).
        `is_linear` is Y or N, or `2/3` where seeds differ.
        `train_test_similarity` stands where every label is one cluster, in both splits, as in the paper, and there are
        at least six pairs of labels (`similarity_pairs`).
        `macro_f1`, `linear_accuracy` (of a linear readout of standardised vectors), `shuffled_accuracy` (of the probe
        trained on shuffled labels), `selectivity` and `compression` follow where they were measured, each with its
        standard deviation over seeds. Where DirectProbe looked at samples, their points and number follow, and standard
        deviations over them, averaged over seeds.
    """
    last = last_layer(spaces)
    last = last[last.tuned_on.isna() | (last.tuned_on == last.task)].copy()
    last["kept"] = kept(last, spaces)
    last["state"] = last.tuned_on.isna().map({True: "original", False: "fine-tuned"})
    defined = (last.is_linear == True) & (last.test_is_linear == True)  # noqa: E712 (missing is not true)
    last["train_test_similarity"] = last.train_test_similarity.astype(float).where(defined)
    rows = []
    for model in models:
        for task in tasks:
            for state in ("original", "fine-tuned"):
                cell = last[(last.model == model) & (last.task == task) & (last.state == state)]
                if len(cell):
                    rows.append({"model": model, "task": task, "state": state} | _over_seeds(cell))
    frame = pd.DataFrame(rows, columns=PAPER + SPREAD)
    frame["min_cluster_size"] = min_cluster_size
    extra = pd.DataFrame(rows, columns=[c for name in EXTRA for c in (name, f"{name}_seed_std")]).astype(float)
    measured = [c for c in extra if extra[c.removesuffix("_seed_std")].notna().any()]
    sampled = [name for name in SAMPLED if name in spaces]
    return frame.join(extra[measured]).join(pd.DataFrame(rows, columns=sampled).astype(float)).round(4)


def _over_seeds(cell):
    """Mean and spread over seeds; the original has no runs and hence no spread."""
    runs = {"seeds": cell.run.nunique(), "collapsed": cell.run[cell.collapsed.eq(True)].nunique()}
    cell, columns = cell[cell.kept], MEASURES | {name: name for name in EXTRA}
    found = {name: interval(cell[c].astype(float), within=RANGES[c]) for name, c in columns.items()}
    spread = {f"{name}_seed_std": numbers["std"] for name, numbers in found.items()}
    spread |= {f"{name}_{end}": numbers[end] for name, numbers in found.items() for end in ("low", "high")}
    spread |= dict(zip(("accuracy_low", "accuracy_high"), _accuracy(cell)))
    linear = cell.is_linear.dropna()
    shapes = cell.best_hidden_layers.dropna()
    return {
        "accuracy": found["accuracy"]["mean"],
        "accuracy_std": cell.accuracy_std.astype(float).mean(),
        "best_hidden_layers": shapes.mode().iloc[0] if len(shapes) else None,
        "n_clusters": found["n_clusters"]["mean"],
        "is_linear": _verdict(linear.sum(), len(linear)),
        "train_test_similarity": found["similarity"]["mean"],
        "similarity_pairs": cell.similarity_pairs.astype(float).mean(),
        **{name: found[name]["mean"] for name in EXTRA},
        **{name: cell[name].astype(float).mean() for name in SAMPLED if name in cell},
        **runs,
        **spread,
    }


def _accuracy(cell):
    """The interval of an accuracy, over seeds and test examples, of which some or none may be known."""
    values, errors = (cell[name].astype(float).dropna() for name in ("accuracy", "accuracy_error"))
    parts = {}
    if len(values) > 1:
        parts["seeds"] = Part(values.var(ddof=1) / len(values), len(values) - 1, len(values))
    if len(errors) and len(errors) == len(values):  # one test set for all seeds, whose errors are the same ones
        n = int(cell.n_test.max())
        parts["test examples"] = Part((errors**2).mean(), n - 1, n)
    return Estimate(values.mean(), parts).interval(within=RANGES["accuracy"])


def _verdict(linear, n):
    """Y or N, or how many of n where they differ; None where nothing was measured."""
    if not n:
        return None
    return "Y" if linear == n else f"{linear}/{n}" if linear else "N"


def markdown(table):
    """Write the table for a terminal: fixed-width columns; ± is the standard deviation over seeds, `–` not measured."""
    show = pd.DataFrame({
        "model": table.model,
        "task": table.task,
        "state": table.state,
        **_spread(table, "accuracy", "accuracy", 2),
        "95 %": [_between(low, high) for low, high in zip(table.accuracy_low, table.accuracy_high)],
        **_spread(table, "macro-F1", "macro_f1", 2),
        **_spread(table, "linear readout", "linear_accuracy", 2),
        **_spread(table, "shuffled labels", "shuffled_accuracy", 2),
        "best": table.best_hidden_layers.fillna("–"),
        **_spread(table, "clusters", "n_clusters", 1),
        **_samples(table),
        "separable": table.is_linear.fillna("–"),
        "train-test sim.": [_pm(a, s, 2) for a, s in zip(table.train_test_similarity, table.similarity_seed_std)],
        **_spread(table, "selectivity", "selectivity", 1),
        **_spread(table, "compression", "compression", 2),
        "seeds": [f"{n} ({gone} collapsed)" if gone else str(n) for n, gone in zip(table.seeds, table.collapsed)],
    })  # fmt: skip
    lines = [list(show.columns), *show.astype(str).values.tolist()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]]) + "\n"


def _spread(table, name, column, digits):
    """A column with its standard deviation over seeds; left out where it was measured nowhere."""
    if column not in table:
        return {}
    return {name: [_pm(a, s, digits) for a, s in zip(table[column], table[f"{column}_seed_std"])]}


def _samples(table):
    """Of which samples the clusters are, and their standard deviation over these; left out where of all points."""
    if "samples" not in table:
        return {}
    of = [f"{n:g} of {m:,.0f}" if n > 1 else "–" for n, m in zip(table.samples, table.sample_points)]
    return {"samples": of, "over samples": ["–" if pd.isna(s) else f"±{s:.1f}" for s in table.n_clusters_std]}


def _between(low, high):
    return "–" if pd.isna(low) else f"{low:.1f} to {high:.1f}"


def _pm(value, spread, digits):
    if pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}".removesuffix(".0")
    return text if spread is None or pd.isna(spread) else f"{text} ±{spread:.{digits}f}"
