"""The linear program that decides what the descent leaves open (HiGHS)."""

import numpy as np
from scipy.optimize import linprog

from closerlook.errors import InputError
from closerlook.probes.hulls.descent import rounding
from closerlook.probes.hulls.proof import Proof


def decide(A, B, centre, radius, near, weights, tol):
    """Decide whether two hulls meet by an exact linear program, and prove it from the program's solution.

    Maximises the margin t of `A @ w - c >= t`, `c - B @ w >= t` over `|w| <= 1` (each coordinate); its dual variables
    are the convex combinations. Points and arguments as in `distance.nearest`, already centred and scaled.

    Raises
    ------
    InputError
        Neither the hyperplane nor the combinations hold in float64.
    """
    n, m, d = len(A), len(B), A.shape[1]
    left = np.block([[-A, np.ones((n, 1)), np.ones((n, 1))], [B, -np.ones((m, 1)), np.ones((m, 1))]])
    cost = np.r_[np.zeros(d + 1), -1.0]
    found = linprog(
        cost, left, np.zeros(n + m), bounds=[(-1, 1)] * d + [(None, None)] * 2, method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    if found.status == 0:
        w = found.x[:d]
        length = np.linalg.norm(w)
        low, high = (A @ w).min(), (B @ w).max()
        a, b = (np.maximum(-x, 0) for x in np.split(found.ineqlin.marginals, [n]))
        a, b = (x / x.sum() if x.sum() else old for x, old in zip((a, b), weights))
        upper = np.linalg.norm(a @ A - b @ B)
        if length and (low - high) / length > max(near, rounding(d)):
            a, b = min((weights, (a, b)), key=lambda ab: np.linalg.norm(ab[0] @ A - ab[1] @ B))
            upper = np.linalg.norm(a @ A - b @ B)
            gap = (low - high) / length
            if tol is None or gap >= (1 - tol) * upper:
                offset = (low + high) / 2 / length * radius + centre @ w / length
                return Proof(True, gap * radius, upper * radius, w / length, offset, (a, b), "program", near * radius)
        elif upper <= near:
            return Proof(False, 0.0, upper * radius, None, None, (a, b), "program", near * radius)
    raise InputError(
        f"Two sets of {n} and {m} points in {d} dimensions touch so narrowly that neither a hyperplane between them nor"
        " a common point can be proven in float64; move or remove the points at their border."
    )
