"""What the paper says of fine-tuning, tested: would other seeds and examples say the same, would other tasks?"""

import numpy as np
import pandas as pd

from closerlook.analysis.claim_cells import cells_of
from closerlook.analysis.claim_pairs import AGAINST, CLAIMS, pairs_of, study_of
from closerlook.statistics.crossed import LEAST, beyond, in_grid
from closerlook.statistics.power import counted, decides
from closerlook.statistics.tests import holm, sign_flips

ALPHA = 0.05
EQUAL = 6  # equal values that are not chance: the least number whose signs can be significant
SHOWN = 12  # exceptions that are named
SCOPES = ("grid", "beyond")
COLUMNS = ("claim", "scope", "statement", "definition", "unit", "over", "verdict", "decides", "effect", "ci_low",
           "ci_high", "smallest", "d", "n", "cells", "runs", "share", "p", "p_adjusted", "p_flips", "exceptions",
           "undefined")  # fmt: skip


def claims(spaces, labels, movement, predictions, sentences, related, opposing, contrasts, smallest):
    """Test every claim.

    Parameters
    ----------
    spaces, labels, movement, related, opposing, contrasts
        As `closerlook.analysis.claim_pairs.Study` has them.
    predictions : list of path
        The classifier probe's predictions in the last layer; where they are missing, nothing is said of other test
        examples.
    sentences : list of path
        The tasks' `sentences.json`.
    smallest : dict of str to float
        For each claim, by its name, the smallest effect that matters.

    Returns
    -------
    DataFrame
        Two rows per claim. The one whose `scope` is `grid` says whether other seeds, initialisations of the probe and
        test examples would say the same of these models and tasks (`closerlook.statistics.crossed.in_grid`); the one
        whose scope is `beyond` whether other tasks (and models, where there are three) would (`beyond`). `over` names
        what is varied. Both are about the same `effect`, the mean over cells (model and task) of the mean over their
        runs, of `n` pairs in all; with a 95 % interval, and `p`, two-sided; `p_adjusted` for the number of claims of
        the scope (Holm). `verdict`: `no effect` where the whole interval is within the `smallest` effect that matters,
        either way, and no label has lost its distance (see `exceptions`); else `supported` or `contradicted` where the
        adjusted p is below 0.05; else `undecided`, and `decides` says what would do, if it is like what there is, where
        that can be said. Where all values are equal there is no interval: p is then that of random signs, and zero in
        all of them is no effect, of counts if there are six. `share` of the pairs in the claimed direction; for
        `beyond` `d`, the effect in standard deviations of the cells, and `p_flips`, the test by sign flips, which
        assumes only that chance favours no direction, and cannot be below 0.05 for fewer than six cells.
        `exceptions`: list of the cells (or labels) whose mean goes in the other direction, and of labels that no
        longer have a distance, because they meet another; these count in the test as the largest change that any label
        shows, against the claim. `undefined`: list of other labels without a value, and
        why, and of runs that collapsed (`closerlook.analysis.collapsed`), which are left out.
    """
    study = study_of(spaces, labels, movement, related, opposing, contrasts, predictions, sentences)
    return claim_table(study, smallest)


def claim_table(study, smallest):
    """`claims` of a `Study`."""
    found = [_Found(claim, study, smallest[claim.name]) for claim in CLAIMS]
    rows = []
    for scope in SCOPES:
        p = [each.p(scope) for each in found]
        level = ALPHA / max(np.isfinite(p).sum(), 1)
        for each, alone, adjusted in zip(found, p, holm(p)):
            row = each.row(scope) | {"p": alone, "p_adjusted": adjusted}
            rows.append(row | each.judged(scope, adjusted, level))
    order = {claim.name: i for i, claim in enumerate(CLAIMS)}
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("claim", key=lambda c: c.map(order), kind="stable", ignore_index=True)


class _Found:
    """A claim, and what the study says of it in either scope."""

    def __init__(self, claim, study, smallest):
        self.claim, self.smallest = claim, smallest
        pairs, known = pairs_of(claim, study)
        self.pairs, self.without = pairs[known], pairs[~known]
        lost = self.without[self.without.reason == AGAINST] if "reason" in self.without else self.without[:0]
        most = self.pairs.value.abs().max() if len(self.pairs) else np.nan
        against = [self.pairs, lost.assign(value=-claim.sign * most)] if len(lost) and len(self.pairs) else [self.pairs]
        self.lost = len(lost)
        self.fallen = [f"{' / '.join(run)} (collapsed, and left out)" for run in study.fallen]
        self.cells = cells_of(claim, study, self.pairs)
        tested = cells_of(claim, study, pd.concat(against)) if self.lost else self.cells
        self.estimates, self.tested = _both(self.cells), _both(tested)
        self.values = {"grid": _runs(tested), "beyond": _means(tested).to_numpy()}

    def p(self, scope):
        """Of the mean; by sign flips where all values are equal."""
        estimate = self.tested[scope]
        if not estimate.parts:
            return np.nan
        return sign_flips(self.values[scope]) if np.isnan(estimate.half()) else estimate.p()

    def judged(self, scope, p, level):
        """The verdict, and what would decide it."""
        estimate, towards = self.estimates[scope], self.tested[scope].mean * self.claim.sign
        low, high = estimate.interval()
        if np.isnan(low):
            values = self.values[scope]
            small = bool(estimate.parts) and not values.any() and (len(values) >= EQUAL or not self.claim.counts)
        else:
            small = -self.smallest < low and high < self.smallest
        if small and not self.lost:
            return {"verdict": "no effect"}
        if p < ALPHA:
            return {"verdict": "supported" if towards > 0 else "contradicted"}
        return {"verdict": "undecided", "decides": None if self.lost else self._decides(scope, level)}

    def _decides(self, scope, level):
        estimate, cells = self.estimates[scope], len(self.cells)  # models, tasks and recipes
        if not cells:
            return None
        if not estimate.parts:
            if scope == "grid":
                return "at least 1 more seed" + (" of one of the recipes" if cells > len(_means(self.cells)) else "")
            tasks, models = ({key[i] for key in self.cells} for i in (1, 0))
            source = "models" if len(models) > len(tasks) else "tasks"
            return f"at least {counted(LEAST - max(len(tasks), len(models)), source)}"
        if not np.isnan(estimate.half()):
            return f"{decides(estimate, self.smallest, level)}, if they are like these"
        short = max(int(np.ceil(1 - np.log2(level))) - len(self.values[scope]), 1)  # equal ones, by their signs
        source, each = ("seeds", cells) if scope == "grid" else (next(iter(estimate.parts)), 1)
        return f"about {counted(-(-short // each), source)}, if they are like these"

    def row(self, scope):
        """All but p and verdict."""
        claim, pairs, estimate = self.claim, self.pairs, self.estimates[scope]
        low, high = estimate.interval(within=claim.within)
        means = _means(self.cells)
        spread = means.std(ddof=1) if len(means) > 1 else 0.0
        by = [name for name in ("model", "task", "label") if name in pairs]
        against = pairs.groupby(by).value.mean()
        against = against[against * claim.sign < 0].sort_values(key=lambda v: -v.abs())
        named = [f"{' / '.join(map(str, key))} ({value:+.3g})" for key, value in against.items()]
        return {
            "claim": claim.name, "scope": scope, "statement": claim.statement, "definition": claim.definition,
            "unit": claim.unit, "over": ", ".join(estimate.parts), "decides": None, "effect": estimate.mean,
            "ci_low": low, "ci_high": high, "smallest": self.smallest,
            "d": estimate.mean / spread if scope == "beyond" and spread > 0 else np.nan,
            "n": len(pairs), "cells": len(means), "runs": len(_runs(self.cells)),
            "share": (pairs.value * claim.sign > 0).mean() if len(pairs) else np.nan,
            "p_flips": sign_flips(self.values[scope]) if scope == "beyond" else np.nan,
            "exceptions": _some(_reasons(self.without, AGAINST) + named),
            "undefined": _some(_reasons(self.without) + self.fallen),
        }  # fmt: skip


def _both(cells):
    return {"grid": in_grid(list(cells.values())), "beyond": beyond(_means(cells))}


def _runs(cells):
    return np.concatenate([cell.by_run for cell in cells.values()]) if cells else np.empty(0)


def _means(cells):
    """The mean of every model and task, of its recipes."""
    index = pd.MultiIndex.from_tuples(list(cells), names=["model", "task", "recipe"])
    means = pd.Series([cell.by_run.mean() for cell in cells.values()], index, dtype=float)
    return means.groupby(["model", "task"], sort=False).mean()


def _reasons(pairs, only=None):
    """Labels without a value, and why: for one reason, or for any that does not count against the claim."""
    rows = pairs.dropna(subset=["reason"]) if "reason" in pairs else pairs[:0]
    wanted = (row for row in rows.itertuples() if (row.reason == only if only else row.reason != AGAINST))
    return list(dict.fromkeys(f"{row.model} / {row.task} / {row.label} ({row.reason})" for row in wanted))


def _some(names):
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return names[:SHOWN] + more
