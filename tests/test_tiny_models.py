"""Every family that people bring, tiny: pinned and read, against transformers alone, one sentence at a time."""

import numpy as np
import pytest
import torch
from encoders_fixtures import save_task
from families_fixtures import CAUSAL, FAMILIES, LONGEST, WORDS, save_family
from transformers import AutoTokenizer

from closerlook.encoders.layers import embed
from closerlook.encoders.pinning import pin_model


def encoder_of(model):
    """What reads text in a model, by transformers' own word for it."""
    return model.get_encoder() if model.config.is_encoder_decoder else model


@torch.no_grad()
def tokens(model, tokenizer, text):
    """Vectors of a text's tokens in all layers, window by window: (layers, tokens, dim)."""
    flat, whole = tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer(text)["input_ids"]
    n = next(i for i in range(len(whole)) if whole[i : i + len(flat)] == flat)
    before, after = whole[:n], whole[n + len(flat) :]
    room = LONGEST - len(before) - len(after)
    starts = [0] if len(flat) <= room else [*range(0, len(flat) - room, room // 2), len(flat) - room]
    read = []
    for start in starts:
        ids = torch.tensor([[*before, *flat[start : start + room], *after]])
        types = {}
        if "token_type_ids" in tokenizer.model_input_names:
            last = tokenizer("a")["token_type_ids"][-1]  # of XLNet's <cls>
            types = {"token_type_ids": torch.tensor([[0] * (ids.shape[1] - 1) + [last]])}
        out = encoder_of(model)(ids, output_hidden_states=True, **types)
        layers = torch.cat([*out.hidden_states[:-1], out.last_hidden_state])[:, : ids.shape[1]]
        read.append(layers[:, len(before) : ids.shape[1] - len(after)])
    found = []
    for i in range(len(flat)):
        edges = [min(i - s, s + room - 1 - i) for s in starts]
        best = int(np.argmax(edges))
        found.append(read[best][:, i - starts[best]])
    return torch.stack(found, 1)


def of_words(tokenizer, words):
    """For each word the places of its tokens: those that have a letter of it, and those of the space before it."""
    text = " ".join(words)
    begins = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    found = [[] for _ in words]
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    for place, (begin, end) in enumerate(encoded["offset_mapping"]):
        touched = [w for w, b in enumerate(begins) if begin < b + len(words[w]) and end > b]
        for w in touched or [int(np.searchsorted(begins, begin))]:
            found[w].append(place)
    return found


def vectors(model, task, folder, batch_size=64, **more):
    out = {layer: folder / f"{layer}.npy" for layer in range(3)}
    embed(model, task, {"train": out}, batch_size=batch_size, device="cpu", progress=False, **more)
    return np.stack([np.load(file) for file in out.values()])


@pytest.mark.parametrize("family", FAMILIES)
def test_words_and_sentences_have_the_vectors_that_transformers_gives(tmp_path, family):
    model = save_family(tmp_path / "model", family)
    note = pin_model(tmp_path / "pinned", path=tmp_path / "model", n_layers=2)
    assert note["causal"] is (family in CAUSAL) and note["hidden_size"] == 32 and note["dtype"] == "float32"
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    texts = [tokens(model, tokenizer, " ".join(words)) for words in WORDS]
    assert max(text.shape[1] for text in texts) > 2 * LONGEST  # so there are windows
    words = [text[:, own].mean(1) for text, some in zip(texts, WORDS) for own in of_words(tokenizer, some)]
    expected = {"word": torch.stack(words, 1), "sentence": torch.stack([text.mean(1) for text in texts], 1)}
    rows = {
        "word": [(words, [[i] for i in range(len(words))], [0] * len(words)) for words in WORDS],
        "sentence": [(words, [[]], [0]) for words in WORDS],
    }
    assert float((expected["word"][-1] - expected["word"][-2]).abs().mean()) > 0.05
    for kind, wanted in expected.items():
        task = save_task(tmp_path / kind, rows[kind])
        for batch_size in (1, 64):
            found = vectors(tmp_path / "pinned", task, tmp_path, batch_size, pooling={"sentence": "mean"})
            np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5 * float(wanted.abs().max()))
