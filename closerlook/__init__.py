"""What did fine-tuning do to this model? Probes and geometry of labelled spaces."""

import importlib

_HOME = {
    "DirectProbe": "closerlook.probes.direct.estimator",
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
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
