"""Where the processes that a study starts look for Python's modules."""

import os


def first(folder):
    """Have processes that this one starts look in a folder first, before the packages that are installed."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *paths])
