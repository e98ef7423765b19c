"""DirectProbe against the partitions of a slow, exact program, where these are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from closerlook import DirectProbe

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def reference():
    folder = Path(os.environ.get("CLOSERLOOK_REFERENCE", ROOT / "../shared/reference"))
    if not folder.is_dir():
        pytest.skip(f"no reference partitions at {folder}: set CLOSERLOOK_REFERENCE")
    return folder


@pytest.mark.parametrize("name", ["rings_2d", "xor_3d", "fxn_8d", "pos_12d", "trec_dup_12d"])
def test_the_partition_is_that_of_the_exact_program(reference, name):
    data = np.load(reference / f"{name}.npz")
    probe = DirectProbe(verify=True).fit(data["X"], data["y"])
    clusters = data["clusters"]
    assert len(set(zip(probe.labels_, clusters))) == probe.n_clusters_ == len(np.unique(clusters))
    assert probe.is_linear_ == (probe.n_clusters_ == len(np.unique(data["y"])))
