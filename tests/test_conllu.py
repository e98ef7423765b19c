"""CoNLL-U and its kin: what is read, and what is wrong with a file, said with its line."""

import pytest
from corpora_fixtures import TREE, read, write

from closerlook.corpora.example import Example
from closerlook.corpora.reading import read_examples
from closerlook.errors import InputError

SNACS = {"smwe": "_", "ss": "p.*"}


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
        ("form", {"upos": "N*"}, [("pain", 2), ("20 000", 0)]),
        ("form", {"upos": "?D?"}, [("de", 0)]),
        ("form", {"upos": "N*M"}, [("20 000", 0)]),
        ("form", {"feats.Gender": "_"}, [("de", 0), ("20 000", 0)]),  # the form _ is no label
        ("form", {"feats.Gender": "?*"}, [("le", 1), ("pain", 2)]),
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
        (f"{token(1)}\n{token(2, form='a  b', columns=9)}\n", 2, "9 columns instead of 10"),
        (f"{token(1)}\nplain text\n", 2, "1 columns instead of 10"),
        (f"{token(1)}\n\n{token('x')}\n", 3, "the ID 'x' is not a number"),
        (f"{token('_')}\n", 1, "the ID '_' is not a number"),
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
        (f"{token(1)}\n".encode("utf-16-le"), 1, "has NUL bytes"),
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


@pytest.mark.parametrize(
    "form, word",
    [("New  York", "New York"), ("a   b  c", "a b c"), ("một số", "một số"), ("10\u00a0000", "10\u00a0000")],
)
def test_a_word_with_spaces_in_it_is_one_word(tmp_path, form, word):
    path = write(tmp_path, "a.conllu", f"{token(1)}\n{token(2, form=form)}\n")
    assert [e.words for e in read(path)] == [["w", word]]


def test_two_spaces_may_stand_for_tabs(tmp_path):
    path = write(tmp_path, "a.conllu", f"{token(1)}\n{token(2)}\n".replace("\t", "   "))
    assert [(e.words, e.labels) for e in read(path)] == [(["w", "w"], ["X", "X"])]


def test_a_word_that_is_blank_is_kept_in_its_place(tmp_path):
    path = write(tmp_path, "a.conllu", f"{token(1)}\n{token(2, form=chr(160))}\n\n{token(1, form=chr(0x3000))}\n")
    examples = read_examples("conllu", path, kind="word", label="upos")
    assert [e.words for e in examples] == [["w", ""]]
    assert examples.left_out == {"sentences without a word": 1}


@pytest.mark.parametrize(
    "forms, refused", [(["_", "_"], True), (["_", "_", "a"], True), (["_", "a"], False), (["_", "a", "b"], False)]
)
def test_a_treebank_without_its_text_is_refused(tmp_path, forms, refused):
    """Also where only some of the sentences are asked for, and whatever is asked of them."""
    sentence = "".join(f"{token(i, form=form)}\n" for i, form in enumerate(forms, 1))
    path = write(tmp_path, "a.conllu", f"# genre = news\n{sentence}\n" * 3)
    for more in ({}, {"rows": "0:1"}, {"kind": "sentence", "label": "meta.genre"}):
        if refused:
            with pytest.raises(InputError, match="words are `_`: the corpus is distributed without its text"):
                read(path, **more)
        else:
            assert read(path, **more)


def test_what_is_left_out_is_counted(tmp_path):
    path = write(tmp_path, "a.conllu", TREE)
    examples = read_examples("conllu", path, kind="word", label="feats.Gender", where={"upos": "N*"})
    assert [e.labels for e in examples] == [["Masc"]]
    assert examples.left_out == {"words excluded by `where`": 3, "words without a label": 1}
    assert len(list(examples)) == 1 and sum(examples.left_out.values()) == 4  # counted anew
    pairs = read_examples("conllu", path, kind="pair", label="deprel")
    assert [e.labels for e in pairs] == [["case", "det"], ["dep"]] and pairs.left_out == {"words without a head": 2}


def test_tags_spell_spans(tmp_path):
    tags = ["B-PER", "I-PER", "_", "B-LOC"]
    rows = [f"{i}\tw{i}\t_\tX\t_\t_\t0\tdep\t_\tNER={tag}" for i, tag in enumerate(tags, 1)]
    path = write(tmp_path, "a.conllu", "\n".join(rows).replace("NER=_", "_") + "\n")
    (found,) = read(path, kind="span", label="misc.NER")
    assert (found.targets, found.labels) == ([(0, 1), (3, 3)], ["PER", "LOC"])
    (found,) = read(path, kind="span", label="misc.NER", where={"form": "w4"})
    assert (found.targets, found.labels) == ([(3, 3)], ["LOC"])
    with pytest.raises(InputError, match=f"{path}:1: 'X' is not a tag that spells spans"):
        read(path, kind="span", label="upos")
