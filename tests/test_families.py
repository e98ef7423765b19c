"""Architectures that read padding, pad once more, pool, end in a norm, or lack what is needed, against transformers."""

import json

import numpy as np
import pytest
import torch
import transformers
from encoders_fixtures import save_task, unigram
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForTextEncoding, AutoTokenizer

from closerlook.encoders.finetuning import finetune
from closerlook.encoders.layers import embed
from closerlook.encoders.pinning import pin_model
from closerlook.errors import InputError
from closerlook.recipes import Recipe

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
SHAPE |= {"pad_token_id": 0, "initializer_range": 0.3}  # far from the near-zero start, so that a mistake shows


def save(folder, kind, model=None, change=lambda tokenizer: None, **more):
    """Write a tiny model of some class with random weights, and a tokenizer."""
    torch.manual_seed(0)
    tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
    config = getattr(transformers, f"{kind}Config")(**{"vocab_size": len(tokenizer)} | more)
    made = getattr(transformers, model)(config) if model else AutoModel.from_config(config)
    made.save_pretrained(folder)
    change(tokenizer)
    tokenizer.save_pretrained(folder)
    return folder


def task(folder, lengths):
    """A word task: sentences of so many words, the last word of each is the target."""
    words = ["the", "cat", "sat", "on", "a", "mat"]
    rows = [((words * n)[:n], [[n - 1]], [i % 2]) for i, n in enumerate(lengths)]
    return save_task(folder, rows, names=("x", "y"))


def vectors(model, task, folder, layers, batch_size):
    out = {n: folder / f"{n}.npy" for n in layers}
    embed(model, task, {"train": out}, batch_size=batch_size, device="cpu", progress=False)
    return np.stack([np.load(file) for file in out.values()])


def plain(folder, task_lengths, auto=AutoModel):
    """Vectors of the targets by transformers alone, one sentence at a time: (layers, sentences, dim)."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words, found = ["the", "cat", "sat", "on", "a", "mat"], []
    for n in task_lengths:
        text = " ".join((words * n)[:n])
        encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        begin = len(text) - len(text.split()[-1]) - (n > 1)  # with the space before it
        inside = [b >= begin and e > b for b, e in encoded.pop("offset_mapping")[0].tolist()]
        with torch.no_grad():  # each time anew: BigBird remembers how it read the last row
            out = auto.from_pretrained(folder).eval()(**encoded, output_hidden_states=True)
        layers = [*out.hidden_states[:-1], out.last_hidden_state]
        found.append(torch.stack([layer[0, : len(inside)][inside].mean(0) for layer in layers]))
    return torch.stack(found, 1).numpy()


@pytest.mark.parametrize(
    ("kind", "more", "matters"),
    [
        ("Bert", {}, False),
        ("FNet", {"max_position_embeddings": 64}, True),
        ("Yoso", {}, True),
        ("Nystromformer", {}, True),
        ("ConvBert", {"embedding_size": 32}, True),
    ],
)
def test_a_sentence_has_the_vectors_that_it_has_alone(tmp_path, kind, more, matters):
    shape = {k: v for k, v in SHAPE.items() if kind != "FNet" or k != "num_attention_heads"}
    folder, lengths = save(tmp_path / "model", kind, **shape | more), (2, 3, 9, 2)
    note = pin_model(tmp_path / "pinned", path=folder)
    assert note["padding_matters"] == matters and note["last_layer"] == "last_hidden_state"
    found = vectors(tmp_path / "pinned", task(tmp_path / "task", lengths), tmp_path, range(3), 64)
    np.testing.assert_allclose(found, plain(folder, lengths), atol=1e-5)


def test_fine_tuning_reads_no_padding_either(tmp_path):
    """One update on sentences of three lengths: the loss is that of each of them alone."""
    shape = {k: v for k, v in SHAPE.items() if k != "num_attention_heads"}
    pin_model(tmp_path / "pinned", path=save(tmp_path / "model", "FNet", hidden_dropout_prob=0.0, **shape))
    lengths = (2, 3, 9)
    metrics = finetune(
        tmp_path / "pinned", task(tmp_path / "task", lengths), tmp_path / "out",
        Recipe(epochs=1, batch_size=8, dropout=0.0, learning_rate=1e-9), seed=0, checkpoints=tmp_path / "ck",
        device="cpu", progress=False,
    )  # fmt: skip
    head = load_file(tmp_path / "out" / "head.safetensors")
    logits = torch.from_numpy(plain(tmp_path / "model", lengths)[-1]) @ head["weight"].T + head["bias"]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 0]))
    assert metrics["epochs"][0]["loss"] == pytest.approx(float(expected), rel=1e-4)


def test_rows_that_a_model_pads_once_more_are_cut(tmp_path):
    """BigBird reads rows of more than 704 tokens in blocks of 64, and pads to that."""
    folder = save(tmp_path / "model", "BigBird", max_position_embeddings=1024, **SHAPE)
    pin_model(tmp_path / "pinned", path=folder)
    lengths = (310, 320, 5)  # words, of two or three subwords
    where = task(tmp_path / "task", lengths)
    alone, together = (vectors(tmp_path / "pinned", where, tmp_path, range(3), n) for n in (1, 64))
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, plain(folder, lengths), atol=1e-5)
    tokens = AutoTokenizer.from_pretrained(folder)(" ".join((["the", "cat", "sat", "on", "a", "mat"] * 310)[:310]))
    assert 704 < len(tokens["input_ids"]) and len(tokens["input_ids"]) % 64


def test_a_little_padding_of_a_long_row_is_seen(tmp_path):
    """Of a BigBird it moves some vectors by a thousandth; so also where a folder is read that was never pinned."""
    folder = save(tmp_path / "model", "BigBird", max_position_embeddings=1024, **SHAPE)
    assert pin_model(tmp_path / "pinned", path=folder)["padding_matters"]
    where = task(tmp_path / "task", lengths := (400, 380, 5))
    expected = plain(folder, lengths)
    for model in (folder, tmp_path / "pinned"):
        np.testing.assert_allclose(vectors(model, where, tmp_path, range(3), 64), expected, atol=1e-5)


def test_the_last_layer_is_what_a_head_reads(tmp_path):
    """CLIP's text encoder has a norm after its last layer, which its hidden states lack."""
    folder = save(tmp_path / "model", "CLIPText", hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                  intermediate_size=48, pad_token_id=0, bos_token_id=2, eos_token_id=3)  # fmt: skip
    note = pin_model(tmp_path / "pinned", path=folder)
    assert note["last_layer"] == "last_hidden_state, after a final norm"
    lengths = (2, 7)
    found = vectors(tmp_path / "pinned", task(tmp_path / "task", lengths), tmp_path, range(3), 64)
    np.testing.assert_allclose(found, plain(folder, lengths), atol=1e-5)


@pytest.mark.parametrize("model", ["T5Model", "T5EncoderModel"])
def test_the_encoder_of_a_t5_is_read_alone(tmp_path, model):
    shape = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 2, "initializer_factor": 2.0}
    folder = save(tmp_path / "model", "T5", model, **shape)
    note = pin_model(tmp_path / "pinned", path=folder, n_layers=2)
    assert note["padding_matters"] is False
    lengths = (2, 7)
    where = task(tmp_path / "task", lengths)
    found = vectors(tmp_path / "pinned", where, tmp_path, range(3), 64)
    np.testing.assert_allclose(found, plain(folder, lengths, AutoModelForTextEncoding), atol=1e-4)
    how = {"seed": 0, "checkpoints": tmp_path / "ck", "device": "cpu", "progress": False}
    recipe = Recipe(epochs=2, batch_size=8, learning_rate=1e-3)
    metrics = finetune(tmp_path / "pinned", where, tmp_path / "out", recipe, **how)
    assert metrics["weight_change"] > 1e-6
    assert vectors(tmp_path / "out", where, tmp_path, [2], 64).shape == (1, 2, 32)


@pytest.mark.parametrize(
    ("kind", "model", "more", "message"),
    [
        ("FSMT", None, {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "langs": ["a", "b"],
                        "src_vocab_size": 300, "tgt_vocab_size": 300}, "has a decoder too"),
        ("Funnel", "FunnelBaseModel", {"block_sizes": [1, 1], "d_model": 32, "n_head": 2, "d_head": 8, "d_inner": 32},
         "pools its tokens"),
        ("Funnel", "FunnelModel", {"block_sizes": [1, 1], "d_model": 32, "n_head": 2, "d_head": 8, "d_inner": 32},
         "gives the vectors of 6 layers"),
        ("DPR", None, SHAPE, "gives no vectors of its tokens"),
        ("Bros", None, SHAPE, "cannot read a plain sentence"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_when_it_is_pinned(tmp_path, kind, model, more, message):
    folder = save(tmp_path / "model", kind, model, **more)
    with pytest.raises(InputError, match=message) as error:
        pin_model(tmp_path / "pinned", path=folder)
    assert "\n" not in str(error.value) and not (tmp_path / "pinned").exists()


def test_tokens_without_an_embedding_are_refused_when_pinned(tmp_path):
    folder = save(tmp_path / "model", "Bert", change=lambda tokenizer: tokenizer.add_tokens(["<user>"]), **SHAPE)
    with pytest.raises(InputError, match="1 token without an embedding, such as '<user>': .*resize_token_embeddings"):
        pin_model(tmp_path / "pinned", path=folder)


@pytest.mark.parametrize("prefix", ["model.bert.", "_orig_mod.", "module.", "encoder.0."])
def test_weights_are_found_behind_any_prefix(tmp_path, prefix):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    weights = load_file(folder / "model.safetensors")
    renamed = {prefix + name: tensor for name, tensor in weights.items()}
    save_file(renamed | {"head.weight": torch.zeros(2, 2)}, folder / "model.safetensors", {"format": "pt"})
    pin_model(tmp_path / "pinned", path=folder)
    pinned = load_file(tmp_path / "pinned" / "model.safetensors")
    assert (
        all(torch.equal(pinned[name], weights[name]) for name in pinned) and len(pinned) == len(weights) - 2
    )  # pooler


def test_of_two_encoders_none_is_picked(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    weights = load_file(folder / "model.safetensors")
    both = {who + name: w.clone() for who in ("query.", "text.bert.") for name, w in weights.items()}
    save_file(both, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"several encoders \(query\., text\.bert\.\)"):
        pin_model(tmp_path / "pinned", path=folder)


@pytest.mark.parametrize("prefix", ["", "bert.", "model.bert."])
def test_no_layer_is_left_out_unsaid(tmp_path, prefix):
    folder = save(tmp_path / "model", "Bert", **SHAPE | {"num_hidden_layers": 3})
    weights = load_file(folder / "model.safetensors")
    renamed = {prefix + name: tensor for name, tensor in weights.items()} | {"head.0.weight": torch.zeros(2, 2)}
    save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text()) | {"num_hidden_layers": 2}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"have .*encoder\.layer\.2\..* and 15 more beyond what config.json says"):
        pin_model(tmp_path / "pinned", path=folder)


def test_weights_of_another_shape_are_named(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE | {"max_position_embeddings": 64})
    config = json.loads((folder / "config.json").read_text()) | {"max_position_embeddings": 32}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        InputError, match=r"position_embeddings.weight of shape \(32, 32\), and the weights have \(64, 32\)"
    ):
        pin_model(tmp_path / "pinned", path=folder)


def test_one_missing_weight_is_named(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.0.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"the weights lack encoder\.layer\.0\.output\.dense\.weight: they are"):
        pin_model(tmp_path / "pinned", path=folder)


def test_a_pointer_to_the_weights_is_named(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(InputError, match="model.safetensors: is a Git LFS pointer .*`git lfs pull`"):
        pin_model(tmp_path / "pinned", path=folder)


def test_a_model_without_room_for_a_token_is_refused(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    config = json.loads((folder / "tokenizer_config.json").read_text()) | {"model_max_length": 2}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="rows of 2 tokens at most, and 2 of them are special"):
        pin_model(tmp_path / "pinned", path=folder)


def test_weights_of_other_names_are_named(tmp_path):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    weights = load_file(folder / "model.safetensors")
    strange = {name.replace("layer", "stratum"): tensor for name, tensor in weights.items()}
    save_file(strange, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"lack encoder\.layer\.0.* it has encoder\.stratum\.0"):
        pin_model(tmp_path / "pinned", path=folder)


@pytest.mark.parametrize("file, auto", [("config.json", "AutoModel"), ("tokenizer_config.json", "AutoTokenizer")])
def test_so_is_code_beside_an_architecture_that_is_known(tmp_path, file, auto):
    """Read as the known one, it would be another model."""
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    config = json.loads((folder / file).read_text())
    classes = "BertModel" if auto == "AutoModel" else ["BertTokenizer", "BertTokenizerFast"]
    (folder / file).write_text(json.dumps(config | {"auto_map": {auto: classes}}))  # code that has become a part of it
    pin_model(tmp_path / "pinned", path=folder)
    classes = "own.MyBert" if auto == "AutoModel" else ["own.MyBert", None]
    (folder / file).write_text(json.dumps(config | {"auto_map": {auto: classes}}))
    with pytest.raises(InputError, match=f"brings code of its own .`auto_map` in {file}"):
        pin_model(tmp_path / "again", path=folder)


def test_code_of_a_models_own_is_refused_and_not_run(tmp_path, monkeypatch, capfd):
    folder = save(tmp_path / "model", "Bert", **SHAPE)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked a question in the middle of a job"))
    for weights in ("pretrained", "random"):
        with pytest.raises(InputError, match="brings code of its own .* take one whose architecture is part of"):
            pin_model(tmp_path / "pinned", path=folder, weights=weights)
    assert not (tmp_path / "ran").exists()
