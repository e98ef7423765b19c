"""Which training examples look mislabelled: those whose labels were changed."""

import numpy as np
import pytest
from examples_fixtures import NAMES, PLANE, write_run

from closerlook.analysis.examples import write_examples
from closerlook.analysis.surroundings import measure_surroundings
from closerlook.analysis.suspects import suspects
from closerlook.probes.direct.geometry import measure

Y, YT, WRONG = np.arange(90) % 3, np.arange(12) % 3, (4, 11, 30)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suspects")
    paths = [folder / f"examples/m/t.seed{seed}.parquet" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        write_run(path, Y, YT, seed, wrong=WRONG)
    return paths


def test_examples_with_a_wrong_label_are_listed_with_the_right_one(files):
    found = suspects(files).set_index("example")
    assert set(found.index[:3]) == set(WRONG)
    for i in WRONG:
        row = found.loc[i]
        assert row.label == NAMES[Y[i]] and row.suggested == NAMES[(Y[i] + 1) % 3]
        assert (row.runs, row.of) == (2, 2) and row.text == f"🐜 w{i} end" and row.target == f"w{i}"
        assert row.own_distance > row.rival_distance and row.score > 0.9


def test_what_half_of_the_runs_list_is_listed_after_what_all_do(files, tmp_path):
    third, fourth = (tmp_path / f"examples/m/t.seed{seed}.parquet" for seed in (2, 3))
    write_run(third, Y, YT, 2, wrong=WRONG[:1])
    write_run(fourth, Y, YT, 3, wrong=(*WRONG[:1], 50))
    found = suspects([*files, third, fourth])
    assert list(found.example)[0] == WRONG[0] and set(found.example) == set(WRONG)
    assert list(found.runs) == [4, 2, 2]


def test_the_same_vector_with_two_labels_comes_first(tmp_path):
    path = tmp_path / "examples/m/t.seed0.parquet"
    rng = np.random.default_rng(0)
    y = np.append(Y, [0, 1])
    X = rng.normal(size=(92, 4)) + 12 * np.eye(3, 4)[y]
    X[91] = X[90]
    around = measure_surroundings((X, y), (X[:3], y[:3]), measure(X, y)[1])
    space = {"plane": PLANE, "size": 1.0, "probe": {"before": (), "after": ()},
             "vectors": dict.fromkeys(("before", "after"), {"train": X, "test": X[:3]}),
             "surroundings": dict.fromkeys(("before", "after"), around)}  # fmt: skip
    labels = {"train": y, "test": y[:3]}
    texts = {split: [("same", [])] * len(of) for split, of in labels.items()}
    path.parent.mkdir(parents=True)
    write_examples(path, texts, labels, NAMES, [(0, space)])
    found = suspects([path])
    assert set(found.example[found.conflict]) == {90, 91} == set(found.example[:2])
    assert found.why[0] == f"has the same vector as an example of {found.suggested[0]}"
    assert dict(zip(found.example[:2], found.suggested[:2])) == {90: NAMES[1], 91: NAMES[0]}


def test_a_study_without_runs_has_none():
    assert len(suspects([])) == 0


def test_a_resolution_says_what_counts_as_the_same_vector(files):
    assert not suspects(files).conflict.any() and suspects(files, resolution=10.0).conflict.all()
