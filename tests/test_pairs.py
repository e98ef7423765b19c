"""Pairs of sentences and of spans, from texts to vectors: compared with transformers alone."""

import json
import logging

import encoders_fixtures
import numpy as np
import pytest
import torch
from corpora_fixtures import write
from encoders_fixtures import MAX, pieces, unigram
from safetensors.torch import load_file
from test_alignment import bags_of, byte_level
from tokenizers import processors
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, GPT2Config, GPT2Model

import closerlook
from closerlook.config import load
from closerlook.corpora.fetch import fetch_corpus
from closerlook.corpora.reading import read_examples, read_split
from closerlook.corpora.task import save_task
from closerlook.encoders.alignment import Aligner
from closerlook.encoders.batching import pool
from closerlook.encoders.finetuning import finetune
from closerlook.encoders.layers import embed
from closerlook.encoders.loading import load_tokenizer
from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError
from closerlook.files import read_json
from closerlook.recipes import Recipe

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder
QUIET = {"progress": False, "device": "cpu"}
PAIRS = [
    ("The cat sat.", "A cat did  sit!"),
    ("Don't you think", "naïve cafés"),
    ("a b", "c"),
    ("a", "b c"),
    ("the cat " * 13, "a mat"),
    ("a mat", "the cat " * 13),
    ("the cat " * 13, "barked at " * 13),
    ("a", "\u200b"),
]


def templated(single, pair, *special, **names):
    tokenizer = unigram(None, **names)
    ids = [(token, tokenizer.convert_tokens_to_ids(token)) for token in special]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single, pair, ids)
    return tokenizer


TOKENIZERS = {
    "albert": templated("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", "[CLS]", "[SEP]", cls_token="[CLS]"),
    "t5": templated("$A [SEP]", "$A [SEP] $B [SEP]", "[SEP]", model_input_names=["input_ids", "attention_mask"]),
    "xlnet": templated("$A [SEP] [CLS]:2", "$A [SEP] $B:1 [SEP]:1 [CLS]:2", "[CLS]", "[SEP]", cls_token="[CLS]"),
    "gpt2": byte_level(),
    "nothing between": unigram(None, model_input_names=["input_ids", "attention_mask"]),
}


def same_as_transformers(tokenizer, room, pairs):
    """The ids, token types and masks of a batch are those of the tokenizer's plain call."""
    aligner = Aligner(tokenizer, room, "sentence_pair")
    firsts, seconds = map(list, zip(*pairs))
    sentences = aligner.encode([[]] * len(pairs), [[[]]] * len(pairs), firsts, None, seconds)
    batch = aligner.batch(sentences)
    for i, pair in enumerate(pairs):
        expected = tokenizer(*pair, truncation=True, max_length=room)
        n = len(expected["input_ids"])
        assert batch.input_ids[i, :n].tolist() == expected["input_ids"] == sentences[i].rows[0].tolist()
        assert batch.attention_mask[i].tolist() == [1] * n + [0] * (batch.input_ids.shape[1] - n)
        if "token_type_ids" in expected:
            assert batch.token_type_ids[i, :n].tolist() == expected["token_type_ids"]
        else:
            assert batch.token_type_ids is None
    return aligner


@pytest.mark.parametrize("room", [MAX, 200])
@pytest.mark.parametrize("name", TOKENIZERS)
def test_two_sentences_are_read_as_the_tokenizer_joins_them(name, room):
    pairs = [pair for pair in PAIRS if "\u200b" not in pair]
    same_as_transformers(TOKENIZERS[name], room, pairs)


def test_encoders_read_two_sentences_as_the_tokenizer_joins_them(encoder):
    tokenizer = load_tokenizer(encoder)
    aligner = same_as_transformers(tokenizer, MAX, PAIRS[:-1])
    too_long = [pair for pair in PAIRS[:-1] if len(tokenizer(*pair)["input_ids"]) > MAX]
    assert aligner.n_cut == len(too_long) >= 3
    assert aligner.backend.truncation is None  # the tokenizer is as it was


def test_how_many_were_cut_is_said_once(bert, caplog):
    aligner = Aligner(load_tokenizer(bert), MAX, "sentence_pair")
    for some in (PAIRS[:2], PAIRS[4:7]):
        aligner.encode([[]] * len(some), [[[]]] * len(some), *zip(*[(a, None, b) for a, b in some]))
    with caplog.at_level(logging.WARNING):
        aligner.log_cut(5)
        aligner.log_cut(5)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"3 of 5 sentence pairs have more than the {MAX} tokens")


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("pooling", ["mean", "last", "cls"])
def test_pairs_are_pooled_over_both_texts(name, pooling):
    tokenizer = TOKENIZERS[name]
    if pooling == "cls" and tokenizer.cls_token is None:
        with pytest.raises(InputError, match="adds no .CLS"):
            Aligner(tokenizer, 99, "sentence_pair", {"sentence": "cls"})
        return
    (sentence,) = Aligner(tokenizer, 99, "sentence_pair", {"sentence": pooling}).encode(
        [[]], [[[]]], ["a cat"], None, ["the mat"]
    )
    ids = tokenizer("a cat", "the mat")["input_ids"]
    alone = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("a cat", "the mat")]
    expected = {"mean": alone[0] + alone[1], "last": ids[-1:], "cls": [tokenizer.cls_token_id]}[pooling]
    assert bags_of(None, sentence) == [expected]


def test_a_text_that_the_tokenizer_makes_nothing_of_is_unknown(bert):
    tokenizer = load_tokenizer(bert)
    aligner = Aligner(tokenizer, MAX, "sentence_pair", {"sentence": "mean"})
    one, two = aligner.encode([[]] * 2, [[[]]] * 2, ["a", "\u200b"], None, ["\u200b", "\x07"])
    cls, sep, unknown = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id
    assert one.rows[0].tolist() == [cls, *tokenizer("a", add_special_tokens=False)["input_ids"], sep, unknown, sep]
    assert two.rows[0].tolist() == [cls, unknown, sep, unknown, sep]


def test_where_the_first_sentence_ends_is_part_of_what_is_the_same(bert):
    aligner = Aligner(load_tokenizer(bert), MAX, "sentence_pair")
    one, two, again = aligner.encode([[]] * 3, [[[]]] * 3, ["a b", "a", "a b"], None, ["c", "b c", "c"])
    assert one.digest() == again.digest() != two.digest()


def test_token_types_go_to_encoders_that_have_them():
    """A BERT without a second type, and a GPT-2 that reads its types from the words' embeddings."""
    tokenizer = TOKENIZERS["albert"]
    aligner = Aligner(tokenizer, MAX, "sentence_pair")
    batch = aligner.batch(aligner.encode([[]], [[[]]], ["a cat"], None, ["the mat"]))
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    for n in (1, 2):
        torch.manual_seed(0)
        model = BertModel(BertConfig(vocab_size=len(tokenizer), type_vocab_size=n, **shape)).eval()
        types = batch.token_type_ids if n > 1 else None
        expected = model(input_ids=batch.input_ids, token_type_ids=types, attention_mask=batch.attention_mask)
        torch.testing.assert_close(hidden_states(model, batch)[-1], expected.last_hidden_state)
    decoder = GPT2Model(GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2)).eval()
    expected = decoder(input_ids=batch.input_ids, token_type_ids=batch.token_type_ids)
    torch.testing.assert_close(hidden_states(decoder, batch)[-1], expected.last_hidden_state)


TABLE = """\
premise,hypothesis,label
The cat  sat.,A cat sat!,yes
The cat sat.,"The dogs barked, didn't they?",no
a mat,a mat,no
the cat,sat on the mat,-
"""


def splits(path, kind="sentence_pair", label="label", **columns):
    return [read_examples("table", path, kind=kind, label=label, columns=columns) for _ in ("train", "test")]


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_vectors_of_pairs_from_the_file_on_are_transformers(encoder, tmp_path, pooling):
    path = write(tmp_path, "a.csv", TABLE)
    save_task("sentence_pair", *splits(path, words="premise", second="hypothesis"), tmp_path / "task")
    out = {"train": {layer: tmp_path / f"{layer}.npy" for layer in range(4)}}
    summary = embed(encoder, tmp_path / "task", out, pooling={"sentence": pooling}, **QUIET)
    assert (summary["kind"], summary["n"]) == ("sentence_pair", {"train": 3})
    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder).eval()
    texts = [("The cat  sat.", "A cat sat!"), ("The cat sat.", "The dogs barked, didn't they?"), ("a mat", "a mat")]
    vectors = []
    for pair in texts:
        read = tokenizer(*pair, truncation=True, max_length=MAX, return_tensors="pt", return_special_tokens_mask=True)
        inside = ~read.pop("special_tokens_mask").bool()[0]
        with torch.no_grad():
            hidden = torch.cat(model(**read, output_hidden_states=True).hidden_states)
        vectors.append(hidden[:, inside].mean(1) if pooling else hidden[:, 0])
    for layer, file in out["train"].items():
        np.testing.assert_allclose(np.load(file), [v[layer] for v in vectors], rtol=1e-4, atol=1e-4)
    found = closerlook.embed(encoder, texts, kind="sentence_pair", pooling={"sentence": pooling or "cls"}, **QUIET)
    np.testing.assert_array_equal(found, [np.load(file) for file in out["train"].values()])


def test_two_texts_without_a_joint_have_their_words_in_common_with_no_other_pair(tmp_path):
    """`a b` with `c` is not `a` with `b c`: neither a duplicate, nor a conflict, nor the same sentence."""
    rows = ["a b,c,x", "a,b c,y", "a b,c,x", "d,e,y", "d , e,x"]
    path = write(tmp_path, "a.csv", "one,two,label\n" + "\n".join(rows))
    summary = save_task("sentence_pair", *splits(path, words="one", second="two"), tmp_path / "task")
    assert summary["duplicates"] == {"train": 1, "test": 1} and summary["train_test_overlap"] == 5
    assert [one["text"] for one in summary["conflicts"]["first"]] == ["d ‖ e"]
    assert summary["splits"]["train"]["n_words"] == 13 and summary["splits"]["train"]["longest"] == 3
    assert not any("exactly one word" in warning for warning in summary["warnings"])
    assert read_json(tmp_path / "task/words.json") == {"train": None, "test": None}


def test_a_pair_needs_both_texts_and_a_label(tmp_path):
    rows = [
        '{"a": ["The", "cat"], "b": "sat  down", "y": "x"}',
        '{"a": "the cat", "b": " ", "y": "x"}',
        '{"a": "", "b": "b", "y": "x"}',
        '{"a": "a", "b": "b", "y": "-"}',
        '{"a": "a", "b": "b", "y": " - "}',
        '{"a": "a", "b": null, "y": null}',
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(rows))
    examples, _ = splits(path, label="y", words="a", second="b")
    (one,) = examples
    assert (one.text, one.second, one.words) == ("The cat", "sat  down", ["The", "cat", "sat", "down"])
    assert examples.left_out == {"sentences without a word": 2, "sentences without a label": 3}
    (joined,) = read_examples(
        "table", path, kind="sentence_pair", label="y", columns={"words": "a", "second": "b"}, text="joined"
    )
    assert (joined.text, joined.second) == ("The cat", "sat down")
    with pytest.raises(InputError, match="needs the column of the second text"):
        list(splits(path, label="y", words="a")[0])
    alone = [e for e in splits(path, kind="sentence", label="y", words="b")[0] if e.labels == ["-"]]
    assert [e.words for e in alone] == [["b"], ["b"]]  # a dash is a label like any other, but for pairs


# --- two spans


@pytest.mark.parametrize("pooling", ["mean", "ends"])
def test_two_spans_are_pooled_one_after_the_other(encoder, pooling):
    tokenizer = load_tokenizer(encoder)
    words = ["The", "naïve", "cafés", "in", "Zürich"]
    alone = pieces(tokenizer, words)
    aligner = Aligner(tokenizer, 99, "span_pair", {"span": pooling})
    (sentence,) = aligner.encode([words], [[[0, 2, 4, 4], [3, 4, 0, 1]]])
    if pooling == "mean":
        expected = [sum(alone[0:3], []), alone[4], sum(alone[3:], []), sum(alone[:2], [])]
    else:
        expected = [alone[i] for i in (0, 2, 4, 4, 3, 4, 0, 1)]
    assert bags_of(None, sentence) == expected
    vectors = pool(torch.randn(1, len(sentence.rows[0]), 3), aligner.batch([sentence]))
    assert vectors.shape == (2, 3 * len(expected) // 2)


def test_vectors_of_two_spans_are_those_of_each_span(encoder):
    words = [["The", "naïve", "cafés", "in", "Zürich"], ["a", "mat"]]
    both = closerlook.embed(encoder, words, targets=[[((1, 2), (4, 4))], [(1, 1, 0, 1)]], kind="span_pair", **QUIET)
    first = closerlook.embed(encoder, words, targets=[[(1, 2)], [(1, 1)]], kind="span", **QUIET)
    second = closerlook.embed(encoder, words, targets=[[(4, 4)], [(0, 1)]], kind="span", **QUIET)
    np.testing.assert_allclose(both, np.concatenate([first, second], -1), rtol=1e-5, atol=1e-5)


NESTED = ["[[0, 1], [3, 3]]", "[(0, 1), (3, 3)]", "((0,1),(3,))", "[[0 1]\n [3 3]]", "array([[0, 1],\n       [3, 3]])"]


@pytest.mark.parametrize("cell", [*NESTED, "0 1 3 3", "[0, 1, 3, 3]", "[[0, 1], [3]]"])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_two_spans_in_a_table(tmp_path, cell, suffix):
    import json

    quoted = f'text,at,label\na b c d,"{cell}",x\n'
    path = write(tmp_path, f"a{suffix}", quoted if suffix == ".csv" else json.dumps(
        {"text": "a b c d", "at": cell, "label": "x"}
    ))  # fmt: skip
    (found,) = splits(path, "span_pair", words="text", target="at")[0]
    assert found.targets == [(0, 1, 3, 3)]


def test_two_spans_as_lists_of_json_and_parquet(tmp_path):
    import pandas as pd

    rows = {"text": ["a b c d"] * 2, "at": [[[0, 1], [3, 3]], [[2, 3], [0, 0]]], "label": ["x", "y"]}
    pd.DataFrame(rows).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame(rows).to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    for suffix in ("parquet", "jsonl"):
        found = splits(tmp_path / f"a.{suffix}", "span_pair", words="text", target="at")[0]
        assert [e.targets for e in found] == [[(0, 1, 3, 3)], [(2, 3, 0, 0)]]


@pytest.mark.parametrize("cell", ["0 1", "[[1, 0], [3, 3]]", "[[0, 1]]", "[[0, 2, 3], [3, 3]]", "[[], [3]]", "x", ""])
def test_what_is_not_two_spans_is_refused(tmp_path, cell):
    path = write(tmp_path, "a.csv", f'text,at,label\na b c d,"{cell}",x\n')
    with pytest.raises(InputError, match=rf"{path}:2: .*(a span pair takes the first|looks like a printed list)"):
        list(splits(path, "span_pair", words="text", target="at")[0])


@pytest.mark.parametrize("cell", [[[0, 1]], [[0, 1], [2, 2], [3, 3]], [{"start": 0}, {"start": 3}], [[0, 1], 3]])
def test_lists_that_are_not_two_spans_are_refused_as_such(tmp_path, cell):
    path = write(tmp_path, "a.jsonl", json.dumps({"text": "a b c d", "at": cell, "label": "x"}))
    for kind, takes in (("span_pair", "a span pair takes the first"), ("span", "a span takes its first")):
        with pytest.raises(InputError, match=rf"{path}:1: \[.* in column 'at' is not a target: {takes}"):
            list(splits(path, kind, words="text", target="at")[0])


def test_the_words_of_two_spans_are_those_of_both(tmp_path):
    path = write(tmp_path, "a.csv", "text,at,label\nThe Cat sat down,0 1 3 3,x\nthe cat sat down,0 1 2 2,y\n")
    read = splits(path, "span_pair", words="text", target="at")
    summary = save_task("span_pair", *read, tmp_path / "task")
    assert read_json(tmp_path / "task/words.json")["train"] == ["the cat down", "the cat sat"]
    assert summary["overlap_first"][0]["text"] == "[The Cat] sat {down}"


def test_where_looks_at_the_first_spans_first_word(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": "a b c", "at": [1, 2, 0, 0], "pos": ["X", "Y", "Z"], "label": "x"}')
    for pattern, n in (("Y", 1), ("X", 0)):
        query = {"columns": {"words": "text", "target": "at"}, "where": {"pos": pattern}}
        examples = read_examples("table", path, kind="span_pair", label="label", **query)
        if n:
            assert len(list(examples)) == 1
        else:
            with pytest.raises(InputError, match="none of 1 sentences has a span pair .* 1 span pairs excluded"):
                list(examples)


# --- fine-tuning


def tuned(model, task, tmp_path, pooling=None, **recipe):
    recipe = Recipe(**{"epochs": 1, "batch_size": 8, "learning_rate": 3e-3} | recipe)
    how = {"seed": 0, "checkpoints": tmp_path / "checkpoints", "pooling": pooling}
    return finetune(model, task, tmp_path / "out", recipe, **how, **QUIET)


def test_a_pair_of_sentences_is_learned(encoder, tmp_path):
    """The label is whether the second sentence begins as the first does, so one of them alone says nothing."""
    words = ["cat", "mat"]
    rows = [f"{a} {i % 7},{b} {i % 5},{a == b}" for i in range(35) for a in words for b in words]
    path = write(tmp_path, "a.csv", "one,two,label\n" + "\n".join(rows) + "\n" + "mat 1," + "cat " * 40 + ",False\n")
    save_task("sentence_pair", *splits(path, words="one", second="two"), tmp_path / "task")
    metrics = tuned(encoder, tmp_path / "task", tmp_path, {"sentence": "mean"}, epochs=12)
    assert metrics["train_accuracy"] > 0.8  # by chance 0.5
    assert metrics["pooling"] == {"word": "mean", "span": "mean", "sentence": "mean"}


def test_the_head_reads_as_many_vectors_as_two_spans_have(bert, tmp_path):
    path = write(tmp_path, "a.csv", "text,at,label\nthe cat sat down,0 1 3 3,x\nthe cat sat,0 1 2 2,y\n")
    save_task("span_pair", *splits(path, "span_pair", words="text", target="at"), tmp_path / "task")
    for pooling, bags in ((None, 2), ({"span": "ends"}, 4)):
        metrics = tuned(bert, tmp_path / "task", tmp_path / f"{bags}", pooling)
        assert load_file(tmp_path / f"{bags}/out/head.safetensors")["weight"].shape == (2, 32 * bags)
        assert metrics["pooling"]["sentence"] == "cls"


# --- as a config asks for them


@pytest.mark.parametrize(
    "corpus, name, text, task, expected",
    [
        ({"format": "table"}, "a.csv", TABLE, {"kind": "sentence_pair", "words": "premise", "second": "hypothesis"}, 3),
        (
            {"format": "edge_probing"},
            "a.json",
            '{"text": "a b", "targets": [{"span1": [0, 1], "span2": [1, 2], "label": "x"}]}',
            {"kind": "span_pair"},
            1,
        ),
        (
            {"format": "edge_probing"},
            "a",
            '{"text": "a", "targets": [{"span1": [0, 1], "label": "x"}]}',
            {"kind": "word"},
            1,
        ),
    ],
)
def test_a_task_of_a_config_is_read_from_what_was_fetched(tmp_path, corpus, name, text, task, expected):
    path = write(tmp_path, name, text)
    raw = {"corpora": {"c": corpus | {split: {"path": str(path)} for split in ("train", "test")}}}
    raw |= {"tasks": {"t": {"corpus": "c", "label": "label"} | task}, "models": {"m": {"hub": "a/b", "n_layers": 2}}}
    cfg = load(raw)
    corpus, task = (section.model_dump() for section in (cfg.corpora["c"], cfg.tasks["t"]))
    (tmp_path / "corpus").mkdir()
    fetch_corpus(corpus, tmp_path / "corpus", {"train": [path], "test": [path]})
    assert len(list(read_split(tmp_path / "corpus", "train", corpus, task))) == expected
