"""What a verdict takes that there is not yet."""

import numpy as np

from closerlook.statistics.crossed import LEAST, Estimate

MOST = 1000  # levels that a study might be told to have
TIMES = (1.25, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100)  # as many test examples


def decided(estimate, smallest, alpha=0.05):
    """Whether the interval at 1 - alpha leaves out zero, or that at 95 % is within the smallest effect that matters."""
    half, mean = estimate.half(1 - alpha), abs(estimate.mean)
    return half < mean or mean + estimate.half() < smallest


def more(estimate, source, levels):
    """The estimate that as many levels of a source would give if they are like those that there are."""
    part = estimate.parts[source]
    df = part.df * (levels - 1) / max(part.levels - 1, 1)
    changed = part._replace(variance=part.variance * part.levels / levels, df=df, levels=levels)
    return Estimate(estimate.mean, {**estimate.parts, source: changed})


def enough(estimate, source, smallest, alpha=0.05):
    """How many more levels of a source (seeds, tasks, …) decide; None for more than a thousand."""
    first = max(LEAST if source in ("tasks", "models") else 2, estimate.parts[source].levels + 1)
    low, high = first - 1, first
    while not decided(more(estimate, source, high), smallest, alpha):
        low, high = high, 2 * high
        if low > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(more(estimate, source, middle), smallest, alpha) else (middle, high)
    return high - estimate.parts[source].levels


def decides(estimate, smallest, alpha=0.05):
    """In words, what would decide: of all sources of chance the one of which the least share more is needed.

    Parameters
    ----------
    estimate : Estimate
    smallest : float
        The smallest effect that matters.
    alpha : float
        What p has to be below.

    Returns
    -------
    str
        Such as "about 3 more seeds"; where more of no single one would do, which of them are needed together.
    """
    found = {}
    for source, part in estimate.parts.items():
        if not part.variance > 0:
            continue
        n = enough(estimate, source, smallest, alpha)
        if n is not None:
            found[source] = n / part.levels, n
    if not found:
        sources = [source for source, part in estimate.parts.items() if part.variance > 0]
        return f"more {listed(sources)} together" if len(sources) > 1 else f"more than {MOST:,} {sources[0]}"
    source = min(found, key=lambda name: found[name])
    share, n = found[source]
    if source == "test examples":
        return f"about {_times(1 + share)} as many test examples"
    return f"about {counted(n, source)}"


def listed(sources):
    """Such as "seeds, initialisations and test examples"."""
    *others, last = sources
    return f"{', '.join(others)} and {last}" if others else last


def counted(n, source):
    """Such as "1 more seed"."""
    return f"{n} more {source.removesuffix('s') if n == 1 else source}"


def _times(factor):
    """A factor that is rounded up."""
    step = next((t for t in TIMES if t >= factor), int(np.ceil(factor)))
    return {2: "twice", 1.25: "1.25 times", 1.5: "1.5 times"}.get(step, f"{step:g} times")
