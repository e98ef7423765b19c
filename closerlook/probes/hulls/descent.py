"""The minimum norm point of conv(A) - conv(B) for few points: SMO steps to find the support, Newton steps to end on it.

The points of A are the first `m` rows of Z, those of B the other rows with their sign turned, so that the difference of
two points in the hulls is `a @ Z` with `a >= 0`, `a[:m].sum() == a[m:].sum() == 1`. The rows have norm at most one.
"""

import numpy as np
import scipy.linalg  # noqa: F401  numba's products and solvers are scipy's; loaded now, so that thread limits reach them

from closerlook.probes.compiled import jit

BURST = 200  # SMO steps between two Newton steps
NOISE = 1e-10  # squared length below which products of the Gram matrix are rounding noise, and SMO is not used
SURE = 1e-3  # relative gap of the bounds at which a distance counts as known
CYCLES = 30  # Newton steps, at first
EPS = np.finfo(np.float64).eps
RIDGE = 1e-13  # of the mean diagonal, so that a support with dependent points has one Newton step, the shortest


@jit
def bounds(a, g, m):
    """Squared length of a @ Z, and that length times the margin of the hyperplane with this normal."""
    return max(a @ g, 0.0), g[:m].min() + g[m:].min()


@jit
def enough(f, low, goal, near):
    """Whether bounds, as above, say that the points are nearer than `near`, or settle how far apart they are."""
    if f <= near * near:
        return True
    return low >= goal * f and (low > near * np.sqrt(f) or low >= (1 - SURE) * f)


@jit
def smo(Q, m, a, g, goal, near, steps):
    """Move weight between two points of one side, the pair that gains most (second order), up to `steps` times."""
    n = len(a)
    D = np.diag(Q).copy()
    for step in range(steps):
        f, low, best, i, j = 0.0, 0.0, 0.0, -1, -1
        for side in range(2):
            start, stop = (0, m) if side == 0 else (m, n)
            least = start
            for k in range(start, stop):
                f += a[k] * g[k]
                if g[k] < g[least]:
                    least = k
            low += g[least]
            q, here, diag = Q[least], g[least], D[least]
            for k in range(start, stop):
                if a[k] > 0.0 and g[k] > here:
                    curve = max(diag + D[k] - 2.0 * q[k], 1e-300)
                    gain = (g[k] - here) ** 2 / curve
                    if gain > best:
                        best, i, j = gain, least, k
        if enough(f, low, goal, near) or f <= NOISE or j < 0:
            return step
        move = (g[j] - g[i]) / max(D[i] + D[j] - 2.0 * Q[i, j], 1e-300)
        if move >= a[j]:
            move = a[j]
            a[j] = 0.0
        else:
            a[j] -= move
        a[i] += move
        qi, qj = Q[i], Q[j]
        for k in range(n):
            g[k] += move * (qi[k] - qj[k])
    return steps


@jit
def refresh(Z, m, a, w, g):
    """The exact point and gradient of the weights: updated ones drift."""
    a[:m] /= a[:m].sum()
    a[m:] /= a[m:].sum()
    w[:] = a @ Z
    g[:] = Z @ w


@jit
def balance(Q, S, m, g):
    """Change of the support's weights that leads to the minimum over its affine hulls, from the Gram matrix."""
    s = len(S)
    K, r = np.zeros((s + 2, s + 2)), np.zeros(s + 2)
    trace = 0.0
    for p in range(s):
        q = Q[S[p]]
        for o in range(s):
            K[p, o] = q[S[o]]
        trace += K[p, p]
        side = s if S[p] < m else s + 1
        K[p, side] = K[side, p] = 1.0
        r[p] = -g[S[p]]
    for p in range(s):
        K[p, p] += RIDGE * max(trace / s, 1e-300)
    return np.linalg.solve(K, r)[:s]


@jit
def balance_closely(Z, S, m, a, w):
    """The same by least squares on the points themselves, which does not square their condition; slower. Also the
    point reached: more orthogonal to the support than `a @ Z` can be once it is short."""
    s, d = len(S), Z.shape[1]
    first = np.argmax(a[:m])  # the others of each side are seen from its heaviest point
    second = m + np.argmax(a[m:])
    rest = np.array([p for p in range(s) if S[p] != first and S[p] != second], np.int64)
    M = np.empty((d, len(rest)))
    for p in range(len(rest)):
        M[:, p] = Z[S[rest[p]]] - Z[first if S[rest[p]] < m else second]
    move, end = np.zeros(s), w.copy()
    if len(rest):
        x = np.linalg.lstsq(M, -w, 1e-14)[0]
        end += M @ x
        end += M @ np.linalg.lstsq(M, -end, 1e-14)[0]
        for p in range(len(rest)):
            move[rest[p]] = x[p]
        for side in range(2):
            total = 0.0
            for p in range(s):
                if (S[p] < m) == (side == 0):
                    total += move[p]
            for p in range(s):
                if S[p] == (first if side == 0 else second):
                    move[p] = -total
    return move, end


@jit
def newton(Z, Q, m, a, w, g):
    """Go to the minimum over the affine hulls of the support and of the steepest point of each side; points whose
    weight would turn negative leave the support as it goes (Wolfe 1976, the minor cycle)."""
    support = a > 0.0
    support[np.argmin(g[:m])] = True
    support[m + np.argmin(g[m:])] = True
    closely = w @ w <= NOISE
    for _ in range(len(a)):
        S = np.flatnonzero(support)
        if closely:
            move, end = balance_closely(Z, S, m, a, w)
        else:
            move, end = balance(Q, S, m, g), w
        length, out = 1.0, -1
        for p in range(len(S)):
            if a[S[p]] + length * move[p] < 0.0:
                length, out = a[S[p]] / -move[p], p
        for p in range(len(S)):
            a[S[p]] = max(a[S[p]] + length * move[p], 0.0)
        if out >= 0:
            a[S[out]] = 0.0
            support[S[out]] = False
        refresh(Z, m, a, w, g)
        if out < 0:
            if closely:
                w[:] = end
                g[:] = Z @ w
            return


@jit
def descend(Z, Q, m, a, goal, near, cycles, closely):
    """Improve the weights `a` in place until lower / upper bound of the distance reach `goal`, or the points coincide.

    Parameters
    ----------
    Z : array (k, d), Q : array (k, k)
        The signed points and their products.
    m : int
        How many of them belong to A.
    a : array (k,)
        Weights; changed in place.
    goal : float
        Ratio of the two bounds to stop at; any positive one means "the points are separated".
    near : float
        Points this near count as one.
    cycles : int
        Newton steps at most.
    closely : bool
        Go on, by least squares, where the difference is too short for the Gram matrix.

    Returns
    -------
    array (d,)
        The difference of the two points, `a @ Z`.
    """
    w = a @ Z
    g = Z @ w
    for _ in range(cycles):
        smo(Q, m, a, g, goal, near, BURST)
        refresh(Z, m, a, w, g)
        f, low = bounds(a, g, m)
        if enough(f, low, goal, near) or (f <= NOISE and not closely):
            break
        newton(Z, Q, m, a, w, g)
        f, low = bounds(a, g, m)
        if enough(f, low, goal, near):
            break
    return w


@jit
def rounding(d):
    """Error of comparing two products of a unit vector with points of the unit ball, at most."""
    return 4.0 * (d + 2) * EPS


@jit
def shared_frame(A, B):
    """The points around their common centre, scaled into the unit ball; the centre; the radius.

    Subtracting first is exact to rounding of the differences themselves, however far the points are from the origin.
    """
    centre = A[0] / 2 + B[0] / 2
    A, B = A - centre, B - centre
    shift = np.zeros(len(centre))
    for P in (A, B):
        for p in range(len(P)):
            shift += P[p] / (2 * len(P))
    A, B = A - shift, B - shift
    size = max(np.abs(A).max(), np.abs(B).max())  # first, so that no square overflows
    if size > 0.0:
        A, B = A / size, B / size
    radius = 0.0
    for P in (A, B):
        for p in range(len(P)):
            radius = max(radius, P[p] @ P[p])
    radius = np.sqrt(radius)
    if radius > 0.0:
        A, B = A / radius, B / radius
    return A, B, centre + shift, size * radius


@jit
def verdict_of(gap, upper, d, tol, closest):
    """What a margin `gap` and a distance `upper` of two points prove of hulls in d dimensions; see `judge`."""
    if gap > max(closest, rounding(d)) and (tol < 0.0 or gap >= (1 - tol) * upper):
        return 1
    return -1 if upper <= closest or (upper <= closest / (1 - SURE) and gap >= (1 - SURE) * upper) else 0


@jit
def judge(A, B, a, b, w, tol, closest):
    """What the weights and the normal prove of points in the unit ball.

    Returns
    -------
    int
        1: the hulls are apart, and their distance known to a gap of `tol` if that is not negative; -1: they meet, which
        is to be within `closest`; 0: neither is proven.
    tuple of four floats
        Length of the normal, least product of A and largest of B with it (it taken as a unit vector), and the distance
        of the two points.
    """
    length, upper = np.sqrt(w @ w), np.sqrt(((a @ A - b @ B) ** 2).sum())
    near = far = 0.0
    if length > 0.0:
        near, far = (A @ w).min() / length, (B @ w).max() / length
    return verdict_of(near - far, upper, len(w), tol, closest), (length, near, far, upper)


@jit
def solve(A, B, tol, near):
    """The whole of it for few points, in their own frame: what is proven, the weights, the normal, and the frame.

    `near` as in `judge`, but in the frame of the points, or if it is negative relative to their radius.
    """
    A, B, centre, radius = shared_frame(A, B)
    m, closest = len(A), -near
    if near >= 0.0 and radius > 0.0:
        closest = near / radius
    Z = np.concatenate((A, -B))
    w = Z[:m].sum(0) / m + Z[m:].sum(0) / len(B)
    a = np.zeros(len(Z))
    g = Z @ w
    a[np.argmin(g[:m])] = 1.0
    a[m + np.argmin(g[m:])] = 1.0
    w = descend(Z, Z @ Z.T, m, a, 0.3 if tol < 0.0 else 1 - tol / 2, closest, CYCLES, True)
    verdict, facts = judge(A, B, a[:m], a[m:], w, tol, closest)
    return verdict, facts, a[:m], a[m:], w, centre, radius, closest
