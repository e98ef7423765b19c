"""A mean that several things make uncertain at once: seeds, initialisations and test examples, or models and tasks."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from closerlook.statistics.intervals import ANY

LEAST = 3  # levels of what a verdict beyond the grid varies: what only two have in common may be chance
TINY = 1e-12  # relative: differences below are rounding


class Part(NamedTuple):
    """What one source of chance adds to the variance of a mean, and the degrees of freedom that this is known by."""

    variance: float
    df: float
    levels: int  # of each cell


class Estimate(NamedTuple):
    """A mean, and what makes it uncertain: a `Part` by the name of each source that is known."""

    mean: float
    parts: dict

    def half(self, level=0.95):
        """Half the width of the interval: the square root of the sum of what Student's intervals have for each part.

        That is never too short for normal parts of unlike degrees of freedom (Howe, 1974; "MOVER", Zou & Donner, 2008):
        it covers as often as it says where one part is all there is, and more often where several are alike. By
        Satterthwaite's approximation two seeds err in up to 12 of 100. NaN where nothing is known.
        """
        known = [part for part in self.parts.values() if part.variance > 0]
        if not known:
            return np.nan
        return float(np.sqrt(sum(stats.t.isf((1 - level) / 2, part.df) ** 2 * part.variance for part in known)))

    def interval(self, level=0.95, within=ANY):
        """Both ends; `within` is what such a mean can be, and the interval ends there."""
        half = self.half(level)
        low, high = np.clip([self.mean - half, self.mean + half], *within)
        return float(low), float(high)

    def p(self):
        """Two-sided p value of the mean: one minus the level at which the interval ends at zero; NaN as for `half`."""
        if np.isnan(self.half()):
            return np.nan

        def beyond(log):
            return self.half(1 - np.exp(log)) - abs(self.mean)

        least = np.log(1e-15)  # below, a level is rounding
        if beyond(least) <= 0:
            return 0.0
        return float(np.exp(optimize.brentq(beyond, least, 0.0, xtol=1e-6))) if self.mean else 1.0


class Cell(NamedTuple):
    """One combination of model and task.

    Attributes
    ----------
    scores : (S, R, n) float
        The effect for each run, initialisation of the probe and test example; (S, 1, 1) where all that is known of a
        run is one number.
    sentences : (n,) array, optional
        What tells the sentences of the examples apart, in all tasks alike: examples of one sentence are no independent
        evidence, nor is one sentence in two cells. By default every example is one of its own.
    share : float, optional
        Of the mean over cells; by default all have the same.
    unit : float
        How much the score of an example changes where it changes: one such change is added to those that were seen.
        Otherwise a test set in which no example changed would have no error (as Agresti & Min, 2005, do for paired
        proportions). By default none is.
    """

    scores: np.ndarray
    sentences: np.ndarray | None = None
    unit: float = 0.0
    share: float | None = None

    @property
    def by_run(self):
        return self.scores.mean((1, 2))


def in_grid(cells):
    """The mean over cells, as other seeds, initialisations and test examples would have it, for the same cells.

    Parameters
    ----------
    cells : list of Cell

    Returns
    -------
    Estimate
        The mean of the cells' means. Its parts: `seeds`, where a cell has two runs or more (the variance of a cell that
        has one is taken to be the mean of the others'); `initialisations`, of the probe, where there are two or more;
        `test examples`. All are crossed, and paired: what a difference is between has seen the same examples and
        initialisations. Seeds of several cells are independent, and their degrees of freedom are pooled
        (Satterthwaite); sentences are the same in every cell that has them. Together they are the variance of a crossed
        design with random seeds and examples (as resampled by the multi-bootstrap of Sellam et al., 2022).
    """
    if not cells:
        return Estimate(np.nan, {})
    shares = [1 / len(cells) if cell.share is None else cell.share for cell in cells]
    mean, parts = sum(share * float(cell.by_run.mean()) for share, cell in zip(shares, cells)), {}
    runs = [(_sample_variance(cell.by_run), len(cell.scores)) for cell in cells]
    if known := [(v, n) for v, n in runs if n > 1]:
        single = np.mean([v for v, _ in known])
        terms = [share**2 * (v if n > 1 else single) / n for share, (v, n) in zip(shares, runs)]
        parts["seeds"] = Part(sum(terms), _pooled(terms, runs), min(n for _, n in known))
    repeats = [(_sample_variance(cell.scores.mean((0, 2))), cell.scores.shape[1]) for cell in cells]
    if min(n for _, n in repeats) > 1:
        terms = [share**2 * v / n for share, (v, n) in zip(shares, repeats)]
        parts["initialisations"] = Part(sum(terms), _pooled(terms, repeats), min(n for _, n in repeats))
    if min(cell.scores.shape[2] for cell in cells) > 1:
        parts["test examples"] = _examples(cells, shares)
    return Estimate(mean, parts)


def _sample_variance(x):
    """Of two values or more; zero where all are the same but for rounding."""
    return float(x.var(ddof=1)) if len(x) > 1 and np.ptp(x) > TINY * np.abs(x).max() else 0.0


def _pooled(terms, counts):
    """Degrees of freedom of a sum of variances, one for each cell (Satterthwaite, 1946)."""
    squares = sum(term**2 / (n - 1) for term, (_, n) in zip(terms, counts) if n > 1)
    known = sum(term for term, (_, n) in zip(terms, counts) if n > 1)
    return known**2 / squares if squares > 0 else float(max(n for _, n in counts) - 1)


def _examples(cells, shares):
    """The part of the test examples: of the sums over each sentence, less what differs between runs."""
    keys, sums, sizes, error = [], [], [], 0.0
    for i, (cell, share) in enumerate(zip(cells, shares)):
        S, _, n = cell.scores.shape
        of = [f"{i} {j}" for j in range(n)] if cell.sentences is None else cell.sentences
        names, place = np.unique(np.asarray(of), return_inverse=True)
        each = cell.scores.mean(1)  # (S, n)
        by = np.stack([np.bincount(place, row - row.mean(), len(names)) for row in each]) * share / n  # (S, sentences)
        keys.append(names)
        sums.append(by.mean(0))
        sizes.append(len(names))
        if S > 1:
            error += float(((by - by.mean(0)) ** 2).sum()) / (S * (S - 1))
    _, place = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(place, np.concatenate(sums))
    fewest = min(sizes)
    variance = max(float((total**2).sum()) - error, 0.0) * fewest / max(fewest - 1, 1)
    variance += sum((share * cell.unit / cell.scores.shape[2]) ** 2 for cell, share in zip(cells, shares))
    return Part(variance, max(fewest - 1, 1), fewest)


def beyond(means):
    """The mean over cells, as other tasks and models would have it.

    Parameters
    ----------
    means : Series
        The mean of each cell, indexed by (model, task).

    Returns
    -------
    Estimate
        Its parts: `tasks` and `models`, each where there are at least three; crossed random factors (Clark, 1973;
        Westfall, Kenny & Judd, 2014), so that a task on which all models agree is one piece of evidence, not one for
        each model. Of fewer than three models nothing is said but for these models, and so for tasks.
    """
    if not len(means):
        return Estimate(np.nan, {})
    x, parts = means.to_numpy(float), {}
    codes = [np.unique(means.index.get_level_values(i), return_inverse=True)[1] for i in (1, 0)]
    counts = [int(code.max()) + 1 for code in codes]
    deviation = (x - x.mean()) / len(x)
    for name, code, n in zip(("tasks", "models"), codes, counts):
        if n >= LEAST:
            sums = np.bincount(code, deviation)
            sums[np.abs(sums) < TINY * np.abs(x).max()] = 0.0
            parts[name] = Part(float((sums**2).sum()) * n / (n - 1), n - 1, n)
    if len(parts) == 2:  # what is of both is in each of them
        tasks, models = (np.eye(n)[code] for n, code in zip(counts, codes))
        fit = np.hstack([tasks, models])
        rest, df = x - fit @ np.linalg.lstsq(fit, x, rcond=None)[0], len(x) - np.linalg.matrix_rank(fit)
        both = float(rest @ rest) / df / len(x) if df > 0 else 0.0
        small = min(parts, key=lambda name: parts[name].variance)
        parts[small] = parts[small]._replace(variance=max(parts[small].variance - both, 0.0))
    return Estimate(float(x.mean()), parts)
