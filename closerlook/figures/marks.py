"""What stands beside an accuracy in a figure: the share of the most frequent label, and runs that collapsed."""

from matplotlib.lines import Line2D

from closerlook.figures import style

MAJORITY = {"color": style.FAINT, "linestyle": ":", "linewidth": 0.9}
FALLEN = {"linestyle": "", "marker": "X", "markersize": 7, "markeredgecolor": "white", "markeredgewidth": 0.6}


def majority(axis, cell):
    """Draw the test accuracy of the most frequent label, where it is known."""
    known = cell.majority.dropna()
    if len(known):
        axis.axhline(float(known.iloc[0]), **MAJORITY)


def fallen(axis, x, y, colour):
    """Mark runs that collapsed, which are not in the mean."""
    if len(x):
        axis.plot(x, y, color=colour, zorder=4, **FALLEN)


def collapsed(rows):
    """The legend's entry for runs that collapsed; none where there are no rows of such."""
    return [Line2D([], [], color=style.AFTER, label="collapsed, not in the mean", **FALLEN)] if len(rows) else []
