"""Vectors in half precision: how far they are moved, where they are not, and what is read back."""

import encoders_fixtures
import numpy as np
import pytest
from encoders_fixtures import TEXT, save_task

from closerlook import hull_distance
from closerlook.config import load
from closerlook.encoders.layers import embed
from closerlook.errors import InputError
from closerlook.own_vectors import take_vectors
from closerlook.probes.precision import ENCODER_RESOLUTION, HALF_RESOLUTION
from closerlook.vectors import BLOCK, MOVED, halve, read_vectors

bert = encoders_fixtures.bert


def written(folder, vectors):
    path = folder / "layer1.npy"
    np.save(path, vectors)
    return path


def test_halves_are_the_nearest_and_are_read_as_single_floats(tmp_path):
    X = np.random.default_rng(0).normal(size=(BLOCK + 9, 3)).astype(np.float32)
    path = written(tmp_path, X)
    assert halve(path, "layer 1") and np.load(path).dtype == np.float16
    assert path.stat().st_size == 128 + X.size * 2 and [*tmp_path.iterdir()] == [path]
    read = read_vectors(path)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, X.astype(np.float16))
    np.testing.assert_allclose(read, X, rtol=2**-11, atol=2**-25)


def test_a_number_that_half_precision_does_not_hold_is_named(tmp_path):
    X = np.ones((5, 2), np.float32)
    X[3, 1] = -70000
    path = written(tmp_path, X)
    with pytest.raises(InputError, match=r"^m: layer 1 \(train\) has a component of 7e\+04, .* 65,504"):
        halve(path, "m: layer 1 (train)")
    np.testing.assert_array_equal(np.load(path), X)


@pytest.mark.parametrize("far", [0, 100, 30000])
def test_vectors_that_half_precision_could_not_tell_apart_stay(tmp_path, caplog, far):
    """As those of [CLS] in low layers, which are long and nearly the same; or equal ones."""
    X = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32) + far
    path = written(tmp_path, X)
    stays = far > 2  # 2^-11 of the length would be more than 5e-4 of the radius
    assert halve(path, "layer 1") != stays and ("layer 1 stays in float32" in caplog.text) == stays
    moved = np.linalg.norm(np.load(path).astype(float) - X, axis=1).max()
    assert moved <= MOVED * np.linalg.norm(X - X.mean(0), axis=1).max()
    equal = written(tmp_path, np.full((4, 2), 1 / 3, np.float32))
    assert not halve(equal, "layer 1") and np.load(equal).dtype == np.float32


def test_the_resolution_covers_what_rounding_moves_hulls(tmp_path):
    """Hulls that touch are closer after rounding than the resolution, those of twice that distance are apart."""
    rng = np.random.default_rng(1)
    for _ in range(30):
        A, B = rng.normal(size=(2, 40, 3))
        A[:, 0] -= A[:, 0].max()
        B[:, 0] -= B[:, 0].min()
        A[0], B[0] = 0, 0
        radius = np.linalg.norm(np.vstack([A, B]) - np.vstack([A, B]).mean(0), axis=1).max()
        path = written(tmp_path, np.vstack([A, B]).astype(np.float32))
        assert halve(path, "layer 1")
        near = read_vectors(path).astype(float)
        assert hull_distance(near[:40], near[40:]).distance <= HALF_RESOLUTION * radius
        B[:, 0] += 2 * HALF_RESOLUTION * radius
        assert halve(path := written(tmp_path, np.vstack([A, B]).astype(np.float32)), "layer 1")
        apart = read_vectors(path).astype(float)
        assert hull_distance(apart[:40], apart[40:]).distance > HALF_RESOLUTION * radius


def test_extraction_writes_halves_of_what_it_writes_otherwise(bert, tmp_path):
    save_task(tmp_path / "task", [(words := line.split(), [[i] for i in range(len(words))], [0] * len(words))
                                  for line in TEXT[:4]])  # fmt: skip
    for store in ("float32", "float16"):
        out = {"train": {n: tmp_path / store / f"layer{n}.npy" for n in (0, 2)}}
        embed(bert, tmp_path / "task", out, store=store, progress=False)
    for n in (0, 2):
        whole, half = (np.load(tmp_path / store / f"layer{n}.npy") for store in ("float32", "float16"))
        assert (whole.dtype, half.dtype) == (np.float32, np.float16)
        np.testing.assert_array_equal(half, whole.astype(np.float16))


def test_vectors_of_ones_own_can_be_stored_so_too(tmp_path):
    X = np.random.default_rng(0).normal(size=(2, 6, 3))
    for split in ("train", "test"):
        np.save(tmp_path / f"{split}.npy", X)
    out = {split: {1: tmp_path / split / "layer1.npy"} for split in ("train", "test")}
    files = {split: tmp_path / f"{split}.npy" for split in out}
    take_vectors(files, out, {split: [0] * 6 for split in out}, "float16")
    np.testing.assert_array_equal(np.load(out["test"][1]), X[1].astype(np.float16))
    np.save(files["train"], 1e6 * X)
    with pytest.raises(InputError, match=r"train\.npy: layer 1 has a component"):
        take_vectors(files, out, {split: [0] * 6 for split in out}, "float16")


STUDY = {
    "corpora": {"g": {"format": "grammar"}},
    "tasks": {"role": {"corpus": "g", "kind": "word", "label": "upos"}},
    "models": {"m": {"hub": "x/y", "n_layers": 2}},
}


def test_the_resolution_follows_the_store_unless_it_is_given():
    def resolution(store=None, **direct):
        raw = STUDY | ({"embedding": {"store": store}} if store else {}) | {"probes": {"direct": direct}}
        return load(raw).probes.direct.resolution

    assert resolution() == resolution("float32") == ENCODER_RESOLUTION
    assert resolution("float16") == resolution("float16", tol=1e-2) == HALF_RESOLUTION
    assert resolution("float16", resolution=1e-4) == 1e-4
    assert load(STUDY | {"embedding": {"store": "float16"}}).probes.direct.resolution == HALF_RESOLUTION
    for section in (
        {"embedding": 3},
        {"embedding": {"store": "float16"}, "probes": 3},
        {"embedding": {"store": "half"}},
    ):
        with pytest.raises(InputError):
            load(STUDY | section)
