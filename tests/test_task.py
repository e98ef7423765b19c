"""A task: its folder, its summary, conflicts, and what is said of its labels."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from corpora_fixtures import TREE, example, table, write
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.example import marked
from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import Example, build_task, kind_of, load_labels, save_task
from closerlook.errors import InputError

TRAIN = [
    example("a b", ((0,), "X"), ((1,), "Y"), where="dir/f:1"),
    example("a b", ((0,), "X"), ((1,), "X"), where="dir/f:2"),
    example("a b", ((0,), "X"), where="dir/f:3"),
    example("b a", ((0,), "Z"), where="dir/f:4"),
]
TEST = [
    example("a b", ((0,), "W"), ((1,), "Y"), where="dir/g:1"),
    example("c", where="dir/g:2"),  # no target: no row
    example("d", ((0,), "X"), where="dir/g:3"),
    example("a b", ((1,), "Y"), where="dir/g:4"),
]


def test_summary(tmp_path):
    summary = save_task("word", iter(TRAIN), iter(TEST), tmp_path / "task")
    assert summary == json.loads((tmp_path / "task/summary.json").read_text())
    more = {"left_out": {}, "blank_tokens": 0, "textless": 0, "spaced_out": 0, "longest": 2}
    assert summary["splits"] == {
        "train": {"n_sentences": 4, "n_targets": 6, "labels": {"X": 4, "Y": 1, "Z": 1}, "n_words": 8} | more,
        "test": {"n_sentences": 3, "n_targets": 4, "labels": {"W": 1, "X": 1, "Y": 2}, "n_words": 5} | more,
    }
    assert (summary["kind"], summary["n_labels"]) == ("word", 4) == (kind_of(tmp_path / "task"), 4)
    assert (summary["labels_only_in_train"], summary["labels_only_in_test"]) == (["Z"], ["W"])
    first = {
        "[a] b": {("train", "X", 3, "f:1"), ("test", "W", 1, "g:1")},
        "a [b]": {("train", "Y", 1, "f:1"), ("train", "X", 1, "f:2"), ("test", "Y", 2, "g:1")},
    }
    conflicts = summary["conflicts"]
    assert {one["text"]: cases(one) for one in conflicts["first"]} == first
    assert [one["words"] for one in conflicts["first"]] == ["a b"] * 2 and conflicts["total"] == 2
    assert [one["target"] for one in conflicts["first"]] == [[0], [1]]
    assert {key: conflicts[key] for key in ("train", "test", "across")} == {"train": 1, "test": 0, "across": 1}
    assert summary["duplicates"] == {"train": 2, "test": 1}
    assert summary["train_test_overlap"] == 3
    assert {one["text"]: cases(one) for one in summary["overlap_first"]} == first
    assert summary["dropped_conflicts"] is None


def cases(one):
    return {(case["split"], case["label"], case["count"], case["where"]) for case in one["cases"]}


def test_one_target_with_two_labels_in_one_sentence(tmp_path):
    summary = save_task("word", [example("a b", ((1,), "X"), ((1,), "Y"))], [TEST[2]], tmp_path / "task")
    assert summary["conflicts"]["train"] == 1


def test_the_folder(tmp_path):
    from datasets import DatasetDict

    save_task("word", TRAIN, TEST, tmp_path)
    loaded, made = DatasetDict.load_from_disk(str(tmp_path)), build_task("word", TRAIN, TEST)
    rows = [e for e in TRAIN if e.targets]
    for data in (loaded, made):
        assert list(data) == ["train", "test"]
        label = data["train"].features["labels"].feature
        assert label.names == ["W", "X", "Y", "Z"]
        assert [(r["words"], [tuple(t) for t in r["targets"]]) for r in data["train"]] == [
            (e.words, e.targets) for e in rows
        ]
        assert [label.int2str(r["labels"]) for r in data["train"]] == [e.labels for e in rows]
    for split in ("train", "test"):
        names, ids = load_labels(tmp_path, split)
        assert ids.dtype == "int64"
        assert ids.tolist() == [i for row in loaded[split]["labels"] for i in row]
        assert [names[i] for i in ids] == [x for e in {"train": TRAIN, "test": TEST}[split] for x in e.labels]
        assert build_task("word", TRAIN, TEST)[split]._fingerprint == made[split]._fingerprint
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".")]


def test_the_words_of_the_targets_in_their_order(tmp_path):
    train = [example("The Dog", ((0,), "X"), ((1,), "Y")), example("a dog", ((1,), "X"))]
    save_task("word", train, [example("A", ((0,), "X"))], tmp_path)
    assert json.loads((tmp_path / "words.json").read_text()) == {"train": ["the", "dog", "dog"], "test": ["a"]}


def test_the_sentences_of_the_targets_are_told_apart_in_all_tasks_alike(tmp_path):
    train = [example("The Dog", ((0,), "X"), ((1,), "Y")), example("a dog", ((1,), "X"))]
    save_task("word", train, [example("a dog", ((0,), "X"))], tmp_path / "one")
    save_task("sentence", [example("a dog", ((), "X")), example("b", ((), "Y"))], [example("c", ((), "X"))],
              tmp_path / "two")  # fmt: skip
    one, two = (json.loads((tmp_path / name / "sentences.json").read_text()) for name in ("one", "two"))
    first, same, other = one["train"]
    assert first == same != other and one["test"] == [other] == two["train"][:1] and len(set(two["train"])) == 2


@pytest.mark.parametrize(
    "kind, target, words", [("pair", (1, 0), ["a", "b"]), ("span", (0, 1), ["a b", "b c"]), ("sentence", (), None)]
)
def test_the_other_kinds(tmp_path, kind, target, words):
    examples = [example("a b", (target, "X")), example("B c", (target, "Y"))]
    save_task(kind, examples, examples, tmp_path)
    assert json.loads((tmp_path / "words.json").read_text())["train"] == words
    assert build_task(kind, examples, examples)["test"]["targets"] == [[list(target)]] * 2
    assert load_labels(tmp_path, "train")[1].tolist() == [0, 1]
    assert kind_of(tmp_path) == kind


def test_the_files_change_exactly_when_the_task_does(tmp_path):
    def files(train, name):
        save_task("word", train, TEST, tmp_path / name)
        return {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}

    once = files(TRAIN, "once")
    assert files(TRAIN, "again") == once
    for other in (
        TRAIN[::-1],
        TRAIN[:3],
        [*TRAIN[:3], example("b a", ((1,), "Z"))],
        [*TRAIN[:3], example("b A", ((0,), "Z"))],
    ):
        digests = [json.loads(f[Path("summary.json")])["digest"] for f in (once, files(other, "other"))]
        assert digests[0] != digests[1]


def test_more_sentences_than_are_held_at_a_time(tmp_path):
    examples = [example(f"w{i} x", ((i % 2,), "XYZ"[i % 3]), where=f"f:{i}") for i in range(2500)]
    summary = save_task("word", iter(examples), iter(examples[:1200]), tmp_path)
    assert summary["train_test_overlap"] == 1200 and summary["duplicates"] == {"train": 0, "test": 0}
    assert load_labels(tmp_path, "train")[1].tolist() == [i % 3 for i in range(2500)]


@pytest.mark.parametrize(
    "kind, train, test, says",
    [
        ("words", TRAIN, TEST, "there is no kind 'words'"),
        ("word", [], TEST, "the train split has no example"),
        ("word", TRAIN, TEST[1:2], "the test split has no example"),
        ("word", TRAIN[2:3], TEST, "dir/f: the train split has one label only, 'X'"),
        ("pair", TRAIN, TEST, r"dir/f:1: target \[0\] has 1 positions, and a pair has 2"),
        ("span", [example("a b", ((1, 0), "X"))], TEST, r"corpus.tsv:1: the span \[1, 0\] ends before it begins"),
    ],
)
def test_a_task_that_cannot_be(tmp_path, kind, train, test, says):
    with pytest.raises(InputError, match=says):
        save_task(kind, train, test, tmp_path / "task")
    assert not list(tmp_path.iterdir())


def test_a_bad_line_leaves_nothing(tmp_path):
    path = write(tmp_path, "a.conllu", TREE + "\n" + TREE.replace("3\tpain", "4\tpain"))
    with pytest.raises(InputError, match="expected 3"):
        save_task("word", read_examples("conllu", path, kind="word", label="upos"), TEST, tmp_path / "task")
    assert [p.name for p in tmp_path.iterdir()] == ["a.conllu"]


@pytest.mark.parametrize(
    "words, targets, labels, says",
    [
        ([], [], [], "the sentence has no word"),
        (["a", " "], [], [], "word 1"),
        (["", ""], [], [], "the sentence has no word"),
        (["a"], [(1,)], ["X"], "target 1 is outside"),
        (["a"], [(0, -1)], ["X"], "target -1 is outside"),
        (["a"], [(0,)], [], "0 labels for 1 targets"),
    ],
)
def test_an_example_is_always_sound(words, targets, labels, says):
    with pytest.raises(InputError, match=f"f:3: {says}"):
        Example("id", words, targets, labels, "f:3")


def words_with(labels):
    """Examples of one-word targets with these labels, each in words of its own."""
    return [example(f"w{i} x", ((0,), str(label)), where=f"f:{i}") for i, label in enumerate(labels)]


def test_writing_is_quiet_and_leaves_nothing_elsewhere(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    path = write(tmp_path, "a.conllu", TREE)
    code = f"""if True:
        import sys
        from closerlook.corpora.reading import read_examples
        from closerlook.corpora.task import save_task, load_labels
        assert not {{"datasets", "pyarrow", "conllu", "torch", "pandas"}} & set(sys.modules), "imported too early"
        read = lambda: read_examples("conllu", {str(path)!r}, kind="word", label="upos")
        save_task("word", read(), read(), {str(tmp_path / "task")!r})
        assert "torch" not in sys.modules
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "XDG_"))}
    env |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not [p for folder in ("home", "tmp") for p in (tmp_path / folder).rglob("*") if p.is_file()]


# --- conflicts

SENTENCES = st.lists(
    st.tuples(st.sampled_from(["a b", "b a", "c d"]), st.lists(st.tuples(st.integers(0, 1), st.sampled_from("XYZ")))),
    max_size=6,
)


@given(train=SENTENCES, test=SENTENCES)
@settings(max_examples=60)
def test_dropping_conflicts_leaves_what_agrees(tmp_path_factory, train, test):
    """Against a plain reading: a target stays exactly if, wherever it stands in these words, it has one label."""
    folder = tmp_path_factory.getbasetemp() / "dropped"
    splits = {"train": [("p q", [(0, "X"), (1, "Y")]), *train], "test": [("p q", [(0, "X")]), *test]}
    labels = defaultdict(set)
    for words, targets in (one for split in splits.values() for one in split):
        for at, label in targets:
            labels[words, at].add(label)
    expected = {
        name: [
            (words.split(), kept, [label for at, label in targets if [at] in kept])
            for words, targets in split
            if (kept := [[at] for at, _ in targets if len(labels[words, at]) == 1])
        ]
        for name, split in splits.items()
    }
    made = {
        name: [
            example(words, *(((at,), label) for at, label in targets), where=f"{name}:1") for words, targets in split
        ]
        for name, split in splits.items()
    }
    summary = save_task("word", made["train"], made["test"], folder, drop_conflicts=True)
    for name in splits:
        from datasets import load_from_disk

        data = load_from_disk(str(folder))[name]
        names = data.features["labels"].feature.names
        found = [(row["words"], row["targets"], [names[i] for i in row["labels"]]) for row in data]
        assert found == expected[name]
        kept = sum(len(targets) for _, targets, _ in expected[name])
        assert summary["splits"][name]["n_targets"] == kept == len(load_labels(folder, name)[1])
        assert summary["dropped_conflicts"]["targets"][name] == sum(len(t) for _, t in splits[name]) - kept
    assert summary["dropped_conflicts"]["total"] == sum(len(one) > 1 for one in labels.values())
    assert summary["conflicts"]["total"] == 0


def test_dropping_nothing_changes_nothing(tmp_path):
    clean = [TRAIN[3], TEST[2]]
    plain, dropped = (save_task("word", clean, clean, tmp_path / str(drop), drop) for drop in (False, True))
    assert plain["digest"] == dropped["digest"] and dropped["dropped_conflicts"]["total"] == 0
    assert plain["dropped_conflicts"] is None
    changed = save_task("word", [*clean, *TRAIN[:2]], clean, tmp_path / "changed", True)
    kept = save_task("word", [*clean, *TRAIN[:2]], clean, tmp_path / "kept", False)
    assert len({plain["digest"], changed["digest"], kept["digest"]}) == 3


def test_dropping_everything_is_an_error(tmp_path):
    with pytest.raises(InputError, match="`drop_conflicts` leaves the test split with no example"):
        save_task("word", TRAIN, [example("b a", ((0,), "Y"))], tmp_path / "task", drop_conflicts=True)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="`drop_conflicts` leaves the train split with one label only, 'Z'"):
        clash = [example("p", ((0,), label)) for label in "XY"]
        save_task("word", [*clash, TRAIN[3]], TEST[2:3], tmp_path / "task", drop_conflicts=True)
    gone = save_task("word", [*TRAIN, *words_with("XZ")], TEST[2:3], tmp_path / "task", drop_conflicts=True)
    assert gone["dropped_conflicts"]["labels_gone"] == {"train": ["Y"], "test": []}


def test_at_most_fifty_conflicts_are_spelled_out(tmp_path):
    examples = [example(f"w{i} x", ((0,), label), where=f"f:{i}") for i in range(60) for label in "XY"]
    summary = save_task("word", examples, examples, tmp_path)
    assert summary["conflicts"]["total"] == 60 and len(summary["conflicts"]["first"]) == 50
    assert summary["train_test_overlap"] == 120 and len(summary["overlap_first"]) == 20


@pytest.mark.parametrize(
    "kind, target, text",
    [
        ("word", (1,), "a [b] c"),
        ("span", (1, 2), "a [b c]"),
        ("span", (0, 0), "[a] b c"),
        ("pair", (2, 0), "[a] b {c}"),
        ("sentence", (), "a b c"),
    ],
)
def test_a_target_is_marked_in_its_text(kind, target, text):
    assert marked(["a", "b", "c"], target, kind) == text
    assert marked(["a", ""], (1,), "word") == "a [␣]"


# --- what is said of the data


def test_what_was_left_out_is_in_the_summary(tmp_path):
    rows = ["text,label", "a b,X _", ",X", "c,", "d e,Y X"]
    path = write(tmp_path, "a.csv", "\n".join(rows))
    examples = [read_examples("table", path, kind="word", label="label", columns={"words": "text"}) for _ in range(2)]
    summary = save_task("word", *examples, tmp_path / "task")
    left = {"sentences without a word": 1, "sentences without a label": 1, "words without a label": 1}
    assert [of["left_out"] for of in summary["splits"].values()] == [left, left]


def test_blank_tokens_are_counted(tmp_path):
    examples = [Example("i", ["a", "", "_"], [(1,)], ["X"], "f:1"), Example("j", ["_", "_"], [(1,)], ["Y"], "f:2")]
    summary = save_task("word", examples, examples[:1], tmp_path)
    assert [of["blank_tokens"] for of in summary["splits"].values()] == [1, 1]
    assert [of["textless"] for of in summary["splits"].values()] == [1, 0]
    assert any("1 sentences of the train split consist of `_` only" in text for text in summary["warnings"])
    assert json.loads((tmp_path / "words.json").read_text()) == {"train": ["", "_"], "test": [""]}


def said(tmp_path, train, test, kind="word"):
    return save_task(kind, train, test, tmp_path / "task")["warnings"]


def test_nothing_is_said_of_sound_labels(tmp_path):
    train, test = words_with("XY" * 20), [example(f"v{i} x", ((0,), "XY"[i % 2])) for i in range(9)]
    assert said(tmp_path, train, test) == []
    for scale in (range(9), range(1, 22), [i / 2 for i in range(21)]):  # ids, and what people rate on
        assert said(tmp_path, words_with([*scale] * 2), [example("v x", ((0,), str(scale[0])))]) == []


@pytest.mark.parametrize(
    "train, test, says",
    [
        ([10 * i for i in range(30)] * 2, [10], "labels are 30 different numbers"),
        (["NA", "A", "None"] * 9, ["A"], "NA, None: if that is not a label but the absence of one, empty these cells"),
        (["A", "B", "C", "C"], ["A"], "almost unique: 3 of them for 4 training examples"),
        (["A", "B"] * 3, ["A", "C", "C"], "1 label (C) occurs in the test split only, on 2 of 3 targets"),
        (["A", "B", "B", "C", "C", "C"], ["B"], "1 label (A) occurs on one training example only"),
    ],
)
def test_odd_labels_are_said(tmp_path, train, test, says):
    test = [example(f"v{i} x", ((0,), str(label))) for i, label in enumerate(test)]
    assert any(says in text for text in said(tmp_path, words_with(train), test)), said(
        tmp_path, words_with(train), test
    )


@pytest.mark.parametrize(
    "labels, score",
    [
        ([i / 7 for i in range(40)], True),
        ([*[f"{i},5" for i in range(22)], "NA"], True),
        ([f"{i}e-3" for i in range(1, 30)], True),
        ([*range(30), 0.5], True),
        ([*range(40)], False),
        ([10 * i for i in range(30)], False),  # a warning, as ids may look like that
        ([i / 2 for i in range(21)], False),  # a scale
        ([f"v{i}.5" for i in range(30)], False),
        ([*(f"{i}.5" for i in range(22)), *"ABCDEFGH"], False),
    ],
)
def test_decimal_scores_are_refused_before_anything_is_written(tmp_path, labels, score):
    rows = "".join(f'"w{i} x","{label}"\n' for i, label in enumerate([*labels] * 2))
    path = write(tmp_path, "a.csv", f"text,how much\n{rows}")
    splits = [read_examples("table", path, kind="sentence", label="how much", columns={"words": "text"}) for _ in "ab"]
    if score:
        n = len(set(labels))
        with pytest.raises(
            InputError, match=rf"^{path}: the labels in column 'how much' are {n} .*: put them into bins"
        ):
            save_task("sentence", *splits, tmp_path / "task")
    else:
        save_task("sentence", *splits, tmp_path / "task")
    assert (tmp_path / "task").exists() != score


def test_a_token_in_each_row_is_said(tmp_path):
    path = write(tmp_path, "a.csv", "Sentence #,Word,Tag\n1,Ann,B-per\n,ran,O\n2,Bob,B-per\n,sat,O\n")
    assert len(table(path, "word", "Tag", "Word")) == 4
    read = [read_examples("table", path, kind="word", label="Tag", columns={"words": "Word"}) for _ in range(2)]
    assert any(text.startswith("Every sentence has exactly one word") for text in said(tmp_path, *read))
    one = [example("a", ((), "X")), example("b", ((), "Y"))]
    assert not any("exactly one word" in text for text in said(tmp_path, one, one, "sentence"))


def test_a_large_overlap_is_said(tmp_path):
    train = words_with("XY" * 30)
    fresh = [example(f"v{i} x", ((0,), "X")) for i in range(60)]
    assert said(tmp_path, train, fresh[:57] + train[:3:2]) == []
    assert "4 of 60 test targets (7%) are in the training split" in said(tmp_path, train, fresh[:56] + train[:8:2])[0]
