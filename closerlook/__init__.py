"""What did fine-tuning do to this model? Probes and geometry of labelled spaces."""

import importlib

_HOME = {
    "DirectProbe": "closerlook.probes.direct",
    "hull_distance": "closerlook.probes.hulls",
    "separable": "closerlook.probes.hulls",
    "spatial_similarity": "closerlook.probes.direct",
    "label_distances": "closerlook.probes.direct",
    "MLPProbe": "closerlook.probes.mlp",
    "Study": "closerlook.study",
    "compare": "closerlook.study",
    "embed": "closerlook.embedding",
}

__all__ = sorted(_HOME)


def __getattr__(name):  # imported on first use: `import closerlook` costs nothing
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
