"""The same data give the same rows and labels in every format: numbers, truth, printed lists, conditions, names."""

import datetime
import decimal
import json
from collections import deque

import numpy as np
import pytest
from corpora_fixtures import read, table, write, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.conditions import meets
from closerlook.corpora.printed import items
from closerlook.errors import InputError

SUFFIXES = [".csv", ".tsv", ".jsonl", ".parquet"]
VALUES = {  # what a column holds -> its texts
    "float": ([0.9, 0.1, 1.0, None, 2.5, -0.0, 1e-05, 1e16], ["0.9", "0.1", "1", None, "2.5", "0", "1e-05", "1e+16"]),
    "gaps": ([1, None, 2, 3], ["1", None, "2", "3"]),
    "absent": (["nan", "NaN", "null", "_", "", "None", "NA"], [None] * 5 + ["None", "NA"]),
    "integer": ([7, 0, -1, 2**53 + 1], ["7", "0", "-1", "9007199254740993"]),
    "truth": ([True, False, True, True], ["true", "false", "true", "true"]),
    "text": (["007", "3e8", "1.2.3", "0x1f", "[web]"], ["007", "3e8", "1.2.3", "0x1f", "[web]"]),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("what", VALUES)
def test_a_value_is_the_same_text_in_every_format(tmp_path, suffix, what):
    values, texts = VALUES[what]
    rows = [{"text": f"w{i}", "label": "x", "value": value} for i, value in enumerate(values)]
    path = write_rows(tmp_path / f"a{suffix}", rows)
    assert [labels[0][1] for _, labels in table(path, label="value")] == [text for text in texts if text is not None]
    for text in {text for text in texts if text}:
        expected = [[f"w{i}"] for i, other in enumerate(texts) if other == text]
        assert [words for words, _ in table(path, where={"value": text})] == expected


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60), min_size=1, max_size=5)
)
@settings(max_examples=60)
def test_any_number_is_the_same_label_in_a_csv_and_in_json(tmp_path_factory, numbers):
    folder = tmp_path_factory.getbasetemp()
    lines = [json.dumps({"text": "w", "label": number}) for number in numbers]
    one = write(folder, "n.jsonl", "\n".join(lines))
    two = write(folder, "n.csv", "text,label\n" + "".join(f"w,{number!r}\n" for number in numbers))
    found = [labels[0][1] for _, labels in table(one)]
    assert found == [labels[0][1] for _, labels in table(two)]
    assert [float(text) for text in found] == [float(number) for number in numbers]


def test_a_short_float_is_the_number_that_was_written(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"text": ["a", "b", "c"], "label": [0.1, 2, 2.0**27], "more": [[0.1], [2.0], [None]]}
    columns["half"] = np.array([0.1, 2, np.nan], np.float16)
    kinds = {"label": pa.float32(), "more": pa.list_(pa.float32()), "half": pa.float16()}
    pq.write_table(pa.table(columns, pa.schema({"text": pa.string(), **kinds})), tmp_path / "a.parquet")
    assert [labels[0][1] for _, labels in table(tmp_path / "a.parquet")] == ["0.1", "2", "134217728"]
    assert [labels[0][1] for _, labels in table(tmp_path / "a.parquet", label="half")] == ["0.1", "2"]
    assert [labels[0][1] for _, labels in table(tmp_path / "a.parquet", "word", "more")] == ["0.1", "2"]


def test_days_and_decimals_are_as_in_a_csv(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = {
        "text": ["a"],
        "day": [datetime.date(2020, 1, 2)],
        "time": [datetime.datetime(2020, 1, 2)],
        "at": [datetime.datetime(2020, 1, 2, 3, 4, 5)],
        "price": [decimal.Decimal("4.50")],
    }
    pq.write_table(pa.table(made), tmp_path / "a.parquet")
    write(tmp_path, "a.csv", "text,day,time,at,price\na,2020-01-02,2020-01-02,2020-01-02 03:04:05,4.50\n")
    for column, text in {
        "day": "2020-01-02",
        "time": "2020-01-02",
        "at": "2020-01-02 03:04:05",
        "price": "4.5",
    }.items():
        for path in (tmp_path / "a.parquet", tmp_path / "a.csv"):
            assert table(path, label=column)[0][1] == [((), text)]


# --- conditions


@pytest.mark.parametrize(
    "pattern, cells",
    [
        ("[web]", ["[web]"]),
        ("*[*", ["[web]", "a[b"]),
        ("w", ["w"]),
        ("?", ["w", "*", "?", "\\"]),
        ("\\*", ["*"]),
        ("\\?", ["?"]),
        ("\\\\", ["\\"]),
        ("a\\b", ["a\\b"]),
        ("_", ["", "_", None]),
        ("?*", ["[web]", "w", "a[b", "*", "?", "\\", "a\\b", "x\ny"]),
        ("*", ["[web]", "w", "a[b", "*", "?", "\\", "a\\b", "x\ny", "", "_", None]),
        ("x*y", ["x\ny"]),
        ("W", []),
        ("[a-z]", []),
        ("[!a]", []),
    ],
)
def test_a_pattern_has_two_wildcards_and_an_escape(pattern, cells):
    every = ["[web]", "w", "a[b", "*", "?", "\\", "a\\b", "x\ny", "", "_", None]
    assert [cell for cell in every if meets(cell, pattern)] == cells


@given(st.text("*?\\ab[]", max_size=6))
def test_an_escaped_text_matches_itself_and_nothing_else(text):
    pattern = "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in text)
    assert [one for one in (text, text + "a", "a" + text, text[1:] + "c") if meets(one, pattern)] == [text]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "pattern, found", [("0.9", [0]), ("0.90", [0]), ("0.*", [0, 1]), ("1.0", [2]), ("1", [2]), ("1e0", []), ("_", [3])]
)
def test_numbers_are_compared_by_their_text(tmp_path, suffix, pattern, found):
    rows = [{"text": f"w{i}", "label": "x", "score": score} for i, score in enumerate([0.9, 0.1, 1.0, None])]
    path = write_rows(tmp_path / f"a{suffix}", rows)
    if found:
        assert [words for words, _ in table(path, where={"score": pattern})] == [[f"w{i}"] for i in found]
    else:
        with pytest.raises(InputError, match="none of 4 sentences"):
            table(path, where={"score": pattern})


@pytest.mark.parametrize("cell, pattern", [("0.90", "0.9"), ("0.9", "0.90"), ("1", "1.0"), ("1.0", "1"), ("-0", "0")])
def test_equal_numbers_match_in_any_format(cell, pattern):
    assert meets(cell, pattern) and not meets(cell, "2") and not meets("x", pattern)
    assert not meets("007", "7")  # a code


def test_a_condition_on_a_list_is_checked_for_every_word(tmp_path):
    row = {"words": ["a", "b", "c"], "tags": ["S-A", "S-B", "S-A"], "pos": ["N", "V", None]}
    path = write(tmp_path, "a.jsonl", json.dumps(row | {"genre": "news", "heads": [1, 2], "at": 1}))
    assert table(path, "word", "tags", "words", where={"pos": "N"})[0][1] == [((0,), "S-A")]
    assert table(path, "word", "tags", "words", where={"pos": "_"})[0][1] == [((2,), "S-A")]
    assert table(path, "word", "tags", "words", where={"tags": "*B", "genre": "n*"})[0][1] == [((1,), "S-B")]
    assert table(path, "word", "genre", "words", "at", where={"pos": "V"})[0][1] == [((1,), "news")]
    assert table(path, "span", "tags", "words", where={"pos": "V"})[0][1] == [((1, 1), "B")]
    with pytest.raises(InputError, match=f"{path}:1: 2 cells in column 'heads' for 3 words: give one per word"):
        table(path, "word", "tags", "words", where={"heads": "1"})
    with pytest.raises(InputError, match="column 'pos' holds a list: a condition on a sentence takes one value"):
        table(path, "sentence", "genre", "words", where={"pos": "N"})


# --- lists that a program has printed

LISTS = [["DT", "NN"], ["it's", 'q"x'], ["[", "a,b"], ["\\", "ü"], ["x"]]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), min_size=1, max_size=5))
@settings(max_examples=200)
def test_what_python_and_numpy_print_is_read_as_it_was(texts):
    for printed in (repr(texts), repr(tuple(texts)), str(np.array(texts, object)), json.dumps(texts), f" {texts} "):
        assert items(printed) == texts
    assert items(repr(np.array(texts, object))) == items(repr(deque(texts))) == texts
    assert items(repr(list(map(np.str_, texts)))) == texts


@given(st.lists(st.integers(-999, 999), min_size=1, max_size=40))
def test_so_are_numbers(numbers):
    for printed in (repr(numbers), repr(tuple(numbers)), str(np.array(numbers)), repr(np.array(numbers))):
        assert items(printed) == numbers
    assert items(str([*map(np.int64, numbers)])) == numbers
    assert items(str([*map(float, numbers), None, float("nan"), True])) == [*map(float, numbers), None, None, True]


@pytest.mark.parametrize(
    "text",
    ["", "a", "[web]", "[CLS] a b [SEP]", "(laughs)", "(1)", "['tis the season]", "[1990s]", "[[Main Page]]", "{}"],
)
def test_a_text_with_brackets_is_not_a_list(text):
    assert items(text) is None


@pytest.mark.parametrize(
    "text, says",
    [
        (str(np.array(["x"] * 2000)), "cut short"),
        ("['a', 'b'", "no end"),
        ("['a', 'b', 'c", "no end"),
        ("['a' 'b', 'c']", "commas are missing"),
        ("['a', b, 'c']", "is not an item"),
        ("['a''b']", "is not an item"),
        ("['a', open('x').read()]", "is not an item"),
        ('[["a"], ["b"]]', "other lists"),
        ("[['a'], ['b']]", "is not an item"),
        ("[{'a': 1}]", "is not an item"),
        ('["\\ud83d"]', "surrogate"),
        ("{'a', 'b'}", "is a set"),
        ("frozenset({'a'})", "is a set"),
    ],
)
def test_what_looks_like_a_list_and_is_none_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        items(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("style", [repr, lambda x: repr(tuple(x)), lambda x: str(np.array(x, object)), json.dumps])
@pytest.mark.parametrize("tags", LISTS)
def test_printed_lists_are_lists_in_every_format(tmp_path, suffix, style, tags):
    rows = [{"text": style(tags), "tags": style(tags), "at": style([0]), "label": "x"}, {"text": "w", "tags": "X"}]
    path = write_rows(tmp_path / f"a{suffix}", rows)
    first, second = table(path, "word", "tags")
    assert first == (tags, [((i,), tag) for i, tag in enumerate(tags)]) and second == (["w"], [((0,), "X")])
    assert table(path, "word", "label", target="at") == [(tags, [((0,), "x")])]
    assert table(path, "word", "tags", where={"tags": tags[0].replace("\\", "\\\\")})[0][1] == [((0,), tags[0])]


@pytest.mark.parametrize(
    "tags", ["[0, 1]", "[0 1]", "(0, 1)", "array([0, 1])", "[0. 1.]", "[np.int64(0), np.int64(1)]"]
)
def test_printed_numbers_are_labels_and_positions(tmp_path, tags):
    path = write(tmp_path, "a.tsv", f"text\ttags\tlabel\na b\t{tags}\tx\n")
    assert table(path, "word", "tags") == [(["a", "b"], [((0,), "0"), ((1,), "1")])]
    assert table(path, "pair", target="tags") == [(["a", "b"], [((0, 1), "x")])]


@pytest.mark.parametrize("label", ["[0, 1]", "('a', 'b')", "[a, b]", '["a", "b"]', "{'a': 1}", "['a', b, 'c']"])
@pytest.mark.parametrize("suffix", [".tsv", ".jsonl"])
def test_a_printed_list_is_not_one_label(tmp_path, label, suffix):
    text = f"text\tlabel\na\t{label}\n" if suffix == ".tsv" else json.dumps({"text": "a", "label": label})
    path = write(tmp_path, f"a{suffix}", text)
    with pytest.raises(InputError, match=rf"^{path}:{1 + (suffix == '.tsv')}: column 'label' holds"):
        table(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("style", [list, repr, json.dumps, lambda x: str(np.array(x, object))])
def test_a_list_of_one_label_is_that_label_and_one_of_several_is_refused(tmp_path, suffix, style):
    rows = [{"text": "a", "label": style(["joy"])}, {"text": "b", "label": style([])}]
    assert table(write_rows(tmp_path / f"a{suffix}", rows)) == [(["a"], [((), "joy")])]
    path = write_rows(tmp_path / f"b{suffix}", [*rows, {"text": "c", "label": style(["joy", "fear"])}])
    with pytest.raises(InputError, match=rf"{path}:\d: column 'label' holds several labels, .* one task per label"):
        table(path)
    one = write_rows(tmp_path / f"c{suffix}", [{"text": "a", "label": style([1])}])
    assert table(one, names=["fear", "joy"]) == [(["a"], [((), "joy")])]
    assert table(one, names=["fear", "joy"], where={"label": "j*"}) == [(["a"], [((), "joy")])]


BAD = [
    "O, B-PER",
    "‘O’, ‘B-PER’",
    "{'O', 'B-PER'}",
    "[O, B-PER]",
    "[O B-PER]",
    "['O', B-PER]",
    "['O' ... 'O']",
    "['O', 'B",
]


@pytest.mark.parametrize("column, cell", [*(("tags", cell) for cell in BAD), ("text", "[the, cat]")])
def test_a_list_that_was_printed_badly_is_refused(tmp_path, column, cell):
    row = {"text": "the cat", "tags": "X Y"} | {column: cell}
    path = write(tmp_path, "a.jsonl", json.dumps(row))
    with pytest.raises(InputError, match=rf"^{path}:1: column '{column}' holds .* looks like a"):
        table(path, "word", "tags")


def test_labels_that_are_brackets_are_labels(tmp_path):
    path = write(tmp_path, "a.tsv", "text\tlabel\n( a ) [ b ]\t( DT ) -LRB- NN ]\n[CLS] x\t[S] [B]\na , b\tDT , NN\n")
    assert [[label for _, label in labels] for _, labels in table(path, "word")] == [
        ["(", "DT", ")", "-LRB-", "NN", "]"],
        ["[S]", "[B]"],
        ["DT", ",", "NN"],
    ]


# --- names of integers

NAMES = ["O", "B-PER", "I-PER"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_stand_for_integers(tmp_path, suffix):
    rows = [{"text": "a b c d", "tags": "[1, 2, 0, -100]", "label": 2}, {"text": "e", "tags": "[-1]", "label": -1}]
    path = write_rows(tmp_path / f"a{suffix}", rows)
    names = write(tmp_path, "names.json", json.dumps(NAMES))
    for given_names in (NAMES, names, str(names)):
        assert table(path, names=given_names) == [(["a", "b", "c", "d"], [((), "I-PER")])]
        words = table(path, "word", "tags", names=given_names)
        assert words == [(["a", "b", "c", "d"], [((0,), "B-PER"), ((1,), "I-PER"), ((2,), "O")])]
        assert table(path, "word", "tags", names=given_names, where={"tags": "?-*"})[0][1] == words[0][1][:2]
        assert table(path, "span", "tags", names=given_names) == [(["a", "b", "c", "d"], [((0, 1), "PER")])]


def test_the_tasks_names_go_before_the_files(tmp_path):
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["x", "y"])})
    Dataset.from_dict({"text": ["a", "b"], "label": [1, -1]}, features).to_parquet(tmp_path / "a.parquet")
    assert table(tmp_path / "a.parquet", where={"label": "y"}) == [(["a"], [((), "y")])]
    assert table(tmp_path / "a.parquet", names=["no", "yes"]) == [(["a"], [((), "yes")])]


@pytest.mark.parametrize("label, says", [("3", "the label 3 is not one of the 3 that have names"),
                                         ("-2", "the label -2 is not one"), ("0.5", "'0.5' is not an integer"),
                                         ("x", "'x' is not an integer")])  # fmt: skip
def test_what_has_no_name_is_an_error(tmp_path, label, says):
    path = write(tmp_path, "a.csv", f"text,label\na,1\nb,{label}\n")
    with pytest.raises(InputError, match=f"^{path}:3: .*{says}"):
        table(path, names=NAMES)


NOT_NAMES = {
    "[": "is not JSON",
    "{}": "is not a list",
    '["a", "a"]': "different names",
    "[]": "not a list",
    "[1]": "not",
}


@pytest.mark.parametrize("text, says", NOT_NAMES.items())
def test_a_file_of_names_that_is_none(tmp_path, text, says):
    names = write(tmp_path, "names.json", text)
    path = write(tmp_path, "a.csv", "text,label\na,1\n")
    with pytest.raises(InputError, match=f"^{names}: .*{says}"):
        read(path, "table", "sentence", "label", columns={"words": "text"}, names=names)


@pytest.mark.parametrize(
    "note", [b'{"info": {"features": null}}', b'{"info": null}', b"x", b"[]", b'{"info": {"features": {"label": 3}}}',
             b'{"info": {"features": {"label": {"_type": "ClassLabel"}}}}',
             b'{"info": {"features": {"label": {"_type": "ClassLabel", "names": {"0": "n", "1": "p"}}}}}',
             b'{"info": {"features": {"label": {"_type": "ClassLabel", "names": "np"}}}}',
             b'{"info": {"features": {"label": []}}}']
)  # fmt: skip
def test_an_odd_note_of_datasets_is_ignored(tmp_path, note):
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = pa.table({"text": ["a", "b"], "label": ["x", "y"]}).replace_schema_metadata({b"huggingface": note})
    pq.write_table(made, tmp_path / "a.parquet")
    assert table(tmp_path / "a.parquet") == [(["a"], [((), "x")]), (["b"], [((), "y")])]
