"""What is known of two hulls, and a check of it from the points alone."""

from __future__ import annotations  # so that `help` shows short names

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from closerlook.probes.hulls.descent import SURE, rounding, shared_frame
from closerlook.probes.hulls.points import pair


@dataclass(frozen=True, eq=False)
class Proof:
    """What is known of two hulls, conv(A) and conv(B), with the reason.

    Attributes
    ----------
    separable : bool
        A hyperplane was found that has A strictly on one side and B on the other. The truth value of the proof.
    lower, upper : float
        Bounds of the distance of the hulls: the margin of the hyperplane, and the distance of two points in the hulls.
    normal : array (d,) or None, offset : float or None
        The hyperplane: `A @ normal > offset > B @ normal`, and `normal` has length one. None where hulls meet.
    weights : tuple of array (n_a,) and array (n_b,)
        The two points as convex combinations, `weights[0] @ A` and `weights[1] @ B`.
    how : {"descent", "hinge", "interior", "program"}
        What found it: steps from face to face, Newton's method on the hinge loss, steps through the interior, or the
        linear program that decides what these leave open.
    near : float
        The distance from which hulls count as apart: a setting, not something that the proof states.
    """

    separable: bool
    lower: float
    upper: float
    normal: np.ndarray | None
    offset: float | None
    weights: tuple[np.ndarray, np.ndarray]
    how: str = "descent"
    near: float = 0.0

    def __bool__(self) -> bool:
        return self.separable

    @property
    def distance(self) -> float:
        """The distance of the hulls: `upper`, and zero where they meet."""
        return self.upper if self.separable else 0.0

    def check(self, A: ArrayLike, B: ArrayLike) -> bool:
        """Compute all that the proof states again from the points, in float64. True if it holds."""
        U, V, centre, radius = shared_frame(*pair(A, B))
        (a, b), radius = self.weights, radius or 1.0
        if a.shape != (len(U),) or b.shape != (len(V),):
            return False
        if not self.near >= 0 or not all((w >= 0).all() and abs(w.sum() - 1) < 1e-9 for w in (a, b)):
            return False
        error, near = rounding(U.shape[1]), self.near / radius
        lower, upper = self.lower / radius, self.upper / radius

        def same(x, y):  # up to the rounding of the frame that it was found in
            return abs(x - y) <= 1e-6 * abs(x) + 1e3 * error

        if not same(np.linalg.norm(a @ U - b @ V), upper):
            return False
        if not self.separable:
            return bool(
                self.lower == 0 and self.normal is None and self.offset is None and upper <= near / (1 - SURE) ** 2
            )
        if self.normal is None or self.offset is None or not abs(np.linalg.norm(self.normal) - 1) < 1e-9:
            return False
        low, high = (U @ self.normal).min(), (V @ self.normal).max()
        offset = (self.offset - centre @ self.normal) / radius
        place = 1e3 * error * (1 + np.linalg.norm(centre) / radius)
        return bool(
            low - high > max(near * (1 - SURE), error)
            and same(low - high, lower) and lower <= upper * (1 + 1e-6) + 1e3 * error
            and low + place >= offset >= high - place
        )  # fmt: skip


def as_proof(verdict, facts, a, b, w, centre, radius, near, how="descent"):
    """What `judge` found in a frame, as a `Proof` for the points themselves; None where it found nothing."""
    length, low, high, upper = facts
    normal = w / length if length > 0 else None
    offset = None if normal is None else float((low + high) / 2 * radius + centre @ normal)
    if verdict > 0:
        return Proof(
            True, float(low - high) * radius, float(upper) * radius, normal, offset, (a, b), how, near * radius
        )
    if verdict < 0:
        return Proof(False, 0.0, float(upper) * radius, None, None, (a, b), how, near * radius)
    return None
