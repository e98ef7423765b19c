"""What a table or a figure is made of, read from its files."""

from pathlib import Path

from closerlook.analysis.runs import apart
from closerlook.analysis.tables import read_table
from closerlook.files import read_json


def given(files, subjects):
    """Read the inputs of a job by their names.

    Parameters
    ----------
    files : snakemake.io.InputFiles
        Named: tables, lists of results, and under `names` the tasks' `labels.json`.
    subjects : dict
        As `closerlook.analysis.runs.apart` takes them; empty, where tables are taken as they are.

    Returns
    -------
    dict
        A DataFrame for each table; for `names` the labels of each task; for others the list of paths.
    """
    found: dict[str, object] = {}
    for name, value in files.items():
        paths = [value] if isinstance(value, str) else list(value)
        if name == "names":  # none: the labels' looks are not asked for
            found[name] = {Path(path).parent.name: read_json(path)["names"] for path in paths}
        elif len(paths) == 1 and paths[0].endswith(".csv"):
            found[name] = apart(read_table(paths[0]), subjects)
        else:
            found[name] = paths
    return found
