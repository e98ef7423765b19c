"""What a study cost, from the benchmark file that every job leaves."""

import pandas as pd

from closerlook.jobs.benchmarks import benchmarks

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
        A row per rule, the costliest first: `jobs`, `seconds` of wall time in all, the `longest` job, and the largest
        resident memory in MB.
    """
    rows = [
        {"rule": file.parts[0].removesuffix(".tsv"), "seconds": job.s, "memory_mb": job.max_rss}
        for file, job in benchmarks(folder)
    ]
    by = pd.DataFrame(rows, columns=["rule", "seconds", "memory_mb"]).groupby("rule")
    table = by.agg(jobs=("seconds", "size"), seconds=("seconds", "sum"), longest=("seconds", "max"),
                   memory_mb=("memory_mb", "max")).reset_index()  # fmt: skip
    return table.sort_values("seconds", ascending=False, ignore_index=True)[list(COLUMNS)]
