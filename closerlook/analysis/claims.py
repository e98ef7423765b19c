"""What the paper says of fine-tuning, as tests over the user's grid."""

import numpy as np
import pandas as pd
from scipy import stats

from closerlook.analysis.claim_pairs import AGAINST, CLAIMS, Study, pairs_of
from closerlook.statistics.intervals import interval
from closerlook.statistics.tests import holm, sign_flips, students

ALPHA = 0.05
LEAST = 3  # cells of a test: what only two have in common may be chance
SHOWN = 12  # exceptions that are named
MOST = 1000  # cells that a study might be told to have
COLUMNS = ("claim", "statement", "definition", "unit", "verdict", "decides", "effect", "ci_low", "ci_high", "smallest",
           "d", "n", "cells", "share", "p", "p_adjusted", "p_cells", "exceptions", "undefined")  # fmt: skip


def claims(spaces, labels, movement, related, opposing, smallest):
    """Test every claim.

    Parameters
    ----------
    spaces, labels, movement, related, opposing
        As `Study` has them.
    smallest : dict of str to float
        For each claim, by its name, the smallest effect that matters.

    Returns
    -------
    DataFrame
        A row per claim, of `n` pairs in a number of `cells`, combinations of model and task. The seeds of a cell share
        its original space, and its labels one space, so pairs of one cell are not independent evidence: all is
        computed from the mean of each cell. `effect`: the mean of these, with a 95 % interval (`interval`); `d`, the
        same in standard deviations; `share` of the pairs in the claimed direction. `p`: Student's test, two-sided, of
        three cells or more; `p_adjusted` for the number of claims (Holm). `verdict`: `no effect` where three cells or
        more put the whole interval within the `smallest` effect that matters, either way, and no label has lost its
        distance (see `exceptions`); else `supported` or `contradicted` where the adjusted p is below 0.05; else
        `undecided`, and `decides` says how many more cells would do, if they are like these, where that can be said.
        `p_cells`: the same by sign flips, which assumes only that
        chance favours no direction, and cannot be below 0.05 for fewer than six cells.
        `exceptions`: list of the cells (or labels) whose mean goes in the other direction, and of labels that no
        longer have a distance, because they meet another; these count in the test as the largest change that any label
        shows, against the claim. `undefined`: list of other labels without a value, and why.
    """
    study, rows = Study(spaces, labels, movement, related, opposing), []
    for claim in CLAIMS:
        pairs, known = pairs_of(claim, study)
        rows.append(_test(claim, pairs[known], pairs[~known], smallest[claim.name]))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "towards", "lost"])
    table["p_adjusted"] = holm(table.p.to_numpy(float))
    certain, towards = table.p_adjusted < ALPHA, table.pop("towards")
    known = (table.cells >= LEAST) & (table.pop("lost") == 0)
    least = known & (table.ci_low > -table.smallest) & (table.ci_high < table.smallest)
    words = ["no effect", "supported", "contradicted"]
    table["verdict"] = np.select([least, certain & (towards > 0), certain], words, "undecided")
    table["decides"] = table.decides.where(table.verdict == "undecided")
    return table


def _test(claim, pairs, without, smallest):
    found = interval(pairs.groupby(["model", "task"]).value.mean(), within=claim.within)
    lost = without[without.reason == AGAINST] if "reason" in without else without[:0]
    most = pairs.value.abs().max() if len(pairs) else np.nan
    tested = pd.concat([pairs, lost.assign(value=-claim.sign * most)]) if len(lost) else pairs
    cells = tested.groupby(["model", "task"]).value.mean()
    by = [name for name in ("model", "task", "label") if name in pairs]
    means = pairs.groupby(by).value.mean()
    against = means[means * claim.sign < 0].sort_values(key=lambda v: -v.abs())
    named = [f"{' / '.join(map(str, key))} ({value:+.3g})" for key, value in against.items()]
    return {
        "claim": claim.name, "statement": claim.statement, "definition": claim.definition, "unit": claim.unit,
        "effect": found["mean"], "ci_low": found["low"], "ci_high": found["high"], "smallest": smallest,
        "decides": None if len(lost) else _decides(found, len(cells), smallest),
        "d": found["mean"] / found["std"] if found["std"] > 0 else np.nan,
        "n": len(pairs), "cells": len(cells),
        "share": (pairs.value * claim.sign > 0).mean() if len(pairs) else np.nan,
        "p": students(cells) if len(cells) >= LEAST else np.nan, "p_cells": sign_flips(cells),
        "towards": cells.mean() * claim.sign, "lost": len(lost),
        "exceptions": _some(_reasons(without, AGAINST) + named), "undefined": _some(_reasons(without)),
    }  # fmt: skip


def _decides(found, cells, smallest):
    """What a verdict takes that there is not yet: more cells."""
    if not cells:
        return None
    if not found["std"] > 0:  # of one cell, or of equal ones, nothing is known of how far others are off
        return f"at least {_more(LEAST - cells)}" if cells < LEAST else None
    more = more_cells(found["mean"], found["std"], cells, smallest)
    if more is None:
        return f"more than {MOST:,} cells (models × tasks), if they are like these"
    return f"about {_more(more)}, if they are like these"


def _more(n):
    return f"{n} more cell{'s' if n > 1 else ''} (models × tasks)"


def more_cells(effect, std, cells, smallest):
    """How many more cells of this mean and standard deviation have an interval that leaves out zero, or lies within the
    smallest effect that matters; None for more than a thousand."""
    n = np.arange(max(LEAST, cells + 1), MOST + 1)
    half = stats.t.ppf(1 - ALPHA / 2, n - 1) * std / np.sqrt(n)
    enough = np.flatnonzero(half < max(abs(effect), smallest - abs(effect)))
    return int(n[enough[0]] - cells) if len(enough) else None


def _reasons(pairs, only=None):
    """Labels without a value, and why: for one reason, or for any that does not count against the claim."""
    rows = pairs.dropna(subset=["reason"]) if "reason" in pairs else pairs[:0]
    wanted = (row for row in rows.itertuples() if (row.reason == only if only else row.reason != AGAINST))
    return [f"{row.model} / {row.task} / {row.label} ({row.reason})" for row in wanted]


def _some(names):
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return names[:SHOWN] + more
