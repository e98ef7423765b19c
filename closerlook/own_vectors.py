"""Vectors that somebody else extracted: their files, and their layers in files like those of the workflow's own."""

import contextlib
from pathlib import Path

import numpy as np

from closerlook.errors import InputError
from closerlook.files import staged
from closerlook.vectors import floats, halve


def opened(file):
    """Map a file of vectors into memory: its header is read, and none of its vectors.

    Parameters
    ----------
    file : path
        A `.npy` file of an (n, dim) or (layers, n, dim) array of floats of 16, 32 or 64 bits, or of integers.

    Returns
    -------
    (layers, n, dim) memmap
        One layer where the file has no axis for them.

    Raises
    ------
    InputError
        A file that is not there, is not such an array or is cut short.
    """
    try:
        found = np.load(file, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file; give a path relative to {Path.cwd()}.") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}).") from error
    except (ValueError, EOFError):
        found = None
    if not isinstance(found, np.ndarray):
        raise InputError(f"{file}: is not a single array as `numpy.save` writes it, or is cut short: write it again.")
    if found.dtype.kind not in "iuf" or found.dtype.itemsize > 8:
        raise InputError(f"{file}: holds {found.dtype}; give floats of 16, 32 or 64 bits, or integers.")
    if found.ndim not in (2, 3) or not found.size:
        raise InputError(f"{file}: has the shape {found.shape}; give (n, dim), or (layers, n, dim), none of them 0.")
    return found if found.ndim == 3 else found[None]


def take_vectors(files, out, labels, store="float32"):
    """Write layers of vectors that somebody else extracted as the workflow writes its own, one file per layer.

    Parameters
    ----------
    files : dict of str to path
        The file of each split, as `opened` takes it.
    out : dict of dict of path
        `out[split][layer]` is the `.npy` file to write: (n, dim), float32, or float64 where float32 does not hold the
        numbers. At most one layer is in memory.
    labels : dict of str to list
        A label for each vector.
    store : {"float32", "float16"}
        The latter: half precision where it holds a layer (see `closerlook.vectors.halve`).

    Raises
    ------
    InputError
        Not as many vectors as labels, or one with a NaN or an infinity. Nothing is written then.
    """
    spaces = {split: opened(file) for split, file in files.items()}
    for split, layers in spaces.items():
        if layers.shape[1] != len(labels[split]):
            raise InputError(
                f"{files[split]}: has {layers.shape[1]:,} vectors in each layer, but the {split} split of the task has "
                f"{len(labels[split]):,} targets: give one vector for each, in their order (which docs/vectors.md says "
                "how to list)."
            )
    with contextlib.ExitStack() as complete:
        for split, layers in spaces.items():
            for layer, path in out[split].items():
                vectors = floats(layers[layer])
                if not (finite := np.isfinite(vectors).all(1)).all():
                    raise InputError(
                        f"{files[split]}: vector {finite.argmin()} of layer {layer} (both counted from 0) has a NaN or "
                        "an infinity: make it again, or leave out the example, its label and its vectors in all states."
                    )
                part = complete.enter_context(staged(path))
                with open(part, "wb") as file:
                    np.save(file, vectors)
                if store == "float16":
                    halve(part, f"{files[split]}: layer {layer}")
