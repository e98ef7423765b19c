"""What became of each example: the file, against what it was made from."""

import numpy as np
import pandas as pd
import pytest
from examples_fixtures import NAMES, write_run

from closerlook.analysis.examples import Followed, _learned

Y, YT = np.arange(45) % 3, np.arange(12) % 3


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "examples/m/t.seed0.parquet"
    probe = {"before": np.stack([(YT + 1) % 3, YT]), "after": np.stack([YT, YT])}
    vectors, around = write_run(path, Y, YT, probe=probe)
    return vectors, around, pd.read_parquet(path)


def test_there_is_a_row_for_each_example_with_its_text(run):
    *_, frame = run
    assert list(frame.split) == ["train"] * 45 + ["test"] * 12
    assert list(frame.example) == [*range(45), *range(12)] and set(frame.layer) == {6}
    assert list(frame.label) == [NAMES[i] for i in (*Y, *YT)]
    for row in frame.itertuples():
        ((a, b),) = row.spans
        assert row.text[a:b] == row.target == f"w{row.example}"


def test_displacement_is_relative_to_the_length_of_the_vectors_before(run):
    vectors, _, frame = run
    size = np.sqrt((vectors["before"]["train"].astype(float) ** 2).sum(1).mean())
    for split, rows in frame.groupby("split", observed=True):
        moved = np.linalg.norm(vectors["after"][split].astype(float) - vectors["before"][split], axis=1)
        np.testing.assert_allclose(rows.displacement, moved / size, rtol=1e-5)
        np.testing.assert_allclose(rows[["x_after", "y_after"]], vectors["after"][split][:, :2], rtol=1e-6)


def test_predictions_are_those_of_each_repeat_and_training_examples_have_none(run):
    *_, frame = run
    train, test = (frame[frame.split == split] for split in ("train", "test"))
    assert train.filter(like="probe_").isna().all(axis=None)
    assert list(test.probe_before_0) == [NAMES[(i + 1) % 3] for i in YT]
    for name in ("probe_before_1", "probe_after_0", "probe_after_1"):
        assert list(test[name]) == [NAMES[i] for i in YT]


def test_neighbours_and_distances_are_those_of_the_surroundings(run):
    _, around, frame = run
    for end, of in around.items():
        for split, rows in frame.groupby("split", observed=True):
            assert np.array_equal(np.stack(rows[f"neighbours_{end}"]), of[f"{split}_neighbours"])
            np.testing.assert_allclose(rows[f"own_distance_{end}"], of[f"{split}_own"], rtol=1e-6)
            assert list(rows[f"rival_{end}"]) == [NAMES[i] for i in of[f"{split}_rival_label"]]
            assert list(rows[f"own_neighbours_{end}"]) == list(of[f"{split}_share"])
    both = [len({*a} & {*b}) for a, b in zip(frame.neighbours_before, frame.neighbours_after)]
    assert list(frame.shared_neighbours) == both


def test_learning_and_forgetting_are_those_of_the_updates(run):
    """Right at the updates 0, 5, 9 as label % 2 == 0, label > 0, and all."""
    *_, frame = run
    told = {"ant": (9, 1), "bee": (5, 0), "cow 🐄": (0, 0)}
    found = zip(frame.first_right.astype(int), frame.forgotten.astype(int))
    assert list(found) == [told[name] for name in frame.label]


def test_of_a_run_that_was_not_followed_nothing_is_said_of_learning(tmp_path):
    path = tmp_path / "examples/m/t.seed0.parquet"
    write_run(path, Y, YT, followed=False)
    assert pd.read_parquet(path)[["first_right", "forgotten"]].isna().all(axis=None)


def test_an_example_that_is_wrong_in_the_end_is_never_right_for_good():
    right = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 0, 1, 0], [1, 0, 1, 0]], bool)
    first, forgotten = _learned(Followed(1, np.array([0, 3, 7, 8]), {"train": right}), "train", 4)
    np.testing.assert_array_equal(first, [7, np.nan, 0, np.nan])
    np.testing.assert_array_equal(forgotten, [1, 0, 0, 1])
