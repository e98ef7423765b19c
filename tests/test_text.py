"""Text files as editors, spreadsheets and other programs leave them: encodings, line ends, quotes, long cells."""

import csv
import json

import pandas as pd
import pytest
from corpora_fixtures import TREE, read, table, write
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.errors import InputError

TABLE = "text\tlabel\ncafé 😀\tx\n“b”\ty\n"
ROWS = [(["café", "😀"], [((), "x")]), (["“b”"], [((), "y")])]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", [*ENCODINGS, "utf-16-be with mark"])
@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_any_unicode_with_its_mark_is_read(tmp_path, encoding, suffix):
    text = TABLE.replace("\t", "," if suffix == ".csv" else "\t")
    if suffix == ".jsonl":
        text = "\n".join(json.dumps({"text": " ".join(w), "label": y[0][1]}, ensure_ascii=False) for w, y in ROWS)
    text, encoding = ("\ufeff" + text, "utf-16-be") if "mark" in encoding else (text, encoding)
    assert table(write(tmp_path, f"a{suffix}", text.encode(encoding))) == ROWS


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_so_are_treebanks_and_columns(tmp_path, encoding):
    assert [e.words for e in read(write(tmp_path, "a.conllu", TREE.encode(encoding)))][0] == ["de", "le", "pain"]
    path = write(tmp_path, "a.conll", "café N\nb V\n\nc N\n".encode(encoding))
    assert [(e.words, e.labels) for e in read(path, "conll", label="2")] == [
        (["café", "b"], ["N", "V"]),
        (["c"], ["N"]),
    ]


@pytest.mark.parametrize(
    "data, says",
    [
        (TABLE.encode("utf-16-le"), ":1: has NUL bytes: if it is UTF-16, `iconv -f utf-16le -t utf-8` it"),
        (TABLE.encode("utf-16")[:-1], ": begins as UTF-16 and is something else from some point after line 2 on"),
        (
            TABLE.replace("😀", "").encode("windows-1252"),
            ":2: byte 4 of the line, 0xe9, is not UTF-8: convert the file",
        ),
        (
            TABLE.replace("\n", "\r").encode(),
            ": its lines end in carriage returns alone: convert it by `tr '\\r' '\\n'",
        ),
    ],
)
def test_an_encoding_that_cannot_be_told_is_an_error_that_helps(tmp_path, data, says):
    path = write(tmp_path, "a.tsv", data)
    with pytest.raises(InputError) as error:
        table(path)
    assert str(error.value).startswith(f"{path}{says}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("between", ["\t", ","])
def test_a_carriage_return_inside_a_cell_is_white_space(tmp_path, end, between):
    rows = [["text", "label"], ["first line\rsecond line", "pos"], ["plain", "neg"]]
    path = write(tmp_path, "a.csv" if between == "," else "a.tsv", "".join(between.join(row) + end for row in rows))
    assert table(path) == [(["first", "line", "second", "line"], [((), "pos")]), (["plain"], [((), "neg")])]


def test_a_cell_may_be_longer_than_others_allow(tmp_path):
    limit = csv.field_size_limit()
    path = write(tmp_path, "a.csv", f'text,label\n{"a " * 75000},x\n"{"b " * 75000}",y\n')
    reading = iter(table(path))
    assert [len(words) for words, _ in reading] == [75000, 75000]
    assert csv.field_size_limit() == limit  # everybody else's stays as it is


# --- quotes in a TSV


def quoted(cell):
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


@given(
    st.lists(
        st.tuples(*[st.text('ab "\t', min_size=1).filter(str.strip)] * 2).filter(lambda row: row[1].strip() != "_"),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=150)
def test_what_pandas_writes_is_read_as_it_was(tmp_path_factory, rows, quoting):
    path = tmp_path_factory.getbasetemp() / "q.tsv"
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, sep="\t", index=False, quoting=quoting)
    assert table(path) == [(text.split(), [((), label.strip())]) for text, label in rows]


@pytest.mark.parametrize(
    "rows, expected",
    [
        (['"one two"\t"pos"', "three\tneg"], ["one two", "three"]),  # every quoted cell is quoted as in CSV
        (['"she said ""no"" twice"\tpos', "plain\tneg"], ['she said "no" twice', "plain"]),
        (['"one\ntwo"\tpos', "three\tneg"], ["one two", "three"]),
        (['"one\ttwo"\tpos', "three\tneg"], ["one two", "three"]),
        (['"one" two\tpos', 'a 5" disk\tneg'], ['"one" two', 'a 5" disk']),  # quotes are characters
        (['"one\tpos', 'two"\tneg'], ['"one', 'two"']),
        (['"\tpos', "two\tneg"], ['"', "two"]),
    ],
)
def test_quotes_enclose_cells_or_are_characters(tmp_path, rows, expected):
    path = write(tmp_path, "a.tsv", "text\tlabel\n" + "".join(f"{row}\n" for row in rows))
    assert [" ".join(words) for words, _ in table(path)] == expected
    assert [labels[0][1] for _, labels in table(path)] == ["pos", "neg"]


@pytest.mark.parametrize("other", ['"one" two', 'a 5" disk', 'two"', '"'])
@pytest.mark.parametrize("first", ['"Stop !"', '"a ""b"""'])
def test_where_quotes_do_both_the_advice_works(tmp_path, first, other):
    path = write(tmp_path, "a.tsv", f"text\tlabel\n{first}\tpos\nn/a\tneg\n{other}\tpos\n")
    with pytest.raises(
        InputError, match=rf"{path}: quotes enclose a cell in line 2 and are part of one in line 4"
    ) as error:
        table(path)
    command = str(error.value).split("`")[1].replace("'a.", f"'{tmp_path}/a.")
    eval(command, {"pandas": pd})
    assert [" ".join(words) for words, _ in table(tmp_path / "a.jsonl")] == [first, "n/a", other]


def test_so_does_the_advice_for_what_r_writes(tmp_path):
    path = write(tmp_path, "a.tsv", '"text"\t"label"\n"she said \\"no\\" twice"\t"pos"\n"plain"\t"neg"\n')
    with pytest.raises(InputError) as error:
        table(path)
    _, command, _, other, _ = str(error.value).split("`")
    command = command.replace("quoting=3", other).replace("'a.", f"'{tmp_path}/a.")
    eval(command, {"pandas": pd})
    assert [" ".join(words) for words, _ in table(tmp_path / "a.jsonl")] == ['she said "no" twice', "plain"]
