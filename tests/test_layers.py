"""Extraction: compared with a plain loop, one sentence and one window at a time."""

import functools
import itertools

import encoders_fixtures
import numpy as np
import pytest
import torch
from encoders_fixtures import AWKWARD, MAX, TEXT, pieces, save_encoder, save_task
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from closerlook.encoders import layers
from closerlook.encoders.layers import embed
from closerlook.errors import InputError

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder
LONG = sum(AWKWARD, []) + " ".join(TEXT).split()  # many times what the tiny encoders can read
SENTENCES = [*(line.split() for line in TEXT[:4]), ["a"], LONG, ["b", "\u200b"], *AWKWARD, ["the", "cat"]]


def rows(kind):
    """Write a task of one kind over all sentences."""
    targets = {
        "word": lambda n: [[i] for i in range(n)],
        "pair": lambda n: [[(3 * i) % n, i] for i in range(n)],
        "sentence": lambda n: [[]],
    }[kind]
    return [(words, t := targets(len(words)), [0] * len(t)) for words in SENTENCES]


load = functools.cache(lambda folder: AutoModel.from_pretrained(folder).eval())


def read(folder, ids):
    """Let transformers itself read one row of token ids, special tokens included: (layers, tokens, dim)."""
    with torch.no_grad():
        hidden = load(folder)(torch.tensor([ids]), output_hidden_states=True).hidden_states
    return torch.cat(hidden)


def plain(folder, words, targets, sentence):
    """Vectors of one sentence's targets, (layers, targets, dim), the slow and obvious way."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    parts = pieces(tokenizer, words)
    if targets == [[]]:
        parts = [tokenizer(" ".join(filter(None, words)), add_special_tokens=False)["input_ids"]]
        parts = [parts[0] or [tokenizer.unk_token_id]]
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    flat, room = sum(parts, []), MAX - 2
    starts = [0] if len(flat) <= room else [*range(0, len(flat) - room, room // 2), len(flat) - room]
    read_windows = [read(folder, [first, *flat[s : s + room], last]) for s in starts]
    cls = torch.stack([window[:, 0] for window in read_windows]).mean(0)
    vectors = []
    for i in range(len(flat)):
        cuts = [
            min(i - s if s > 0 else 999, s + room - 1 - i if s + room < len(flat) else 999) for s in starts
        ]  # negative outside a window
        best = int(np.argmax(cuts))
        vectors.append(read_windows[best][:, 1 + i - starts[best]])
    ends = np.cumsum([len(ids) for ids in parts])
    word = [torch.stack(vectors[end - len(ids) : end]).mean(0) for end, ids in zip(ends, parts)]
    if targets == [[]]:
        return torch.stack([cls if sentence == "cls" else torch.stack(vectors).mean(0)], 1)
    return torch.stack([torch.cat([word[i] for i in target], -1) for target in targets], 1)


def files(folder, wanted=range(4), splits=("train",)):
    return {split: {layer: folder / split / f"layer{layer}.npy" for layer in wanted} for split in splits}


@pytest.mark.parametrize(
    ("kind", "pooling"), [("word", None), ("pair", None), ("sentence", None), ("sentence", {"sentence": "mean"})]
)
def test_vectors_are_those_of_a_plain_loop(encoder, tmp_path, kind, pooling, monkeypatch):
    monkeypatch.setattr(layers, "CHUNK", 1)  # so that chunks are no larger than a batch
    task = rows(kind)
    save_task(tmp_path / "task", task)
    out = files(tmp_path)
    summary = embed(encoder, tmp_path / "task", out, pooling=pooling, batch_size=3, device="cpu", progress=False)
    sentence = (pooling or {}).get("sentence", "cls")
    expected = torch.cat([plain(encoder, words, targets, sentence) for words, targets, _ in task], 1).numpy()
    for layer, path in out["train"].items():
        array = np.load(path, mmap_mode="r")
        assert array.dtype == np.float32 and array.shape == expected[layer].shape
        np.testing.assert_allclose(array, expected[layer], rtol=1e-4, atol=1e-4)
    assert (
        np.abs(expected[1:] - expected[:-1]).max(-1).mean() > 0.01
    )  # layers differ, so the comparison means something
    n = {"train": sum(len(targets) for _, targets, _ in task)}
    assert (summary["n"], summary["dim"], summary["kind"]) == (n, expected.shape[-1], kind)
    assert summary["layers"] == [0, 1, 2, 3] and summary["device"] == "cpu"
    assert summary["n_sentences"] == {"train": len(task)} and summary["n_windows"] > len(task) + 10


def test_batches_and_chunks_make_no_difference(bert, tmp_path):
    save_task(tmp_path / "task", rows("word"))
    arrays = []
    for i, batch_size in enumerate((1, 4, 64)):
        out = files(tmp_path / str(i))
        embed(bert, tmp_path / "task", out, batch_size=batch_size, threads=1 + i % 2, progress=False)
        arrays.append(np.stack([np.load(path) for path in out["train"].values()]))
    np.testing.assert_allclose(arrays[1], arrays[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(arrays[2], arrays[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("chunk", [2**28, 2**12])
def test_the_same_tokens_have_the_same_vectors_to_the_last_bit(bert, tmp_path, monkeypatch, chunk):
    """Whatever they are batched with: else a sentence with two labels would be two points, a rounding apart."""
    monkeypatch.setattr(layers, "CHUNK", chunk)
    noise, forward = itertools.count(1), layers.forward

    def rounded(*args):  # as it comes out of another kernel with every batch
        shift = 1e-6 * next(noise)
        return {layer: vectors + shift for layer, vectors in forward(*args).items()}

    monkeypatch.setattr(layers, "forward", rounded)
    words = [line.split() * (i + 1) for i, line in enumerate(TEXT[:4])]
    order = [0, 1, 2, 0, 3, 1, *range(4), *[0] * 9]
    sentences = [*(words[i] for i in order), [word.upper() for word in words[0]]]  # which are the same tokens
    rows = [(some, [[0], [len(some) - 1]], [0, 0]) for some in sentences] + [(words[1], [[0]], [0])]  # other targets
    save_task(tmp_path / "task", rows)
    embed(bert, tmp_path / "task", files(tmp_path), batch_size=2, device="cpu", progress=False)
    for layer in range(4):
        found = np.load(tmp_path / "train" / f"layer{layer}.npy")
        pairs = found[: 2 * len(order) + 2].reshape(-1, 2, found.shape[1])
        for place, i in enumerate([*order, 0]):
            np.testing.assert_array_equal(pairs[place], pairs[order.index(i)])
        np.testing.assert_allclose(found[-1], pairs[1, 0], atol=1e-4)


def test_layer_0_is_the_embedding_layer_and_the_last_one_the_models_output(bert, tmp_path):
    save_task(tmp_path / "task", [(["the", "cat"], [[0], [1]], [0, 0])])
    out = files(tmp_path, [0, 3])
    embed(bert, tmp_path / "task", out, progress=False)
    model = AutoModel.from_pretrained(bert).eval()
    ids = torch.tensor([AutoTokenizer.from_pretrained(bert)("the cat")["input_ids"]])
    with torch.no_grad():
        first, last = model.embeddings(ids)[0, 1:-1], model(ids).last_hidden_state[0, 1:-1]
    np.testing.assert_allclose(np.load(out["train"][0]), first, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.load(out["train"][3]), last, rtol=1e-5, atol=1e-5)


def test_splits_and_layers_as_asked(bert, tmp_path):
    save_task(tmp_path / "task", rows("word"), rows("word")[:3])
    all_of_it, some = files(tmp_path / "a", splits=("train", "test")), {"test": {2: tmp_path / "b" / "x.npy"}}
    embed(bert, tmp_path / "task", all_of_it, progress=False)
    summary = embed(bert, tmp_path / "task", some, tokenizer=bert, progress=False)
    np.testing.assert_allclose(np.load(some["test"][2]), np.load(all_of_it["test"][2]), rtol=1e-4, atol=1e-5)
    assert list(summary["n"]) == ["test"] and summary["layers"] == [2]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["x.npy"]


def test_bf16_is_near(bert, tmp_path):
    save_task(tmp_path / "task", rows("word")[:5])
    for precision in ("fp32", "bf16"):
        embed(bert, tmp_path / "task", files(tmp_path / precision), precision=precision, progress=False)
    a, b = (np.load(tmp_path / precision / "train" / "layer3.npy") for precision in ("fp32", "bf16"))
    assert b.dtype == np.float32
    assert 0 < np.abs(a - b).max() < 0.2 * np.abs(a).max()


def test_a_step_borrows_the_tokenizer(bert, tmp_path):
    (tmp_path / "step").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "step" / name).write_bytes((bert / name).read_bytes())
    save_task(tmp_path / "task", rows("word")[:2])
    embed(tmp_path / "step", tmp_path / "task", files(tmp_path / "a"), tokenizer=bert, progress=False)
    embed(bert, tmp_path / "task", files(tmp_path / "b"), progress=False)
    a, b = (np.load(tmp_path / name / "train" / "layer3.npy") for name in "ab")
    np.testing.assert_array_equal(a, b)


def test_what_is_not_finite_is_named_and_nothing_is_left(tmp_path):
    model = save_encoder(tmp_path / "model", "bert")
    weights = load_file(model / "model.safetensors")
    cat = (model / "vocab.txt").read_text().split("\n").index("cat")
    weights["embeddings.word_embeddings.weight"][cat] = float("nan")
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    save_task(tmp_path / "task", [(["the"], [[0]], [0]), (["a", "b"], [[0], [1]], [0, 0]), (["cat"], [[0]], [0])])
    place = r"model: layer 1 is not finite in sentence train-2 of .*task \(train\)"
    with pytest.raises(
        InputError, match=f"{place}, as embeddings.word_embeddings.weight in its weights is not: delete"
    ):
        embed(model, tmp_path / "task", files(tmp_path / "out", [1, 2]), progress=False)
    assert not list((tmp_path / "out").rglob("*.npy*"))


def test_what_overflows_in_an_encoder_whose_weights_are_finite_is_the_precision_s(tmp_path):
    model = save_encoder(tmp_path / "model", "bert")
    weights = load_file(model / "model.safetensors")
    weights["encoder.layer.0.output.dense.weight"] *= 1e38
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    save_task(tmp_path / "task", [(["the"], [[0]], [0])])
    with pytest.raises(InputError, match="though its weights are: it cannot be computed in `precision: fp32`"):
        embed(model, tmp_path / "task", files(tmp_path / "out"), progress=False)


def test_a_layer_that_is_not_there(bert, tmp_path):
    save_task(tmp_path / "task", rows("word"))
    with pytest.raises(InputError, match="no layer 4; its layers are 0 .* to 3"):
        embed(bert, tmp_path / "task", files(tmp_path / "out", [3, 4]), progress=False)
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_there(tmp_path):
    model = save_encoder(tmp_path / "model", "bert")
    weights = load_file(model / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    save_task(tmp_path / "task", rows("word"))
    with pytest.raises(InputError, match="encoder.layer.1.output.dense.weight"):
        embed(model, tmp_path / "task", files(tmp_path / "out"), progress=False)


def test_a_device_that_is_not_there(bert, tmp_path):
    save_task(tmp_path / "task", rows("word"))
    with pytest.raises(InputError, match="`tpu` is not one of"):
        embed(bert, tmp_path / "task", files(tmp_path / "out"), device="tpu", progress=False)


def test_memory_is_bounded_by_the_chunk(bert, tmp_path, monkeypatch):
    """Ten times the corpus needs no more arrays at a time: the most rows ever held are those of a chunk."""
    held = []
    empty = np.empty
    monkeypatch.setattr(layers, "CHUNK", 4 * 32 * 4 * 50)  # bytes: 50 targets of 32 dimensions in 4 layers
    monkeypatch.setattr(layers.np, "empty", lambda shape, dtype: held.append(shape[0]) or empty(shape, dtype))
    for n in (20, 200):
        save_task(tmp_path / str(n), [(["a", "the"] * 5, [[i] for i in range(10)], [0] * 10)] * n)
        embed(bert, tmp_path / str(n), files(tmp_path / "out"), batch_size=2, progress=False)
        assert max(held) <= 50 and np.load(tmp_path / "out" / "train" / "layer1.npy").shape == (10 * n, 32)
