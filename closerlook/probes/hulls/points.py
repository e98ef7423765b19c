"""Sets of points: as arrays that can be computed with, and in a frame of unit size."""

from __future__ import annotations  # so that `help` shows short names

import numpy as np
from numpy.typing import ArrayLike, NDArray

from closerlook.errors import InputError


def points(X: ArrayLike, name: str) -> NDArray[np.float64]:
    X = np.asarray(X)
    if X.ndim != 2 or 0 in X.shape:
        raise InputError(
            f"{name} must be an array (points, dimensions) with at least one point, not of shape {X.shape}."
        )
    if X.dtype.kind not in "biuf":
        raise InputError(f"{name} must hold real numbers, not {X.dtype}.")
    X = np.ascontiguousarray(X, np.float64)
    if not np.isfinite(X).all():
        raise InputError(f"{name} holds a NaN or an infinity; remove those points first.")
    return X


def pair(A: ArrayLike, B: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    of_a, of_b = points(A, "A"), points(B, "B")
    if of_a.shape[1] != of_b.shape[1]:
        raise InputError(f"The points of the two sets must have one width, not {of_a.shape[1]} and {of_b.shape[1]}.")
    return of_a, of_b


def unit_ball(X):
    """The points around the middle of their ranges, scaled into the unit ball; the middle; the radius."""
    centre = X.min(0) / 2 + X.max(0) / 2
    Z = X - centre
    size = np.abs(Z).max() or 1.0  # first, so that no square overflows
    Z /= size
    radius = np.sqrt(np.einsum("nd,nd->n", Z, Z).max()) or 1.0
    return Z / radius, centre, size * radius


def frame(X):
    """The points around one of them, scaled by a power of two into the unit ball; that point; the scale.

    Neither rounds coordinates that have few digits, such as counts, so that equal distances stay equal.
    """
    _, middle, size = unit_ball(X)
    centre = X[np.argmin((((X - middle) / size) ** 2).sum(1))]
    Z = X - centre
    size = np.abs(Z).max() or 1.0
    _, power = np.frexp(size * np.sqrt(np.einsum("nd,nd->n", Z / size, Z / size).max()))
    scale = np.ldexp(1.0, min(power, 1023))
    return Z / scale, centre, scale
