"""How often is a verdict wrong? Studies in which nothing happens on average, judged by the code of the claims.

    python benchmarks/verdicts.py [STUDIES]

Simulates (by default 1,000) studies of each design, for both scopes and for what claims are made of: one value a run,
labels of a run, test examples of a run. A row says in how many of 100 studies the 95 % interval leaves out the truth,
which is when a claim that is tested alone is `supported` or `contradicted`: the least and the most over how many labels
there are and how much they have in common; and how often an effect of one standard deviation (of a label or a value; of
a fifth for an example) is found.
"""

import itertools
import sys
import time

import numpy as np
import pandas as pd

from closerlook.statistics.crossed import Cell, beyond, in_grid

CELLS = {1: (1, 1), 2: (1, 2), 3: (1, 3), 5: (1, 5), 25: (5, 5)}  # models x tasks
SEEDS = (1, 2, 3, 5)
LABELS = (5, 40)
TOGETHER = (
    0,
    0.05,
    0.2,
    0.5,
    0.9,
)  # share of the variance that all labels (examples) of a cell, or of a run, have in common
DRAWS = {"normal": lambda rng, *shape: rng.normal(size=shape),
         "skewed": lambda rng, *shape: (rng.chisquare(4, shape) - 4) / np.sqrt(8)}  # fmt: skip
EXAMPLES, REPEATS = 457, 2


def labels_in_grid(rng, draw, models, tasks, seeds, n, share):
    """Each run shifts its labels together, and each of them on its own; labels differ for good, and cells too."""
    cells = models * tasks
    fixed = rng.normal(size=(cells, 1, n))
    run = np.sqrt(share) * draw(rng, cells, seeds, 1) + np.sqrt(1 - share) * draw(rng, cells, seeds, n)
    return in_grid([Cell(each.mean(1)[:, None, None]) for each in fixed - fixed.mean() + run])


def labels_beyond(rng, draw, models, tasks, seeds, n, share):
    """Each cell shifts its labels together, and each of them on its own; seeds add little."""
    cells = models * tasks
    own = np.sqrt(share) * draw(rng, cells, 1) + np.sqrt(1 - share) * draw(rng, cells, n)
    values = own[:, None] + 0.1 * rng.normal(size=(cells, seeds, n))
    return beyond(_by_cell(values.mean((1, 2)), models, tasks))


def examples_in_grid(rng, draw, models, tasks, seeds, n, share):
    """What changes in an example is in part the same for all seeds and models, which read one test set."""
    cells = []
    for task in range(tasks):
        hard = np.sqrt(share) * draw(rng, 1, 1, n)
        for _ in range(models):
            own = hard + np.sqrt(1 - share) * draw(rng, seeds, REPEATS, n)
            own = own + 0.05 * draw(rng, seeds, 1, 1) * (seeds > 1) + 0.05 * draw(rng, 1, REPEATS, 1)
            cells.append(Cell(own, task * n + np.arange(n)))
    return in_grid(cells)


def crossed_beyond(rng, draw, models, tasks, seeds, n, share):
    """A part of every effect is the task's, as much is the model's, whatever the other."""
    effect = np.sqrt(share / 2) * (draw(rng, models, 1) + draw(rng, 1, tasks))
    effect = effect * [models >= 3 or share == 0] + np.sqrt(1 - share) * draw(rng, models, tasks)
    return beyond(_by_cell(effect.ravel(), models, tasks))


def _by_cell(means, models, tasks):
    index = pd.MultiIndex.from_product([range(models), range(tasks)], names=["model", "task"])
    return pd.Series(means, index)


KINDS = {  # what is simulated, the sizes that it varies, and the effect that power is for
    "in this grid: one value a run": (labels_in_grid, (1,), 1),
    "in this grid: labels": (labels_in_grid, LABELS, 1),
    "in this grid: test examples": (examples_in_grid, (EXAMPLES,), 0.2),
    "beyond it: one value a run": (labels_beyond, (1,), 1),
    "beyond it: labels": (labels_beyond, LABELS, 1),
    "beyond it: models and tasks crossed": (crossed_beyond, (1,), 1),
}


def simulate(kind, draw, cells, seeds, size, share, studies, rng):
    """The share of studies whose interval leaves out the truth, and whose interval leaves out zero where there is an
    effect; missing where no interval can be given."""
    make, _, effect = KINDS[kind]
    means, halves = np.empty(studies), np.empty(studies)
    for i in range(studies):
        estimate = make(rng, DRAWS[draw], *CELLS[cells], seeds, size, share)
        means[i], halves[i] = estimate.mean, estimate.half()
    if np.isnan(halves).all():
        return np.nan, np.nan
    return np.mean(np.abs(means) > halves), np.mean(np.abs(means + effect) > halves)


def table(studies=1000, kinds=KINDS, draws=DRAWS, cells=CELLS, seeds=SEEDS, shares=TOGETHER, seed=0):
    """A row per design."""
    rows = []
    for kind in kinds:
        _, sizes, _ = KINDS[kind]
        for draw, c, s in itertools.product(draws, cells, seeds):
            for size, share in itertools.product(sizes, shares):
                rng = np.random.default_rng([seed, len(rows)])
                wrong, power = simulate(kind, draw, c, s, size, share, studies, rng)
                rows.append((kind, draw, c, s, size, share, 100 * wrong, 100 * power))
    names = ["kind", "draw", "cells", "seeds", "size", "share", "wrong", "power"]
    return pd.DataFrame(rows, columns=names).dropna(subset=["wrong"])


def main():
    studies, start = int(sys.argv[1]) if len(sys.argv) > 1 else 1000, time.process_time()
    found = table(studies)
    error = 100 * np.sqrt(0.05 * 0.95 / studies)
    print(f"{studies:,} studies a design; standard error of one at 5 %: {error:.1f}")
    print("| scope and estimator | noise | models × tasks | seeds | wrong in 100, least to most (mean) | power |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (kind, draw, cells, seeds), rows in found.groupby(["kind", "draw", "cells", "seeds"], sort=False):
        spread = f"{rows.wrong.min():.1f} to {rows.wrong.max():.1f} ({rows.wrong.mean():.1f})"
        print(f"| {kind} | {draw} | {cells} | {seeds} | {spread} | {rows.power.min():.0f} to {rows.power.max():.0f} |")
    print(f"{time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
