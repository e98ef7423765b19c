"""The paper's claims, tested on the user's grid."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from closerlook.analysis.claim_pairs import CLAIMS
from closerlook.figures import style

COLOUR = {"supported": "#009E73", "contradicted": "#D55E00", "no effect": style.DARK, "undecided": style.FAINT}


def claims(table, pairs):
    """Draw every claim's pairs, their mean and its interval, and the verdict.

    Parameters
    ----------
    table, pairs : DataFrame
        As `closerlook.analysis.claims.claims` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        A row per claim, in units of its own. Dots are pairs, the diamond is the mean of the cells' means (models ×
        tasks) with its 95 % interval; left or right of zero, the half that the claim predicts is shaded, and in grey
        what is too small to matter.
    """
    style.use()
    signs = {claim.name: claim.sign for claim in CLAIMS}
    figure, axes = plt.subplots(
        len(table), 1, figsize=(6.8, 0.82 * len(table) + 0.5), squeeze=False, layout="constrained"
    )
    for row, axis in zip(table.itertuples(), axes[:, 0]):
        values = pairs[pairs.claim == row.claim].value.to_numpy(float)
        jitter = np.random.default_rng(0).uniform(-0.32, 0.32, len(values))
        colour = COLOUR[row.verdict]
        axis.scatter(values, jitter, s=7, color=style.FAINT, alpha=0.55, linewidths=0, zorder=2)
        axis.axvline(0, color=style.DARK, linewidth=0.8, zorder=1)
        limit = 1.1 * np.nanmax([*np.abs(values), abs(row.ci_low), abs(row.ci_high), 0]) or 1
        axis.set(xlim=(-limit, limit), ylim=(-0.6, 0.6), yticks=[])
        half = (0, limit) if signs[row.claim] > 0 else (-limit, 0)
        axis.axvspan(*half, color="#009E73", alpha=0.07, linewidth=0, zorder=0)
        if len(values):
            small = min(row.smallest, limit)
            axis.axvspan(-small, small, color=style.DARK, alpha=0.1, linewidth=0, zorder=0)
            if row.ci_low == row.ci_low:
                axis.plot([row.ci_low, row.ci_high], [0, 0], color=colour, linewidth=2.2, zorder=3)
            axis.plot(row.effect, 0, "D", color=colour, markersize=5, markeredgecolor="white", zorder=4)
        axis.spines["left"].set_visible(False)
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="x", labelsize=6, pad=1, length=2)
        axis.set_xlabel(row.unit, fontsize=6, labelpad=0.5)
        statement = "\n".join(textwrap.wrap(row.statement, 30))
        axis.text(-0.02, 0.5, statement, transform=axis.transAxes, ha="right", va="center", fontsize=7.5)
        p = f", p = {row.p_adjusted:.2g}" if row.p_adjusted == row.p_adjusted else ""
        spread = f" [{row.ci_low:+.2g}, {row.ci_high:+.2g}]" if row.ci_low == row.ci_low else ""
        counts = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((row.n, "pair"), (row.cells, "cell")))
        effect = f"{row.effect:+.2g}{spread}\n{counts}{p}" if row.n else "no pairs"
        axis.text(1.02, 0.72, row.verdict, transform=axis.transAxes, va="center", color=colour, fontweight="bold")
        axis.text(1.02, 0.27, effect, transform=axis.transAxes, va="center", fontsize=6.5, linespacing=1.3)
    handles = [
        Line2D(
            [],
            [],
            color=style.DARK,
            marker="D",
            linewidth=2.2,
            label="mean of the cells (models × tasks), 95 % interval",
        ),
        Line2D([], [], color=style.FAINT, marker=".", linestyle="", label="pairs (claim_pairs.csv)"),
        plt.Rectangle((0, 0), 1, 1, color="#009E73", alpha=0.15, linewidth=0, label="what the claim predicts"),
        plt.Rectangle((0, 0), 1, 1, color=style.DARK, alpha=0.15, linewidth=0, label="too small to matter"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7)
    return figure
