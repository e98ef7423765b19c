"""Ways of tuning: what learns and what stays, against the rules of each and a low-rank update by hand."""

import re

import encoders_fixtures
import pytest
import torch
import transformers
from encoders_fixtures import save_encoder, save_task, toy_rows, unigram
from safetensors.torch import load_file
from transformers import AutoModel

from closerlook.encoders.alignment import Aligner
from closerlook.encoders.finetuning import finetune
from closerlook.encoders.loading import load_encoder, load_tokenizer
from closerlook.encoders.methods import above, merged, prepare
from closerlook.errors import InputError
from closerlook.files import read_json
from closerlook.recipes import Recipe

bert = encoders_fixtures.bert
SMALL = {"num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32}
TOP = {  # of three layers the last one: what is above, as the architecture's papers have it
    "Bert": r"encoder\.layer\.2\.",
    "DebertaV2": r"encoder\.layer\.2\.",
    "Llama": r"layers\.2\.|norm\.",
    "GPT2": r"h\.2\.|ln_f\.",
    "T5": r"encoder\.block\.2\.|encoder\.final_layer_norm",
}


def batch(model, folder):
    tokenizer = load_tokenizer(folder)
    return (aligner := Aligner(tokenizer, 16, "word")).batch(aligner.encode([["the", "cat"]], [[[0]]]))


def tiny(folder, kind):
    """A tiny model of a family, and a tokenizer."""
    tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
    shape = {"vocab_size": len(tokenizer), "pad_token_id": 0, **SMALL}
    if kind == "T5":
        shape = {"vocab_size": len(tokenizer), "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 2}
    torch.manual_seed(0)
    model = "T5EncoderModel" if kind == "T5" else f"{kind}Model"
    getattr(transformers, model)(getattr(transformers, f"{kind}Config")(**shape)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tune(model, task, folder, **recipe):
    how = {"epochs": 2, "batch_size": 8, "learning_rate": 3e-3} | recipe
    where = {"checkpoints": folder / "checkpoints", "device": "cpu", "progress": False}
    return finetune(model, task, folder / "out", Recipe(**how), seed=1, **where)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return save_task(tmp_path_factory.mktemp("task") / "word", toy_rows("word", 24), toy_rows("word", 10, seed=1))


@pytest.mark.parametrize("kind", TOP)
def test_the_top_is_the_last_layers_and_the_norm_after_them(tmp_path, kind):
    encoder = load_encoder(tiny(tmp_path, kind))
    read, names = batch(encoder, tmp_path), {name for name, _ in encoder.named_parameters()}
    assert above(encoder, 1, read) == {name for name in names if re.match(TOP[kind], name)} != set()
    assert above(encoder, 2, read) > above(encoder, 1, read)
    assert not any("embed" in name or name == "wte.weight" for name in above(encoder, 3, read))


def test_layers_that_share_their_weights_have_no_top(tmp_path):
    encoder = load_encoder(save_encoder(tmp_path, "albert"))
    with pytest.raises(InputError, match="its layers share their weights"):
        above(encoder, 1, batch(encoder, tmp_path))
    with pytest.raises(InputError, match="is more than the 3 layers"):
        above(encoder, 4, batch(encoder, tmp_path))


@pytest.mark.parametrize(
    ("recipe", "learns"),
    [({"method": "top", "layers": 2}, r"encoder\.layer\.[12]\."), ({"method": "head"}, "(?!)"), ({}, "")],
)
def test_what_does_not_learn_keeps_its_bits(bert, task, tmp_path, recipe, learns):
    metrics = tune(bert, task, tmp_path, **recipe)
    before, after = load_file(bert / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    wanted = {name for name in after if re.match(learns, name)}
    assert {name for name in wanted ^ moved if not name.endswith("key.bias")} == set()  # which has no gradient
    assert metrics["trained_parameters"] == sum(after[name].numel() for name in wanted)
    assert (metrics["weight_change"] > 0) == bool(wanted) and metrics["recipe"]["method"] == recipe.get(
        "method", "full"
    )
    assert "rank" not in metrics["recipe"]


def test_an_adapter_is_a_low_rank_update_of_the_layers_that_it_targets(bert, task, tmp_path):
    tune(bert, task, tmp_path, method="lora", rank=2, targets=["query", "dense"])
    before, after = load_file(bert / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    for name in after:
        update = after[name] - before[name]
        if name.endswith(("query.weight", "dense.weight")):
            values = torch.linalg.svdvals(update.double())
            assert values[1] > 0 and values[2] < 1e-4 * values[0], name
        else:
            assert not update.any(), name
    assert set(AutoModel.from_pretrained(tmp_path / "out").state_dict()) >= set(after)  # nothing of PEFT is left


def test_merging_adds_the_scaled_product_of_the_matrices(bert, tmp_path):
    encoder = load_encoder(bert)
    tuned = prepare(encoder, Recipe(method="lora", rank=4, alpha=6.0, targets=["value"]), None)
    pairs = {}
    for name, weight in tuned.named_parameters():
        assert weight.requires_grad == ("lora_" in name)
        if "lora_" in name:
            torch.nn.init.normal_(weight)
            pairs.setdefault(name.partition(".lora_")[0].removeprefix("base_model.model."), []).append(weight.detach())
    start, found = load_file(bert / "model.safetensors"), merged(tuned).state_dict()
    assert len(pairs) == 3
    for name, (a, b) in pairs.items():
        expected = start[f"{name}.weight"] + 6.0 / 4 * b @ a
        torch.testing.assert_close(found[f"{name}.weight"], expected, atol=1e-5, rtol=1e-5)
    assert any("lora_" in name for name, _ in tuned.named_parameters())  # so that tuning can go on


def test_steps_of_an_adapter_are_kept_merged_and_the_last_is_the_end(bert, task, tmp_path):
    tune(bert, task, tmp_path, method="lora", steps="every 3")
    kept = read_json(tmp_path / "out.steps" / "steps.json")["kept"]
    weights = [load_file(tmp_path / "out.steps" / f"step{k}" / "model.safetensors") for k in kept]
    end = load_file(tmp_path / "out" / "model.safetensors")
    assert kept == [3, 6] and all(set(each) == set(end) for each in weights)
    assert all(torch.equal(weights[-1][name], end[name]) for name in end)
    assert not all(torch.equal(weights[0][name], end[name]) for name in end)


def test_targets_that_fit_nothing_are_refused_with_the_names_that_would(bert, task, tmp_path):
    with pytest.raises(InputError, match=r"fits no linear layer .* called dense, key, query, value") as error:
        tune(bert, task, tmp_path, method="lora", targets=["q_proj"])
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "targets", "names"),
    [("Bert", ["query", "valeu"], "dense, key, query, value"), ("GPT2", ["c_attn", "query"], "c_attn, c_fc, c_proj")],
)
def test_one_target_among_others_that_fits_nothing_is_refused(kind, targets, names):
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 9}
    encoder = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**shape))
    with pytest.raises(
        InputError, match=rf"`targets: \['{targets[1]}'\]` of `method: lora` fits no .* called {names}: name"
    ):
        prepare(encoder, Recipe(method="lora", targets=targets), None)
