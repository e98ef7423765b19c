"""Whether two spaces have their labels in the same places, relative to each other (Zhou & Srikumar, ACL 2022)."""

from __future__ import annotations  # so that `help` shows short names

import numpy as np
from numpy.typing import ArrayLike

from closerlook.errors import InputError
from closerlook.probes.precision import TOL


def spatial_similarity(u: ArrayLike, v: ArrayLike, tol: float = TOL) -> tuple[float, int]:
    """Pearson's correlation of two distance vectors over the entries that both have.

    Invariant under a positive scaling and, beyond what `tol` leaves undefined, a shift of either vector.

    Parameters
    ----------
    u, v : array (m,)
        Distance vectors over the same pairs of labels; NaN where a pair has no distance.
    tol : float
        Relative gap to which the distances are known. A vector whose entries differ by no more is constant.

    Returns
    -------
    float, int
        The correlation, NaN where fewer than two entries are shared or either vector is constant on them; and the
        number of shared entries.
    """
    a, b = np.asarray(u, float), np.asarray(v, float)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"Distance vectors must be of one length, not of shapes {a.shape} and {b.shape}.")
    both = np.isfinite(a) & np.isfinite(b)
    n = int(both.sum())
    a, b = a[both], b[both]
    if n < 2 or not (np.abs(a).any() and np.abs(b).any()):
        return float("nan"), n
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    if min(np.ptp(a), np.ptp(b)) <= tol:
        return float("nan"), n
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1)), n
