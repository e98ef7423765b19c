"""The paper's Table 7 (and its excerpt, Table 2) for any grid."""

import pandas as pd

from closerlook.analysis.spaces import last_layer
from closerlook.statistics.intervals import RANGES, interval

PAPER = ["model", "task", "state", "accuracy", "accuracy_std", "best_hidden_layers", "n_clusters", "is_linear",
         "train_test_similarity"]  # fmt: skip
MEASURES = {"accuracy": "accuracy", "n_clusters": "n_clusters", "similarity": "train_test_similarity"}
SPREAD = [f"{name}_{part}" for name in MEASURES for part in ("seed_std", "low", "high")]
SPREAD += ["similarity_pairs", "seeds", "min_cluster_size"]
EXTRA = [
    "linear_accuracy",
    "linear_accuracy_seed_std",
    "selectivity",
    "selectivity_seed_std",
    "compression",
    "compression_seed_std",
    "frequency_compression",
    "frequency_compression_seed_std",
]  # where there are any


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
        deviation and 95 % interval (see `closerlook.statistics.intervals`) over fine-tuning seeds, and their number.
        `is_linear` is Y or N, or `2/3` where seeds differ.
        `train_test_similarity` stands where every label is one cluster, in both splits, as in the paper, and there are
        at least six pairs of labels (`similarity_pairs`).
        `linear_accuracy` (of a linear readout of standardised vectors), `selectivity` and `compression` follow where
        they were measured.
    """
    last = last_layer(spaces)
    last = last[last.tuned_on.isna() | (last.tuned_on == last.task)].copy()
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
    extra = pd.DataFrame(rows, columns=EXTRA).astype(float)
    measured = [c for name in EXTRA[::2] if extra[name].notna().any() for c in (name, f"{name}_seed_std")]
    return frame.join(extra[measured]).round(4)


def _over_seeds(cell):
    """Mean and spread over seeds; the original has no runs and hence no spread."""
    columns = MEASURES | {name: name for name in EXTRA[::2]}
    found = {name: interval(cell[c].astype(float), within=RANGES[c]) for name, c in columns.items()}
    spread = {f"{name}_seed_std": numbers["std"] for name, numbers in found.items()}
    spread |= {f"{name}_{end}": numbers[end] for name, numbers in found.items() for end in ("low", "high")}
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
        **{name: found[name]["mean"] for name in EXTRA[::2]},
        "seeds": cell.run.nunique(),
        **spread,
    }


def _verdict(linear, n):
    """Y or N, or how many of n where they differ; None where nothing was measured."""
    if not n:
        return None
    return "Y" if linear == n else f"{linear}/{n}" if linear else "N"


def markdown(table):
    """Write the table for a terminal: fixed-width columns, spreads as ±, `–` where nothing was measured."""
    show = pd.DataFrame({
        "model": table.model,
        "task": table.task,
        "state": table.state,
        "accuracy": [_pm(a, s, 2) for a, s in zip(table.accuracy, table.accuracy_std)],
        "± seeds": [_pm(s, None, 2) for s in table.accuracy_seed_std],
        **_extra(table, "linear readout", "linear_accuracy", 2),
        "best": table.best_hidden_layers.fillna("–"),
        "clusters": [_pm(a, s, 1) for a, s in zip(table.n_clusters, table.n_clusters_seed_std)],
        "separable": table.is_linear.fillna("–"),
        "train-test sim.": [_pm(a, s, 2) for a, s in zip(table.train_test_similarity, table.similarity_seed_std)],
        **_extra(table, "selectivity", "selectivity", 1),
        **_extra(table, "compression", "compression", 2),
        "seeds": table.seeds.astype(str),
    })  # fmt: skip
    lines = [list(show.columns), *show.astype(str).values.tolist()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]]) + "\n"


def _extra(table, name, column, digits):
    """A column that is there where it was measured."""
    if column not in table:
        return {}
    return {name: [_pm(a, s, digits) for a, s in zip(table[column], table[f"{column}_seed_std"])]}


def _pm(value, spread, digits):
    if pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}".removesuffix(".0")
    return text if spread is None or pd.isna(spread) else f"{text} ±{spread:.{digits}f}"
