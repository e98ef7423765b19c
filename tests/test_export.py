"""Spaces in files for other tools: read again with other libraries, and by the rules that these state."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn.decomposition import PCA

from closerlook.analysis.movement import measure_movement
from closerlook.analysis.plane import fit_plane, principal_plane
from closerlook.command import main
from closerlook.config import load
from closerlook.corpora.example import Example
from closerlook.corpora.task import load_labels, save_task
from closerlook.errors import InputError
from closerlook.export import export, source
from closerlook.export.source import marked
from closerlook.files import save_arrays
from closerlook.layout import EMBEDDING, MOVEMENT, PREDICTIONS, TASK, of_probe
from closerlook.probes.predictions import majority, write_predictions

STUDY = {
    "corpora": {"c": {"format": "grammar"}},
    "tasks": {name: {"corpus": "c", "kind": kind, "label": label} for name, kind, label in [
        ("tags", "word", "upos"), ("heads", "pair", "deprel"), ("moods", "sentence", "meta.mood"),
    ]},
    "models": {"m": {"pretrain": {"corpus": "c", "n_layers": 4}}},
    "seeds": [0, 1],
    "layers": [0, 3],
    "cross_tasks": [["moods", "tags"]],
}  # fmt: skip
STATES = ("original", "tags.seed0", "tags.seed1")
N, DIM = {"train": 40, "test": 20}, 6
PROBE = of_probe("classifier", PREDICTIONS)
HERE = {"model": "m", "task": "tags", "layer": 3}


def sentence(i):
    """Two words with labels, of which one text has what would end a cell, and quotes."""
    text = f'A "{i}"\tcell,\r\nthen 猫'
    places = [(0, 1), (text.index("猫"), len(text))]
    return Example(f"s{i}", ["A", "猫"], [(0,), (1,)], ["DET", "X" if i % 3 else "NOUN"], f"f:{i}", text, places)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A config, and results of one task as the workflow leaves them, with random vectors."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    folder = Path("results", TASK.format(task="tags"))
    save_task("word", map(sentence, range(N["train"] // 2)), map(sentence, range(N["test"] // 2)), folder)
    rng = np.random.default_rng(0)
    for state in STATES:
        for split, n in N.items():
            path = Path("results", EMBEDDING.format(model="m", state=state, task="tags", split=split, layer=3))
            path.parent.mkdir(parents=True)
            np.save(path, (rng.normal(size=(n, DIM)) * np.arange(DIM, 0, -1) + 5).astype(np.float32))
    path = Path("results", PROBE.format(**HERE, state="tags.seed0"))
    path.parent.mkdir(parents=True)
    write_predictions(path, load_labels(folder, "test")[1], rng.integers(3, size=(5, N["test"])))
    before, after = (vectors(state, "train") for state in STATES[:2])
    moved = measure_movement([(3, before, after)], load_labels(folder, "train")[1])
    save_arrays(Path("results", MOVEMENT.format(model="m", task="tags", run="seed0")), moved)
    return load(STUDY)


def vectors(state, *splits):
    paths = [EMBEDDING.format(model="m", state=state, task="tags", split=split, layer=3) for split in splits or N]
    return np.concatenate([np.load(Path("results", path)) for path in paths])


def test_a_parquet_file_has_the_vectors_labels_and_texts(study):
    paths = export(study, task="tags")
    assert [str(path) for path in paths] == [f"results/exports/m/{state}/tags/layer3.parquet" for state in STATES]
    examples = [sentence(i) for n in N.values() for i in range(n // 2)]
    for state, path in zip(STATES, paths):
        frame = pd.read_parquet(path)
        assert np.array_equal(np.stack(frame.vector), vectors(state))
        assert list(frame.label) == [label for each in examples for label in each.labels]
        assert list(frame.id) == [f"{split}:{i}" for split, n in N.items() for i in range(n)]
        assert list(frame.split) == ["train"] * N["train"] + ["test"] * N["test"]
        assert list(frame.text) == [each.text for each in examples for _ in each.targets]
        cut = [text[start:end] for text, start, end in zip(frame.text, frame.start, frame.end)]
        assert cut == list(frame.target) == ["A", "猫"] * (len(frame) // 2)
        assert frame.marked[3] == 'A "1"\tcell,\r\nthen [猫]' and frame.marked[0].startswith('[A] "0"')


def test_the_vectors_are_lists_of_a_fixed_size_in_row_groups_of_a_bounded_one(study, monkeypatch):
    monkeypatch.setattr(source, "ROWS", 7)
    (path,) = export(study, task="tags", state="tags.seed0")
    file = pq.ParquetFile(path)
    assert file.schema_arrow.field("vector").type == pa.list_(pa.float32(), DIM)
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert groups == [7] * 5 + [5] + [7] * 2 + [6]
    assert np.array_equal(np.stack(pd.read_parquet(path).vector), vectors("tags.seed0"))
    made = json.loads(file.schema_arrow.metadata[b"closerlook"])["parameters"]
    assert made | {"model": "m", "state": "tags.seed0", "task": "tags", "layer": 3, "kind": "word"} == made


def test_the_projection_is_that_of_principal_components_of_the_training_split(study):
    (both,) = export(study, task="tags", state="tags.seed1")
    pca = PCA(2, svd_solver="full").fit(vectors("tags.seed1", "train").astype(np.float64))
    expected = pca.transform(vectors("tags.seed1"))
    frame = pd.read_parquet(both)
    for found, axis in zip((frame.x, frame.y), expected.T):
        assert min(abs(found - axis).max(), abs(found + axis).max()) < 1e-5  # a sign is free
    (test,) = export(study, task="tags", state="tags.seed1", split="test")
    assert test.name == "layer3.test.parquet"
    assert np.array_equal(pd.read_parquet(test)[["x", "y"]], frame[["x", "y"]][N["train"] :])
    shares = json.loads(pq.read_schema(both).metadata[b"closerlook"])["parameters"]["explained"]
    assert shares == pytest.approx(pca.explained_variance_ratio_)


def test_before_and_after_can_share_the_explorers_plane(study):
    with np.load(Path("results", MOVEMENT.format(model="m", task="tags", run="seed0"))) as arrays:
        chosen, expected = arrays["sample"], (arrays["sample_before"][0], arrays["sample_after"][0])
    for state, points in zip(STATES, expected):
        (path,) = export(study, task="tags", state=state, plane="tags.seed0", split="train")
        assert np.allclose(pd.read_parquet(path)[["x", "y"]].to_numpy()[chosen], points, atol=1e-5)


@pytest.mark.parametrize("shape", [(300, 5), (3, 8), (1, 4), (20, 1)])
def test_a_plane_of_many_points_is_that_of_a_few(monkeypatch, shape):
    monkeypatch.setattr("closerlook.analysis.plane.PART", 64)
    X = np.random.default_rng(1).normal(size=shape) * np.arange(shape[1], 0, -1) + 100
    few, many = fit_plane(X), principal_plane(X)
    assert np.allclose(many.project(X), few.project(X)) and np.allclose(many.mean, few.mean)
    assert np.allclose(many.explained, few.explained, equal_nan=True)


def test_a_prediction_is_that_of_most_repeats_and_stands_where_the_probe_looked(study):
    files = export(study, task="tags", split="both")
    original, tuned = (pd.read_parquet(file) for file in files[:2])
    raw = pd.read_parquet(Path("results", PROBE.format(**HERE, state="tags.seed0"))).filter(like="prediction_")
    expected = raw.mode(axis=1)[0].astype(int).map(dict(enumerate(["DET", "NOUN", "X"])))  # the smallest of several
    assert "prediction" not in original and tuned.prediction[: N["train"]].isna().all()
    assert list(tuned.prediction[N["train"] :]) == list(expected)
    assert list(majority(np.array([[1, 2], [1, 0], [0, 0]]), 3)) == [1, 0]


def test_the_projectors_files_parse_back(study):
    (folder,) = export(study, task="tags", state="tags.seed0", to="projector", out="out/projector")
    assert sorted(path.name for path in folder.iterdir()) == ["metadata.tsv", "projector_config.pbtxt", "tensors.tsv"]
    lines = (folder / "tensors.tsv").read_text().splitlines()  # no header
    tensors = np.array([line.split("\t") for line in lines], np.float32)
    assert np.array_equal(tensors, vectors("tags.seed0"))
    head, *rows = (folder / "metadata.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert head.split("\t") == ["label", "id", "split", "text", "marked", "target", "prediction"]
    assert {len(row.split("\t")) for row in rows} == {7} and len(rows) == len(tensors)
    assert rows[1].split("\t")[:6] == ["NOUN", "train:1", "train", 'A "0" cell, then 猫', 'A "0" cell, then [猫]', "猫"]
    named = dict(line.strip().split(": ") for line in (folder / "projector_config.pbtxt").read_text().split("\n")[1:4])
    assert named["tensor_path"] == '"tensors.tsv"' and named["metadata_path"] == '"metadata.tsv"'


def test_without_texts_no_word_of_them_is_written(study):
    (path,) = export(study, task="tags", state="tags.seed0", texts=False)
    assert list(pd.read_parquet(path)) == ["id", "split", "example", "label", "prediction", "x", "y", "vector"]
    (folder,) = export(study, task="tags", state="tags.seed0", texts=False, to="projector")
    assert (folder / "metadata.tsv").read_text().startswith("label\tid\tsplit\tprediction\nDET\ttrain:0\ttrain\t\n")


@pytest.mark.parametrize(("task", "kind", "targets", "own"), [
    ("heads", "pair", [(1, 0), (0, 1)], {"target": ["a", "b"], "target_2": ["b", "a"], "start_2": [2, 0],
                                        "marked": ["[a] {b}", "{a} [b]"]}),
    ("moods", "sentence", [(), ()], {}),
])  # fmt: skip
def test_columns_are_those_that_say_something_of_the_kind(study, task, kind, targets, own):
    examples = [Example("s", ["a", "b"], targets, ["X", "Y"], "f:1")]
    save_task(kind, examples, examples, Path("results", TASK.format(task=task)))
    for split in N:
        path = Path("results", EMBEDDING.format(model="m", state="original", task=task, split=split, layer=3))
        path.parent.mkdir(parents=True)
        np.save(path, np.eye(2, 4, dtype=np.float16))
    frame = pd.read_parquet(export(study, task=task, state="original", layer=3)[0])
    assert list(frame.text) == ["a b"] * 4 and frame.vector[1].tolist() == [0, 1, 0, 0]
    assert {name: list(frame[name][:2]) for name in own} == own
    more = {"start", "end", "end_2"} if own else set()
    assert set(frame) == {"id", "split", "example", "text", "label", "x", "y", "vector", *own, *more}


def test_marks_stand_around_a_target():
    assert marked("a b c", [(0, 5), (2, 3)]) == "[a {b} c]"
    assert marked("ab c", [(0, 2), (3, 4)]) == "[ab] {c}" and marked("ab", [(0, 1), (1, 2)]) == "[a]{b}"
    assert marked("a b", [(2, 2)]) == "a [␣]b" and marked("a ‖ b", []) == "a ‖ b"


@pytest.mark.parametrize(("asked", "message"), [
    ({}, r"task: has to be given: use one of tags, heads, moods\."),
    ({"task": "tag"}, r"task: the study has no 'tag': use one of tags, heads, moods\."),
    ({"task": "tags", "model": "n"}, r"model: the study has no 'n': use one of m\."),
    ({"task": "tags", "state": "tags.seed2"}, r"no 'tags.seed2': use one of original, tags.seed0, .*, moods.seed1\."),
    ({"task": "tags", "layer": 1}, r"layer: the study does not look at 1: use one of 0, 3\."),
    ({"task": "tags", "layer": -1}, r"layer: the study does not look at -1"),  # 4
    ({"task": "tags", "plane": "moods.seed0"}, r"plane: .* 'moods.seed0': use one of tags.seed0, tags.seed1\."),
    ({"task": "tags", "plane": "tags.seed1"}, r"movement/m/tags.seed1.npz: is not there: `closerlook run my.yaml`"),
    ({"task": "tags", "layer": 0}, r"layer0.npy: is not there: `closerlook run my.yaml` makes it\."),
    ({"task": "moods"}, r"results/tasks/moods/summary.json: is not there: `closerlook run my.yaml` makes it\."),
    ({"task": "tags", "split": "dev"}, r"split 'dev': is not one of both, train, test\."),
    ({"task": "tags", "out": "a.parquet"}, r"a.parquet: takes one space, and these are 3: choose a state, original, "),
    ({"task": "tags", "state": "original", "out": "a.csv"}, r"a.csv: .* give one that ends in .parquet\."),
    ({"task": "tags", "state": "original", "out": "study.yaml", "to": "projector"}, r"study.yaml: is a file: give"),
])  # fmt: skip
def test_what_cannot_be_exported_is_said_in_a_sentence_and_nothing_is_written(study, asked, message):
    there = sorted(Path().rglob("*"))
    with pytest.raises(InputError, match=message) as error:
        export(study, **asked, origin="my.yaml")
    assert "\n" not in str(error.value) and sorted(Path().rglob("*")) == there


def test_vectors_that_are_not_kept_are_said_to_be_gone(study):
    forgetful = load(STUDY | {"embedding": {"keep": False}})
    with pytest.raises(InputError, match=r"layer0.npy: .* my.yaml has `embedding: \{keep: false\}`: make it true, and"):
        export(forgetful, task="tags", layer=0, origin="my.yaml")


def test_results_of_other_data_are_refused(study):
    path = Path("results", EMBEDDING.format(model="m", state="original", task="tags", split="test", layer=3))
    np.save(path, np.load(path)[1:])
    with pytest.raises(InputError, match=r"layer3.npy: has 19 vectors, but task tags has 20 targets in this split"):
        export(study, task="tags")
    path = Path("results", PROBE.format(**HERE, state="tags.seed0"))
    write_predictions(path, np.zeros(20, int), np.zeros((1, 20), int))
    with pytest.raises(InputError, match=r"layer3.parquet: is about other data than results/tasks/tags"):
        export(study, task="tags", state="tags.seed0")
    assert not list(Path("results/exports").rglob("*.parquet*"))


def test_the_command_names_what_it_wrote(study, capsys):
    with pytest.raises(SystemExit) as end:
        main(["export", "study.yaml", "--task", "tags", "--state", "original", "--layer", "3", "--out", "a.parquet"])
    assert not end.value.code and capsys.readouterr().out == "a.parquet\n"
    assert len(pd.read_parquet("a.parquet")) == 60
    with pytest.raises(SystemExit) as end:
        main(["export", "study.yaml", "--task", "tags", "--layer", "-1", "--no-texts"])
    assert end.value.code == 2 and "study does not look at -1" in capsys.readouterr().err
