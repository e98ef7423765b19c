"""One look for all figures."""

import logging
import textwrap
from typing import Any

import matplotlib
import seaborn
from PIL import Image

from closerlook.figures.colours import look

BEFORE, AFTER = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion: safe for colour-blind eyes
PALE, FAINT, QUIET, DARK, GRID = "#949494", "#8C8C8C", "#6B6B6B", "#404040", "#E6E6E6"  # QUIET: the palest of texts
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (7, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
PIXELS = 4000, 6000  # of the largest picture

PARAMETERS: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "savefig.bbox": "tight",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,  # text stays text in the PDF
    "text.parse_math": False,  # a label is text, whatever its characters
}


def use():
    """Set the style, and a backend that needs no display."""
    matplotlib.use("agg")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it warns of every weight that a font lacks
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table of every font
    seaborn.set_theme(context="paper", style="ticks", rc=PARAMETERS)


def save(figure, paths):
    """Write a figure to each path, with its alternative text; the same data give the same bytes."""
    told = figure.get_label()  # of `told.describe`: first what it is
    title = {"Title": told.partition(". ")[0]} if told else {}
    for path in map(str, paths):
        if path.endswith(".pdf"):
            figure.savefig(path, metadata={"CreationDate": None, **title, **({"Subject": told} if told else {})})
            continue
        metadata = {"Software": None, **title, **({"Description": told} if told else {})}
        figure.savefig(path, metadata=metadata)
        with Image.open(path) as image:
            scale = min(most / pixels for most, pixels in zip(PIXELS, image.size))
        if scale < 1:
            figure.savefig(path, metadata=metadata, dpi=int(scale * PARAMETERS["savefig.dpi"]))


def legend(owner, handles, texts, family=None, **where):
    """Add a legend to a figure or to axes, whatever the first letters of its texts are."""
    drawn = owner.legend(handles, ["-"] * len(handles), **where)
    for entry, text in zip(drawn.get_texts(), texts):
        entry.set(text=text, fontfamily=family)


def letters(inches, points, bold=False):
    """How many letters of a size fit in a line."""
    return int(inches * 72 / (points * (0.65 if bold else 0.58)))


def note(figure, *lines):
    """Write above a figure what only it can say of itself, such as how many labels it leaves out."""
    width = letters(figure.get_figwidth(), 6)
    text = "\n".join(textwrap.fill(line, width) for line in dict.fromkeys(lines) if line)
    if text:
        figure.text(0.5, 1 + 0.05 / figure.get_figheight(), text, ha="center", va="bottom", fontsize=6, color=DARK)


def band(axis, mean, spread, colour, alpha=0.2, **line):
    """Draw a line (a Series) and the band of its spread; where this is missing, the line alone."""
    if not len(mean):
        return
    spread = spread.fillna(0)
    axis.plot(mean.index, mean, color=colour, zorder=3, **line)
    if len(mean) == 1:
        axis.vlines(mean.index, mean - spread, mean + spread, color=colour, linewidth=0.8, zorder=2)
    axis.fill_between(mean.index, mean - spread, mean + spread, color=colour, alpha=alpha, linewidth=0)


def looks(names):
    """A colour, dashes and a marker for each label of a task, the same in every figure that shows it."""
    found = {}
    for place, name in enumerate(names):
        colour, shape = look(place)
        found[name] = {"color": colour, "linestyle": DASHES[shape], "marker": MARKERS[shape]}
    return found


def share(value):
    """A share as a percentage; a dash where it is missing."""
    return "–" if value != value else f"{100 * value:.0f} %"
