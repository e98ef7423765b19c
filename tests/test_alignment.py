"""Words against subwords: compared with tokenising every word alone, and with brute force over windows."""

import json

import encoders_fixtures
import numpy as np
import pytest
import torch
from encoders_fixtures import AWKWARD, MAX, TEXT, pieces, unigram
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import GPT2Config, GPT2ForSequenceClassification, PreTrainedTokenizerFast

from closerlook.encoders.alignment import Aligner, windows
from closerlook.encoders.batching import batches, pool
from closerlook.encoders.loading import load_encoder, load_tokenizer, max_length
from closerlook.errors import InputError

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder
TOKENIZER = unigram(template=None)
SENTENCES = [*AWKWARD, *(line.split() for line in TEXT[:4]), sum(AWKWARD, [])]


def alone(tokenizer, word):
    """Token ids of one word by the tokenizer's plain call; an unknown token if there are none."""
    ids = tokenizer(word, add_special_tokens=False)["input_ids"]
    return ids or [tokenizer.unk_token_id]


def bags_of(aligner, sentence):
    """Token ids of each bag of an encoded sentence, in turn."""
    ids = [int(sentence.rows[row][column]) for row, column in zip(sentence.row, sentence.column)]
    return [part.tolist() for part in np.split(np.array(ids, int), np.cumsum(sentence.sizes)[:-1])]


@pytest.mark.parametrize("words", SENTENCES, ids=lambda words: words[0][:8])
def test_a_words_subwords_in_a_bert_are_those_that_it_has_alone(bert, words):
    """WordPiece knows no spaces: whether words are read one by one or in their text makes no difference."""
    tokenizer = load_tokenizer(bert)
    (sentence,) = Aligner(tokenizer, 1000, "word").encode([words], [[[i] for i in range(len(words))]])
    assert bags_of(Aligner(tokenizer, 1000, "word"), sentence) == [alone(tokenizer, word) for word in words]
    assert sentence.rows[0].tolist() == [2, *sum((alone(tokenizer, word) for word in words), []), 3]


@pytest.mark.parametrize("words", SENTENCES, ids=lambda words: words[0][:8])
@pytest.mark.parametrize("room", [1000, MAX])
def test_a_word_has_the_subwords_that_stand_in_its_place(encoder, words, room):
    tokenizer = load_tokenizer(encoder)
    expected = pieces(tokenizer, words)
    targets = [[i] for i in range(len(words))]
    for option, part in (("mean", slice(None)), ("first", slice(0, 1)), ("last", slice(-1, None))):
        aligner = Aligner(tokenizer, room, "word", {"word": option})
        (sentence,) = aligner.encode([words], [targets])
        assert bags_of(aligner, sentence) == [ids[part] for ids in expected]
    flat = sum(expected, [])
    begin, end = tokenizer("a")["input_ids"][0], tokenizer("a")["input_ids"][-1]
    if len(flat) + 2 <= room:
        assert [row.tolist() for row in sentence.rows] == [[begin, *flat, end]]
    else:
        assert all(len(row) == room and (row[0], row[-1]) == (begin, end) for row in sentence.rows)


def test_long_words_have_many_subwords(encoder):
    """The case that the windows are for: one word of more subwords than the model can read."""
    tokenizer = load_tokenizer(encoder)
    word = "naïve-😀" * 12
    expected = pieces(tokenizer, ["a", word, "b"])[1]
    assert len(expected) > 40
    (sentence,) = Aligner(tokenizer, MAX, "word").encode([["a", word, "b"]], [[[1]]])
    assert len(sentence.rows) > 2
    assert sentence.sizes.tolist() == [len(expected)]
    assert all(len(row) == MAX for row in sentence.rows)


def test_a_word_of_no_subwords_becomes_the_unknown_token(bert):
    tokenizer = load_tokenizer(bert)
    aligner = Aligner(tokenizer, MAX, "word")
    words = ["\x07", "a", "\u200b", "\u0301", "b", ""]
    (sentence,) = aligner.encode([words], [[[i] for i in range(6)]])
    a, b = tokenizer.convert_tokens_to_ids(["a", "b"])
    unknown = tokenizer.unk_token_id
    assert sentence.rows[0].tolist() == [2, unknown, a, unknown, unknown, b, unknown, 3]
    assert sentence.column.tolist() == [1, 2, 3, 4, 5, 6]


def gemma(dummy):
    """A tokenizer of letters like Gemma's, or with a space before the first word like Llama's."""
    vocab = {token: i for i, token in enumerate(["<unk>", "<bos>", "▁", *"abcdefghijklmnopqrstuvwxyz", "▁f", "▁fi"])}
    tokenizer = Tokenizer(models.BPE(vocab, [("▁", "f"), ("▁f", "i")], unk_token="<unk>"))
    steps = [normalizers.Prepend("▁")] if dummy else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<bos>")


def byte_level():
    """Like GPT-2's: every byte is a token, the space before a word is the word's, and no token is unknown."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE({token: i for i, token in enumerate([*alphabet, "Ġf", "Ġfi"])}, [("Ġ", "f"), ("Ġf", "i")])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


@pytest.mark.parametrize("tokenizer", [gemma(False), gemma(True), byte_level(), unigram(), TOKENIZER])
def test_no_space_is_lost_and_none_is_added(tokenizer):
    words, text = ["film", "was", "fine"], "film was fine"
    for kind in ("word", "pair", "span"):
        (sentence,) = Aligner(tokenizer, 100, kind).encode([words], [[[0, 1]] if kind != "word" else [[0]]])
        assert sentence.rows[0].tolist() == tokenizer(text)["input_ids"]
    bags = bags_of(None, Aligner(tokenizer, 100, "word").encode([words], [[[0], [1], [2]]])[0])
    assert bags == pieces(tokenizer, words)
    (whole,) = Aligner(tokenizer, 100, "sentence", {"sentence": "mean"}).encode([words], [[[]]], ["film  was\tfine"])
    assert whole.rows[0].tolist() == tokenizer("film  was\tfine")["input_ids"]


def test_the_space_before_a_word_is_the_words():
    tokenizer = byte_level()
    first, second, third = bags_of(
        None, Aligner(tokenizer, 99, "word").encode([["fi", "fi", "a"]], [[[0], [1], [2]]])[0]
    )
    assert tokenizer.convert_ids_to_tokens(first) == ["f", "i"]
    assert tokenizer.convert_ids_to_tokens(second) == ["Ġfi"]
    assert tokenizer.convert_ids_to_tokens(third) == ["Ġ", "a"]


def test_a_span_is_all_the_subwords_of_its_words(encoder):
    tokenizer = load_tokenizer(encoder)
    words = ["The", "naïve", "cafés", "in", "Zürich"]
    alone = pieces(tokenizer, words)
    (sentence,) = Aligner(tokenizer, 99, "span", {"word": "first"}).encode([words], [[[1, 2], [4, 4], [0, 4]]])
    assert bags_of(None, sentence) == [sum(alone[1:3], []), alone[4], sum(alone, [])]


def test_an_empty_word_is_unknown_and_takes_no_room_in_the_text(bert):
    tokenizer = load_tokenizer(bert)
    (sentence,) = Aligner(tokenizer, MAX, "word").encode([["", "a", "", "b", ""]], [[[i] for i in range(5)]])
    a, b = tokenizer.convert_tokens_to_ids(["a", "b"])
    assert sentence.rows[0].tolist() == [2, 1, a, 1, b, 1, 3]
    assert bags_of(None, sentence) == [[1], [a], [1], [b], [1]]


def test_without_an_unknown_token_it_is_what_the_replacement_character_is_or_an_error():
    tokenizer = byte_level()
    (sentence,) = Aligner(tokenizer, MAX, "word").encode([["a", ""]], [[[0], [1]]])
    assert bags_of(None, sentence) == [tokenizer("a")["input_ids"], tokenizer("\ufffd")["input_ids"]]
    deaf = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE({"a": 0}, [])))
    with pytest.raises(InputError, match="word 2"):
        Aligner(deaf, MAX, "word").encode([["a", ""]], [[[0]]])


def test_pairs_keep_their_order(bert):
    aligner = Aligner(load_tokenizer(bert), MAX, "pair")
    (sentence,) = aligner.encode([["a", "b", "c"]], [[[2, 0], [0, 1]]])
    batch = aligner.batch([sentence])
    hidden = torch.arange(5.0).reshape(1, 5, 1)  # a token's vector is its position
    assert pool(hidden, batch).tolist() == [[3, 1], [1, 2]]


@given(st.integers(1, 70), st.integers(1, 12))
def test_windows(n, room):
    starts, home = windows(n, room)
    if n <= room:
        assert starts.tolist() == [0] and home.tolist() == [0] * n
        return
    assert starts[0] == 0 and starts[-1] == n - room and (np.diff(starts) > 0).all()
    for i in range(n):

        def distance(start, i=i):
            if not start <= i < start + room:
                return -1
            cuts = ([start - 1] if start > 0 else []) + ([start + room] if start + room < n else [])
            return min(abs(i - cut) for cut in cuts)

        distances = [distance(start) for start in starts]
        assert distances[home[i]] == max(distances) >= 1
        if room >= 4 and 0 < i < n - 1:
            assert distances[home[i]] >= 1 + (room // 2 - 1) // 2  # about a quarter of a window on either side


@pytest.mark.parametrize(
    ("template", "special", "types", "position"),
    [
        ("[CLS] $A [SEP]", ("[CLS]", "[SEP]"), None, 0),
        ("$A [SEP] [CLS]:2", ("[SEP]", "[CLS]"), ["token_type_ids"], -1),  # XLNet
    ],
)
def test_cls_is_where_the_tokenizer_puts_it(template, special, types, position):
    inputs = ["input_ids", "attention_mask", *(types or [])]
    tokenizer = unigram(template, special, cls_token="[CLS]", sep_token="[SEP]", model_input_names=inputs)
    aligner = Aligner(tokenizer, 8, "sentence")
    short, long = aligner.encode([["a"], ["a"] * 9], [[[]], [[]]])
    batch = aligner.batch([short, long])
    assert len(short.rows) == 1 and len(long.rows) > 2
    for sentence in short, long:
        assert bags_of(aligner, sentence) == [[tokenizer.cls_token_id] * len(sentence.rows)]
        assert all(row[position] == tokenizer.cls_token_id for row in sentence.rows)
    if types is None:
        assert batch.token_type_ids is None
    else:
        expected = tokenizer("a")["token_type_ids"]
        assert batch.token_type_ids[0].tolist() == expected + [0] * (8 - len(expected))
        assert batch.token_type_ids[1].tolist() == [0] * 7 + [2]
    hidden = torch.randn(len(batch.input_ids), 8, 3)
    vectors = pool(hidden, batch)
    flat = batch.input_ids == tokenizer.cls_token_id
    assert torch.allclose(vectors[0], hidden[0][flat[0]].mean(0))
    assert torch.allclose(vectors[1], hidden[1:][flat[1:]].mean(0))


def test_without_cls_the_mean_is_the_way():
    tokenizer = unigram(template=None)
    with pytest.raises(InputError, match="pooling.sentence: mean"):
        Aligner(tokenizer, MAX, "sentence", {"sentence": "cls"})
    aligner = Aligner(tokenizer, MAX, "sentence", {"sentence": "mean"})
    (sentence,) = aligner.encode([["naïve", "a", ""]], [[[]]])
    expected = alone(tokenizer, "naïve a")
    assert bags_of(aligner, sentence) == [expected]
    assert sentence.rows[0].tolist() == expected


def test_sentences_are_pooled_as_suits_the_model():
    with_cls, without = unigram(cls_token="[CLS]"), unigram(template=None)
    at_the_end = unigram("$A [SEP] [CLS]", cls_token="[CLS]")
    for kind in ("sentence", "word"):
        assert Aligner(with_cls, MAX, kind).pooling == {"word": "mean", "span": "mean", "sentence": "cls"}
        assert Aligner(with_cls, MAX, kind, {"sentence": None}, causal=True).pooling["sentence"] == "last"
        assert Aligner(without, MAX, kind).pooling["sentence"] == "last"
    with pytest.raises(
        InputError, match=r"causal, so its \[CLS\], which comes first, has read nothing; set `poo.* last"
    ):
        Aligner(with_cls, MAX, "sentence", {"sentence": "cls"}, causal=True)
    assert Aligner(with_cls, MAX, "word", {"sentence": "cls"}, causal=True).bags == 1  # pools no sentence
    (sentence,) = Aligner(at_the_end, MAX, "sentence", {"sentence": "cls"}, causal=True).encode([["a"]], [[[]]])
    assert bags_of(None, sentence) == [[at_the_end.cls_token_id]]


@pytest.mark.parametrize("eos", [False, True])
def test_the_last_token_is_the_one_that_a_decoders_head_reads(eos):
    """Against transformers' own classification head over a padded batch."""
    tokenizer = byte_level()
    tokenizer.add_special_tokens({"pad_token": "<pad>", "eos_token": "<eos>"})
    if eos:
        ids = [("<eos>", tokenizer.eos_token_id)]
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("$A <eos>", special_tokens=ids)
    torch.manual_seed(0)
    shape = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32, "num_labels": 3}
    model = GPT2ForSequenceClassification(
        GPT2Config(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **shape)
    ).eval()
    texts = ["film was fine", "fi", "a fine film"]
    batch = tokenizer(texts, padding=True, padding_side="right", return_tensors="pt")
    with torch.no_grad():
        expected = model(**batch).logits
    aligner = Aligner(tokenizer, 32, "sentence", causal=True)
    batch = aligner.batch(aligner.encode([text.split() for text in texts], [[[]]] * 3, texts))
    with torch.no_grad():
        found = model.score(pool(model.transformer(**batch.inputs()).last_hidden_state, batch))
    torch.testing.assert_close(found, expected)


def test_the_last_token_of_a_long_text_is_in_its_last_window():
    tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
    aligner = Aligner(tokenizer, 8, "sentence", {"sentence": "last"})
    (sentence,) = aligner.encode([["a"] * 9 + ["z"]], [[[]]])
    assert len(sentence.rows) > 2 and bags_of(None, sentence) == [[tokenizer.sep_token_id]]
    assert (sentence.row.tolist(), sentence.column.tolist()) == ([len(sentence.rows) - 1], [7])


@pytest.mark.parametrize("word, part", [("mean", slice(None)), ("first", slice(1)), ("last", slice(-1, None))])
def test_the_ends_of_a_span_are_its_first_and_its_last_word(encoder, word, part):
    tokenizer = load_tokenizer(encoder)
    words = ["The", "naïve", "cafés", "in", "Zürich"]
    alone = [ids[part] for ids in pieces(tokenizer, words)]
    aligner = Aligner(tokenizer, 99, "span", {"word": word, "span": "ends"})
    (sentence,) = aligner.encode([words], [[[1, 3], [4, 4]]])
    assert bags_of(None, sentence) == [alone[1], alone[3], alone[4], alone[4]]
    assert pool(torch.randn(1, len(sentence.rows[0]), 3), aligner.batch([sentence])).shape == (2, 6)


def test_pool_is_the_mean_and_so_is_its_gradient(bert):
    aligner = Aligner(load_tokenizer(bert), MAX, "word")
    sentences = aligner.encode([["naïve", "a"], ["b", "Zürich", "."]], [[[0], [1]], [[1]]])
    batch = aligner.batch(sentences)
    hidden = torch.randn(*batch.input_ids.shape, 4, requires_grad=True)
    vectors = pool(hidden, batch)
    expected = torch.stack([hidden[0, 1:3].mean(0), hidden[0, 3], hidden[1, 2:8].mean(0)])  # z ##u ##r ##i ##c ##h
    assert torch.allclose(vectors, expected)
    weight = torch.randn_like(vectors)
    (mine,) = torch.autograd.grad((vectors * weight).sum(), hidden)
    (theirs,) = torch.autograd.grad((expected * weight).sum(), hidden)
    assert torch.allclose(mine, theirs)


def test_max_length_is_what_the_model_can_read(encoder):
    model = load_encoder(encoder)
    limit = max_length(model, load_tokenizer(encoder))
    assert limit == MAX
    model(input_ids=torch.full((1, limit), 5))
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, limit + 1), 5))


def test_a_tokenizers_own_limit_counts(encoder):
    model, tokenizer = load_encoder(encoder), load_tokenizer(encoder)
    tokenizer.model_max_length = 7
    assert max_length(model, tokenizer) == 7


def test_truncation_and_padding_in_the_file_are_ignored(bert, tmp_path):
    tokenizer = load_tokenizer(bert)
    tokenizer.save_pretrained(tmp_path)
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    content["truncation"] = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    content["padding"] = {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None}
    content["padding"] |= {"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.backend_tokenizer.truncation is None and tokenizer.backend_tokenizer.padding is None
    aligner = Aligner(tokenizer, MAX, "word")
    (sentence,) = aligner.encode([["a"] * 12], [[[11]]])
    assert len(sentence.rows[0]) == 14


def test_a_folder_without_tokenizer_is_named(tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        load_tokenizer(tmp_path)


@given(st.lists(st.integers(0, 150), min_size=1, max_size=40), st.integers(1, 7))
def test_batches(n_words, batch_size):
    aligner = Aligner(TOKENIZER, 40, "sentence", {"sentence": "mean"})
    sentences = aligner.encode([["a"] * n for n in n_words], [[[]]] * len(n_words))
    found = list(batches(sentences, batch_size))
    assert sorted(i for batch in found for i in batch) == list(range(len(sentences)))
    lengths = [sentences[i].length for batch in found for i in batch]
    assert lengths == sorted(lengths, reverse=True)
    for batch in found:
        size = aligner.batch([sentences[i] for i in batch]).input_ids.numel()
        assert len(batch) <= batch_size and (len(batch) == 1 or size <= 128 * batch_size)


def test_batches_of_one_length_have_no_padding():
    aligner = Aligner(TOKENIZER, 40, "sentence", {"sentence": "mean"})
    sentences = aligner.encode([["a"] * n for n in (3, 5, 3, 60, 5, 3)], [[[]]] * 6)
    found = list(batches(sentences, 4, equal=True))
    assert sorted(sorted(batch) for batch in found) == [[0, 2, 5], [1, 4], [3]]
    assert all(aligner.batch([sentences[i] for i in batch]).attention_mask.all() for batch in found)
