"""The distances that a followed run has in each of several samples of its spaces."""


def each_of(arrays, split):
    """Distances in each sample, (samples, updates, layers, pairs), from what `trace_run` found."""
    return arrays[f"{split}_each"] if f"{split}_each" in arrays else arrays[f"{split}_distances"][None]
