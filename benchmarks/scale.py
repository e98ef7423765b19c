"""What a classifier probe owes to the scale of its vectors, by layer; a figure for docs/classifier.md.

It is trained on vectors as they are and on standardised ones, and a linear readout stands beside it. Needs the
embeddings and the task of a study.

python benchmarks/scale.py --results results/real --model minilm --task trec-50 --coarse docs/images/scale.png
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from closerlook import MLPProbe
from closerlook.figures import style
from closerlook.files import read_json
from closerlook.probes.mlp.linear import linear_readout

LINES = {"vectors as they are": ("none", "#D55E00", "o"), "standardised": ("standard", "#0072B2", "s")}


def spaces(results, model, task, coarse):
    """Yield (layer, (train vectors, ids), (test vectors, ids)); with `coarse`, labels up to their first colon."""
    labels = read_json(results / "tasks" / task / "labels.json")
    names = [name.partition(":")[0] if coarse else name for name in labels["names"]]
    ids = np.unique(names, return_inverse=True)[1]
    folder = results / "embeddings" / model / "original" / task
    for file in sorted((folder / "train").glob("layer*.npy"), key=lambda f: int(f.stem[5:])):
        yield int(file.stem[5:]), *((np.load(folder / s / file.name), ids[labels[s]]) for s in ("train", "test"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/real"))
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--task", default="trec-50")
    parser.add_argument("--coarse", action="store_true")
    parser.add_argument("figure", type=Path)
    given = parser.parse_args()
    found = {name: {} for name in (*LINES, "linear readout", "most frequent label")}
    for layer, (X, y), (Xt, yt) in spaces(given.results, given.model, given.task, given.coarse):
        for name, (scale, *_) in LINES.items():
            probe = MLPProbe([(64, 64)], [1e-4], repeats=3, scale=scale, n_jobs=-1).fit(X, y, {"test": (Xt, yt)})
            found[name][layer] = 100 * probe.mean_accuracy_
        found["linear readout"][layer] = 100 * (linear_readout(X, y, Xt) == yt).mean()
        found["most frequent label"][layer] = 100 * (yt == np.bincount(y).argmax()).mean()
        print(layer, *(f"{name} {by[layer]:.1f}" for name, by in found.items()), sep="  ", flush=True)
    style.use()
    figure, axis = plt.subplots(figsize=(4.4, 3.0), layout="constrained")
    for name, (_, colour, marker) in LINES.items():
        axis.plot(*zip(*found[name].items()), color=colour, marker=marker, label=f"classifier probe, {name}")
    axis.plot(*zip(*found["linear readout"].items()), "x--", color="#009E73", label="linear readout")
    axis.plot(*zip(*found["most frequent label"].items()), ":", color=style.FAINT, label="most frequent label")
    axis.set(xlabel="layer", ylabel="test accuracy (%)")
    figure.legend(fontsize=7, loc="outside lower center", ncols=2)
    figure.savefig(given.figure, metadata={"Software": None})


if __name__ == "__main__":
    main()
