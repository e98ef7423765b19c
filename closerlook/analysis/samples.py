"""What was measured in several samples of a space counts once, as the mean."""

import numpy as np


def over_samples(values):
    """Mean and standard deviation over samples.

    Parameters
    ----------
    values : sequence of float or None
        One for each sample; of a space that was taken whole there is one.

    Returns
    -------
    mean : float or None
        Of one value, that value; None where a sample lacks one.
    spread : float or None
        Of a sample of samples (n - 1); None where there is one only.
    """
    values = list(values)
    if len(values) == 1:
        return values[0], None
    if any(value is None or np.isnan(value) for value in values):
        return None, None
    return float(np.mean(values)), float(np.std(values, ddof=1))


def each_of(arrays, split):
    """Distances in each sample, (samples, updates, layers, pairs), from what `trace_run` found."""
    return arrays[f"{split}_each"] if f"{split}_each" in arrays else arrays[f"{split}_distances"][None]
