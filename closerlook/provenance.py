"""What made a result: parameters, versions, time."""

import importlib.metadata
import platform
import sys

PACKAGES = ("closerlook", "numpy", "scipy", "numba", "scikit-learn", "pandas", "torch", "transformers", "datasets")


def made_by(**parameters):
    """Describe the making of a result: its parameters, and the versions of the packages loaded right now."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        if package.replace("scikit-learn", "sklearn") in sys.modules:
            try:
                versions[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:  # run from a checkout, not installed
                versions[package] = "source"
    return {"parameters": parameters, "versions": versions}


def versions_of(made):
    """The versions that results were made with, each once: several of one package where results differ."""
    found = {}
    for each in made:
        for name, version in each["versions"].items():
            found.setdefault(name, {})[version] = None
    return {name: ", ".join(versions) for name, versions in found.items()}
