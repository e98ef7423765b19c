"""The text of each target and the target's place in it: spelled out by hand, and against the words."""

import pytest
from corpora_fixtures import read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.example import Example
from closerlook.corpora.passages import passages
from closerlook.corpora.task import load_rows, save_task

DU = """\
# text = Il  parle du 😀-chat.
1\tIl\t_\tPRON\t_\t_\t2\tnsubj\t_\t_
2\tparle\t_\tVERB\t_\t_\t0\troot\t_\t_
3-4\tdu\t_\t_\t_\t_\t_\t_\t_\t_
3\tde\t_\tADP\t_\t_\t5\tcase\t_\t_
4\tle\t_\tDET\t_\t_\t5\tdet\t_\t_
5\t😀-chat\t_\tNOUN\t_\t_\t2\tobl\t_\tSpaceAfter=No
6\t.\t_\tPUNCT\t_\t_\t2\tpunct\t_\t_
"""


def found(folder, kind, examples):
    """The passages of examples that have gone through a task's folder."""
    save_task(kind, examples, examples, folder)
    return list(passages(load_rows(folder, "train"), kind))


def one(words, targets, **more):
    return Example("id", words, targets, [str(i % 2) for i in range(len(targets))], "f:1", **more)


@pytest.mark.parametrize(
    ("kind", "targets", "expected"),
    [
        ("word", [(2,), (0,)], [[(7, 10)], [(0, 1)]]),
        ("span", [(0, 2), (3, 3)], [[(0, 10)], [(11, 12)]]),
        ("pair", [(3, 0), (1, 2)], [[(0, 1), (11, 12)], [(7, 10), (2, 6)]]),  # the dependent first
        ("span_pair", [(2, 3, 0, 0), (0, 1, 0, 3)], [[(7, 12), (0, 1)], [(0, 6), (0, 12)]]),
    ],
)
def test_targets_stand_in_the_joined_words(tmp_path, kind, targets, expected):
    text = "A naïf cat."
    assert found(tmp_path, kind, [one(["A", "naïf", "cat", "."], targets)]) == [
        (text.replace(".", " ."), spans) for spans in expected
    ]


def test_targets_stand_in_the_own_text(tmp_path):
    examples = read(write(tmp_path, "a.conllu", DU), text="own")
    text, cat = "Il  parle du 😀-chat.", (13, 19)
    expected = [(text, [place]) for place in [(0, 2), (4, 9), (10, 12), (10, 12), cat, (19, 20)]]
    assert found(tmp_path / "word", "word", examples) == expected and text[slice(*cat)] == "😀-chat"
    examples = read(write(tmp_path, "a.conllu", DU), "conllu", "pair", "deprel", text="own")
    pairs = found(tmp_path / "pair", "pair", examples)
    assert (text, [(0, 2), (4, 9)]) in pairs and (text, [cat, (4, 9)]) in pairs


def test_sentences_have_a_text_and_no_place(tmp_path):
    examples = [one(["a", "", "b"], [(), ()]), one(["c"], [()], text=" c ")]
    assert found(tmp_path / "one", "sentence", examples) == [("a b", [])] * 2 + [(" c ", [])]
    pair = [one(["a", "b", "c"], [(), ()], text="a  b", second="c")]
    assert found(tmp_path / "two", "sentence_pair", pair) == [("a  b ‖ c", [])] * 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["", "a", "ßé", "\U0001f600x"]), min_size=1, max_size=6).filter(any), st.data())
def test_a_place_holds_the_words_of_its_span(words, data):
    import pyarrow as pa

    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    row = {"words": words, "targets": [[first, last]], "text": None, "places": None, "second": None}
    ((text, [(begin, end)]),) = passages(pa.Table.from_pylist([row]), "span")
    assert text[begin:end] == " ".join(filter(None, words[first : last + 1])) and 0 <= begin <= end <= len(text)
