"""numba, with its cache where that can be written and without it where it cannot."""

import numba


def jit(function):
    """Compile `function` on first use, outside the interpreter lock; the machine code is cached beside the module."""
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to cache in: a read-only installation without a home
        return numba.njit(nogil=True, error_model="numpy")(function)
