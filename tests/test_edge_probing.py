"""Edge probing's JSON lines: spans with exclusive ends, targets of one span or two, keys that conditions may name."""

import json

import pytest
from corpora_fixtures import read, write

from closerlook.corpora.reading import read_examples
from closerlook.errors import InputError

ADA = {
    "text": "Ada Brook left Paris",
    "info": {"genre": "news"},
    "targets": [
        {"span1": [2, 3], "span2": [0, 2], "label": "A0", "info": {"far": True}},
        {"span1": [2, 3], "span2": [3, 4], "label": ["A1"], "sure": 0.5},
        {"span1": [2, 3], "span2": [3, 4], "label": None},
    ],
}
BOB = {"text": "Bob slept", "document": 7, "targets": [{"span1": [1, 2], "span2": [0, 1], "label": "A0"}]}
NONE = {"text": "Oh !", "targets": []}
TAGS = {"text": "the cat sat", "targets": [{"span1": [i, i + 1], "label": tag} for i, tag in enumerate("DNV")]}


def lines(tmp_path, *records):
    return write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, records)))


def found(path, kind, label="label", **more):
    return [list(zip(e.targets, e.labels)) for e in read(path, "edge_probing", kind, label, **more)]


def test_a_target_has_two_spans(tmp_path):
    path = lines(tmp_path, ADA, NONE, BOB)
    examples = read_examples("edge_probing", path, kind="span_pair", label="label")
    ada, bob = examples
    assert ada.words == ["Ada", "Brook", "left", "Paris"] and ada.where == f"{path}:1" and bob.where == f"{path}:3"
    assert list(zip(ada.targets, ada.labels)) == [((2, 2, 0, 1), "A0"), ((2, 2, 3, 3), "A1")]
    assert (bob.targets, bob.labels) == ([(1, 1, 0, 0)], ["A0"])
    assert examples.left_out == {"span pairs without a label": 1}


def test_a_target_has_one_span_or_is_a_word(tmp_path):
    path = lines(tmp_path, TAGS)
    assert found(path, "word") == [[((0,), "D"), ((1,), "N"), ((2,), "V")]]
    assert found(path, "span") == [[((0, 0), "D"), ((1, 1), "N"), ((2, 2), "V")]]
    wide = lines(tmp_path, {"text": "New York sleeps", "targets": [{"span1": [0, 2], "label": "GPE"}]})
    assert found(wide, "span") == [[((0, 1), "GPE")]]
    with pytest.raises(InputError, match=r"a.jsonl:1: `span1` \[0, 2\] has more than one word: use kind `span`"):
        found(wide, "word")


@pytest.mark.parametrize(
    "where, labels",
    [
        ({"genre": "news"}, ["A0", "A1"]),  # of the line's info
        ({"document": "7"}, ["A0"]),  # of the line
        ({"sure": "0.50"}, ["A1"]),  # of the target
        ({"far": "True"}, ["A0"]),  # of the target's info
        ({"label": "*0"}, ["A0", "A0"]),
        ({"genre": "_", "label": "A?"}, ["A0"]),
    ],
)
def test_conditions_name_keys_of_the_target_and_of_its_line(tmp_path, where, labels):
    pairs = found(lines(tmp_path, ADA, BOB), "span_pair", where=where)
    assert [label for some in pairs for _, label in some] == labels


def test_integers_have_names(tmp_path):
    line = {"text": "a b c", "targets": [{"span1": [i, i + 1], "y": y} for i, y in enumerate((1, 0, -1))]}
    assert found(lines(tmp_path, line), "word", "y", names=["no", "yes"]) == [[((0,), "yes"), ((1,), "no")]]


def one(**target):
    return {"text": "a b c", "targets": [{"label": "x"} | target]}


@pytest.mark.parametrize(
    "record, kind, says",
    [
        (one(span1=[0, 1], span2=[1, 2]), "span", ":1: a target has two spans: use kind `span_pair`, and not `span`"),
        (one(span1=[0, 1], span2=[1, 2]), "word", ":1: a target has two spans: use kind `span_pair`, and not `word`"),
        (one(span1=[0, 1]), "span_pair", ":1: a target has one span: use kind `span`, and not `span_pair`"),
        (one(span1=[0, 1], label=["x", "y"]), "span", ":1: column 'label' holds several labels, .* one task per label"),
        (one(span1=[2, 4]), "span", r":1: `span1` is \[2, 4\]: write the position of the first of the 3 words"),
        (one(span1=[1, 1]), "span", r":1: `span1` is \[1, 1\]"),
        (one(span1=[-1, 1]), "span", r":1: `span1` is \[-1, 1\]"),
        (one(span1=[0, True]), "span", r":1: `span1` is \[0, True\]"),
        (one(span1=1), "span", ":1: `span1` is 1"),
        (one(), "span", ":1: `span1` is None"),
        ({"text": ["a"], "targets": [{"span1": [0, 1], "label": "x"}]}, "span", ":1: `text` is"),
        ({"text": "a", "targets": {"span1": [0, 1]}}, "span", ":1: `targets` is"),
        ({"text": "a"}, "span", ":1: `targets` is None"),
        ({"text": "我喜欢你。你呢", "targets": [{"span1": [0, 1], "label": "x"}]}, "span", ":1: `text` holds '我"),
        (one(span1=[0, 1]), "sentence", ": format edge_probing labels no sentences: use kind `word` or `span` or"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, record, kind, says):
    path = lines(tmp_path, record)
    with pytest.raises(InputError, match=f"^{path}{says}"):
        found(path, kind)


def test_a_key_that_occurs_nowhere_is_named(tmp_path):
    path = lines(tmp_path, ADA, BOB)
    with pytest.raises(InputError, match="there is no key 'tag': use one of document, far, genre, label, sure"):
        found(path, "span_pair", "tag")
    with pytest.raises(InputError, match="there is no key 'kind'"):
        found(path, "span_pair", where={"kind": "*"})


def test_lines_without_a_label_need_no_text(tmp_path):
    blank = {"text": "", "targets": [{"span1": [0, 1], "label": None}]}
    examples = read_examples("edge_probing", lines(tmp_path, blank, TAGS), kind="word", label="label")
    assert len(list(examples)) == 1 and examples.left_out == {"words without a label": 1}
