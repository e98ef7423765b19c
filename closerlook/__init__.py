"""What did fine-tuning do to this model? Probes and geometry of labelled spaces."""

import importlib

_HOME = {
    "DirectProbe": "closerlook.probes.direct.estimator",
    "InputError": "closerlook.errors",
    "MLPProbe": "closerlook.probes.mlp.estimator",
    "Study": "closerlook.study",
    "compare": "closerlook.study",
    "embed": "closerlook.embedding",
    "hull_distance": "closerlook.probes.hulls.distance",
    "label_distances": "closerlook.probes.direct.labels",
    "separable": "closerlook.probes.hulls.distance",
    "spatial_similarity": "closerlook.probes.direct.similarity",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    # On first use, so that `import closerlook` costs nothing. Every script of the workflow imports this package, so an
    # `import` statement, in a function too, would have an edit of a probe rerun every job (see closerlook.fingerprint).
    # Type checkers read `__init__.pyi`.
    if home := _HOME.get(name) or {"__version__": "closerlook.version"}.get(name):
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__, "__version__"])
