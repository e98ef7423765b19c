"""The vectors of one layer, as files hold them."""

import numpy as np

from closerlook.errors import InputError

SAME = 1e-6  # of the largest component: the rounding of float32
AGAIN = "delete the file and give the same command again, which makes it anew"


def read_vectors(path):
    """Read the vectors of a layer.

    Parameters
    ----------
    path : path
        A `.npy` file.

    Returns
    -------
    (n, dim) float array

    Raises
    ------
    InputError
        A file that is damaged, or a vector that is not finite.
    """
    try:
        vectors = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path}: is damaged ({error}): {AGAIN}.") from error
    if not (finite := np.isfinite(vectors).all(1)).all():
        raise InputError(
            f"{path}: vector {finite.argmin()} (counted from 0) has a NaN or an infinity: {AGAIN}; should that fail, "
            "the encoder's weights are at fault (those of a fine-tuning that diverged) or its precision, `bf16`."
        )
    return vectors


def constant(X):
    """Whether all vectors (n, dim) are one, up to the rounding of float32, as those of [CLS] in the embedding layer."""
    X = np.asarray(X)
    return not len(X) or float((X.max(0) - X.min(0)).max()) <= SAME * float(np.abs(X).max())
