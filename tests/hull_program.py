"""Two hulls by a linear program: what verdicts are compared with."""

import numpy as np
from scipy.optimize import linprog


def hulls_meet(A, B):
    """Whether two hulls share a point: feasibility of a linear program, decided by HiGHS."""
    n = [len(A), len(B)]
    equal = np.vstack([np.hstack([A.T, -B.T]), np.repeat([1, 0], n), np.repeat([0, 1], n)])
    found = linprog(np.zeros(sum(n)), A_eq=equal, b_eq=[0.0] * A.shape[1] + [1, 1], method="highs")
    assert found.status in (0, 2)
    return found.status == 0
