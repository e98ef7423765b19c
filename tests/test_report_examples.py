"""The examples of the report: what is chosen, and that it is what the files say."""

import json

import numpy as np
import pandas as pd
import pytest
from examples_fixtures import NAMES, write_run

from closerlook.analysis.suspects import suspects
from closerlook.analysis.tables import read_table, write_table
from closerlook.layout import Run
from closerlook.report import examples as module
from closerlook.report.examples import examples, lists, stratified

Y, YT, WRONG = np.arange(90) % 3, np.arange(30) % 3, (4, 11)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    probe = {"before": np.stack([(YT + (np.arange(30) < 9)) % 3, YT]), "after": np.stack([YT, YT])}
    probe["after"][:, 20:25] = (YT[20:25] + 1) % 3
    paths = [folder / f"examples/m/t.seed{seed}.parquet" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        write_run(path, Y, YT, seed, wrong=WRONG, probe=probe)
    return paths


@pytest.fixture(scope="module")
def shown(files):
    (task,), looked = examples(files, {"t": NAMES}, {"t": "word"}, suspects(files))
    return task, looked


def test_the_marks_of_an_item_are_where_a_browser_finds_its_target(shown):
    task, _ = shown
    items = task["items"]
    assert task["n"] == {"train": 90, "test": 30} and len(items["example"]) == 120
    columns = (items[name] for name in ("example", "label", "split", "sentence", "marks"))
    for example, label, split, sentence, marks in zip(*columns):
        units = task["sentences"][sentence].encode("utf-16-le")  # JavaScript counts these, and an emoji is two
        assert units[2 * marks[0] : 2 * marks[1]].decode("utf-16-le") == f"w{example}"
        assert label == (Y, YT)[split][example]


def test_what_is_said_of_an_example_is_what_its_file_says(shown, files):
    task, looked = shown
    items, (one,) = task["items"], looked[Run("m", "t", "seed1")]
    frame = pd.read_parquet(files[1])
    assert one["layer"] == 6 and one["k"] == 10 and one["items"] == list(range(120))
    for row, (at, item) in zip(frame.itertuples(), enumerate(one["items"])):
        assert (items["example"][item], ("train", "test")[items["split"][item]]) == (row.example, row.split)
        assert one["after"]["own"][at] == pytest.approx(row.own_distance_after, rel=1e-2)
        assert NAMES[one["before"]["linear"][at]] == row.linear_before
        assert [items["example"][i] for i in one["after"]["neighbours"][at]] == list(row.neighbours_after)
        assert one["displacement"][at] == pytest.approx(row.displacement, rel=1e-2)
        assert (one["first_right"][at], one["forgotten"][at]) == (row.first_right, row.forgotten)
        np.testing.assert_allclose(one["places"][1, at], [row.x_after, row.y_after])


def test_the_probe_says_what_most_of_its_repeats_do(shown):
    _, looked = shown
    (one,) = looked[Run("m", "t", "seed0")]
    assert set(one["before"]["probe"][:90]) == {-1} and set(one["before"]["sure"][:90]) == {-1}
    assert one["before"]["sure"][90:] == [50] * 9 + [100] * 21


def test_lists_are_of_those_whose_reading_changed():
    gold = np.array([0, 0, 0, 1, 1])
    columns = {
        "label": gold, "probe_before": np.array([-1, -1, 0, 0, 1]), "probe_after": np.array([-1, -1, 1, 1, 1]),
        "linear_before": np.array([1, 0, 1, 1, 0]), "linear_after": np.array([0, 2, 0, 0, 0]),
        "own_neighbours_before": np.array([1, 9, 5, 2, 9]), "own_neighbours_after": np.array([9, 2, 1, 3, 9]),
        "displacement": np.array([0.1, 0.5, 0.2, np.nan, 0.0]), "shared_neighbours": np.array([3, 10, 0, 7, 10]),
        "neighbours_before": np.zeros((5, 10), int),
    }  # fmt: skip
    found = {name: rows.tolist() for name, rows in lists(columns).items()}
    columns["linear_before"][0] = -1  # nothing was read off a space of equal points: it was not wrong either
    assert lists(columns)["fixed"].tolist() == [3]
    assert found == {"fixed": [0, 3], "broken": [1, 2], "moved": [1, 2, 0], "company": [2, 0, 3]}


def test_a_sample_has_its_share_of_each_label_and_one_of_each_at_least():
    labels = np.repeat([0, 1, 2], [900, 90, 2])
    rows = stratified(labels, 100)
    counts = np.bincount(labels[rows])
    assert len(rows) == 100 and counts[2] >= 1 and abs(counts[0] - 90) <= 2
    assert (rows == stratified(labels, 100)).all() and len(stratified(labels, 5000)) == len(labels)


def test_a_large_task_shows_a_sample_and_what_is_listed(files, monkeypatch):
    monkeypatch.setattr(module, "ITEMS", 50)
    monkeypatch.setattr(module, "DRAWN", (20, 20))
    monkeypatch.setattr(module, "LISTED", (3, 3))
    (task,), looked = examples(files, {"t": NAMES}, {"t": "word"}, suspects(files))
    items = task["items"]
    assert 20 <= len(items["example"]) < 120 and task["n"]["train"] == 90
    (one,) = looked[Run("m", "t", "seed0")]
    assert one["totals"]["moved"] == {"train": 90, "test": 30}
    listed = [items["split"][one["items"][at]] for at in one["lists"]["moved"]]
    assert sorted(listed) == [0, 0, 0, 1, 1, 1]  # the first of each split
    near = np.array(one["after"]["neighbours"])
    assert (near == -1).any() and near.max() < len(items["example"])
    frame = pd.read_parquet(files[0])
    for at, item in enumerate(one["items"]):
        row = frame.iloc[items["example"][item] + 90 * items["split"][item]]
        known = [items["example"][i] for i in near[at] if i >= 0]
        assert set(known) <= set(row.neighbours_after)
    doubted = [row["item"] for row in task["suspects"]["m"]]
    assert {items["example"][item] for item in doubted} >= set(WRONG) and set(doubted) <= set(one["items"])


def test_without_texts_no_word_of_them_is_there(files):
    tasks, looked = examples(files, {"t": NAMES}, {"t": "word"}, suspects(files), texts=False)
    for of in looked.values():
        for one in of:
            one["places"] = one["places"].tolist()
    page = json.dumps([tasks, [of for of in looked.values()]], ensure_ascii=False)
    assert "🐜" not in page and "end" not in page and not tasks[0]["sentences"]
    assert set(tasks[0]["items"]["sentence"]) == {-1} and tasks[0]["suspects"]["m"]


def test_labels_that_look_like_numbers_and_texts_with_odd_ends_of_lines_survive_the_table(tmp_path):
    frame = pd.DataFrame({"model": ["m"], "task": ["t"], "suggested": ["1"], "label": ["0"], "text": ['a\rb "c"\nd'],
                          "why": ["has"], "target": ["007"]})  # fmt: skip
    write_table(tmp_path / "suspects.csv", frame)
    pd.testing.assert_frame_equal(read_table(tmp_path / "suspects.csv"), frame, check_dtype=False)


def test_neighbours_that_do_not_exist_are_not_said_to_be_elsewhere(tmp_path):
    path = tmp_path / "examples/m/t.seed0.parquet"
    write_run(path, np.arange(8) % 2, np.arange(4) % 2)
    _, looked = examples([path], {"t": NAMES}, {"t": "word"}, suspects([path]))
    (one,) = looked[Run("m", "t", "seed0")]
    assert [len(near) for near in one["before"]["neighbours"]] == [7] * 8 + [8] * 4 and one["k"] == 8
