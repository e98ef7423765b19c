"""Pre-training: what it writes, that it learns from context, and that it is the masked language modelling of BERT."""

import logging
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertForMaskedLM

from closerlook.encoders import pretraining
from closerlook.encoders.pretraining import MASK, PAD, SPECIAL, batches, build, examine, masked, pretrain
from closerlook.errors import InputError
from closerlook.files import read_json, sha256

PAIRS = [("cat", "meow"), ("dog", "woof"), ("cow", "moo"), ("duck", "quack"), ("owl", "hoot"), ("pig", "oink")]
TINY = {
    "vocab_size": 200, "n_layers": 2, "hidden_size": 32, "n_heads": 2, "max_length": 16, "steps": 250,
    "batch_size": 32, "learning_rate": 5e-3, "warmup": 0.1, "seed": 0,
}  # fmt: skip
SHORT = TINY | {"steps": 4}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """Sentences in which an animal determines its sound, and the other words are always the same."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("".join("The {} says {}.\n".format(*PAIRS[i]) for i in rng.integers(len(PAIRS), size=600)))
    return path


@pytest.fixture(scope="module")
def trained(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "toy"
    return folder, pretrain(text, folder, **TINY)


def entropy(counts):
    """Entropy in nats."""
    p = np.array(list(counts.values())) / sum(counts.values())
    return float(-(p * np.log(p)).sum())


def test_learns_from_context(text, trained):
    """A model that knows how often each word stands at each position cannot tell the animal, nor the sound."""
    columns = list(zip(*(line.lower().replace(".", " .").split() for line in text.read_text().splitlines())))
    unigram = entropy(Counter(word for column in columns for word in column))
    position = np.mean([entropy(Counter(column)) for column in columns])
    assert 0.5 < position < unigram  # the baselines are what they should be
    assert trained[1]["loss"] < 0.6 * position < 0.6 * unigram
    assert trained[1]["accuracy"] > 85
    first, last = trained[1]["curve"][0], trained[1]["curve"][-1]
    assert last["update"] == TINY["steps"] and first["loss"] > last["loss"] == trained[1]["loss"]


def test_folder_is_a_whole_encoder(trained, caplog):
    folder, note = trained
    with caplog.at_level(logging.WARNING):
        model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert {key.split(".")[0] for key in info["missing_keys"]} <= {"pooler"}
    assert not info["unexpected_keys"] and not info["mismatched_keys"]
    assert model.config.num_hidden_layers == note["n_layers"] == 2
    assert model.config.hidden_size == note["hidden_size"] == 32
    assert all(torch.isfinite(p).all() for p in model.parameters())
    assert read_json(folder / "model.json") == note
    assert note["sha256"]["model.safetensors"] == sha256(folder / "model.safetensors")
    assert note["source"]["pretrain"] and note["weights"] == "pretrained" and note["made_by"]["versions"]["torch"]


def test_saved_weights_are_those_measured(text, tmp_path, monkeypatch):
    models = []
    monkeypatch.setattr(pretraining, "build", lambda *shape: models.append(build(*shape)) or models[0])
    pretrain(text, tmp_path / "out", **SHORT)
    saved = AutoModel.from_pretrained(tmp_path / "out", add_pooling_layer=False).state_dict()
    for name, value in models[0].bert.state_dict().items():
        assert torch.equal(saved.pop(name), value)
    assert not saved


def test_tokenizer_is_bert_s(trained):
    tokenizer = AutoTokenizer.from_pretrained(trained[0])
    assert tokenizer.is_fast and "Bert" in type(tokenizer).__name__
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL] == [0, 1, 2, 3, 4]
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.mask_token_id) == (0, 1, 4)
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id) == (2, 3)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("The CAT says méow.")["input_ids"])
    assert tokens == ["[CLS]", "the", "cat", "says", "meow", ".", "[SEP]"]
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("catat")["input_ids"])[1:-1]
    assert tokens[0] == "cat" and len(tokens) > 1 and all(token.startswith("##") for token in tokens[1:])
    assert tokenizer("a", "b")["token_type_ids"] == [0, 0, 0, 1, 1]
    assert tokenizer.model_max_length == 16


def test_masks_80_10_10_and_no_special_token():
    rng = np.random.default_rng(0)
    vocab, rate = 1000, 0.15
    rows = [np.concatenate([[2], rng.integers(5, vocab, rng.integers(1, 30)), [3]]) for _ in range(4000)]
    inputs, mask, at, answers = (tensor.numpy() for tensor in masked(rows, vocab, rate, rng))
    original = np.full(inputs.shape, PAD)
    for line, row in zip(original, rows):
        line[: len(row)] = row
    assert np.array_equal(mask, original != PAD)
    assert np.array_equal(original.flat[at], answers) and np.array_equal(np.unique(at), at)
    assert answers.min() >= len(SPECIAL)  # neither [CLS] nor [SEP] nor padding is ever picked
    rest = np.delete(np.arange(inputs.size), at)
    assert np.array_equal(inputs.flat[rest], original.flat[rest])
    seen = inputs.flat[at]
    assert set(seen[seen < len(SPECIAL)]) == {MASK}
    n, n_inner = len(at), sum(len(row) - 2 for row in rows)
    counts = {rate: (n, n_inner), 0.8: ((seen == MASK).sum(), n), 0.1: ((seen == answers).sum(), n)}
    for p, (k, of) in counts.items():  # within four standard deviations
        assert abs(k - p * of) < 4 * np.sqrt(p * (1 - p) * of), p


def test_loss_is_that_of_transformers():
    torch.manual_seed(0)
    model = build(50, 2, 16, 2, 12)
    rng = np.random.default_rng(0)
    rows = [np.concatenate([[2], rng.integers(5, 50, n), [3]]) for n in (3, 7, 10, 5)]
    inputs, mask, at, answers = masked(rows, 50, 0.4, rng)
    loss, n, _ = examine(model, (inputs, mask, at, answers), "cpu")
    labels = torch.full(inputs.shape, -100)
    labels.view(-1)[at] = answers
    expected = model(inputs, attention_mask=mask, labels=labels).loss  # projects all positions
    assert n == len(at) > 0
    torch.testing.assert_close(loss / n, expected)
    assert isinstance(model, BertForMaskedLM) and model.config._attn_implementation == "sdpa"


def test_batches_hold_every_row_once_and_little_padding():
    rng = np.random.default_rng(0)
    rows = [np.full(length, i) for i, length in enumerate(rng.integers(3, 30, size=530))]
    found = batches(rows, 16, rng)
    assert sorted(int(row[0]) for batch in found for row in batch) == list(range(530))
    assert {len(batch) for batch in found} == {16, 530 % 16}
    padded = sum(len(batch) * max(map(len, batch)) for batch in found)
    assert padded < 1.1 * sum(map(len, rows))
    lengths = [len(batch[0]) for batch in found]
    assert lengths != sorted(lengths)  # not from the short ones to the long ones


def test_seed_determines_the_weights(text, tmp_path):
    notes = [pretrain(text, tmp_path / str(i), **SHORT | {"seed": seed}) for i, seed in enumerate((3, 3, 4))]
    weights = [note["sha256"]["model.safetensors"] for note in notes]
    assert weights[0] == weights[1] != weights[2]
    assert notes[0]["sha256"] == notes[1]["sha256"]  # tokenizer and config too
    assert notes[0]["curve"] == notes[1]["curve"]


def test_leaves_the_generators_and_threads_of_others_alone(text, tmp_path):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    pretrain(text, tmp_path / "out", **SHORT)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("where, at", [("examine", 3), ("write_json", 1)])  # in training, while writing
def test_killed_leaves_nothing(text, tmp_path, monkeypatch, where, at):
    calls, inner = [], getattr(pretraining, where)

    def interrupted(*args):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return inner(*args)

    monkeypatch.setattr(pretraining, where, interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain(text, tmp_path / "out", **SHORT)
    assert list(tmp_path.iterdir()) == []


def test_reads_long_sentences_in_part(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two three four five six seven eight nine ten.\n" * 60)
    note = pretrain(path, tmp_path / "out", **SHORT | {"max_length": 8})
    assert note["max_length"] == 8


@pytest.mark.parametrize(
    "content, changes, message",
    [
        (None, {}, "text.txt: cannot be read as UTF-8"),
        (b"\xff\xfe" * 100, {}, "text.txt: cannot be read as UTF-8"),
        (b"A sentence.\n\n" * 49, {}, "text.txt: has 49 sentences"),
        (b"A sentence.\n" * 60, {"n_heads": 5}, "`hidden_size: 32` is not a multiple of `n_heads: 5`"),
    ],
)
def test_mistakes_are_named(tmp_path, content, changes, message):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        pretrain(path, tmp_path / "out", **SHORT | changes)
    assert not (tmp_path / "out").exists()


def test_diverging_loss_is_an_error(text, tmp_path):
    with pytest.raises(InputError, match="lower `learning_rate`"):
        pretrain(text, tmp_path / "out", **TINY | {"learning_rate": 1e30, "warmup": 0.0, "steps": 20})
    assert not (tmp_path / "out").exists()


def test_weights_that_diverge_at_the_last_update_are_an_error(text, tmp_path):
    with pytest.raises(InputError, match="not finite after the last update .* lower `learning_rate`"):
        pretrain(text, tmp_path / "out", **TINY | {"learning_rate": 1e39, "warmup": 0.0, "steps": 1})
    assert not (tmp_path / "out").exists()
