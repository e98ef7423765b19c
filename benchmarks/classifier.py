"""How long does the classifier probe take, and how long the same grid with scikit-learn?

    python benchmarks/classifier.py [--results results/real --model minilm] [--threads 2] [--cases ...] [--whole]
    python benchmarks/classifier.py --agreement [--results results/real] [--threads 2] [--cases ...]

Reads the last layer's embeddings of a study (`make real`) with the tasks `ps-role` and `pos`; without one, it makes
spaces of the same sizes up. The grid is the paper's 128 candidates with one hold-out, then five repeats. The peer is
`GridSearchCV(MLPClassifier(), n_jobs=threads)` on one candidate of each shape (alpha = 1e-3), and its time is
given for eight times as many; then the selected candidate's five repeats, two at a time. `--whole` also runs our
grid without halving. A case runs in a process of its own. The arithmetic rate is that of the grid's first epochs.

`--agreement` compares accuracies instead: four candidates, ten seeds each, ours and scikit-learn's, on one hold-out.
"""

import argparse
import json
import multiprocessing
import resource
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from closerlook import MLPProbe
from closerlook.devices import torch_threads
from closerlook.probes.mlp.candidates import ALPHAS, SHAPES
from closerlook.probes.mlp.folds import folds
from closerlook.probes.mlp.products import product

SIZES = {"ps-role": (4282, 384, 46), "pos": (16854, 384, 17)}


def space(results, model, task, layer):
    """Vectors (float32) and labels of one space of a study, or made up: one cloud per label, of very unlike sizes."""
    if results:
        X = np.load(results / "embeddings" / model / "original" / task / "train" / f"layer{layer}.npy")
        return X, np.array(json.loads((results / "tasks" / task / "labels.json").read_text())["train"])
    n, d, k = SIZES[task]
    rng = np.random.default_rng(0)
    y = rng.choice(k, n, p=(w := 1.0 / np.arange(1, k + 1)) / w.sum())
    return (0.1 * rng.normal(size=(k, d))[y] + 0.4 * rng.normal(size=(n, d))).astype(np.float32), y


def ours(X, y, halving, device, threads):
    start = time.perf_counter()
    probe = MLPProbe(cv=1, halving=halving, scale="none", device=device, n_jobs=threads).fit(X, y)
    return time.perf_counter() - start, probe


def peer(X, y, best, threads):
    """Seconds of the search (of an eighth of the grid, times eight) and of the repeats."""
    network = MLPClassifier(max_iter=1000, random_state=0)
    grid = {"hidden_layer_sizes": list(SHAPES), "alpha": [1e-3]}
    Parallel(threads)(delayed(int)(i) for i in range(2 * threads))  # the processes are there before the clock starts
    start = time.perf_counter()
    GridSearchCV(network, grid, cv=folds(y, 1, 0), n_jobs=threads, refit=False).fit(X, y)
    search = (time.perf_counter() - start) * len(ALPHAS)
    start = time.perf_counter()
    Parallel(threads)(
        delayed(MLPClassifier(**best, max_iter=1000, random_state=r).fit)(X, y) for r in range(5)
    )  # scikit-learn's users would rather train one after the other; this is the kinder comparison
    return search, time.perf_counter() - start


def rate(X, y, device, threads):
    """Arithmetic of three epochs of the whole grid, and of one large product by torch and by us, in GFLOP/s."""
    n, d = len(folds(y, 1, 0)[0][0]), X.shape[1]
    work = sum(2 * n * (2 * d * a + 3 * a * b + 3 * b * len(np.unique(y))) for a, b in SHAPES) * len(ALPHAS)
    seconds = []
    for epochs in (1, 4):
        start = time.perf_counter()
        MLPProbe(cv=1, max_iter=epochs, repeats=1, scale="none", device=device, n_jobs=threads).fit(X, y)
        seconds.append(time.perf_counter() - start)
    rates = [3 * work / (seconds[1] - seconds[0])]
    a = torch.randn(4096, 4096, device=device)
    with torch_threads(threads):
        for multiply in (torch.mm, product):
            multiply(a, a)
            times = []
            for _ in range(8):
                start = time.perf_counter()
                multiply(a, a)[0, 0].item()  # waits for the device
                times.append(time.perf_counter() - start)
            rates.append(2 * 4096**3 / np.median(times))
    return [r / 1e9 for r in rates]


def agreement(X, y, threads):
    """Print mean and spread of the accuracy on held-out samples over ten seeds, by scikit-learn and by us."""
    kept, held = folds(y, 1, 0)[0]
    for shape, alpha in (((32, 32), 1e-4), ((256, 64), 1e-5), ((128, 128), 1e-1), ((64, 256), 1.0)):
        jobs = [MLPClassifier(shape, alpha=alpha, max_iter=1000, random_state=seed) for seed in range(10)]
        fitted = Parallel(threads)(delayed(network.fit)(X[kept], y[kept]) for network in jobs)
        theirs = 100 * np.array([network.score(X[held], y[held]) for network in fitted])
        probe = MLPProbe([shape], [alpha], repeats=10, scale="none", n_jobs=threads)
        mine = 100 * probe.fit(X[kept], y[kept], {"held": (X[held], y[held])}).accuracies_
        epochs = np.mean([network.n_iter_ for network in fitted])
        noise = np.sqrt((theirs.var(ddof=1) + mine.var(ddof=1)) / 10)
        both = " and ".join(f"{a.mean():.2f} +- {a.std(ddof=1):.2f}" for a in (theirs, mine))
        print(f"  {str(shape):12} alpha {alpha:<6g} scikit-learn and ours {both}, difference", end=" ")
        print(f"{mine.mean() - theirs.mean():+.2f}, standard error {noise:.2f};", end=" ")
        print(f"epochs {epochs:.0f} and {probe.n_iter_.mean():.0f}", flush=True)


def case(name, options):
    warnings.simplefilter("ignore")
    X, y = space(options.results, options.model, name, options.layer)
    if options.agreement:
        print(f"\n{name}: {len(X)} x {X.shape[1]}, {len(np.unique(y))} labels", flush=True)
        return agreement(X, y, options.threads)
    print(f"\n{name}: {len(X)} x {X.shape[1]}, {len(np.unique(y))} labels, 128 candidates, cv=1, 5 repeats", flush=True)
    seconds, probe = ours(X, y, True, options.device, options.threads)
    found = f"{probe.best_params_['hidden_layer_sizes']}, alpha {probe.best_params_['alpha']:g}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  halving         {seconds:8.1f} s   {found}, held-out {probe.best_score_:.4f}, {peak:.1f} GB", flush=True)
    search, repeats = peer(X, y, probe.best_params_, options.threads)
    total = search + repeats
    print(f"  scikit-learn    {total:8.1f} s   {search:.0f} (an eighth measured) + {repeats:.0f} of the repeats")
    print(f"  ratio           {total / seconds:8.1f}", flush=True)
    grid, torchs, fastest = rate(X, y, options.device, options.threads)
    print(f"  arithmetic      {grid:8.0f} GFLOP/s, {grid / torchs:.0%} of torch.mm, {grid / fastest:.0%} of oneDNN's")
    if options.whole:
        seconds, whole = ours(X, y, False, options.device, options.threads)
        lost = whole.best_score_ - whole.cv_results_["mean_test_score"][probe.best_index_]
        print(f"  without halving {seconds:8.1f} s   ratio {total / seconds:.1f}; its pick is {100 * lost:.2f} points")
        print("                             ahead of that of halving on the held-out samples", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--layer", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cases", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--agreement", action="store_true")
    options = parser.parse_args()
    for name in options.cases:
        process = multiprocessing.get_context("spawn").Process(target=case, args=(name, options))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
