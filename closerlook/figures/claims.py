"""The paper's claims, tested on the user's grid."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from closerlook.analysis.claim_pairs import CLAIMS
from closerlook.figures import style, told
from closerlook.figures.colours import VERDICTS as COLOUR

CLAIMED = COLOUR["supported"]
SCOPES = {"grid": "in this grid", "beyond": "beyond it"}


def claims(table, pairs):
    """Draw every claim's pairs, their mean, its intervals, and the verdicts.

    Parameters
    ----------
    table, pairs : DataFrame
        As `closerlook.analysis.claims.claims` and `claim_pairs` return them.

    Returns
    -------
    matplotlib.figure.Figure
        A row per claim, in units of its own. Dots are pairs, the diamond is the mean of the cells' means (models ×
        tasks); the thick bar its 95 % interval in this grid (other seeds and test examples), the thin one with ends
        that beyond it (other tasks, and models where there are three). Left or right of zero, the half that the claim
        predicts is shaded, and in grey what is too small to matter.
    """
    style.use()
    signs = {claim.name: claim.sign for claim in CLAIMS}
    by_claim = {name: rows.set_index("scope") for name, rows in table.groupby("claim", sort=False)}
    figure, axes = plt.subplots(
        len(by_claim), 1, figsize=(6.8, 0.82 * len(by_claim) + 0.6), squeeze=False, layout="constrained"
    )
    for (name, rows), axis in zip(by_claim.items(), axes[:, 0]):
        values = pairs[pairs.claim == name].value.to_numpy(float)
        jitter = np.random.default_rng(0).uniform(-0.32, 0.32, len(values))
        first = rows.iloc[0]
        axis.scatter(values, jitter, s=7, color=style.DARK, alpha=0.6, linewidths=0, zorder=2)
        axis.axvline(0, color=style.DARK, linewidth=0.8, zorder=1)
        limit = 1.1 * np.nanmax([*np.abs(values), *rows.ci_low.abs(), *rows.ci_high.abs(), 0]) or 1
        axis.set(xlim=(-limit, limit), ylim=(-0.6, 0.6), yticks=[])
        half = (0, limit) if signs[name] > 0 else (-limit, 0)
        axis.axvspan(*half, color=CLAIMED, alpha=0.07, linewidth=0, zorder=0)
        if len(values):
            small = min(first.smallest, limit)
            axis.axvspan(-small, small, color=style.DARK, alpha=0.1, linewidth=0, zorder=0)
            for scope, row in rows.iterrows():
                if row.ci_low == row.ci_low:
                    look = {"linewidth": 3.2} if scope == "grid" else {"linewidth": 1, "marker": "|", "markersize": 7}
                    look |= {"color": COLOUR[row.verdict], "solid_capstyle": "butt", "zorder": 4}
                    axis.plot([row.ci_low, row.ci_high], [0 if scope == "grid" else -0.3] * 2, **look)
            axis.plot(
                first.effect, 0, "D", color=COLOUR[first.verdict], markersize=5, markeredgecolor="white", zorder=5
            )
        axis.spines["left"].set_visible(False)
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="x", labelsize=6, pad=1, length=2)
        axis.set_xlabel(first.unit, fontsize=6, labelpad=0.5)
        statement = "\n".join(textwrap.wrap(first.statement, 30))
        axis.text(-0.02, 0.5, statement, transform=axis.transAxes, ha="right", va="center", fontsize=7.5)
        _verdicts(axis, rows)
    handles = [
        Line2D([], [], color=style.DARK, marker="D", linestyle="", label="mean of the cells (models × tasks)"),
        Line2D([], [], color=style.DARK, linewidth=3.2, label="95 %, in this grid (other seeds, test examples)"),
        Line2D([], [], color=style.DARK, marker="|", markersize=7, linewidth=1, label="95 %, beyond it (other tasks)"),
        Line2D([], [], color=style.DARK, alpha=0.6, marker=".", linestyle="", label="pairs (claim_pairs.csv)"),
        plt.Rectangle((0, 0), 1, 1, color=CLAIMED, alpha=0.15, linewidth=0, label="what the claim predicts"),
        plt.Rectangle((0, 0), 1, 1, color=style.DARK, alpha=0.15, linewidth=0, label="too small to matter"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7)
    told.describe(
        figure,
        "A row for each claim of the paper: its pairs, their mean, and its intervals.",
        *(
            f"{rows.iloc[0].statement.rstrip('.')}: "
            + ", ".join(f"{row.verdict} {SCOPES[scope]}" for scope, row in rows.iterrows())
            + "."
            for rows in by_claim.values()
        ),
    )
    return figure


def _verdicts(axis, rows):
    """Right of the panel: for each scope its verdict and adjusted p, and the effect."""
    first = rows.iloc[0]
    for y, (scope, row) in zip((0.9, 0.6), rows.iterrows()):
        p = f"p {'< 0.001' if row.p_adjusted < 0.001 else f'= {row.p_adjusted:.2g}'}" if row.p_adjusted >= 0 else ""
        look = {"transform": axis.transAxes, "va": "center", "fontsize": 6.5}
        axis.text(1.02, y, f"{SCOPES[scope]}:", **look)
        axis.text(1.185, y, row.verdict, color=COLOUR[row.verdict], fontweight="bold", **look)
        axis.text(1.39, y, p, **look)
    counts = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((first.n, "pair"), (first.cells, "cell")))
    axis.text(1.02, 0.26, f"{first.effect:+.2g}, {counts}" if first.n else "no pairs", **look)
