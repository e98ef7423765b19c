"""What a model reads: the corpus's own text or the words joined, and where the words stand in it."""

import encoders_fixtures
import numpy as np
import pytest
from corpora_fixtures import read, write, write_rows
from encoders_fixtures import pieces
from transformers import AutoTokenizer

from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import save_task
from closerlook.encoders.alignment import Aligner
from closerlook.encoders.layers import embed
from closerlook.encoders.loading import load_tokenizer
from closerlook.errors import InputError

encoder = encoders_fixtures.encoder
FRENCH = """\
# text = Qu'il  vient du port!
# kind = exclaimed
1\tQu'\t_\tSCONJ\t_\t_\t3\tmark\t_\tSpaceAfter=No
2\til\t_\tPRON\t_\t_\t3\tnsubj\t_\t_
3\tvient\t_\tVERB\t_\t_\t0\troot\t_\t_
4-5\tdu\t_\t_\t_\t_\t_\t_\t_\t_
4\tde\t_\tADP\t_\t_\t6\tcase\t_\t_
5\tle\t_\tDET\t_\t_\t6\tdet\t_\t_
5.1\tghost\t_\tX\t_\t_\t_\t_\t0:root\t_
6\tport\t_\tNOUN\t_\t_\t3\tobl\t_\tSpaceAfter=No
7\t!\t_\tPUNCT\t_\t_\t3\tpunct\t_\t_
"""


def test_words_are_found_in_a_sentences_own_text(tmp_path):
    (own,) = read(write(tmp_path, "a.conllu", FRENCH), text="own")
    assert own.text == "Qu'il  vient du port!" and own.words == ["Qu'", "il", "vient", "de", "le", "port", "!"]
    found = [own.text[begin:end] for begin, end in own.places]
    assert found == ["Qu'", "il", "vient", "du", "du", "port", "!"]  # those of `du` share its place
    (joined,) = read(write(tmp_path, "a.conllu", FRENCH))
    assert joined.text is None and joined.places is None


def test_without_a_comment_the_text_is_put_together(tmp_path):
    path = write(tmp_path, "a.conllu", FRENCH.replace("# text = Qu'il  vient du port!\n", ""))
    (own,) = read(path, text="own")
    assert own.text == "Qu'il vient du port!" and [own.text[b:e] for b, e in own.places][-2:] == ["port", "!"]


def test_words_that_do_not_spell_the_text_are_an_error_where_they_have_targets(tmp_path):
    path = write(tmp_path, "a.conllu", FRENCH.replace("vient du", "va du"))
    with pytest.raises(InputError, match=r"a.conllu:3: the words do not spell `# text`: .* `text: joined`"):
        read(path, text="own")
    (sentence,) = read(path, kind="sentence", label="meta.kind")
    assert sentence.text == "Qu'il  va du port!"


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_a_tables_text_stays_as_it_stands(tmp_path, suffix):
    path = write_rows(tmp_path / f"a{suffix}", [{"text": " two  words", "label": "x", "at": 1}])
    keys = {"columns": {"words": "text", "target": None}}
    (sentence,) = read_examples("table", path, kind="sentence", label="label", **keys)
    assert sentence.text == " two  words" and sentence.words == ["two", "words"] and sentence.places is None
    (word,) = read_examples(
        "table", path, kind="word", label="label", text="own", columns={"words": "text", "target": "at"}
    )
    assert [word.text[b:e] for b, e in word.places] == ["two", "words"] and word.targets == [(1,)]


def test_a_list_of_words_has_no_other_text(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", [{"words": ["a", "b"], "label": "x"}])
    (only,) = read_examples("table", path, kind="sentence", label="label", columns={"words": "words", "target": None})
    assert only.text is None


def test_the_line_of_a_question_is_its_text(tmp_path):
    (question,) = read(write(tmp_path, "a.label", "HUM:ind Who  was it ?\n"), "trec", "sentence", "fine")
    assert question.text == "Who  was it ?" and question.words == ["Who", "was", "it", "?"]
    (joined,) = read(tmp_path / "a.label", "trec", "sentence", "fine", text="joined")
    assert joined.text is None


def test_a_model_reads_the_own_text_and_words_where_they_stand(encoder):
    tokenizer = load_tokenizer(encoder)
    text, words = "Don't  stop,naïve", ["Do", "n't", "stop", ",", "naïve"]
    where = [(0, 2), (2, 5), (7, 11), (11, 12), (12, 17)]
    aligner = Aligner(tokenizer, 99, "word")
    (sentence,) = aligner.encode([words], [[[i] for i in range(5)]], [text], [where])
    encoded = tokenizer(text, return_offsets_mapping=True)
    assert sentence.rows[0].tolist() == encoded["input_ids"]
    ids = [int(sentence.rows[r][c]) for r, c in zip(sentence.row, sentence.column)]
    bags = [part.tolist() for part in np.split(np.array(ids), np.cumsum(sentence.sizes)[:-1])]
    for (begin, end), bag in zip(where, bags):
        touched = [i for i, (b, e) in zip(encoded["input_ids"], encoded["offset_mapping"]) if b < end and e > begin]
        assert bag[-len(touched) :] == touched  # before them a space of its own, in some tokenizers


def test_the_vectors_of_an_own_text_are_those_of_the_text(encoder, tmp_path):
    """A sentence of two spaces, from the file to the vector, against transformers alone."""
    path = write_rows(tmp_path / "a.csv", [{"text": f"the  cat{end}", "label": end} for end in ",."])
    splits = [read_examples("table", path, kind="sentence", label="label", columns={"words": "text"}) for _ in "ab"]
    save_task("sentence", *splits, tmp_path / "task")
    embed(encoder, tmp_path / "task", {"train": {0: tmp_path / "0.npy"}}, pooling={"sentence": "mean"}, progress=False)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    for vector, text in zip(np.load(tmp_path / "0.npy"), ("the  cat,", "the  cat.")):
        inner = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert inner == sum(pieces(tokenizer, [text]), [])
        aligner = Aligner(tokenizer, 99, "sentence", {"sentence": "mean"})
        (sentence,) = aligner.encode([text.split()], [[[]]], [text])
        assert sentence.rows[0][1:-1].tolist() == inner and np.isfinite(vector).all()
