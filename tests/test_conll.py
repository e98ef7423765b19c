"""The columns of CoNLL-2003, and the spans that tags spell."""

import pytest
from corpora_fixtures import read, write
from hypothesis import given
from hypothesis import strategies as st

from closerlook.corpora.reading import read_examples
from closerlook.corpora.spans import Tagging
from closerlook.errors import InputError

FILE = """\
-DOCSTART- -X- -X- O

U.N. NNP I-NP I-ORG
official NN I-NP O
Ekeus NNP I-NP I-PER
heads VBZ I-VP O

# # B-NP O
5 CD I-NP O

"""


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t,
        lambda t: t.replace(" ", "\t"),
        lambda t: t.replace(" ", "   "),
        lambda t: t.replace("\n", " \n") if "\t" not in t else t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.strip(),
        lambda t: "# sent_id = 1\n# text = U.N. official Ekeus heads\n" + t,
        lambda t: t.replace("U.N.", "# id 1234 5678\tdomain=train\nU.N."),  # as many parts as columns, but a tab
        lambda t: t.replace("U.N.", "#\n# a = b\nU.N."),
        lambda t: t.replace("U.N.", "# id a1 domain=en\nU.N."),  # as many parts as columns
        lambda t: t.replace("\n\n", "\n\n\n"),
    ],
)
def test_the_columns_of_conll(tmp_path, change):
    path = write(tmp_path, "a.conll", change(FILE))
    found = read(path, "conll", label="4")
    assert [(e.words, e.labels) for e in found] == [
        (["U.N.", "official", "Ekeus", "heads"], ["I-ORG", "O", "I-PER", "O"]),
        (["#", "5"], ["O", "O"]),
    ]
    spans = read(path, "conll", kind="span", label="4")
    assert [(e.targets, e.labels) for e in spans] == [([(0, 0), (2, 2)], ["ORG", "PER"])]


def test_columns_have_names(tmp_path):
    path = write(tmp_path, "a.conll", FILE)
    fields = ["word", "pos", "chunk", "ner"]
    named = read_examples("conll", path, kind="word", label="ner", fields=fields, where={"pos": "N*", "word": "*.*"})
    assert [(e.words[0], e.targets, e.labels, e.where) for e in named] == [("U.N.", [(0,)], ["I-ORG"], f"{path}:3")]
    assert named.left_out == {"words excluded by `where`": 5}
    numbered = write(tmp_path, "b.iob2", "# text = a b\n1\ta\tB-X\n2\tb\tO\n")
    assert [e.words for e in read(numbered, "conll", label="tag", fields=["id", "word", "tag"])] == [["a", "b"]]
    spans = read_examples("conll", path, kind="span", label="ner", fields=fields, where={"ner": "*PER"})
    assert [e.labels for e in spans] == [["PER"]] and spans.left_out == {"spans excluded by `where`": 1}


def test_integers_have_names_and_blanks_have_places(tmp_path):
    path = write(tmp_path, "a.conll", "a\t1\n\t2\nb\t0\nc\t-100\n")
    examples = read_examples("conll", path, kind="word", label="2", names=["O", "B-X", "I-X"])
    assert [(e.words, e.labels) for e in examples] == [(["a", "", "b", "c"], ["B-X", "I-X", "O"])]
    assert examples.left_out == {"words without a label": 1}
    spans = read(path, "conll", kind="span", label="2", names=["O", "B-X", "I-X"])
    assert [(e.targets, e.labels) for e in spans] == [([(0, 1)], ["X"])]


@pytest.mark.parametrize(
    "text, kind, more, says",
    [
        ("a N\nb\n", "word", {}, ":2: 1 columns, but the file's first token has 2"),
        ("a N\nb N x\n", "word", {}, ":2: 3 columns, but the file's first token has 2"),
        ("a N\n", "word", {"fields": ["word"]}, ":1: 2 columns, but `fields` names 1"),
        ("a N\n", "word", {"fields": ["word", "pos"]}, ":1: there is no column '2': use one of word, pos"),
        ("a N\n", "word", {"where": {"3": "x"}}, ":1: there is no column '3': use one of 1, 2"),
        ("a N\n", "pair", {}, ": format conll labels no pairs: use kind `word` or `span`"),
        ("a N\n", "sentence", {}, ": format conll labels no sentences: use kind `word` or `span`"),
        ("a N\n", "span", {}, ":1: 'N' is not a tag that spells spans, as B-PER, I-PER and O do"),
        ("-DOCSTART- O\n\n\n", "word", {}, ": the file has no sentence"),
        ("_ N\n_ V\n", "word", {}, ": 2 of 2 words are `_`"),
    ],
)
def test_bad_columns(tmp_path, text, kind, more, says):
    path = write(tmp_path, "a.conll", text)
    with pytest.raises(InputError) as error:
        read(path, "conll", kind=kind, label="2", **more)
    assert str(error.value).startswith(f"{path}{says}")


def test_fields_are_for_conll(tmp_path):
    with pytest.raises(InputError, match="`fields` is for format `conll`, not trec"):
        read_examples("trec", write(tmp_path, "a", ""), kind="sentence", label="fine", fields=["a"])


# --- spans

SPANS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["PER", "B-LOC", ""])), max_size=8)


def spelled(parts, scheme):
    """Tags of stretches of (length, label), "" being outside, and the spans; the scheme's definition, word by word."""
    tags, spans, before = [], [], ""
    for length, label in parts:
        at = len(tags)
        if not label:
            tags += ["O"] * length
        else:
            inside = [f"I-{label}"] * length
            if scheme == "IOB2" or scheme == "IOB1" and before == label:
                inside[0] = f"B-{label}"
            if scheme in ("BIOES", "BILOU"):
                last, single = ("E", "S") if scheme == "BIOES" else ("L", "U")
                inside[0], inside[-1] = f"B-{label}", f"{last}-{label}"
                inside = inside if length > 1 else [f"{single}-{label}"]
            tags += inside
            spans.append((at, at + length - 1, label))
        before = label
    return tags, spans


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
@given(sentences=st.lists(SPANS, max_size=4))
def test_spans_of_every_scheme(scheme, sentences):
    tagging = Tagging()
    for parts in sentences:
        tags, spans = spelled(parts, scheme)
        assert tagging.spans(tags, [f"f:{i}" for i in range(len(tags))]) == spans


@pytest.mark.parametrize(
    "sentences, place, says",
    [
        (["B-PER I-LOC"], "f:1", "'I-LOC' after 'B-PER' is wrong in IOB2 and BIOES, .* IOB1 \\(f:0\\)"),
        (["O E-PER"], "f:1", "'E-PER' after 'O' is wrong in IOB1, IOB2 and BIOES"),
        (["B-PER E-PER B-PER"], "f:2", "the sentence's end after 'B-PER' is wrong in BIOES"),
        (["S-PER", "B-PER O"], "f:2", "'O' after 'B-PER' is wrong in BIOES"),
        (
            ["B-PER I-PER", "O I-PER"],
            "f:3",
            "'I-PER' after 'O' is wrong in IOB2, .* IOB1 \\(f:0\\) nor BIOES \\(f:1\\)",
        ),
        (["I-PER"], None, ""),
    ],
)
def test_tags_of_no_scheme_are_refused_with_their_line(sentences, place, says):
    tagging, at = Tagging(), 0
    for i, tags in enumerate(map(str.split, sentences)):
        places = [f"f:{at + n}" for n in range(len(tags))]
        at += len(tags)
        if place and i == len(sentences) - 1:
            with pytest.raises(InputError, match=f"^{place}: .*{says}"):
                tagging.spans(tags, places)
        else:
            tagging.spans(tags, places)
