"""Every format gives the same sentences; what is wrong with a file is said with its line; a task says what is in it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import Example, build_task, load_labels, save_task
from closerlook.errors import InputError

PUD = "ud-pud/en_pud-ud-test.conllu"
SNACS = {"smwe": "_", "ss": "p.*"}
REAL = {  # task: kind, format, label, where, train (file, rows), test (file, rows), sizes, label counts
    "pos": ("word", "conllu", "upos", None, (PUD, "0:800"), (PUD, "800:1000"), (800, 16854), (200, 4322), 17),
    "dep": ("pair", "conllu", "deprel", None, (PUD, "0:800"), (PUD, "-200:"), (800, 16054), (200, 4122), 46),
    "ps-role": ("word", "conllulex", "ss", SNACS, "train", "test", (1857, 4282), (249, 457), 46),
    "ps-fxn": ("word", "conllulex", "ss2", SNACS, "train", "test", (1857, 4282), (249, 457), 40),
    "trec-50": (
        *("sentence", "trec", "fine", None, ("trec/train_5500.label", None), ("trec/TREC_10.label", None)),
        *((5452, 5452), (500, 500), 50),
    ),
}

TREE = """\
# sent_id = first
# genre = news
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\tGender=Masc|Number=Sing\t3\tdet\t_\t_
2.1\tghost\tghost\tNOUN\t_\tGender=Fem\t_\t_\t0:root\t_
3\tpain\tpain\tNOUN\t_\tGender=Masc\t0\troot\t_\tGloss=a=b|SpaceAfter=No

# genre = review
1\t20 000\t_\tNUM\tCD\t_\t0\troot\t_\t_
2\t_\t_\tSYM\t_\t_\t1\tdep\t_\t_
"""


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path, format="conllu", kind="word", label="upos", **others):
    return list(read_examples(format, path, kind=kind, label=label, **others))


def conllu(*sentences):
    """CoNLL-U text of sentences of (form, upos, head, deprel)."""
    rows = (
        "".join(
            f"{i}\t{form}\t_\t{upos}\t_\t_\t{head}\t{rel}\t_\t_\n" for i, (form, upos, head, rel) in enumerate(s, 1)
        )
        for s in sentences
    )
    return "\n".join(rows)


# --- the paper's corpora


@pytest.mark.parametrize("task", REAL)
def test_the_sizes_of_the_paper(task, real_data, tmp_path):
    kind, format, label, where, train, test, *sizes, n_labels = REAL[task]
    splits = []
    for split in (train, test):
        file, rows = split if isinstance(split, tuple) else (f"streusle/streusle.ud_{split}.conllulex", None)
        splits.append(read_examples(format, real_data / file, kind=kind, label=label, where=where, rows=rows))
    summary = save_task(kind, *splits, tmp_path / task)
    found = [
        (summary["splits"][split]["n_sentences"], summary["splits"][split]["n_targets"]) for split in ("train", "test")
    ]
    assert found == sizes
    assert summary["n_labels"] == n_labels
    assert summary["labels_only_in_test"] == []
    if task == "trec-50":  # one question stands there twice, with two labels
        assert summary["conflicts"]["train"] == 1 and summary["conflicts"]["test"] == 0
        (conflict,) = summary["conflicts"]["first"]
        assert conflict["words"] == "What is the chromosome number of an elephant ?"
        assert {case["label"] for case in conflict["cases"]} == {"NUM:count", "NUM:other"}


def test_positions_against_a_plain_reading(real_data):
    """The dependency pairs of PUD, from the raw lines: a dependent's ID and HEAD, whatever stands between."""
    expected = []
    for block in (real_data / PUD).read_text(encoding="utf-8").strip().split("\n\n"):
        cells = [line.split("\t") for line in block.split("\n") if line.split("\t")[0].isdecimal()]
        expected.append(([c[1] for c in cells], [((int(c[6]) - 1, int(c[0]) - 1), c[7]) for c in cells if c[6] != "0"]))
    found = read(real_data / PUD, kind="pair", label="deprel")
    assert [(e.words, list(zip(e.targets, e.labels))) for e in found] == [one for one in expected if one[1]]


# --- CoNLL-U and its kin


def test_conllu_words_pairs_and_sentences(tmp_path):
    path = write(tmp_path, "a.conllu", TREE)
    first, second = read(path)
    assert first == Example("first", ["de", "le", "pain"], [(0,), (1,), (2,)], ["ADP", "DET", "NOUN"], f"{path}:4")
    assert (second.id, second.words, second.where) == ("a-2", ["20 000", "_"], f"{path}:10")
    pairs = [(e.targets, e.labels) for e in read(path, kind="pair", label="deprel")]
    assert pairs == [([(2, 0), (2, 1)], ["case", "det"]), ([(0, 1)], ["dep"])]
    (pair,) = read(path, kind="pair", label="feats.Number")  # the dependent's
    assert (pair.targets, pair.labels) == ([(2, 1)], ["Sing"])
    genres = [(e.targets, e.labels) for e in read(path, kind="sentence", label="meta.genre")]
    assert genres == [([()], ["news"]), ([()], ["review"])]
    assert [e.id for e in read(path, kind="sentence", label="meta.genre", where={"meta.genre": "r*"})] == ["a-2"]


@pytest.mark.parametrize(
    "label, where, found",
    [
        ("xpos", {}, [("CD", 0)]),
        ("feats.Gender", {}, [("Masc", 1), ("Masc", 2)]),  # not the empty node's
        ("feats.Gender", {"feats.Number": "_"}, [("Masc", 2)]),
        ("misc.Gloss", {}, [("a=b", 2)]),
        ("feats", {}, [("Gender=Masc|Number=Sing", 1), ("Gender=Masc", 2)]),
        ("upos", {"deprel": "d*", "meta.genre": "news"}, [("DET", 1)]),
        ("form", {"upos": "[NS]*"}, [("pain", 2), ("20 000", 0)]),  # the form _ is no label
    ],
)
def test_conllu_columns_and_conditions(tmp_path, label, where, found):
    path = write(tmp_path, "a.conllu", TREE)
    examples = read(path, label=label, where=where)
    assert [(value, t[0]) for e in examples for t, value in zip(e.targets, e.labels)] == found


@pytest.mark.parametrize(
    "change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.rstrip("\n")]
)
def test_conllu_survives_what_editors_do(tmp_path, change):
    (tmp_path / "changed").mkdir()
    plain, changed = write(tmp_path, "a.conllu", TREE), write(tmp_path / "changed", "a.conllu", change(TREE))
    assert [(e.id, e.words, e.labels) for e in read(changed)] == [(e.id, e.words, e.labels) for e in read(plain)]


def test_empty_cells_are_underscores(tmp_path):
    cells = ["1", "at", "", "ADP", "", "", "0", "root", "", "", "", "P", "at", "p.Locus", "", "", "", "", ""]
    other = ["2", "take", "", "VERB", "", "", "1", "dep", "", "", "1:1", "V", "take", "p.Fake", "", "", "", "", "I_"]
    path = write(tmp_path, "a.conllulex", "\t".join(cells) + "\n" + "\t".join(other) + "\n")
    (example,) = read(path, "conllulex", label="ss", where=SNACS)
    assert (example.targets, example.labels) == ([(0,)], ["p.Locus"])


def test_a_file_that_names_its_columns(tmp_path):
    text = "# global.columns = ID FORM UPOS X:MWE\n1\ta\tDET\t*\n2\tb\tNOUN\t1:NC\n\n1\tc\tX\t_\n"
    examples = read(write(tmp_path, "a.cupt", text), label="x:mwe")
    assert [e.labels for e in examples] == [["*", "1:NC"]]


def token(i, *, form="w", head="0", columns=10):
    return "\t".join([str(i), form, "_", "X", "_", "_", head, "dep", *["_"] * (columns - 8)])


@pytest.mark.parametrize(
    "text, line, says",
    [
        (f"{token(1)}\n{token(2, columns=9)}\n", 2, "9 columns instead of 10"),
        (f"{token(1)}\n{token(2, form='a  b')}\n", 2, "11 columns instead of 10"),
        (f"{token(1)}\nplain text\n", 2, "1 columns instead of 10"),
        (f"{token(1)}\n\n{token('x')}\n", 3, "the ID 'x' is no number"),
        (f"{token('_')}\n", 1, "the ID '_' is no number"),
        (f"{token(1)}\n{token(3)}\n", 2, "the ID is 3, expected 2"),
        (f"{token(0)}\n", 1, "the ID is 0, expected 1"),
        (f"{token(1)}\n{token(2, form=' ')}\n", 2, "the word is empty"),
        (f"{token(1)}\n{token(2, form='')}\n", 2, "the word is empty"),
        (f"{token(1)}\n\n# text = nothing\n\n{token(1)}\n", 4, "has no word"),
        (f"# text = nothing\n{token('1-2')}\n", 2, "has no word"),
        (f"{token(1, head='2')}\n{token(2, head='3')}\n", 2, "the HEAD '3' is not another word"),
        (f"{token(1)}\n{token(2, head='-1')}\n", 2, "the HEAD '-1' is not another word"),
        (f"{token(1)}\n{token(2, head='2')}\n", 2, "the HEAD '2' is not another word"),
        (f"{token(1)}\n{token(2, head='x')}\n", 2, "the HEAD 'x' is not another word"),
        (f"{token(1)}\n{token(2, form='café')}\n".encode("latin-1"), 2, "0xe9, is not UTF-8"),
        (f"{token(1)}\n".encode("utf-16"), 1, "0xff, is not UTF-8"),
        ("# global.columns = FORM UPOS\na\tX\n", 1, "lack ID or FORM"),
    ],
)
def test_bad_conllu(tmp_path, text, line, says):
    path = write(tmp_path, "a.conllu", text)
    with pytest.raises(InputError) as error:
        read(path, kind="pair", label="deprel")
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert says in str(error.value)


@pytest.mark.parametrize(
    "kind, label, where, says",
    [
        ("word", "pos", {}, "no column 'pos' for kind 'word': use one of form, lemma, upos"),
        ("word", "upos", {"ss": "p.*"}, "no column 'ss'"),
        ("word", "upos.Number", {}, "no column 'upos.Number'"),
        ("word", "feats.", {}, "no column 'feats.'"),
        ("word", "feats.Case", {}, "'feats.Case' occurs nowhere in the file: use one of feats.Gender, feats.Number"),
        ("sentence", "upos", {}, "no column 'upos' for kind 'sentence': use one of meta.sent_id, meta.genre"),
        ("sentence", "meta.topic", {}, "'meta.topic' occurs nowhere in the file: use one of meta.genre, meta.sent_id"),
        (
            "word",
            "upos",
            {"deprel": "nope*"},
            "none of 2 sentences has a word with a label in column 'upos', deprel = n",
        ),
        ("pair", "xpos", {}, "none of 2 sentences has a pair"),
    ],
)
def test_columns_that_are_not_there(tmp_path, kind, label, where, says):
    path = write(tmp_path, "a.conllu", TREE)
    with pytest.raises(InputError) as error:
        read(path, kind=kind, label=label, where=where)
    assert str(error.value).startswith(f"{path}: ") and says in str(error.value)


# --- what to read


@given(n=st.integers(1, 6), ends=st.tuples(*[st.none() | st.integers(-8, 8)] * 2))
@settings(max_examples=60, deadline=None)
def test_rows_are_a_python_slice(tmp_path_factory, n, ends):
    path = write(
        tmp_path_factory.getbasetemp(), "rows.conllu", conllu(*[[(f"w{i}", "X", 0, "root")] for i in range(n)])
    )
    rows = ":".join("" if end is None else str(end) for end in ends)
    expected = [f"w{i}" for i in range(n)][slice(*ends)]
    if expected:
        assert [e.words[0] for e in read(path, rows=rows)] == expected
    else:
        with pytest.raises(InputError, match="selects none of its sentences"):
            read(path, rows=rows)


def test_rows_count_sentences_without_a_target(tmp_path):
    path = write(tmp_path, "a.conllu", conllu(*[[("w", tag, 0, "root")] for tag in "_A_B_"]))
    assert [e.labels for e in read(path, rows="1:3")] == [["A"]]
    assert [e.labels for e in read(path, rows="1::2")] == [["A"], ["B"]]


@pytest.mark.parametrize("rows", ["800", "a:b", "1:2:0", "::-1", "1:2:3:4", "1.5:", ""])
def test_bad_rows(tmp_path, rows):
    path = write(tmp_path, "a.conllu", TREE)
    if rows == "":  # nothing said, nothing cut
        assert len(read(path, rows=rows)) == 2
        return
    with pytest.raises(InputError, match="is not a slice of sentences"):
        read_examples("conllu", path, kind="word", label="upos", rows=rows)


@pytest.mark.parametrize(
    "format, name, kind, columns, says",
    [
        ("xml", "a.conllu", "word", None, "no format 'xml': use one of conllu, conllulex, trec, table"),
        ("conllu", "a.conllu", "words", None, "no kind 'words': use one of word, pair, sentence"),
        ("conllu", "b.conllu", "word", None, "there is no such file"),
        ("conllu", "a.conllu", "word", {"words": "form"}, "`columns` is for tables"),
    ],
)
def test_arguments_are_checked_before_reading(tmp_path, format, name, kind, columns, says):
    write(tmp_path, "a.conllu", TREE)
    with pytest.raises(InputError, match=says):
        read_examples(format, tmp_path / name, kind=kind, label="upos", columns=columns)


def test_an_empty_file(tmp_path):
    with pytest.raises(InputError, match="the file has no sentence"):
        read(write(tmp_path, "a.conllu", ""))


# --- TREC


def test_trec(tmp_path):
    text = "HUM:ind Who  was it ?\nNUM:date When was Müller born ?\r\n\nHUM:gr Who won ?".encode("latin-1")
    path = write(tmp_path, "a.label", text)
    examples = read(path, "trec", "sentence", "fine")
    assert [e.labels for e in examples] == [["HUM:ind"], ["NUM:date"], ["HUM:gr"]]
    assert examples[1].words == ["When", "was", "Müller", "born", "?"]
    assert (examples[2].targets, examples[2].where) == ([()], f"{path}:4")
    humans = read(path, "trec", "sentence", "coarse", where={"fine": "HUM:*"})
    assert [e.labels for e in humans] == [["HUM"], ["HUM"]]


@pytest.mark.parametrize(
    "text, kind, label, says",
    [
        ("HUM:ind Who ?\nHUM Who ?\n", "sentence", "fine", ":2: 'HUM' is not COARSE:fine"),
        (":ind Who ?\n", "sentence", "fine", ":1: ':ind' is not COARSE:fine"),
        ("HUM:ind Who ?\nHUM:ind \n", "sentence", "fine", ":2: the sentence has no word"),
        ("HUM:ind Who ?\nHUM:ind Müller ?\n", "sentence", "fine", ":2: this is UTF-8"),
        ("HUM:ind Who ?\n", "word", "fine", ": TREC labels whole sentences"),
        ("HUM:ind Who ?\n", "sentence", "label", ": TREC has no column 'label'"),
    ],
)
def test_bad_trec(tmp_path, text, kind, label, says):
    path = write(tmp_path, "a.label", text)
    with pytest.raises(InputError) as error:
        read(path, "trec", kind, label)
    assert str(error.value).startswith(f"{path}{says}")


# --- tables

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
@settings(max_examples=80, deadline=None)
def test_any_words_survive_a_table(tmp_path_factory, rows, suffix):
    if suffix == ".tsv" and any('""' in " ".join(words) for words, *_ in rows):
        return  # taken for the quoting of CSV, and refused
    path = write_table(tmp_path_factory.getbasetemp() / f"any{suffix}", rows, target=False)
    found = read(path, "table", "sentence", "label", columns={"words": "text"})
    assert [(e.words, e.labels) for e in found] == [(words, [label]) for words, _, label, _ in rows]


def test_a_cell_over_several_lines_counts_as_lines(tmp_path):
    path = write(tmp_path, "a.csv", '\ufefftext,label\n"one\ntwo ""three""",x\n\n,y\n')
    with pytest.raises(InputError) as error:
        read(path, "table", "sentence", "label", columns={"words": "text"})
    assert str(error.value).startswith(f"{path}:5: the sentence has no word")
    path.write_bytes(path.read_bytes().replace(b"\n,y", b"\nfour,y"))
    examples = read(path, "table", "sentence", "label", columns={"words": "text"})
    assert [(e.words, e.where) for e in examples] == [
        (["one", "two", '"three"'], f"{path}:2"),
        (["four"], f"{path}:5"),
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
    [(2, "A", ((2,), "A")), ([2], 5, ((2,), "5")), ("2", True, ((2,), "True")), (2.0, 5.0, ((2,), "5"))],
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
        ("a.txt", "x", "word", WORD, None, "'.txt' is no table: use .tsv, .csv, .jsonl, .json"),
        ("a.tsv", "words\ty\na\tx\n", "word", None, None, "which column holds the words"),
        ("a.tsv", "words\ty\na\tx\n", "pair", TAGS, None, "a pair needs a target column"),
        ("a.tsv", "words\ty\na\tx\n", "sentence", WORD, None, "a sentence takes none"),
        ("a.tsv", "words\tlabel\na\tx\n", "sentence", TAGS, 1, "there is no column 'y': use one of words, label"),
        ("a.tsv", "words\ty\ty\na\tx\tz\n", "sentence", TAGS, 1, "there is more than one column 'y'"),
        ("a.tsv", "words\ty\na\tx\nb\n", "sentence", TAGS, 3, "1 cells, and the header has 2"),
        ("a.tsv", 'words\ty\na\tx\n"He said ""b"""\tx\n', "sentence", TAGS, 3, "quoted as in CSV"),
        ("a.csv", 'words,y\na,x\n"b,x\nc,x\n', "sentence", TAGS, 3, "the row that starts here cannot be read"),
        ("a.csv", "words,y\na,x\n\"['a', 'b']\",x\n", "sentence", TAGS, 3, "a printed list"),
        ("a.csv", "words,y\na,x\n ,x\n", "sentence", TAGS, 3, "the sentence has no word"),
        ("a.csv", "words,y\na,x\ncafé,x\n".encode("latin-1"), "sentence", TAGS, 3, "is not UTF-8"),
        ("a.csv", "words,at,y\na b,2,x\n", "word", WORD, 2, "target 2 is outside the sentence"),
        ("a.csv", "words,at,y\na b,-1,x\n", "word", WORD, 2, "target -1 is outside the sentence"),
        ("a.csv", "words,at,y\na b,,x\n", "word", WORD, 2, "'' in column 'at' is no target: a word takes 1 position,"),
        ("a.csv", "words,at,y\na b,0,x\n", "pair", WORD, 2, "is no target: a pair takes 2 positions"),
        ("a.csv", "words,at,y\na b,one,x\n", "word", WORD, 2, "'one' in column 'at' is no target"),
        ("a.csv", "words,y\na b,X Y Z\n", "word", TAGS, 2, "3 labels in column 'y' for 2 words"),
        ("a.jsonl", '{"words": "a", "at": 0.5, "y": 1}', "word", WORD, 1, "0.5 in column 'at' is no target"),
        ("a.jsonl", '{"words": "a b", "at": true, "y": 1}', "word", WORD, 1, "True in column 'at' is no target"),
        ("a.jsonl", '{"words": "a", "at": 1e999, "y": 1}', "word", WORD, 1, "inf in column 'at' is no target"),
        ("a.jsonl", "[" * 100000, "word", WORD, 1, "not JSON Lines"),
        ("a.jsonl", '{"words": "a", "at": 0, "y": 0.5}', "word", WORD, 1, "column 'y' holds 0.5"),
        ("a.jsonl", '{"words": "a", "at": 0, "y": ["x"]}', "word", WORD, 1, "column 'y' holds ['x']"),
        ("a.jsonl", '{"words": "a", "y": 1}', "word", TAGS, 1, "column 'y' holds one value"),
        ("a.jsonl", '{"words": ["a", ""], "y": 1}', "sentence", TAGS, 1, "word 1 (counted from 0) is ''"),
        ("a.jsonl", '{"words": ["a", 3], "y": 1}', "sentence", TAGS, 1, "word 1 (counted from 0) is 3"),
        ("a.jsonl", '{"words": null, "y": 1}', "sentence", TAGS, 1, "the sentence has no word"),
        ("a.jsonl", '{"words": "a", "y": 1}\n{"y": 1}', "sentence", TAGS, 2, "there is no column 'words'"),
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


# --- the task


def example(words, *targets, where="corpus.tsv:1"):
    """An example of "words" with (target, label) pairs."""
    return Example("id", words.split(), [t for t, _ in targets], [label for _, label in targets], where)


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
    assert summary["splits"] == {
        "train": {"n_sentences": 4, "n_targets": 6, "labels": {"X": 4, "Y": 1, "Z": 1}},
        "test": {"n_sentences": 3, "n_targets": 4, "labels": {"W": 1, "X": 1, "Y": 2}},
    }
    assert (summary["kind"], summary["n_labels"]) == ("word", 4)
    assert (summary["labels_only_in_train"], summary["labels_only_in_test"]) == (["Z"], ["W"])
    cases = [{"label": "Y", "where": "f:1"}, {"label": "X", "where": "f:2"}]
    first = [{"words": "a b", "target": [1], "cases": cases}]
    assert summary["conflicts"] == {"train": 1, "test": 0, "across": 1, "first": first}
    assert summary["duplicates"] == {"train": 2, "test": 1}
    assert summary["train_test_overlap"] == 3


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


@pytest.mark.parametrize("kind, target, words", [("pair", (1, 0), ["a", "b"]), ("sentence", (), None)])
def test_the_other_kinds(tmp_path, kind, target, words):
    examples = [example("a b", (target, "X")), example("B c", (target, "Y"))]
    save_task(kind, examples, examples, tmp_path)
    assert json.loads((tmp_path / "words.json").read_text())["train"] == words
    assert build_task(kind, examples, examples)["test"]["targets"] == [[list(target)]] * 2
    assert load_labels(tmp_path, "train")[1].tolist() == [0, 1]


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
        (["a"], [(1,)], ["X"], "target 1 is outside"),
        (["a"], [(0, -1)], ["X"], "target -1 is outside"),
        (["a"], [(0,)], [], "0 labels for 1 targets"),
    ],
)
def test_an_example_is_always_sound(words, targets, labels, says):
    with pytest.raises(InputError, match=f"f:3: {says}"):
        Example("id", words, targets, labels, "f:3")


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
