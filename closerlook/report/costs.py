"""What a study cost, from the benchmark file that every job leaves."""

from pathlib import Path

import pandas as pd

COLUMNS = ("rule", "jobs", "seconds", "longest", "memory_mb")


def costs(folder):
    """Sum up the jobs of every rule.

    Parameters
    ----------
    folder : path
        With the benchmark files of Snakemake, `{rule}.tsv` or `{rule}/….tsv`.

    Returns
    -------
    DataFrame
        A row per rule, the dearest first: `jobs`, `seconds` of wall time together, the `longest` job, and the largest
        resident memory in MB.
    """
    rows = []
    for file in sorted(Path(folder).rglob("*.tsv")):
        table = pd.read_csv(file, sep="\t", na_values=["-", "NA"])
        if len(table):
            rule = file.relative_to(folder).parts[0].removesuffix(".tsv")
            rows.append({"rule": rule, "seconds": table.s.iloc[-1], "memory_mb": table.max_rss.iloc[-1]})
    by = pd.DataFrame(rows, columns=["rule", "seconds", "memory_mb"]).groupby("rule")
    table = by.agg(jobs=("seconds", "size"), seconds=("seconds", "sum"), longest=("seconds", "max"),
                   memory_mb=("memory_mb", "max")).reset_index()  # fmt: skip
    return table.sort_values("seconds", ascending=False, ignore_index=True)[list(COLUMNS)]
