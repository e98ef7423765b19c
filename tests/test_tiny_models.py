"""Every family that people bring, tiny: pinned and read, against transformers alone, one sentence at a time."""

import copy
import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from encoders_fixtures import save_task
from families_fixtures import CAUSAL, FAMILIES, LONGEST, WORDS, H, P, config_of, save_family, tokenizer_of
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from closerlook.embedding import embed as embed_texts
from closerlook.encoders.bringing import bring_run
from closerlook.encoders.finetuning import finetune
from closerlook.encoders.layers import embed
from closerlook.encoders.loading import load_encoder, read_encoder
from closerlook.encoders.padding import load_aligner
from closerlook.encoders.pinning import pin_model
from closerlook.encoders.precision import in_float32
from closerlook.errors import InputError
from closerlook.models import depth_of
from closerlook.recipes import Recipe

HALVES = [torch.bfloat16, torch.float16]
WEIGHTS = "model.safetensors"
FACTS = ("causal", "padding_matters", "last_layer", "max_length", "n_layers", "hidden_size", "n_parameters")
IDS = torch.tensor([[5, 9, 12, 7, 30, 41]])
VISION = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
VISION |= {"image_size": 8, "patch_size": 4}


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


@torch.no_grad()
def last(model):
    """The last layer that a network makes of some ids."""
    return model(IDS).last_hidden_state


@pytest.mark.parametrize(
    ("family", "head", "prefix"),
    [
        ("bart", "BartForSequenceClassification", "model.encoder."),
        ("bart", "BartForConditionalGeneration", "model.encoder."),
        ("mbart", "MBartForConditionalGeneration", "model.encoder."),
        ("marian", "MarianMTModel", "model.encoder."),
        ("pegasus", "PegasusForConditionalGeneration", "model.encoder."),
        ("led", "LEDForConditionalGeneration", "led.encoder."),
        ("longt5", "LongT5ForConditionalGeneration", "encoder."),
        ("t5", "T5ForConditionalGeneration", ""),
        ("t5", "T5ForSequenceClassification", "transformer."),
        ("gpt2", "GPT2LMHeadModel", "transformer."),
        ("llama", "LlamaForCausalLM", "model."),
        ("gemma2", "Gemma2ForSequenceClassification", "model."),
        ("mamba", "MambaForCausalLM", "backbone."),
    ],
)
def test_what_reads_text_is_found_behind_a_head_and_beside_a_decoder(tmp_path, family, head, prefix):
    model = save_family(tmp_path / "model", family, head)
    assert read_encoder(tmp_path / "model")[1] == prefix and depth_of(tmp_path / "model") == 2
    pin_model(tmp_path / "pinned", path=tmp_path / "model")
    encoder = encoder_of(model.base_model)
    assert torch.equal(last(load_encoder(tmp_path / "pinned")), last(encoder))
    n_bytes = 4 * sum(p.numel() for p in encoder.parameters())
    assert n_bytes <= (tmp_path / "pinned" / WEIGHTS).stat().st_size < n_bytes + 20_000  # no decoder, no head
    assert depth_of(tmp_path / "pinned") == 2


def test_a_table_of_its_own_goes_before_the_shared_one(tmp_path):
    """As old files have them, each name of the one table."""
    model = save_family(tmp_path / "model", "bart", "BartForConditionalGeneration")
    weights = load_file(tmp_path / "model" / WEIGHTS)
    table = weights["model.shared.weight"]
    weights |= {f"model.{who}.embed_tokens.weight": table.clone() for who in ("encoder", "decoder")}
    save_file(weights | {"model.shared.weight": table + 1}, tmp_path / "model" / WEIGHTS, {"format": "pt"})
    assert torch.equal(last(load_encoder(tmp_path / "model")), last(encoder_of(model.base_model)))


def test_without_its_embeddings_an_encoder_is_incomplete(tmp_path):
    save_family(tmp_path / "model", "bart", "BartForConditionalGeneration")
    weights = load_file(tmp_path / "model" / WEIGHTS)
    del weights["model.shared.weight"]
    save_file(weights, tmp_path / "model" / WEIGHTS, {"format": "pt"})
    with pytest.raises(InputError, match="the weights lack embed_tokens.weight"):
        pin_model(tmp_path / "pinned", path=tmp_path / "model")


def toy(folder):
    return save_task(folder, [(["the", "cat", "sat"], [[i] for i in range(3)], [0, 1, 2])] * 8)


@pytest.mark.parametrize("family", ["bart", "marian", "llama"])
def test_a_model_is_tuned_and_read_again(tmp_path, family):
    save_family(tmp_path / "model", family, dtype=torch.bfloat16)
    note = pin_model(tmp_path / "pinned", path=tmp_path / "model")
    recipe = Recipe(epochs=2, batch_size=4, learning_rate=1e-3, steps=[2])
    how = {"seed": 0, "checkpoints": tmp_path / "ck", "device": "cpu", "progress": False}
    metrics = finetune(tmp_path / "pinned", toy(tmp_path / "task"), tmp_path / "run", recipe, **how)
    assert metrics["weight_change"] > 1e-6
    assert {w.dtype for w in load_file(tmp_path / "run" / WEIGHTS).values()} == {torch.float32}
    encoder, tuned = load_encoder(tmp_path / "run"), load_file(tmp_path / "run" / WEIGHTS)
    assert all(torch.equal(weight, tuned[name]) for name, weight in encoder.state_dict().items() if name in tuned)
    assert load_aligner(tmp_path / "run", encoder, "word").causal is note["causal"]  # which its folder does not say
    assert not torch.equal(last(encoder), last(load_encoder(tmp_path / "pinned")))


def test_a_bart_that_somebody_else_tuned_is_brought(tmp_path):
    save_family(tmp_path / "model", "bart")
    pin_model(tmp_path / "pinned", path=tmp_path / "model")
    tuned = transformers.BartForSequenceClassification.from_pretrained(tmp_path / "model")
    with torch.no_grad():
        for weight in tuned.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.02)
    tuned.save_pretrained(tmp_path / "theirs")
    metrics = bring_run(
        tmp_path / "run", tmp_path / "steps", tmp_path / "pinned", task="t", path=tmp_path / "theirs", progress=False
    )
    assert metrics["prefix"] == "model.encoder." and "classification_head" in metrics["head"]
    assert torch.equal(last(load_encoder(tmp_path / "run")), last(tuned.eval().model.encoder))


@pytest.mark.parametrize("kind", ["Gemma3", "CLIP"])
def test_of_a_model_that_also_sees_the_part_that_reads_is_taken(tmp_path, kind):
    if kind == "Gemma3":
        parts = {"text_config": config_of("gemma3_text"), "vision_config": VISION, "mm_tokens_per_image": 4}
        config = transformers.Gemma3Config(**parts)
        model, tokenizer = transformers.Gemma3ForConditionalGeneration(config).eval(), tokenizer_of("gemma")
        text = model.model.language_model
    else:
        words = H | P | {"vocab_size": 400, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
        model = transformers.CLIPModel(transformers.CLIPConfig(text_config=words, vision_config=VISION)).eval()
        text, tokenizer = model.text_model, tokenizer_of("roberta")
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    assert depth_of(tmp_path / "model") == 2
    assert pin_model(tmp_path / "pinned", path=tmp_path / "model", n_layers=2)["causal"]
    assert torch.equal(last(load_encoder(tmp_path / "pinned")), last(text))
    assert torch.equal(last(AutoModel.from_pretrained(tmp_path / "pinned").eval()), last(text))


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("family", ["bert", "xlnet", "t5", "bart", "llama", "gemma2", "mamba"])
def test_halves_stay_halves_and_are_found_to_be_what_they_are_in_float32(tmp_path, family, dtype):
    model = save_family(tmp_path / "half", family, dtype=dtype)
    half = pin_model(tmp_path / "a", path=tmp_path / "half")
    model.save_pretrained(tmp_path / "whole")
    tokenizer_of(FAMILIES[family][0]).save_pretrained(tmp_path / "whole")
    whole = pin_model(tmp_path / "b", path=tmp_path / "whole")
    assert (half["dtype"], whole["dtype"]) == (str(dtype).removeprefix("torch."), "float32")
    assert [half[fact] for fact in FACTS] == [whole[fact] for fact in FACTS]
    a, b = (load_file(tmp_path / name / WEIGHTS) for name in "ab")
    assert {weight.dtype for weight in a.values()} == {dtype}
    assert a.keys() == b.keys() and all(torch.equal(a[name].float(), b[name]) for name in a)
    assert torch.equal(last(load_encoder(tmp_path / "a")), last(load_encoder(tmp_path / "b")))
    encoder = load_encoder(tmp_path / "a", dtype)
    with in_float32(encoder):
        found = last(encoder)
    assert {p.dtype for p in encoder.parameters()} == {dtype}
    np.testing.assert_allclose(found, last(copy.deepcopy(encoder).float()), rtol=1e-5, atol=1e-6)


def test_a_file_with_two_types_stays_as_exact_as_it_is(tmp_path):
    """What `config.json` says of it does not count."""
    save_family(tmp_path / "model", "bert", dtype=torch.bfloat16)
    weights = load_file(tmp_path / "model" / WEIGHTS)
    name = "encoder.layer.0.output.dense.weight"
    weights[name] = weights[name].float() + 1e-6
    save_file(weights, tmp_path / "model" / WEIGHTS, {"format": "pt"})
    assert json.loads((tmp_path / "model/config.json").read_text())["dtype"] == "bfloat16"
    assert pin_model(tmp_path / "pinned", path=tmp_path / "model")["dtype"] == "float32"
    assert torch.equal(load_file(tmp_path / "pinned" / WEIGHTS)[name], weights[name])


@pytest.mark.parametrize("family", ["bert", "xlnet", "t5", "bart", "llama", "gemma2", "mamba", "deberta-v2"])
def test_bf16_reads_as_transformers_does(tmp_path, family):
    """Loaded straight as bf16, the angles of positions unrounded; the same from a folder and from memory."""
    save_family(tmp_path / "model", family, dtype=torch.bfloat16)
    found = embed_texts(tmp_path / "model", WORDS[:1], targets=[[0, 3]], precision="bf16", progress=False)
    memory = (
        encoder_of(AutoModel.from_pretrained(tmp_path / "model")),
        AutoTokenizer.from_pretrained(tmp_path / "model"),
    )
    again = embed_texts(memory, WORDS[:1], targets=[[0, 3]], precision="bf16", progress=False)
    np.testing.assert_array_equal(found, again)
    exact = embed_texts(tmp_path / "model", WORDS[:1], targets=[[0, 3]], progress=False)
    assert 0 < np.abs(found - exact).max() < 0.1 * np.abs(exact).max()


@pytest.mark.parametrize("kind", ["FNet", "ConvBert", "Yoso", "Nystromformer"])
@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_that_padding_matters_is_seen_in_halves_too(tmp_path, kind, dtype):
    torch.manual_seed(0)
    tokenizer, more = tokenizer_of("wordpiece"), {} if kind != "ConvBert" else {"embedding_size": 32}
    shape = {k: v for k, v in (H | P | more).items() if kind != "FNet" or k != "num_attention_heads"}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer), initializer_range=0.3, **shape)
    AutoModel.from_config(config).to(dtype).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    note = pin_model(tmp_path / "pinned", path=tmp_path / "model")
    assert note["padding_matters"] and note["dtype"] == str(dtype).removeprefix("torch.") and not note["causal"]


def test_a_tokenizer_from_another_folder(tmp_path):
    model = save_family(tmp_path / "model", "gpt2")
    pin_model(tmp_path / "a", path=tmp_path / "model")
    (tmp_path / "bare").mkdir()
    for name in ("config.json", WEIGHTS):
        shutil.copy(tmp_path / "model" / name, tmp_path / "bare")
    with pytest.raises(InputError, match="has no tokenizer .* set the model's `tokenizer:` to a folder"):
        pin_model(tmp_path / "b", path=tmp_path / "bare")
    tokenizer_of("gpt2").save_pretrained(tmp_path / "words")
    note = pin_model(tmp_path / "b", path=tmp_path / "bare", tokenizer=tmp_path / "words")
    assert note["source"] == {"path": str(tmp_path / "bare"), "tokenizer": str(tmp_path / "words")}
    for name in (WEIGHTS, "tokenizer.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert torch.equal(last(load_encoder(tmp_path / "b")), last(model))
    tokenizer_of("qwen").save_pretrained(tmp_path / "others")  # instead of one that is there
    pin_model(tmp_path / "c", path=tmp_path / "model", tokenizer=tmp_path / "others")
    read = AutoTokenizer.from_pretrained(tmp_path / "c")
    assert read.get_vocab() == tokenizer_of("qwen").get_vocab()


@pytest.mark.parametrize(
    ("kind", "shape", "message"),
    [
        ("Whisper", {}, "has a decoder too .whisper.*read alone"),
        ("T5Gemma", {}, "has a decoder too .t5gemma.*read alone"),
        ("Canine", H | P | {"num_hash_buckets": 64, "local_transformer_stride": 16}, "no fast tokenizer"),
    ],
)
def test_what_has_no_part_that_reads_tokens_of_text_is_refused_in_a_sentence(tmp_path, kind, shape, message):
    config = getattr(transformers, f"{kind}Config")(**shape)
    config.save_pretrained(tmp_path / "model")
    tokenizer = transformers.CanineTokenizer() if kind == "Canine" else tokenizer_of("gpt2")
    tokenizer.save_pretrained(tmp_path / "model")
    with pytest.raises(InputError, match=message) as error:
        pin_model(tmp_path / "pinned", path=tmp_path / "model", weights="random")
    assert "\n" not in str(error.value) and not (tmp_path / "pinned").exists()


def test_a_bart_drawn_anew_is_its_encoder_alone(tmp_path):
    save_family(tmp_path / "model", "bart")
    note = pin_model(tmp_path / "a", path=tmp_path / "model", weights="random")
    assert note["n_parameters"] == sum(p.numel() for p in load_encoder(tmp_path / "model").parameters())
    assert not torch.equal(last(load_encoder(tmp_path / "a")), last(load_encoder(tmp_path / "model")))


def test_quantized_weights_are_refused(tmp_path):
    save_family(tmp_path / "model", "llama")
    config = json.loads((tmp_path / "model/config.json").read_text())
    config["quantization_config"] = {"quant_method": "gptq", "bits": 4}
    (tmp_path / "model/config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="its weights are quantized .gptq.: take the model as it was before"):
        pin_model(tmp_path / "pinned", path=tmp_path / "model")


def test_a_half_is_widened_however_it_is_used():
    layer = torch.nn.Linear(5, 4).bfloat16()
    x = torch.randn(3, 5)
    with torch.no_grad(), in_float32(layer):
        ways = [layer(x), x @ layer.weight.T + layer.bias, torch.einsum("ni,oi->no", x, layer.weight) + layer.bias]
        assert layer.weight.dtype == torch.float32 and layer.weight[0].dtype == torch.float32
    assert layer.weight.dtype == torch.bfloat16
    expected = x @ layer.weight.detach().float().T + layer.bias.detach().float()
    for found in ways:
        np.testing.assert_allclose(found, expected, atol=1e-6)
