"""What half precision does to the numbers: verdicts, clusters, distances and accuracies of spaces stored in both ways.

    python benchmarks/store.py --results results/real --model minilm [--most 4000] pos upos-streusle ps-role dep trec-50

Prints a row for each task and layer, for docs/vectors.md. DirectProbe looks at one sample of `--most` points (of the
same ones in both), with the resolution of each store; the linear readout at all.
"""

import argparse
import logging
import shutil
import tempfile
from pathlib import Path

import numpy as np

from closerlook.files import read_json
from closerlook.probes.direct.geometry import measure_samples
from closerlook.probes.direct.samples import Sample, parts
from closerlook.probes.mlp.linear import linear_readout
from closerlook.probes.precision import ENCODER_RESOLUTION, HALF_RESOLUTION
from closerlook.vectors import constant, halve, read_vectors

TITLES = ("task", "layer", "moved", "verdicts that differ", "clusters", "change of a distance", "linear readout")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/real"))
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--most", type=int, default=4000)
    parser.add_argument("tasks", nargs="+")
    given = parser.parse_args()
    logging.disable()
    print(f"| {' | '.join(TITLES)} |\n" + "| --- " * len(TITLES) + "|")
    for task in given.tasks:
        labels = read_json(given.results / f"tasks/{task}/labels.json")
        y, yt = (np.array(labels[split]) for split in ("train", "test"))
        folder = given.results / f"embeddings/{given.model}/original/{task}"
        for file in sorted((folder / "train").glob("layer*.npy")):
            whole = read_vectors(file), read_vectors(folder / "test" / file.name)
            with tempfile.TemporaryDirectory() as scratch:
                copies = [
                    shutil.copy(folder / split / file.name, f"{scratch}/{split}.npy") for split in ("train", "test")
                ]
                stays = not all([halve(copy, task) for copy in copies])
                half = tuple(map(read_vectors, copies))
            if stays:
                why = "all vectors equal" if constant(whole[0]) else "stays in float32"
                print(f"| {task} | {file.stem[5:]} | {why} | | | | |")
                continue
            print(f"| {task} | {file.stem[5:]} | {' | '.join(compared(whole, half, y, yt, given.most))} |", flush=True)


def compared(whole, half, y, yt, most):
    """The cells of a row: what differs between a space and its halves."""
    (X, _), (Z, _) = whole, half
    radius = np.linalg.norm(X - X.mean(0), axis=1).max()
    found = []
    for points, resolution in ((X, ENCODER_RESOLUTION), (Z, HALF_RESOLUTION)):
        record, arrays = measure_samples(points, y, Sample(most, 1), resolution=resolution, verbose=False)
        found.append((record["n_clusters"], parts(arrays)[0]["distance_vector"]))
    (n, u), (m, v) = found
    both = ~np.isnan(u) & ~np.isnan(v)
    right = [100 * (linear_readout(*points[:1], y, points[1]) == yt).mean() for points in (whole, half)]
    return (
        f"{np.linalg.norm(X - Z, axis=1).max() / radius:.1e}",
        f"{(np.isnan(u) != np.isnan(v)).sum()} of {len(u):,}",
        f"{n:,.0f}; {m:,.0f}",
        f"{np.abs(v[both] / u[both] - 1).max():.1e}" if both.any() else "–",
        f"{right[0]:.2f}; {right[1]:.2f}",
    )


if __name__ == "__main__":
    main()
