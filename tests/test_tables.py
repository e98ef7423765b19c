"""Tables: the same in every format; a bad row is said with its line, and one without words or label is left out."""

import csv
import json

import pytest
from corpora_fixtures import read, table, write
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.reading import read_examples
from closerlook.errors import InputError

ROWS = [  # words, target (pair), label, where it comes from
    (["“", "Hi", '"', "☃️", "O'Neil"], [1, 0], "yes", "x"),
    (["a,b", 'c"d', '"'], [2, 1], "no", ""),
    (["one", "two"], [0, 1], "_", "x"),
    (["n/a", "null"], [1, 0], "yes", "y"),
]


def write_table(path, rows=ROWS, target=True):
    header = ["text", *["at"] * target, "label", "source"]
    flat = [[" ".join(words), *[" ".join(map(str, at))] * target, label, source] for words, at, label, source in rows]
    if path.suffix == ".csv":
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *flat])
    elif path.suffix == ".tsv":
        path.write_text("".join("\t".join(row) + "\n" for row in [header, *flat]), encoding="utf-8")
    else:
        records = [dict(zip(header, [row[0], *[row[1]] * target, *row[2:]])) for row in rows]
        if path.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(records), path)
        else:
            path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


PAIR = {"words": "text", "target": "at"}


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl", ".json", ".parquet"])
def test_every_table_says_the_same(tmp_path, suffix):
    path = write_table(tmp_path / f"a{suffix}")
    found = read(path, "table", "pair", "label", columns=PAIR)
    expected = [(words, [tuple(at)], [label]) for words, at, label, _ in ROWS if label != "_"]
    assert [(e.words, e.targets, e.labels) for e in found] == expected
    first = 2 if suffix in (".tsv", ".csv") else 1  # the header's line, if there is one
    assert [e.where for e in found] == [f"{path}:{first + i}" for i in (0, 1, 3)]
    (empty,) = read(path, "table", "pair", "label", columns=PAIR, where={"source": "_"})
    assert empty.words == ROWS[1][0]
    sentences = read(path, "table", "sentence", "source", columns={"words": "text"})
    assert [e.labels for e in sentences] == [["x"], ["x"], ["y"]]


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), min_size=1), min_size=1
            ),
            st.just([0, 0]),
            st.sampled_from(["p", "q"]),
            st.just("x"),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([".csv", ".jsonl", ".parquet", ".tsv"]),
)
@settings(max_examples=80)
def test_any_words_survive_a_table(tmp_path_factory, rows, suffix):
    if suffix == ".tsv" and any(text[0] == text[-1] == '"' for text in (" ".join(words) for words, *_ in rows)):
        return  # may be taken for the quoting of CSV
    path = write_table(tmp_path_factory.getbasetemp() / f"any{suffix}", rows, target=False)
    found = read(path, "table", "sentence", "label", columns={"words": "text"})
    assert [(e.words, e.labels) for e in found] == [(words, [label]) for words, _, label, _ in rows]


def test_a_cell_over_several_lines_counts_as_lines(tmp_path):
    path = write(tmp_path, "a.csv", '\ufefftext,label\n"one\ntwo ""three""",x\n\nfour,\n"five",y,\n')
    with pytest.raises(InputError) as error:
        read(path, "table", "sentence", "label", columns={"words": "text"})
    assert str(error.value).startswith(f"{path}:6: 3 cells, but the header has 2")
    path.write_bytes(path.read_bytes().replace(b"y,", b"y"))
    examples = read(path, "table", "sentence", "label", columns={"words": "text"})
    assert [(e.words, e.where) for e in examples] == [
        (["one", "two", '"three"'], f"{path}:2"),
        (["five"], f"{path}:6"),
    ]


@pytest.mark.parametrize(
    "labels, expected",
    [
        (["A", "_", "B"], [((0,), "A"), ((2,), "B")]),
        (["A", None, ""], [((0,), "A")]),
        ([7, -100, 0], [((0,), "7"), ((2,), "0")]),
        ("A _ B", [((0,), "A"), ((2,), "B")]),
    ],
)
def test_a_label_for_every_word(tmp_path, labels, expected):
    path = write(tmp_path, "a.jsonl", json.dumps({"words": ["x", "y", "z"], "tags": labels}))
    (example,) = read(path, "table", "word", "tags", columns={"words": "words", "target": None})
    assert list(zip(example.targets, example.labels)) == expected


@pytest.mark.parametrize(
    "target, label, expected",
    [
        (2, "A", ((2,), "A")),
        ([2], 5, ((2,), "5")),
        ("2", True, ((2,), "true")),
        (2.0, 5.0, ((2,), "5")),
        ("[2]", 0.5, ((2,), "0.5")),
    ],
)
def test_a_target_may_be_written_in_many_ways(tmp_path, target, label, expected):
    path = write(tmp_path, "a.jsonl", json.dumps({"words": "x y z", "at": target, "label": label}))
    (example,) = read(path, "table", "word", "label", columns={"words": "words", "target": "at"})
    assert (example.targets[0], example.labels[0]) == expected


def test_names_of_integers_as_datasets_leaves_them(tmp_path):
    from datasets import ClassLabel, Dataset, Features, Sequence, Value

    names = ClassLabel(names=["O", "PER"])
    features = Features({"tokens": Sequence(Value("string")), "ner": Sequence(names), "y": names})
    rows = {"tokens": [["a", "b"], ["c"]], "ner": [[1, -100], [0]], "y": [1, -1]}  # -1: withheld
    Dataset.from_dict(rows, features).to_parquet(tmp_path / "a.parquet")
    words = read(tmp_path / "a.parquet", "table", "word", "ner", columns={"words": "tokens"})
    assert [(e.targets, e.labels) for e in words] == [([(0,)], ["PER"]), ([(0,)], ["O"])]
    (sentence,) = read(tmp_path / "a.parquet", "table", "sentence", "y", columns={"words": "tokens"})
    assert sentence.labels == ["PER"]


WORD = {"words": "words", "target": "at"}
TAGS = {"words": "words"}


@pytest.mark.parametrize(
    "name, text, kind, columns, line, says",
    [
        ("a.txt", "x", "word", WORD, None, "'.txt' is not a table: use .tsv, .csv, .jsonl, .json"),
        ("a.tsv", "words\ty\na\tx\n", "word", None, None, "which column holds the words"),
        ("a.tsv", "words\ty\na\tx\n", "pair", TAGS, None, "a pair needs a target column"),
        ("a.tsv", "words\ty\na\tx\n", "sentence", WORD, None, "a sentence takes none"),
        ("a.tsv", "words\tlabel\na\tx\n", "sentence", TAGS, 1, "there is no column 'y': use one of words, label"),
        ("a.tsv", "words\ty\ty\na\tx\tz\n", "sentence", TAGS, 1, "there is more than one column 'y'"),
        ("a.tsv", "words\ty\na\tx\nb\n", "sentence", TAGS, 3, "1 cells, but the header has 2"),
        (
            "a.tsv",
            "words,y\na,x\n",
            "sentence",
            TAGS,
            1,
            "its columns are separated by commas, not tabs: correct its name",
        ),
        (
            "a.csv",
            "words;y\na;x\n",
            "sentence",
            TAGS,
            1,
            "separated by semicolons, not commas: write it again with com",
        ),
        (
            "a.csv",
            "words\ty\na\tx\n",
            "sentence",
            TAGS,
            1,
            "separated by tabs, not commas: correct its name, or set `ty",
        ),
        ("a.csv", 'words,y\na,x\n"b,x\nc,x\n', "sentence", TAGS, 3, "the row that starts here cannot be read"),
        ("a.csv", "words,y\na,x\ncafé,x\n".encode("latin-1"), "sentence", TAGS, 3, "is not UTF-8"),
        ("a.csv", "words,at,y\na b,2,x\n", "word", WORD, 2, "target 2 is outside the sentence"),
        ("a.csv", "words,at,y\na b,-1,x\n", "word", WORD, 2, "target -1 is outside the sentence"),
        ("a.csv", "words,at,y\na b,,x\n", "word", WORD, 2, "'' in column 'at' is not a target: a word takes 1"),
        ("a.csv", "words,at,y\na b,0,x\n", "pair", WORD, 2, "is not a target: a pair takes 2 positions"),
        ("a.csv", "words,at,y\na b,one,x\n", "word", WORD, 2, "'one' in column 'at' is not a target"),
        ("a.csv", "words,y\na b,X Y Z\n", "word", TAGS, 2, "3 labels in column 'y' for 2 words"),
        ("a.jsonl", '{"words": "a", "at": 0.5, "y": 1}', "word", WORD, 1, "0.5 in column 'at' is not a target"),
        ("a.jsonl", '{"words": "a b", "at": true, "y": 1}', "word", WORD, 1, "True in column 'at' is not a target"),
        ("a.jsonl", '{"words": "a", "at": 1e999, "y": 1}', "word", WORD, 1, "inf in column 'at' is not a target"),
        ("a.jsonl", "[" * 100000, "word", WORD, 1, "not JSON Lines"),
        ("a.jsonl", '{"words": "a", "at": 0, "y": {"z": 1}}', "word", WORD, 1, "column 'y' holds {'z': 1}"),
        (
            "a.jsonl",
            '{"words": "a", "at": 0, "y": ["x", "z"]}',
            "word",
            WORD,
            1,
            "column 'y' holds several labels, ['x', 'z']",
        ),
        ("a.jsonl", '{"words": "a", "y": 1}', "word", TAGS, 1, "column 'y' holds one value"),
        ("a.jsonl", '{"words": ["a", 3], "y": 1}', "sentence", TAGS, 1, "word 1 (counted from 0) is 3"),
        ("a.jsonl", '{"y": 2}\n{"y": 1}', "sentence", TAGS, None, "there is no column 'words'"),
        ("a.jsonl", '{"words": "a", "z": 1}\n{"words": "b"}', "sentence", TAGS, None, "there is no column 'y'"),
        ("a.jsonl", '{"words": "a", "y": 1}\n{', "sentence", TAGS, 2, "not JSON Lines"),
        ("a.jsonl", '{"words": "\\ud83d", "y": 1}', "sentence", TAGS, 1, "not JSON Lines"),
        ("a.json", '[{"words": "a", "y": 1}]', "sentence", TAGS, 1, "a list, not an object"),
        ("a.parquet", "PAR1 and no more", "sentence", TAGS, None, "cannot be read as Parquet"),
    ],
)
def test_bad_tables(tmp_path, name, text, kind, columns, line, says):
    path = write(tmp_path, name, text)
    with pytest.raises(InputError) as error:
        read(path, "table", kind, "y", columns=columns)
    assert str(error.value).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert says in str(error.value)


SUFFIXES = [".tsv", ".csv", ".jsonl", ".parquet"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_row_without_words_or_without_a_label_is_left_out_and_counted(tmp_path, suffix):
    rows = [("good film", "pos", "web"), ("", "neg", "web"), ("  ", "pos", "web"), ("bad film", "neg", "web")]
    rows += [("", "", "web"), ("no label", "_", "web"), ("", "pos", "mail"), ("good mail", "pos", "mail")]
    path = tmp_path / f"a{suffix}"
    write_plain(path, ["text", "label", "source"], rows)
    examples = read_examples(
        "table", path, kind="sentence", label="label", columns={"words": "text"}, where={"source": "web"}
    )
    assert [e.words for e in examples] == [["good", "film"], ["bad", "film"]]
    assert examples.left_out == {
        "sentences without a word": 2,
        "sentences without a label": 2,
        "sentences excluded by `where`": 2,
    }
    assert table(path, where={"text": "?*"}) == table(path)[:2] + table(path)[-1:]  # an empty text has no character
    assert [words for words, _ in table(path, rows="0:2")] == [["good", "film"]]  # rows count what is left out
    assert [words for words, _ in table(path, rows="3:")] == [["bad", "film"], ["good", "mail"]]


def test_a_row_without_the_key_of_the_words_is_left_out(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"label": "x"}\n{"text": "a", "label": "y"}\n{"text": "b"}\n')
    examples = read_examples("table", path, kind="sentence", label="label", columns={"words": "text"})
    assert [e.labels for e in examples] == [["y"]]
    assert examples.left_out == {"sentences without a word": 1, "sentences without a label": 1}


def write_plain(path, header, rows):
    """A table of texts; an empty one stands for itself."""
    if path.suffix in (".tsv", ".csv"):
        between = "\t" if path.suffix == ".tsv" else ","
        path.write_text("".join(between.join(row) + "\n" for row in [header, *rows]), encoding="utf-8")
        return
    records = [dict(zip(header, row)) for row in rows]
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(records), path)


def test_what_is_not_asked_for_may_be_wrong(tmp_path):
    """Rows that a condition excludes, or without a label, need no words, no targets, and no lists as long."""
    rows = [
        {"words": ["a", "b"], "at": 1, "tags": ["X", "Y"], "y": "A", "use": 1},
        {"words": 7, "at": "?", "tags": ["X"], "y": "B", "use": 0},
        {"at": "?", "tags": "X Y Z", "y": ["B"], "use": 0},
        {"words": ["", 3], "at": None, "tags": None, "y": None, "use": 1},
        {"use": 1},
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert table(path, "word", "y", "words", "at", where={"use": "1"}) == [(["a", "b"], [((1,), "A")])]
    assert table(path, "word", "tags", "words", where={"use": "1"}) == [(["a", "b"], [((0,), "X"), ((1,), "Y")])]


def test_a_blank_token_is_kept_in_its_place(tmp_path):
    rows = [
        {"tokens": ["a", " ", "b"], "tags": ["DT", "SPACE", "NN"]},
        {"tokens": ["c", "", "\u00a0", None], "tags": ["DT", "X", None, "Y"]},
        {"tokens": ["", " "], "tags": ["X", "Y"]},
        {"tokens": [], "tags": []},
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    examples = read_examples("table", path, kind="word", label="tags", columns={"words": "tokens"})
    found = [(e.words, [t[0] for t in e.targets], e.labels) for e in examples]
    assert found == [
        (["a", "", "b"], [0, 1, 2], ["DT", "SPACE", "NN"]),
        (["c", "", "", ""], [0, 1, 3], ["DT", "X", "Y"]),
    ]
    assert examples.left_out == {"sentences without a word": 2, "words without a label": 1}


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009", "\u3000"])
def test_only_ascii_white_space_separates_words(tmp_path, space):
    """As in corpora that are cut into words, so that a target's position is the one that its annotators counted."""
    path = write(tmp_path, "a.tsv", f"text\tat\tlabel\n10{space}000 euros\t1\tNOUN\n a \t0\tDET\n")
    assert table(path, "word", target="at") == [
        ([f"10{space}000", "euros"], [((1,), "NOUN")]),
        (["a"], [((0,), "DET")]),
    ]
    path = write(tmp_path, "b.tsv", f"text\tlabel\na {space} b\tX Y Z\n")
    assert table(path, "word")[0][0] == ["a", "", "b"]  # a token of its own, which is blank
    assert table(path, "sentence")[0][0] == ["a", "b"]  # nobody counts these


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_span_has_a_first_and_a_last_word(tmp_path, suffix):
    spans = {"0": (0, 0), "0 1": (0, 1), "1 2 3": (1, 3), "0 3": (0, 3), "2 2": (2, 2), "[1 2]": (1, 2)}
    path = tmp_path / f"a{suffix}"
    write_plain(path, ["text", "at", "label"], [("a b c d", at, "X") for at in spans])
    assert [found[0][0] for _, found in table(path, "span", target="at")] == list(spans.values())


@pytest.mark.parametrize("at", ["", "2 1", "0 2 3", "1 2 2", "x", "0 9"])
def test_words_that_are_not_in_a_row_are_not_a_span(tmp_path, at):
    path = write(tmp_path, "a.tsv", f"text\tat\tlabel\na b c d\t{at}\tX\n")
    with pytest.raises(InputError, match=f"{path}:2: .*(a span takes its first and its last position|outside)"):
        table(path, "span", target="at")


def test_tags_of_a_table_spell_spans(tmp_path):
    rows = [
        {"tokens": ["A", "B", "said", "C"], "tags": ["B-PER", "I-PER", "O", "B-LOC"], "pos": ["N", "N", "V", "N"]},
        {"tokens": ["no", "names"], "tags": ["O", None], "pos": ["D", "N"]},
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    (found,) = table(path, "span", "tags", "tokens")
    assert found[1] == [((0, 1), "PER"), ((3, 3), "LOC")]
    assert table(path, "span", "tags", "tokens", where={"tags": "?-PER"})[0][1] == [((0, 1), "PER")]
    path = write(tmp_path, "b.jsonl", '{"tokens": ["A", "B"], "tags": ["O", "E-PER"]}')
    with pytest.raises(
        InputError, match=rf"{path}:1, word 1 \(counted from 0\): the tag 'E-PER' after 'O' is wrong in"
    ):
        table(path, "span", "tags", "tokens")
