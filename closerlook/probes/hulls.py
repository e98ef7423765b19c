"""Convex hulls of two point sets: their distance, whether a hyperplane separates them, and the proof of either."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from closerlook.errors import InputError
from closerlook.probes import hinge
from closerlook.probes.descent import CYCLES, NOISE, SURE, descend, judge, rounding, shared_frame, solve

RESOLUTION = 1e-9  # times the radius of the two sets: hulls this near count as meeting
SMALL = 128  # points that least squares are quick for
FEW = 400  # points that are solved for at once; more enter a working set, the worst GROW of each side at a time
GROW = 64
ROUNDS = 200  # of the working set
SHORT, LAST = 10, 3000  # Newton steps by least squares, at first and in the end


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
        linear program that gets what these leave open.
    near : float
        The distance from which on hulls count as apart: what was asked, and so nothing that the proof states.
    """

    separable: bool
    lower: float
    upper: float
    normal: np.ndarray | None
    offset: float | None
    weights: tuple[np.ndarray, np.ndarray]
    how: str = "descent"
    near: float = 0.0

    def __bool__(self):
        return self.separable

    @property
    def distance(self):
        """The distance of the hulls: `upper`, and zero where they meet."""
        return self.upper if self.separable else 0.0

    def check(self, A, B):
        """Compute all that the proof states again from the points, in float64. True if it holds."""
        A, B, centre, radius = shared_frame(*_pair(A, B))
        (a, b), radius = self.weights, radius or 1.0
        if a.shape != (len(A),) or b.shape != (len(B),):
            return False
        if not self.near >= 0 or not all((w >= 0).all() and abs(w.sum() - 1) < 1e-9 for w in (a, b)):
            return False
        error, near = rounding(A.shape[1]), self.near / radius
        lower, upper = self.lower / radius, self.upper / radius

        def same(x, y):  # up to the rounding of the frame that it was found in
            return abs(x - y) <= 1e-6 * abs(x) + 1e3 * error

        if not same(np.linalg.norm(a @ A - b @ B), upper):
            return False
        if not self.separable:
            return bool(
                self.lower == 0 and self.normal is None and self.offset is None and upper <= near / (1 - SURE) ** 2
            )
        if self.normal is None or not abs(np.linalg.norm(self.normal) - 1) < 1e-9:
            return False
        low, high = (A @ self.normal).min(), (B @ self.normal).max()
        offset = (self.offset - centre @ self.normal) / radius
        place = 1e3 * error * (1 + np.linalg.norm(centre) / radius)
        return bool(
            low - high > max(near * (1 - SURE), error)
            and same(low - high, lower) and lower <= upper * (1 + 1e-6) + 1e3 * error
            and low + place >= offset >= high - place
        )  # fmt: skip


def check_precision(tol, resolution=RESOLUTION):
    """An error if the gap or the resolution that is asked for makes no sense."""
    for name, value, what in (("tol", tol, "relative gap"), ("resolution", resolution, "share of the points' radius")):
        if not isinstance(value, Real) or not 0 < value < 1:
            raise InputError(f"`{name}` is a {what} between 0 and 1, not {value!r}.")


def hull_distance(A, B, *, tol=1e-3):
    """Distance of the convex hulls of two point sets, twice the margin of a support vector machine.

    It is the length of the minimum norm point of conv(A) - conv(B).

    Parameters
    ----------
    A : array (n_a, d), B : array (n_b, d)
        The points.
    tol : float
        Relative gap of the bounds: `upper - lower <= tol * upper`.

    Returns
    -------
    Proof
        Its `distance`, `lower`, `upper`, `normal`, `offset`, `weights`. Invariant under rotation and translation of
        both sets; scales with them.

    Raises
    ------
    InputError
        The points are no two finite arrays of one width, or their position is so degenerate that neither a hyperplane
        nor a common point can be proven in float64.
    """
    check_precision(tol)
    return nearest(*_pair(A, B), tol)


def separable(A, B):
    """Whether a hyperplane has all of A strictly on one side and all of B on the other.

    Hulls nearer than 1e-9 of the radius of the points, around their common centre, count as meeting.

    Parameters
    ----------
    A : array (n_a, d), B : array (n_b, d)
        The points.

    Returns
    -------
    Proof
        True or false in a condition. It carries the hyperplane, or the convex combinations that coincide. The bounds
        of the distance hold but need not be tight.

    Raises
    ------
    InputError
        As in `hull_distance`.
    """
    return nearest(*_pair(A, B))


def _points(X, name):
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


def _pair(A, B):
    A, B = _points(A, "A"), _points(B, "B")
    if A.shape[1] != B.shape[1]:
        raise InputError(f"The points of the two sets must have one width, not {A.shape[1]} and {B.shape[1]}.")
    return A, B


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


def nearest(A, B, tol=None, near=None):
    """The nearest points of two hulls, as a `Proof`: to a gap of `tol`, or until separation or coincidence is certain.

    Parameters
    ----------
    A : float64 array (n_a, d), B : float64 array (n_b, d)
        The points, finite.
    tol : float, optional
        Relative gap of the bounds; without it only the verdict counts.
    near : float, optional
        Hulls this near count as meeting; 1e-9 of the points' radius if not given.
    """
    n = len(A) + len(B)
    if n <= SMALL:
        proof = as_proof(*solve(A, B, -1.0 if tol is None else tol, -RESOLUTION if near is None else near))
        if proof is not None:
            return proof
    *frame, radius = shared_frame(A, B)
    frame = *frame, radius, RESOLUTION if near is None or radius == 0 else near / radius
    proof, start = _descend(*frame, tol, _first(*frame[:2]), ROUNDS, CYCLES, n <= SMALL)
    if proof is None:
        proof = _divide(*frame, tol)
        if proof is None or (proof and tol):
            proof, start = _descend(*frame, tol, start, ROUNDS, SHORT, True)
    if proof is None:
        proof = _interior(*frame, tol)
    if proof is None:
        proof, start = _descend(*frame, tol, start, ROUNDS, LAST, True)
    if proof is None:
        from closerlook.probes.program import decide  # scipy's optimizers, needed once in a long while

        proof = decide(*frame, start, tol)
    return proof


def _descend(A, B, centre, radius, near, tol, start, rounds, cycles, closely):
    """The proof that the descent finds, from a working set of the points, or None; and the weights it ends with."""
    a, b = start
    goal = 0.3 if tol is None else 1 - tol / 2
    ia, ib = _working(A, B, a, b)
    for _ in range(rounds):
        Z, x = np.concatenate([A[ia], -B[ib]]), np.concatenate([a[ia], b[ib]])
        w = descend(Z, Z @ Z.T, len(ia), x, goal, near, cycles, closely)
        a, b = np.zeros(len(A)), np.zeros(len(B))
        a[ia], b[ib] = x[: len(ia)], x[len(ia) :]
        proof = _prove(A, B, centre, radius, near, a, b, w, tol)
        if proof is not None:
            return proof, (a, b)
        ia, more_a = _grow(A @ w, a, ia)
        ib, more_b = _grow(-B @ w, b, ib)
        if not more_a + more_b or (w @ w <= NOISE and not closely):
            break
    return None, (a, b)


def _prove(A, B, centre, radius, near, a, b, w, tol=None, how="descent"):
    """The proof that the weights and the normal make, or None."""
    verdict, facts = judge(A, B, a, b, w, -1.0 if tol is None else tol, near)
    return as_proof(verdict, facts, a, b, w, centre, radius, near, how)


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


def _divide(A, B, centre, radius, near, tol):
    """The proof of Newton's method on the hinge loss, or None. Bounds of a distance are far from tight."""
    w = hinge.between_means(A, B, near)
    verdict, w, slack = hinge.hinge(hinge.signed(A, B), len(A), w, near, hinge.STEPS)
    if verdict == 0:
        return None
    a, b = hinge.shares(slack, len(A))
    return _prove(A, B, centre, radius, near, a, b, w[:-1], None, "hinge")


def _interior(A, B, centre, radius, near, tol):
    """The proof that the interior method finds, or None."""
    from closerlook.probes.interior import centre_path  # scipy.linalg

    x, w = centre_path(A, B)
    return _prove(A, B, centre, radius, near, x[: len(A)], x[len(A) :], w, tol, "interior")


def _first(A, B):
    """Weights of the point of each set that lies farthest towards the other set's mean."""
    w = A.mean(0) - B.mean(0)
    a, b = np.zeros(len(A)), np.zeros(len(B))
    a[np.argmin(A @ w)] = b[np.argmax(B @ w)] = 1.0
    return a, b


def _working(A, B, a, b):
    """The points to start with: all, or those in use and those nearest to the other set."""
    if len(A) + len(B) <= FEW:
        return np.arange(len(A)), np.arange(len(B))
    w = a @ A - b @ B
    return tuple(
        np.union1d(np.argsort(p, kind="stable")[:GROW], np.flatnonzero(x)) for p, x in ((A @ w, a), (-B @ w, b))
    )


def _grow(p, a, inside):
    """The working set without what lies far behind, and with the points that violate the hyperplane most."""
    used = inside[a[inside] > 0]
    spare = inside[a[inside] == 0]
    spare = spare[np.argsort(p[spare], kind="stable")[: 2 * GROW]]
    outside = np.ones(len(p), bool)
    outside[inside] = False
    worse = np.flatnonzero(outside & (p < p[inside].min()))
    worse = worse[np.argsort(p[worse], kind="stable")[:GROW]]
    return np.concatenate([used, spare, worse]), len(worse)
