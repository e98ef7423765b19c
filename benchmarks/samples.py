"""How cluster counts and distances depend on the number of points: samples of several sizes from real spaces.

    python benchmarks/samples.py --results results/real --model minilm docs/images/samples.png upos-streusle:1 pos:6

Prints a table for docs/directprobe.md (a row per space and size: means over samples, and the standard deviation), and
draws it. Sizes grow twofold; the last row of a space is the whole of it, unless that has more than `--most` points.
"""

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from closerlook.analysis.samples import over_samples
from closerlook.figures import style
from closerlook.files import read_json
from closerlook.probes.direct.geometry import measure_samples
from closerlook.probes.direct.samples import Sample, parts

POINTS = 500, 1000, 2000, 4000, 8000
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MEASURES = {"clusters": "clusters", "meeting": "pairs of labels that meet", "distance": "mean distance of two labels"}


def found(X, y, n, repeats, task):
    """What DirectProbe finds in samples of n points: each measure with its deviation, and the CPU seconds of one."""
    start = time.process_time()
    _, arrays = measure_samples(X, y, Sample(n, repeats, task=task), verbose=False)
    each = parts(arrays)
    took = (time.process_time() - start) / len(each)
    values = {
        "clusters": [part["labels"].max() + 1 for part in each],
        "meeting": [int(part["n_overlapping"]) for part in each],
        "distance": [np.nanmean(part["distance_vector"]) for part in each],
    }
    return {name: over_samples(some) for name, some in values.items()}, took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/real"))
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--most", type=int, default=20000)
    parser.add_argument("figure", type=Path)
    parser.add_argument("spaces", nargs="+", help="TASK:LAYER")
    given = parser.parse_args()
    print("| space | points | " + " | ".join(MEASURES.values()) + " | CPU seconds |\n" + "| --- " * 6 + "|")
    curves = {}
    for space in given.spaces:
        task, layer = space.split(":")
        X = np.load(given.results / f"embeddings/{given.model}/original/{task}/train/layer{layer}.npy")
        y = np.array(read_json(given.results / f"tasks/{task}/labels.json")["train"])
        sizes = [n for n in 500 * 2 ** np.arange(10) if n < min(len(y), given.most + 1)]
        sizes += [len(y)] * (len(y) <= given.most)
        for n in sizes:
            values, took = found(X, y, n, given.repeats, task)
            curves.setdefault(f"{task}, layer {layer}", []).append((n, values))
            cells = [_text(*values[name]) for name in MEASURES]
            print(f"| {task}, layer {layer} | {n:,} | {' | '.join(cells)} | {took:.1f} |", flush=True)
    draw(curves).savefig(given.figure, metadata={"Software": None})


def draw(curves):
    """A figure of what was found: {space: [(points, {measure: (mean, deviation or None)})]}."""
    style.use()
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.9), layout="constrained")
    for (space, rows), colour in zip(curves.items(), COLOURS):
        for name, axis in zip(("clusters", "distance"), axes):
            mean, spread = zip(*((values[name][0], values[name][1] or 0) for _, values in rows))
            sizes = [n for n, _ in rows]
            axis.errorbar(sizes, mean, spread, color=colour, marker="o", capsize=2, label=space)
    for name, ticks, axis in zip(("clusters", "distance"), ((20, 50, 100, 200, 500), (1, 2, 4, 8)), axes):
        axis.set(xscale="log", yscale="log", xlabel="points", ylabel=MEASURES[name])
        axis.set_xticks(POINTS, [f"{n:,}" for n in POINTS])
        axis.set_yticks(ticks, ticks)
        axis.minorticks_off()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _text(mean, spread):
    digits = 0 if mean >= 100 or mean % 1 == 0 and not spread else 1 if mean >= 10 else 2
    return f"{mean:,.{digits}f}" + (f" ± {spread:.{digits}f}" if spread else "")


if __name__ == "__main__":
    main()
