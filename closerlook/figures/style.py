"""One look for all figures."""

import logging

import matplotlib
import seaborn

BEFORE, AFTER = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion: safe for colour-blind eyes
FAINT, DARK = "#9A9A9A", "#404040"
WARM, COOL = ("#D55E00", "#E69F00", "#CC79A7"), ("#0072B2", "#56B4E9", "#009E73")  # a few labels among many

PARAMETERS = {
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
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,  # text stays text in the PDF
}


def use():
    """Set the style, and a backend that needs no display."""
    matplotlib.use("agg")
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table of every font
    seaborn.set_theme(context="paper", style="ticks", rc=PARAMETERS)


def save(figure, paths):
    """Write a figure to each path; the same data give the same bytes."""
    for path in map(str, paths):
        figure.savefig(path, metadata={"CreationDate": None} if path.endswith(".pdf") else {"Software": None})
