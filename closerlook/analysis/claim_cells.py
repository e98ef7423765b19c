"""What the claims' pairs say of each model and task."""

import pandas as pd

from closerlook.analysis.claim_pairs import CLAIMS, pairs_of, study_of
from closerlook.statistics.crossed import Cell, in_grid

COLUMNS = ("claim", "model", "task", "effect", "ci_low", "ci_high", "over", "runs", "pairs")


def claim_cells(spaces, labels, movement, predictions, sentences, related, opposing, contrasts):
    """The effect in every cell that a claim is about.

    Parameters
    ----------
    spaces, labels, movement, predictions, sentences, related, opposing, contrasts
        As `closerlook.analysis.claims.claims` takes them.

    Returns
    -------
    DataFrame
        A row per claim, model and task: `effect`, the mean of its `pairs` over its `runs`, with a 95 % interval of what
        other seeds, initialisations and test examples would give, of which `over` names those that are known.
    """
    return cell_table(study_of(spaces, labels, movement, related, opposing, contrasts, predictions, sentences))


def cell_table(study):
    """`claim_cells` of a `Study`."""
    rows = []
    for claim in CLAIMS:
        pairs, known = pairs_of(claim, study)
        pairs = pairs[known]
        for (model, task), rest in pairs.groupby(["model", "task"], sort=False):
            cells = cells_of(claim, study, rest)
            found = in_grid(list(cells.values()))
            low, high = found.interval(within=claim.within)
            rows.append({
                "claim": claim.name, "model": model, "task": task, "effect": found.mean, "ci_low": low, "ci_high": high,
                "over": ", ".join(found.parts), "runs": sum(len(cell.scores) for cell in cells.values()),
                "pairs": len(rest),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def cells_of(claim, study, pairs):
    """The pairs of a claim as cells: for each run, and where they are known by test example.

    Runs of one recipe differ by chance; those of two do not, and are cells of their own: by (model, task, recipe). Each
    model and task has the same share in the mean.
    """
    groups = {}
    for (model, task), group in pairs.groupby(["model", "task"], sort=False):
        by_run = group.groupby("run", sort=False).value.mean()
        for recipe, runs in by_run.groupby([study.recipe(model, task, run) for run in by_run.index], sort=False):
            groups.setdefault((model, task), {})[recipe] = runs
    cells = {}
    for (model, task), recipes in groups.items():
        share = 1 / len(groups) / len(recipes)
        for recipe, by_run in recipes.items():
            scores = claim.scores(study, model, task, list(by_run.index)) if claim.scores else None
            if scores is None:
                cell = Cell(by_run.to_numpy(float)[:, None, None], share=share)
            else:
                cell = Cell(scores, study.sentences.get(task), 100.0, share)
            cells[model, task, recipe] = cell
    return cells
