"""What numba compiles: once, by one process while others wait; and not at all where it has been done."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from closerlook.jobs import compiling
from closerlook.jobs.compiling import ready

ROOT = Path(__file__).resolve().parent.parent
STUDY = """if True:
    import numpy as np
    from closerlook.analysis.surroundings import measure_surroundings
    from closerlook.probes.compiled import FUNCTIONS, compilations
    from closerlook.probes.direct.geometry import measure
    from closerlook.probes.direct.hull_classifier import score
    from closerlook.probes.direct.labels import label_distances

    drawn = np.random.default_rng(7)
    for n, dim, apart in ((150, 12, 0.0), (90, 30, 2.0), (200, 3, 0.8), (30, 50, 0.0)):
        y = drawn.integers(4, size=n)
        X = (drawn.normal(size=(n, dim)) + apart * np.eye(4, dim)[y]).astype(np.float32)
        X[:4] = X[4:8]
        train, test = (X[::2], y[::2]), (X[1::2], y[1::2])
        clusters = measure(*train, verbose=False, threads=2)[1]
        score(train, test, clusters, threads=2)
        measure_surroundings(train, test, clusters)
        label_distances(X + 0.01, y, label_distances(X, y))
    assert sum(len(function.signatures) for function in FUNCTIONS)
    print(compilations())
"""


def python(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache, and how often it was filled: the rehearsal takes a moment, and compiles nothing."""
    done = []

    def rehearsal(command, **_):
        time.sleep(0.2)
        done.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(compiling, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(compiling.subprocess, "run", rehearsal)
    return done


def test_one_compiles_while_others_wait_and_later_ones_need_not(cache):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ready(), range(4)))
    assert len(cache) == 1
    ready()
    assert len(cache) == 1


def test_other_code_is_compiled_again(cache, monkeypatch, tmp_path):
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes/one.py").write_text("x = 1")
    monkeypatch.setattr(compiling, "PACKAGE", tmp_path)
    ready()
    (tmp_path / "probes/one.py").write_text("x = 1 + 1")
    ready()
    assert len(cache) == 2


def test_where_compiling_fails_nothing_is_noted(cache, monkeypatch):
    monkeypatch.setattr(compiling.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    ready()
    assert not (compiling.cache() / compiling.NOTE).exists()


@pytest.mark.parametrize("place", [None, "file/below"])
def test_without_a_place_for_a_cache_nothing_is_compiled_ahead_and_nothing_fails(cache, monkeypatch, tmp_path, place):
    (tmp_path / "file").touch()
    monkeypatch.setattr(compiling, "cache", lambda: place and tmp_path / place)
    ready()
    assert not cache


@pytest.mark.slow
def test_after_a_rehearsal_a_process_compiles_nothing(tmp_path):
    both = [python("-m", "closerlook.jobs.compiling", NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list(tmp_path.rglob(compiling.NOTE))) == 1
    out, errors = python("-c", STUDY, NUMBA_CACHE_DIR=str(tmp_path)).communicate()
    assert out.strip() == "{}", out + errors
