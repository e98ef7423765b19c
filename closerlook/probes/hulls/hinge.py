"""Whether two hulls meet, for sets of any size: Newton's method on the squared hinge loss, which proves either answer.

Write a point x of A as z = (x, 1) and one of B as z = -(x, 1), and let w be a hyperplane, normal and offset. The loss
sum(max(0, 1 - z @ w)^2) has no term for the length of w. Where a hyperplane separates A from B its infimum is zero, and
before it is reached all products z @ w turn positive. Where the hulls meet it has a minimum with slack, and there the
gradient sum(slack * z) is zero: the slacks, divided by their sum, are two convex combinations that coincide (Gordan's
alternative). The loss is convex and piecewise quadratic, so Newton steps end after finitely many changes of the
set of points with slack; a proximal term keeps each of them well-conditioned.
"""

import numpy as np
from scipy.linalg.lapack import dposv

from closerlook.probes.compiled import jit

STEPS = 300
MANY, SOME = 1000, 3  # points from which those near the hyperplane are looked at first; of each set, per dimension
FEW = 64  # unknowns of a step that is computed in compiled code
PROX, LEAST = 1e-3, 1e-12  # weight of the squared distance from the last minimum, at first and in the end
LIKELY = 1e-5  # at first, where the hulls are likely to meet
LONG, SHRINK = 10.0, 100.0  # a hyperplane longer than LONG / near is of no use and starts again from a hundredth
REBUILD = 32  # steps after which products of dimensions, updated along the way, are computed again
REFRESH = 8  # steps after which slacks, updated along the way, are computed again
NONE = np.empty((0, 0))


@jit
def margin(slack, m, w):
    """Distance between the two sets along w, negative where they overlap along it."""
    length = np.sqrt(w[:-1] @ w[:-1])
    if length == 0.0:
        return -1.0
    return (2.0 - slack[:m].max() - slack[m:].max()) / length


@jit
def minimum_along(slack, slope, first, second):
    """The length of a step that minimises the loss along it: Newton's method in one dimension, safeguarded.

    `first` and `second` are the derivatives of the proximal term at length 0.
    """
    length, low, high = 1.0, 0.0, np.inf
    for _ in range(50):
        d1, d2 = first + length * second, second
        for p in range(len(slack)):
            s = slack[p] - length * slope[p]
            if s > 0.0:
                d1 -= s * slope[p]
                d2 += slope[p] * slope[p]
        if d1 < 0.0:
            low = length
        else:
            high = length
        if d2 == 0.0:
            return length
        new = length - d1 / d2
        if not (low < new < high):
            new = (low + high) / 2 if high < np.inf else 2 * length
        if abs(new - length) <= 1e-3 * length:
            return new
        length = new
    return length


@jit
def step_of_few(A, r, away, prox):
    """The step that minimises `|r - A @ step|^2 + prox |step - away|^2`, in as many unknowns as A has rows or columns,
    whichever are fewer."""
    if len(A) < A.shape[1]:
        K = A @ A.T
        for p in range(len(K)):
            K[p, p] += prox
        return np.linalg.solve(K, r - A @ away) @ A + away
    K = A.T @ A
    for p in range(len(K)):
        K[p, p] += prox
    return np.linalg.solve(K, r @ A + prox * away)


@jit
def exchange(Z, inside, A, of, n, K):
    """Let the first n rows of A be the points `inside`, in any order; `of` names them. Points that stay keep their row,
    but for those that fill a gap. With K, the products of the rows follow. Returns how many there are now."""
    known = np.zeros(len(Z), np.bool_)
    for row in range(n - 1, -1, -1):
        if inside[of[row]]:
            known[of[row]] = True
            continue
        n -= 1
        of[row], A[row] = of[n], A[n]
        if len(K):
            K[row, :n], K[row, row] = K[n, :n], K[n, n]
            K[:n, row] = K[row, :n]
    old = n
    for p in range(len(Z)):
        if inside[p] and not known[p]:
            of[n], A[n] = p, Z[p]
            n += 1
    if len(K) and n > old:
        K[old:n, :n] = A[old:n] @ A[:n].T
        K[:old, old:n] = K[old:n, :old].T
    return n


def solve(K, b, prox):
    """The solution x of (K + prox I) x = b, or None if rounding took K for indefinite."""
    K = K.copy()
    K.ravel("K")[:: len(K) + 1] += prox
    _, x, failed = dposv(K.T, b, lower=True, overwrite_a=True)
    return None if failed else x


class Steps:
    """Newton steps with many unknowns, by the routines for symmetric matrices, which numba cannot call.

    What they solve is kept from one step to the next, and only what the points that gain or lose slack change in it
    is computed: in the products of points where these are fewer than dimensions, else in those of dimensions.
    """

    def __init__(self, Z):
        self.Z, d = Z, Z.shape[1]
        self.K, self.inside, self.age = np.empty((d, d)), np.zeros(len(Z), bool), REBUILD  # products of dimensions
        self.A, self.of, self.n = NONE, np.empty(d, np.int64), 0  # and of points: of these, in this order

    def step(self, inside, slack, pull, away, prox):
        """The step that minimises `|r - A @ step|^2 + prox |step - away|^2` for the points A that are inside, whose
        slacks r pull with `r @ A`."""
        if np.count_nonzero(inside) < self.Z.shape[1]:
            self.age = REBUILD
            x = self.of_points(inside, slack, away, prox)
        else:
            self.n = 0
            x = self.of_dimensions(inside, pull + prox * away, prox)
        return step_of_few(self.Z[inside], slack[inside], away, prox) if x is None else x

    def of_points(self, inside, slack, away, prox):
        if not len(self.A):
            self.A = np.empty_like(self.K)
        self.n = exchange(self.Z, inside, self.A, self.of, self.n, self.K)
        A = self.A[: self.n]
        x = solve(self.K[: self.n, : self.n], slack[self.of[: self.n]] - A @ away, prox)
        return None if x is None else x @ A + away

    def of_dimensions(self, inside, pull, prox):
        if self.age >= REBUILD:
            self.K[:], self.inside[:], self.age = 0.0, False, 0
        for new, sign in ((inside & ~self.inside, 1.0), (self.inside & ~inside, -1.0)):
            B = self.Z[new]
            self.K += sign * (B.T @ B)
        self.inside[:], self.age = inside, self.age + 1
        return solve(self.K, pull, prox)


@jit
def pulls(Z, slack, some):
    """The sum of some points, each times its slack."""
    total = np.zeros(Z.shape[1])
    for p in some:
        total += slack[p] * Z[p]
    return total


@jit
def walk(Z, m, near, steps, w, slack, centre, before, at, move, pull):
    """Newton steps of `hinge` until there is a verdict, or a step with many unknowns to be computed elsewhere.

    The state of the search, changed in place: hyperplane `w`, `slack`, the proximal term's `centre`, which points had
    slack `before`, and in `at` its weight, the distance of the two points at the last minimum, the step, and whether
    `move` holds that step.

    Returns
    -------
    int
        As `hinge`, or 2: compute the step.
    """
    prox, nearest = at[0], at[1]
    for step in range(int(at[2]), steps):
        if at[3] == 0.0:
            if margin(slack, m, w) > near:
                slack[:] = 1.0 - Z @ w
                if margin(slack, m, w) > near:
                    return 1
            if slack.max() <= 1e-9 or w[:-1] @ w[:-1] > (LONG / near) ** 2:  # apart, but by less than `near`
                w /= SHRINK
                slack[:] = 1.0 - Z @ w
                centre[:] = w
                prox = PROX
            inside = slack > 0.0
            active = np.flatnonzero(inside)
            of_first, apart = np.searchsorted(active, m), np.inf
            first, second = pulls(Z, slack, active[:of_first]), pulls(Z, slack, active[of_first:])
            if 0 < of_first < len(active):
                x = first / slack[active[:of_first]].sum() + second / slack[active[of_first:]].sum()
                apart = np.sqrt(x @ x)
                if apart <= near:
                    return -1
            if (inside == before).all():  # the minimum around this centre
                centre[:] = w
                if apart > 0.5 * nearest:  # the two points stay apart, as do the hulls, it seems: go further
                    prox = max(prox / 10, LEAST)
                nearest = apart
            before[:] = inside
            at[0], at[1], at[2] = prox, nearest, step
            if min(len(active), len(w)) > FEW:
                at[3], pull[:] = 1.0, first + second
                return 2
            move[:] = step_of_few(Z[active], slack[active], centre - w, prox)
        at[3] = 0.0
        slope = Z @ move
        length = minimum_along(slack, slope, prox * ((w - centre) @ move), prox * (move @ move))
        w += length * move
        if step % REFRESH == REFRESH - 1:
            slack[:] = 1.0 - Z @ w
        else:
            slack -= length * slope
    return 0


def hinge(Z, m, w, near, steps, prox=PROX):
    """Minimise the squared hinge loss until it proves that two hulls are apart, or that they meet.

    Parameters
    ----------
    Z : array (k, d + 1)
        Points in the unit ball with a one for the offset; those of the second set with their sign turned.
    m : int
        How many belong to the first set.
    w : array (d + 1,)
        Normal and offset to start from.
    near : float
        Hulls this near count as meeting.
    steps : int
        Newton steps at most.
    prox : float
        Weight of the proximal term to begin with: smaller where the hulls are likely to meet.

    Returns
    -------
    int
        1: apart, by more than `near` along w; -1: the slacks are convex combinations nearer than that; 0: neither.
    array (d + 1,)
        Normal and offset of least loss so far.
    array (k,)
        Slacks, `1 - Z @ w`.
    """
    w, slack, before = w.copy(), 1.0 - Z @ w, np.zeros(len(Z), bool)
    centre, move, pull, at = w.copy(), np.empty_like(w), np.empty_like(w), np.array([prox, np.inf, 0.0, 0.0])
    newton = Steps(Z)
    while (verdict := walk(Z, m, near, steps, w, slack, centre, before, at, move, pull)) == 2:
        move[:] = newton.step(before, slack, pull, centre - w, at[0])
    return verdict, w, slack


def between_means(A, B, near):
    """The hyperplane midway between the means of two sets: where to start."""
    normal = A.mean(0) - B.mean(0)
    return np.append(normal, -(A.mean(0) + B.mean(0)) @ normal / 2) / (max(normal @ normal / 2, near) or 1.0)


@jit
def signed_frame(U, V):
    """The points as rows for `hinge`, in the frame that `shared_frame` gives, without its copies of them; its centre
    and its radius."""
    m, n, d = len(U), len(U) + len(V), U.shape[1]
    Z, middle, shift = np.empty((n, d + 1)), U[0] / 2 + V[0] / 2, np.zeros(d)
    for p in range(n):
        x, z, of = (U[p], Z[p], m) if p < m else (V[p - m], Z[p], n - m)
        for k in range(d):
            z[k] = x[k] - middle[k]
            shift[k] += z[k] / (2 * of)
    size = 0.0
    for p in range(n):
        z = Z[p]
        for k in range(d):
            z[k] -= shift[k]
            size = max(size, abs(z[k]))
    radius = 0.0
    if size > 0.0:
        for p in range(n):
            z, square = Z[p], 0.0
            for k in range(d):
                z[k] /= size
                square += z[k] * z[k]
            radius = max(radius, square)
        radius = np.sqrt(radius)
    for p in range(n):
        z, sign = Z[p], 1.0 if p < m else -1.0
        if radius > 0.0:
            for k in range(d):
                z[k] *= sign / radius
        z[d] = sign
    return Z, middle + shift, size * radius


@jit
def shares(slack, m):
    """The slacks as weights of two convex combinations; even weights where a set has no slack."""
    a, b = np.maximum(slack[:m], 0.0), np.maximum(slack[m:], 0.0)
    a = a / a.sum() if a.sum() > 0.0 else np.full(m, 1.0 / m)
    b = b / b.sum() if b.sum() > 0.0 else np.full(len(slack) - m, 1.0 / (len(slack) - m))
    return a, b


def divide(X, some, wall, near, steps, prox=PROX):
    """`hinge` for some points of two sets and a hyperplane, all in any one frame; `near` is a distance in it.

    Of many points those near the hyperplane are looked at first: if their hulls meet, so do those of all, and if a
    hyperplane keeps them apart, it is tried on all.

    Parameters
    ----------
    X : two arrays (m, d) and (n, d)
        The two sets.
    some : two int arrays (k,) and (l,)
        Which of their points.
    wall : array (d + 1,)
        Normal and offset to start from.

    Returns
    -------
    int, array (d + 1,), two arrays (k,) and (l,)
        The verdict, the hyperplane, and the slacks.
    """
    if sum(map(len, some)) <= MANY:
        U, V = (A[k] for A, k in zip(X, some))
        return divide_all(U, V, wall, near, steps, prox)
    slack, most = slacks(X, some, wall), SOME * len(wall)
    use = [s >= min(-1.0, np.partition(s, -min(most, len(s)))[-most:][0]) for s in slack]
    while True:
        U, V = (A[k[u]] for A, k, u in zip(X, some, use))
        verdict, wall, found = divide_all(U, V, wall, near, steps, prox)
        if verdict < 1 or all(u.all() for u in use):
            break
        slack = slacks(X, some, wall)
        if margin(np.concatenate(slack), len(slack[0]), wall) > near:
            return 1, wall, slack
        more = [~u & (s > 0.0) for u, s in zip(use, slack)]
        if not any(m.any() for m in more):  # others narrow the margin, though none has slack
            more = [~u for u in use]
        use = [u | m for u, m in zip(use, more)]
    for s, u, f in zip(slack, use, found):
        s[:] = 0.0
        s[u] = f
    return verdict, wall, slack


def slacks(X, some, wall):
    """Slacks of some points of two sets."""
    found = []
    for A, k, sign in zip(X, some, (-1.0, 1.0)):
        few = 4 * len(k) < len(A)  # gathering points costs more than products
        height = (A[k] if few else A) @ wall[:-1]
        found.append(1.0 + sign * ((height if few else height[k]) + wall[-1]))
    return found


def divide_all(U, V, wall, near, steps, prox=PROX):
    """`divide` for two sets, all at once."""
    d, m = U.shape[1], len(U)
    Z, centre, radius = signed_frame(U, V)
    if radius == 0.0:
        return -1, wall, (np.ones(m), np.ones(len(V)))
    w = wall.copy()
    w[:d] *= radius
    w[d] += wall[:d] @ centre
    verdict, w, slack = hinge(Z, m, w, near / radius, steps, prox)
    w[:d] /= radius
    w[d] -= w[:d] @ centre
    return verdict, w, (slack[:m], slack[m:])
