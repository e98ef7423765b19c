"""The benchmark file that every job of Snakemake leaves."""

from pathlib import Path

import pandas as pd


def benchmarks(folder):
    """Read the benchmark files below a folder.

    Parameters
    ----------
    folder : path
        With `{rule}.tsv` or `{rule}/….tsv`.

    Yields
    ------
    Path, Series
        The file's path below `folder`, and its last row: `s` (seconds by the clock), `cpu_time`, `max_rss` (MB), …; NaN
        where the job was too short to be sampled.
    """
    for file in sorted(Path(folder).rglob("*.tsv")):
        table = pd.read_csv(file, sep="\t", na_values=["-", "NA"])
        if len(table):
            yield file.relative_to(folder), table.iloc[-1]
