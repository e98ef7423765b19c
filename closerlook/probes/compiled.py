"""numba, with its cache where that can be written and without it where it cannot."""

import numba

FUNCTIONS = []  # all that are compiled, as far as their modules have been imported


def jit(function):
    """Compile `function` on first use, outside the interpreter lock; the machine code is cached beside the module."""
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to cache in: a read-only installation without a home
        made = numba.njit(nogil=True, error_model="numpy")(function)
    FUNCTIONS.append(made)
    return made


def compilations():
    """How many times something has been compiled in this process, and not found in the cache.

    Returns
    -------
    dict
        By the function's name; those that were are named alone.
    """
    counts = {f"{f.__module__}.{f.__name__}": sum(f.stats.cache_misses.values()) for f in FUNCTIONS}
    return {name: count for name, count in counts.items() if count}
