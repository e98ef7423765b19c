"""How long does DirectProbe take, and how long the same by public parts: one support vector machine per question?

    python benchmarks/direct.py [--results results/real --model minilm] [--threads 2] [--peer-seconds 60] [--cases ...]
        [--old FOLDER]

Reads the embeddings of a study (`make real`) with the tasks `ps-role`, `pos` and `all-tags` (all words of STREUSLE and
their universal tags); of a task that it has not, and without a study, it makes spaces of the same sizes up. A case runs
in a process of its own, which compiles on a few points first; times are CPU seconds, also as a number of products of
two 3,000 x 3,000 matrices on one core, which machines agree on better. The peer is a linear `sklearn.svm.SVC` with
C = 1e6: once per pair of labels for distances; for clusters, once per union and other cluster, those whose bounding
spheres are apart excepted. Of the nearest hull to each test point (the hulls of whole labels), the peer is the distance
to every hull, one by one. A peer that takes longer than `--peer-seconds` is stopped, and the time that it would take is
given in proportion to the pairs or points that it did, or as "longer than".

With --old, clusters are found by an older version of the library, too (`git worktree add FOLDER 982db13`).
"""

import argparse
import itertools
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from closerlook import DirectProbe, label_distances
from closerlook.probes.direct.nearest_hull import nearest_hull
from closerlook.probes.hulls.distance import nearest

SIZES = {
    "ps-role": ({"train": 4282, "test": 457}, 384, 46),
    "pos": ({"train": 16854, "test": 4322}, 384, 17),
    "all-tags": ({"train": 44804, "test": 5381}, 384, 17),
}
OLD = """
import sys, time, numpy as np
from threadpoolctl import threadpool_limits
from closerlook import DirectProbe
X, y = (np.load(f"{sys.argv[1]}/{name}.npy") for name in "Xy")
with threadpool_limits(1):
    DirectProbe(resolution=1e-5).fit(X[:600], y[:600])
    start = time.process_time()
    found = DirectProbe(resolution=1e-5).fit(X, y)
    print(f"{time.process_time() - start:.1f} s, {found.n_clusters_} clusters")
"""


def space(results, model, task, layer, state="original", split="train"):
    """Points (float32) and labels of one space of a study, or made up: one cloud per label, of very unlike sizes."""
    if results and (results / "tasks" / task).is_dir():
        X = np.load(results / "embeddings" / model / state / task / split / f"layer{layer}.npy")
        return X, np.array(json.loads((results / "tasks" / task / "labels.json").read_text())[split])
    n, d, k = SIZES[task]
    n, test = n[split], split == "test"
    rng = np.random.default_rng(layer + 100 * test)
    y = rng.choice(k, n, p=(w := 1.0 / np.arange(1, k + 1)) / w.sum())
    spread = 1 / np.sqrt(1 + np.arange(d))  # variances fall as those of text do
    centres, points = np.random.default_rng(0).normal(size=(k, d)), np.random.default_rng(1 + test).normal(size=(n, d))
    return ((0.7 * centres[y] + points) * spread).astype(np.float32), y


def components(X, k):
    return PCA(k, random_state=0).fit_transform(X).astype(np.float32)


def one_large(n, d=128, k=9, share=0.85):
    """Made up: one label has most of the points, as what is no named entity has; all clouds overlap."""
    rng = np.random.default_rng(0)
    y = rng.choice(k, n, p=[share, *[(1 - share) / (k - 1)] * (k - 1)])
    spread = 1 / np.sqrt(1 + np.arange(d))
    return ((0.4 * rng.normal(size=(k, d))[y] + rng.normal(size=(n, d))) * spread).astype(np.float32), y


def product():
    """CPU seconds of one product of two 3,000 x 3,000 matrices on one core."""
    A = np.random.default_rng(0).random((3000, 3000))
    with threadpool_limits(1):
        start = time.process_time()
        for _ in range(3):
            A @ A
    return (time.process_time() - start) / 3


def old(X, y, folder, seconds):
    """The peer of `DirectProbe.fit`: an older version of it."""
    with tempfile.TemporaryDirectory() as place:
        np.save(f"{place}/X.npy", X)
        np.save(f"{place}/y.npy", y)
        given = [sys.executable, "-c", OLD, place]
        try:
            done = subprocess.run(
                given,
                cwd=place,  # else the library beside this file
                env=os.environ | {"PYTHONPATH": str(folder.resolve())},
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return f"longer than {seconds:.0f} s"
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def svm(A, B):
    """Whether a linear machine separates two sets, and twice its margin."""
    machine = SVC(kernel="linear", C=1e6).fit(np.concatenate([A, B]), np.repeat([0, 1], [len(A), len(B)]))
    apart = (machine.predict(A) == 0).all() and (machine.predict(B) == 1).all()
    return apart, 2 / np.linalg.norm(machine.coef_)


def svm_pairs(X, y, seconds):
    """The peer of `label_distances`."""
    start, pairs = time.perf_counter(), list(itertools.combinations(np.unique(y), 2))
    np.random.default_rng(0).shuffle(pairs)
    for done, (a, b) in enumerate(pairs, 1):
        svm(X[y == a], X[y == b])
        if time.perf_counter() - start > seconds:
            return f"{(time.perf_counter() - start) / done * len(pairs):.0f} s, from {done} of {len(pairs)} pairs"
    return f"{time.perf_counter() - start:.1f} s"


def svm_clusters(X, y, seconds):
    """The peer of `DirectProbe.fit`: centroid linkage with a machine per overlap test."""
    start = time.perf_counter()
    members = {k: [k] for k in range(len(X))}
    gaps = {}
    for a, b in itertools.combinations(range(len(X)), 2):
        if y[a] == y[b]:
            gaps[a, b] = np.linalg.norm(X[a] - X[b])
    while gaps:
        a, b = min(gaps, key=gaps.get)
        del gaps[a, b]
        union = X[members[a] + members[b]]
        centre = union.mean(0)
        radius = np.linalg.norm(union - centre, axis=1).max()
        for c, points in members.items():
            if y[c] != y[a]:
                C = X[points]
                middle = C.mean(0)
                spheres = np.linalg.norm(C - middle, axis=1).max() + radius
                if np.linalg.norm(middle - centre) <= spheres and not svm(union, C)[0]:
                    break
            if time.perf_counter() - start > seconds:
                return f"longer than {seconds:.0f} s, {len(members)} clusters left"
        else:
            members[a] += members.pop(b)
            for c in members:
                gaps.pop((min(b, c), max(b, c)), None)
                pair = min(a, c), max(a, c)
                if pair in gaps:
                    gaps[pair] = np.linalg.norm(X[members[c]].mean(0) - centre)
    return f"{time.perf_counter() - start:.1f} s"


def nearest_one_by_one(X, clusters, Q, seconds):
    """The peer of `nearest_hull`."""
    start, members = time.perf_counter(), [X[clusters == c] for c in range(clusters.max() + 1)]
    order = np.random.default_rng(0).permutation(len(Q))
    with threadpool_limits(1):
        for done, k in enumerate(order, 1):
            min(nearest(Q[k : k + 1], C, 1e-3).distance for C in members)
            if time.perf_counter() - start > seconds:
                return f"{(time.perf_counter() - start) / done * len(Q):.0f} s, from {done} of {len(Q)} points"
    return f"{time.perf_counter() - start:.1f} s"


def fit(X, y, n_jobs, distances=False, resolution=1e-5):
    probe = DirectProbe(n_jobs=n_jobs, resolution=resolution).fit(X, y)
    known = f", {np.isfinite(probe.cluster_distances_).sum() // 2} distances" if distances else ""
    return f"{probe.n_clusters_} clusters of {len(probe.classes_)} labels{known}"


def pairs(X, y, n_jobs, start=None):
    found = label_distances(X, y, start, n_jobs=n_jobs, resolution=1e-5)
    return f"{found.separable.sum()} of {len(found.separable)} pairs separable"


def role_warm(o):
    if o.results:
        X, y = space(o.results, o.model, "ps-role", o.last, o.before)
        near, _ = space(o.results, o.model, "ps-role", o.last, o.after)
    else:
        X, y = space(None, o.model, "ps-role", o.last)
        near = X + 0.02 * X.std(0) * np.random.default_rng(2).normal(size=X.shape).astype(np.float32)
    start = label_distances(X, y, resolution=1e-5)
    pairs(near, y, o.threads, start)
    return (lambda: pairs(near, y, o.threads, start)), None


def pairs_of(task):
    """A case: the distances of a task's labels."""

    def case(o):
        X, y = space(o.results, o.model, task, o.last)
        pairs(X[:600], y[:600], o.threads)
        return (lambda: pairs(X, y, o.threads)), lambda: svm_pairs(X, y, o.peer_seconds)

    return case


def nearest_of(task):
    """A case: the nearest of the labels' hulls to each test point."""

    def case(o):
        (X, y), (Q, z) = (space(o.results, o.model, task, o.last, split=split) for split in ("train", "test"))
        X, Q, (classes, clusters) = X.astype(float), Q.astype(float), np.unique(y, return_inverse=True)
        nearest_hull(X[:600], np.unique(y[:600], return_inverse=True)[1], Q[:9])

        def ours():
            index, _ = nearest_hull(X, clusters, Q, n_jobs=o.threads)
            return f"{len(Q)} points, {(classes[index] == z).mean():.1%} of their labels"

        return ours, lambda: nearest_one_by_one(X, clusters, Q, o.peer_seconds)

    return case


def clusters_of(task, n=None, dim=None, distances=False, layer=None):
    """A case: clusters of a task, or of its first points, or components; the peer where distances are asked for."""

    def case(o):
        X, y = space(o.results, o.model, task, o.last if layer is None else layer)
        X, y = (components(X, dim) if dim else X)[:n], y[:n]
        fit(X[:600], y[:600], o.threads, distances)
        return (lambda: fit(X, y, o.threads, distances)), peer_of(X, y, o, distances)

    return case


def peer_of(X, y, o, distances=False):
    if distances:
        return lambda: svm_clusters(X, y, o.peer_seconds)
    return (lambda: old(X, y, o.old, o.peer_seconds)) if o.old else None


def large(n):
    """A case: clusters where one label is far larger than the others."""

    def case(o):
        X, y = one_large(n)
        fit(X[:600], y[:600], o.threads)
        return (lambda: fit(X, y, o.threads)), peer_of(X, y, o)

    return case


CASES = {
    "ps-role, last layer: clusters and distances": clusters_of("ps-role", distances=True),
    "ps-role, last layer: distances alone": pairs_of("ps-role"),
    "ps-role: distances, from a nearby space": role_warm,
    "pos, 2,000 x 16: clusters and distances": clusters_of("pos", 2000, 16, distances=True),
    "pos, last layer: verdict and distance, all pairs": pairs_of("pos"),
    "ps-role, last layer: nearest hull": nearest_of("ps-role"),
    "pos, last layer: nearest hull": nearest_of("pos"),
    "all-tags, layer 1: clusters": clusters_of("all-tags", layer=1),
    "pos, layer 0: clusters": clusters_of("pos", layer=0),
    "made up, 20,000 x 128, one label with 85 %: clusters": large(20_000),
    "made up, 200,000 x 128, one label with 85 %: clusters": large(200_000),
} | {f"pos, {n:,} x 128: clusters": clusters_of("pos", n, 128) for n in (1000, 2000, 4000, 8000, 16854)}


def run(name, options, peer):
    """Seconds, what was found, and peak memory in GB; or the peer's report."""
    ours, theirs = CASES[name](options)
    if peer:
        return theirs() if theirs else "–"
    start = time.process_time()
    found = ours()
    seconds = time.process_time() - start
    return seconds, found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def apart(function, arguments, seconds=None):
    """The result of a call in a process of its own; None where that takes longer than so many seconds."""
    pool = multiprocessing.get_context("spawn").Pool(1)
    try:
        found = pool.apply_async(function, arguments).get(seconds)
        pool.close()
    except multiprocessing.TimeoutError:
        found = pool.terminate()
    pool.join()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", type=Path, help="a study's results, such as results/real")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--last", type=int, default=6, help="the layer")
    parser.add_argument("--before", default="ps-role.seed0.step172", help="a state, and ...")
    parser.add_argument("--after", default="ps-role.seed0", help="... one a few updates later")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-seconds", type=float, default=60)
    parser.add_argument("--old", type=Path, help="a checkout of an older version")
    parser.add_argument("--cases", nargs="*", default=list(CASES), help="parts of their names")
    options = parser.parse_args()
    wanted = [name for name in CASES if any(part in name for part in options.cases)]
    unit = product()
    print(f"A product takes {unit:.2f} s.\n")
    print("| case | CPU seconds | products | peak memory | found | the peer |\n| --- | --- | --- | --- | --- | --- |")
    for name in wanted:
        seconds, found, memory = apart(run, (name, options, False))
        peer = apart(run, (name, options, True), 2 * options.peer_seconds + 30)
        peer = f"longer than {2 * options.peer_seconds:.0f} s" if peer is None else peer
        print(f"| {name} | {seconds:.2f} | {seconds / unit:.1f} | {memory:.1f} GB | {found} | {peer} |", flush=True)


if __name__ == "__main__":
    main()
