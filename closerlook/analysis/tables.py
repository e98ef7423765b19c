"""Tables as files: written whole, and read as they were written."""

import csv
import json

import pandas as pd

from closerlook.files import staged

NAMES = ("model", "task", "state", "tuned_on", "run", "recipe", "fine_tuned_on", "probed_on", "label", "nearest", "set",
         "unchanged", "tokenizer", "end", "source", "suggested", "target", "text", "why")  # fmt: skip


def read_table(path):
    """Read a CSV file of ours: names stay text (a task `7`, a label `NA`), and what is empty is missing."""
    return pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=[""])


def write_table(path, table):
    """Write a table as a CSV file that is either complete or absent; a list in a cell as JSON.

    A table with texts has them in quotes, whatever they hold: a carriage return alone would else end its row.
    """
    quoting = csv.QUOTE_NONNUMERIC if "text" in table else csv.QUOTE_MINIMAL
    with staged(path) as part:
        table = table.map(lambda v: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v)
        table.to_csv(part, index=False, quoting=quoting)
