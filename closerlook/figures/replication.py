"""The study's numbers against the published ones."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from closerlook.figures import panels, style, told
from closerlook.figures.labels import distinct, shortened

PANELS = [  # of which table, which measures, and what they are called
    (7, ["accuracy"], "accuracy (%)"),
    (7, ["n_clusters"], "number of clusters"),
    (7, ["train_test_similarity"], "train-test similarity"),
    (5, ["accuracy"], "accuracy from task to task (%)"),
    (5, ["mean_min_distance_change"], "mean change of the smallest distance"),
    (5, ["labels_increased", "labels_decreased"], "labels that gained (▲) or lost (▼)"),
]
MARKERS = {"labels_increased": "^", "labels_decreased": "v"}
NAMED = 3  # cells that deviate most, in each panel
WIDTH, ACROSS = 2.5, 3  # inches of a panel; panels side by side


def replication(frame):
    """Draw each published number and ours, a panel per measure, and name the cells where they are furthest apart.

    Parameters
    ----------
    frame : DataFrame
        As `closerlook.analysis.replication.replication` returns it.

    Returns
    -------
    matplotlib.figure.Figure
        Published numbers to the right, ours upwards, with our 95 % interval over seeds and, sideways, the published
        standard deviation over the probe's repeats; on the line both are equal. Colours are the probed tasks; the
        original is hollow. Above each panel: how many numbers there are, the median of their absolute differences, and
        how many published numbers lie within our interval, of those that have one. Below: where they are furthest
        apart. A note says which tasks have another number of labels than the paper's.
    """
    style.use()
    of = [(title, frame[(frame.table == table) & frame.measure.isin(measures)]) for table, measures, title in PANELS]
    of = [(title, rows) for title, rows in of if len(rows)] or of[:1]  # not one number: an empty panel
    across = min(len(of), ACROSS)
    down = -(-len(of) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(max(3.4, WIDTH * across), 3.2 * down + 0.4), squeeze=False, layout="constrained"
    )
    colours = {task: look["color"] for task, look in style.looks(frame.task.unique()).items()}
    for axis, (title, rows) in zip(axes.flat, of):
        _panel(axis, title, rows, colours)
    for axis in axes.flat[len(of) :]:
        axis.set_axis_off()
    handles = [Line2D([], [], color=colour, marker="o", linestyle="") for colour in colours.values()]
    handles += [_mark(style.DARK, state) for state in ("original", "fine-tuned")]
    texts = [*distinct(list(colours), 30), "original", "fine-tuned"]
    style.legend(figure, handles, texts, loc="outside lower center", ncols=4 if across > 1 else 2)
    others = frame[frame.labels != frame.paper_labels].drop_duplicates("task")
    style.note(
        figure, *(f"{r.task}: {r.labels} labels here, {r.paper_labels} in the paper." for r in others.itertuples())
    )
    told.describe(
        figure,
        "Points: each published number against this study's, a panel for each measure.",
        *(f"{title}: {summary(rows).replace(chr(10), '; ')}." for title, rows in of if len(rows)),
    )
    return figure


def _mark(colour, state, marker="o", **more):
    face = "white" if state == "original" else colour
    return Line2D([], [], color=colour, marker=marker, linestyle="", markerfacecolor=face, **more)


def _panel(axis, title, rows, colours):
    """Draw the numbers of one panel, and number those that deviate most."""
    axis.set_title(title, fontweight="bold", pad=24)
    axis.set_ylabel("ours")
    if not len(rows):
        panels.not_measured(axis)
        return
    wide = title.endswith("clusters")  # from 17 to some thousand
    if wide:
        axis.set(xscale="log", yscale="log")
    for row in rows.itertuples():
        colour, spread = colours[row.task], 0 if np.isnan(row.published_std) else row.published_std
        axis.plot(2 * [row.published], [row.low, row.high], color=colour, linewidth=0.9, alpha=0.7, zorder=2)
        axis.plot(row.published + spread * np.array([-1, 1]), 2 * [row.ours], color=colour, linewidth=0.9, alpha=0.7)
        mark = _mark(colour, row.state, MARKERS.get(row.measure, "o"), markersize=4.5, zorder=3)
        mark.set_data([row.published], [row.ours])
        axis.add_line(mark)
    _same_scale(axis, rows, wide)
    axis.text(0.5, 1.03, summary(rows), transform=axis.transAxes, ha="center", fontsize=6, color=style.DARK)
    worst = rows.assign(apart=_apart(rows, wide)).nlargest(NAMED, "apart")
    worst, lines = worst[worst.apart > 0], ["published"]
    for number, row in enumerate(worst.itertuples(), 1):
        above = row.ours > row.published
        axis.annotate(
            str(number), (row.published, row.ours), xytext=(-5, 3) if above else (5, -3), textcoords="offset points",
            ha="right" if above else "left", va="center", fontsize=6.5, fontweight="bold",
        )  # fmt: skip
        lines.append(f"{number}  {_named(row)}: {_number(row.published)}, ours {_number(row.ours)}")
    axis.set_xlabel("\n".join(lines), fontsize=6)


def summary(rows):
    """How well some numbers agree with the published ones, in two lines."""
    far, known = rows.difference.abs(), rows.dropna(subset=["low", "high"])
    first = f"{len(rows)} number{'s' * (len(rows) > 1)}, median difference {_number(far.median())}"
    if equal := (far == 0).sum():
        first += f", {equal} equal"
    inside = ((known.low <= known.published) & (known.published <= known.high)).sum()
    return f"{first}\n" + (
        f"{inside} of {len(known)} published ones within our interval" if len(known) else "no intervals here"
    )


def _apart(rows, wide):
    """How far each number is from the published one, as the panel shows it."""
    return np.abs(np.log(rows.ours / rows.published)) if wide else rows.difference.abs()


def _named(row):
    """The cell of a number."""
    model, task, tuned = (shortened(str(name), 18) for name in (row.model, row.task, row.fine_tuned_on))
    if row.table == 7:
        return f"{model}, {task}, {row.state}"
    lost = {"labels_increased": ", gained", "labels_decreased": ", lost"}.get(row.measure, "")
    return f"{model}, {task if row.state == 'original' else f'{tuned} → {task}'}{lost}"


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")


def _same_scale(axis, rows, wide):
    """Give both axes one range, that of the numbers without our intervals, which few seeds make very long."""
    spread = rows.published_std.fillna(0)
    ends = pd.concat([rows.ours, rows.published - spread, rows.published + spread])
    low, high = ends.min(), ends.max()
    if wide:
        room = max(1.15, np.sqrt(2 * low / high))  # one number needs room around it
        low, high = low / room, high * room
        for way in (axis.xaxis, axis.yaxis):
            way.set_major_locator(LogLocator(subs=(1, 3), numticks=6) if high > 10 * low else panels.whole(4))
            way.set_major_formatter(ScalarFormatter())
            way.set_minor_formatter(NullFormatter())
    else:
        room = 0.07 * (high - low) or 0.05 * abs(high) or 1
        low, high = low - room, high + room
        for way in (axis.xaxis, axis.yaxis):
            way.set_major_locator(MaxNLocator(5))
    axis.plot([low, high], [low, high], color=style.FAINT, linestyle=":", linewidth=1, zorder=1)
    axis.set(xlim=(low, high), ylim=(low, high), aspect="equal")
