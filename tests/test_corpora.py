"""The paper's corpora, and what is asked of any file: its format, its rows, what a target is."""

import pytest
from corpora_fixtures import TREE, read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import save_task
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


# --- what to read


@given(n=st.integers(1, 6), ends=st.tuples(*[st.none() | st.integers(-8, 8)] * 2))
@settings(max_examples=60)
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
        (b"HUM:ind Who ?\nHUM:ind M\x81 ?\n", "sentence", "fine", ":2: byte 10 of the line, 0x81, is not UTF-8"),
        ("HUM:ind Who ?\n", "word", "fine", ": format trec labels no words: use kind `sentence`"),
        ("HUM:ind Who ?\n", "sentence", "label", ": TREC has no column 'label'"),
    ],
)
def test_bad_trec(tmp_path, text, kind, label, says):
    path = write(tmp_path, "a.label", text)
    with pytest.raises(InputError) as error:
        read(path, "trec", kind, label)
    assert str(error.value).startswith(f"{path}{says}")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-8", "utf-8-sig", "utf-16"])
def test_trec_in_the_encoding_of_the_publishers_or_of_an_editor(tmp_path, encoding):
    text = "HUM:ind Who’s Müller ?\nHUM:gr Who won ?\n"
    text = text.replace("’", "'") if encoding == "iso-8859-1" else text
    path = write(tmp_path, "a.label", text.encode(encoding))
    first, _ = read(path, "trec", "sentence", "fine")
    assert first.words == text.splitlines()[0].split()[1:] and first.labels == ["HUM:ind"]


def test_a_question_without_words_is_left_out(tmp_path):
    path = write(tmp_path, "a.label", "HUM:ind Who ?\nHUM:ind \nHUM:gr\nNUM:date When ?\n")
    examples = read_examples("trec", path, kind="sentence", label="coarse", where={"coarse": "HUM"})
    assert [e.labels for e in examples] == [["HUM"]]
    assert examples.left_out == {"sentences without a word": 2, "sentences excluded by `where`": 1}
