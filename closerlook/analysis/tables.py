"""Tables as they were written."""

import pandas as pd

NAMES = ("model", "task", "state", "tuned_on", "fine_tuned_on", "probed_on", "label", "nearest", "set")


def read_table(path):
    """Read a CSV file of ours: names stay text (a task `7`, a label `NA`), and what is empty is missing."""
    return pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=[""])
