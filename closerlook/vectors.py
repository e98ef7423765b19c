"""The vectors of one layer, as files hold them."""

import logging

import numpy as np

from closerlook.errors import InputError
from closerlook.files import staged

log = logging.getLogger(__name__)

NONE = -1  # in place of a label or a cluster: there is none
SAME = 1e-6  # of the largest component: the rounding of float32
MOST = float(np.finfo(np.float16).max)
MOVED = 5e-4  # of a space's radius: what half precision may move a vector
BLOCK = 8192  # vectors at a time
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
        In float32 what is in half precision.

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
    return floats(vectors)


def floats(array):
    """The numbers of an array as floats, without loss: float32 where that holds them."""
    small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    return array.astype(np.float32 if small else np.float64, copy=False)


def halve(path, name):
    """Write the vectors of a layer in half precision; as they are where this would tell them apart too badly.

    Parameters
    ----------
    path : path
        A `.npy` file, which is replaced.
    name : str
        What to call the layer.

    Returns
    -------
    bool
        Whether it is in half precision now: where that moves no vector by more than `MOVED` of the radius, the largest
        distance of a vector from the mean.

    Raises
    ------
    InputError
        A component that half precision does not hold.
    """
    vectors = np.load(path, mmap_mode="r")
    blocks = [slice(start, start + BLOCK) for start in range(0, len(vectors), BLOCK)]
    mean, moved, radius, largest = vectors.mean(0, dtype=np.float64), 0.0, 0.0, 0.0
    for block in blocks:
        some = np.asarray(vectors[block], np.float64)
        largest = max(largest, float(np.abs(some).max(initial=0)))
        if largest > MOST:
            raise InputError(
                f"{name} has a component of {largest:.3g}, and half precision holds {MOST:,.0f} at most: write "
                "`embedding: {store: float32}`."
            )
        moved = max(moved, float(np.linalg.norm(some - some.astype(np.float16), axis=1).max(initial=0)))
        radius = max(radius, float(np.linalg.norm(some - mean, axis=1).max(initial=0)))
    if moved > MOVED * radius:
        why = "half precision would move a vector by %.2g, of a radius of %.2g"
        log.warning(f"%s stays in float32: {why}", name, moved, radius)
        return False
    with staged(path) as part, open(part, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": vectors.shape})
        for block in blocks:
            file.write(vectors[block].astype("<f2").data)
    return True


def constant(X):
    """Whether all vectors (n, dim) are one, up to the rounding of float32, as those of [CLS] in the embedding layer."""
    X = np.asarray(X)
    return not len(X) or float((X.max(0) - X.min(0)).max()) <= SAME * float(np.abs(X).max())
