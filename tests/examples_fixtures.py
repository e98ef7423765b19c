"""The examples of runs, written by hand: what is known of each is chosen."""

import numpy as np

from closerlook.analysis.examples import Followed, write_examples
from closerlook.analysis.plane import Plane
from closerlook.analysis.surroundings import measure_surroundings
from closerlook.probes.direct.geometry import measure

NAMES = ["ant", "bee", "cow 🐄"]
PLANE = Plane(np.zeros(4), np.eye(2, 4), np.array([0.5, 0.3]))


def texts(y):
    """A sentence of three words for each example, of which the second is the target; an emoji is before it."""
    return [(f"🐜 w{i} end", [(2, 2 + len(f"w{i}"))]) for i in range(len(y))]


def write_run(path, y, yt, seed=0, wrong=(), followed=True, probe=None):
    """A run from labels that overlap to labels far apart; those of the training examples `wrong` are not theirs.

    Returns the vectors of both ends and splits, as `write_examples` takes them, and what surrounds the examples.
    """
    rng = np.random.default_rng(seed)
    true = {"train": np.array(y), "test": np.array(yt)}
    for i in wrong:
        true["train"][i] = (y[i] + 1) % len(NAMES)
    noise = {split: rng.normal(size=(len(of), 4)) for split, of in true.items()}
    vectors = {
        end: {split: (noise[split] + far * np.eye(3, 4)[of]).astype(np.float32) for split, of in true.items()}
        for end, far in (("before", 1.0), ("after", 12.0))
    }
    labels = {"train": np.asarray(y), "test": np.asarray(yt)}
    around = {}
    for end, of in vectors.items():
        train, test = ((of[split].astype(float), labels[split]) for split in ("train", "test"))
        around[end] = measure_surroundings(train, test, measure(*train)[1])
    probe = probe or {end: np.stack([labels["test"]] * 2) for end in vectors}
    size = np.sqrt((vectors["before"]["train"].astype(float) ** 2).sum(1).mean())
    space = {"plane": PLANE, "size": size, "vectors": vectors, "surroundings": around, "probe": probe}
    along = Followed(6, np.array([0, 5, 9]), {
        split: np.stack([of % 2 == 0, of > 0, np.ones(len(of), bool)]) for split, of in labels.items()
    })  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {split: texts(of) for split, of in labels.items()}
    write_examples(path, told, labels, NAMES, [(6, space)], repeats=2, followed=along if followed else None)
    return vectors, around
