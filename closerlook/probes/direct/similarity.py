"""Whether two spaces have their labels in the same places, relative to each other (Zhou & Srikumar, ACL 2022)."""

import numpy as np

from closerlook.errors import InputError
from closerlook.probes.precision import TOL


def spatial_similarity(u, v, tol=TOL):
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
    u, v = np.asarray(u, float), np.asarray(v, float)
    if u.shape != v.shape or u.ndim != 1:
        raise InputError(f"Distance vectors must be of one length, not of shapes {u.shape} and {v.shape}.")
    both = np.isfinite(u) & np.isfinite(v)
    n = int(both.sum())
    u, v = u[both], v[both]
    if n < 2 or not (np.abs(u).any() and np.abs(v).any()):
        return float("nan"), n
    u, v = u / np.abs(u).max(), v / np.abs(v).max()
    if min(np.ptp(u), np.ptp(v)) <= tol:
        return float("nan"), n
    u, v = u - u.mean(), v - v.mean()
    return float(np.clip(u @ v / np.sqrt((u @ u) * (v @ v)), -1, 1)), n
