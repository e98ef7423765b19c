"""What stands beside a measure in a figure: the share of the most frequent label, runs that collapsed, samples."""

from typing import Any

from matplotlib.lines import Line2D

from closerlook.figures import style

MAJORITY: dict[str, Any] = {"color": style.FAINT, "linestyle": ":", "linewidth": 0.9}
FALLEN: dict[str, Any] = {
    "linestyle": "",
    "marker": "X",
    "markersize": 7,
    "markeredgecolor": "white",
    "markeredgewidth": 0.6,
}

OVER_SAMPLES = {"fmt": "none", "elinewidth": 0.8, "capsize": 1.5, "capthick": 0.8, "alpha": 0.7, "zorder": 2}


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


def samples(axis, rows, measure, colour):
    """Draw a standard deviation over samples either way of what DirectProbe found in them; nothing where it took all.

    `rows` are of single runs, or of the original.
    """
    if f"{measure}_std" in rows:
        known = rows.dropna(subset=[measure, f"{measure}_std"]).astype({measure: float, f"{measure}_std": float})
        axis.errorbar(known.layer, known[measure], known[f"{measure}_std"], ecolor=colour, **OVER_SAMPLES)


def sampled(rows):
    """What has to be said above a figure where DirectProbe looked at samples."""
    some = rows[rows.samples > 1] if "samples" in rows else rows[:0]
    if not len(some):
        return ""
    points = sorted(set(some.sample_points.astype(int)))
    size = f"{points[0]:,}" if len(points) == 1 else f"{points[0]:,} to {points[-1]:,}"
    n = int(some.samples.max())
    return f"DirectProbe: means over {n} samples of {size} points; whiskers: one standard deviation."
