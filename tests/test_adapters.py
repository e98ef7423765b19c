"""Adapters that PEFT has saved, brought as runs: merged here they are what PEFT itself makes of the whole model."""

import json
import shutil

import pytest
import torch
import transformers
from encoders_fixtures import unigram
from peft import (
    IA3Config,
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    PromptTuningConfig,
    TaskType,
    get_peft_model,
)
from safetensors.torch import load_file, save_file

from closerlook.encoders.bringing import bring_run
from closerlook.encoders.pinning import pin_model
from closerlook.errors import InputError
from closerlook.files import read_json

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
HEADS = {
    "Bert": "BertForSequenceClassification",
    "Roberta": "RobertaForTokenClassification",
    "GPT2": "GPT2ForSequenceClassification",
    "Llama": "LlamaForCausalLM",
    "Bart": "BartForSequenceClassification",
}
WAYS = {
    "lora": (LoraConfig, {"r": 4, "lora_alpha": 12, "target_modules": "all-linear"}),
    "some": (LoraConfig, {"r": 4, "target_modules": ["query", "value", "q_proj", "fc2"]}),
    "rslora": (LoraConfig, {"r": 4, "use_rslora": True, "target_modules": "all-linear"}),
    "dora": (LoraConfig, {"r": 2, "use_dora": True, "target_modules": "all-linear"}),
    "loha": (LoHaConfig, {"r": 2, "target_modules": "all-linear"}),
    "lokr": (LoKrConfig, {"r": 2, "target_modules": "all-linear"}),
}
BERT = {
    "a pattern": (LoraConfig, {"r": 4, "target_modules": r"bert\.encoder\.layer\.\d\.attention\.self\.(query|value)"}),
    "ranks of its own": (LoraConfig, {"r": 4, "target_modules": ["query", "value"], "rank_pattern": {
        "bert.encoder.layer.1.attention.self.query": 2}, "alpha_pattern": {"value": 3}}),
    "patterns of scales": (LoraConfig, {"r": 4, "target_modules": ["query", "value"], "alpha_pattern": {
        r"bert\.encoder\.layer\.1\..*query": 3, "^bert.encoder.layer.0.attention.self.value": 5}}),
    "patterns of ranks": (LoraConfig, {"r": 4, "target_modules": ["query"], "rank_pattern": {
        r".*layer\.(0|7).*": 2, "query": 3}}),
    "its own start": (LoraConfig, {"r": 4, "target_modules": ["query"], "init_lora_weights": "pissa"}),
    "all but some": (LoraConfig, {"r": 4, "target_modules": "all-linear", "exclude_modules": ["query"]}),
    "biases": (LoraConfig, {"r": 4, "target_modules": ["query"], "bias": "all"}),
    "embeddings": (LoraConfig, {"r": 4, "target_modules": ["query"], "modules_to_save": ["word_embeddings"]}),
    "one layer": (LoraConfig, {"r": 4, "target_modules": ["query"], "layers_to_transform": [1]}),
    "ia3": (IA3Config, {"target_modules": ["key", "value", "output.dense"], "feedforward_modules": ["output.dense"]}),
}  # fmt: skip


def pretrained(folder, kind="Bert", seed=0, **more):
    """Write a tiny model, and pin it."""
    tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
    torch.manual_seed(seed)
    shape = SHAPE | {"vocab_size": len(tokenizer), "pad_token_id": 0, "initializer_range": 0.2} | more
    if kind == "Bart":
        shape |= {"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
        shape |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**shape)).save_pretrained(
        folder / "raw"
    )
    tokenizer.save_pretrained(folder / "raw")
    pin_model(folder / "model", path=folder / "raw")
    return folder / "model"


def trained(base, folder, kind, how, seed=1, still=False, **more):
    """Save an adapter whose weights are anything but their start; return the encoder that PEFT merges it into."""
    torch.manual_seed(seed)
    whole = getattr(transformers, HEADS[kind]).from_pretrained(base.parent / "raw")
    config, keys = how
    task = {"Causal": TaskType.CAUSAL_LM, "Token": TaskType.TOKEN_CLS}
    task = next((value for name, value in task.items() if name in HEADS[kind]), TaskType.SEQ_CLS)
    tuned = get_peft_model(whole, config(task_type=task, **keys | more))
    for weight in tuned.parameters():
        if weight.requires_grad and not still:
            torch.nn.init.normal_(weight, std=0.2)
    tuned.save_pretrained(folder)
    encoder = tuned.merge_and_unload().base_model
    return encoder.encoder if kind == "Bart" else encoder


def bring(tmp_path, model, **keys):
    return bring_run(tmp_path / "t.run", tmp_path / "t.run.steps", model, task="t", progress=False, **keys)


def check(folder, encoder):
    found = load_file(folder / "model.safetensors")
    expected = {name: weight for name, weight in encoder.state_dict().items() if "pooler" not in name}
    assert found.keys() == expected.keys() - {"rotary_emb.inv_freq", "embeddings.position_ids"}
    for name, weight in found.items():
        torch.testing.assert_close(weight, expected[name].float(), atol=1e-5, rtol=1e-5, msg=name)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {kind: pretrained(tmp_path_factory.mktemp(kind), kind) for kind in HEADS}


@pytest.mark.parametrize(
    ("kind", "how"),
    [*[("Bert", way) for way in WAYS], ("Roberta", "some"), ("GPT2", "lora"), ("Llama", "dora"), ("Bart", "some")],
)
def test_an_adapter_is_merged_as_peft_merges_it(models, tmp_path, kind, how):
    encoder = trained(models[kind], tmp_path / "adapter", kind, WAYS[how])
    metrics = bring(tmp_path, models[kind], adapter=tmp_path / "adapter")
    check(tmp_path / "t.run", encoder)
    assert metrics["adapter"] and metrics["weight_change"] > 0 and metrics["unchanged"] is None


@pytest.mark.parametrize("how", BERT)
def test_what_an_adapter_of_a_bert_may_have_beside_its_matrices(models, tmp_path, how):
    encoder = trained(models["Bert"], tmp_path / "adapter", "Bert", BERT[how])
    metrics = bring(tmp_path, models["Bert"], path=tmp_path / "adapter")  # a folder that happens to be an adapter
    check(tmp_path / "t.run", encoder)
    assert metrics["prefix"] == "bert." and metrics["head"] == ["classifier"]


@pytest.mark.parametrize("how", ["bin", "compiled", "checkpoint"])
def test_an_adapter_is_read_as_people_save_it(models, tmp_path, how):
    folder = tmp_path / "adapter"
    encoder = trained(models["Bert"], folder, "Bert", WAYS["lora"])
    if how == "bin":
        torch.save(load_file(folder / "adapter_model.safetensors"), folder / "adapter_model.bin")
        (folder / "adapter_model.safetensors").unlink()
    if how == "compiled":
        rewrite(folder, lambda w: {k.replace("model.bert", "model._orig_mod.bert"): v for k, v in w.items()})
    if how == "checkpoint":  # of a Trainer, beside what goes on training
        for file in (models["Bert"].parent / "raw").glob("tokenizer*"):
            shutil.copy(file, folder)
        for name in ("training_args.bin", "optimizer.pt", "trainer_state.json"):
            (folder / name).write_bytes(b"")
    assert bring(tmp_path, models["Bert"], path=folder)["tokenizer"] == "the model's"
    check(tmp_path / "t.run", encoder)


def test_a_series_of_adapters_is_a_run_with_steps(models, tmp_path):
    ends = [trained(models["Bert"], tmp_path / f"run/checkpoint-{k}", "Bert", WAYS["lora"], seed=k) for k in (5, 20)]
    metrics = bring(tmp_path, models["Bert"], path=tmp_path / "run", steps="checkpoint-*")
    check(tmp_path / "t.run", ends[1])
    for k, encoder in zip((5, 20), ends):
        check(tmp_path / f"t.run.steps/step{k}", encoder)
    assert metrics["end"] == "the weights of checkpoint-20" and metrics["adapter"]


def edit(folder, **keys):
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(read_json(file) | keys))


def rewrite(folder, change):
    file = folder / "adapter_model.safetensors"
    save_file(change(load_file(file)), file)


CONFIGS = {
    "tokens": {"trainable_token_indices": [3]},
    "parameters": {"target_parameters": ["mlp.weight"]},
    "replicated": {"layer_replication": [[0, 2], [0, 2]]},
    "activated": {"alora_invocation_tokens": [5, 6]},
}


def broken(models, folder, how):
    """An adapter with something wrong."""
    kind, way, still = "Bert", WAYS["lora"], how == "untrained"
    if how == "prompt":
        way = PromptTuningConfig, {"num_virtual_tokens": 3}
    if how == "family":
        kind = "GPT2"
    trained(models[kind], folder, kind, way, still=still) if how != "prompt" else _prompt(models, folder, way)
    if how == "incomplete":
        rewrite(folder, lambda w: {k: v for k, v in w.items() if "layer.1.output.dense.lora_B" not in k})
    if how == "layers":
        rewrite(folder, lambda w: w | {k.replace("layer.1.", "layer.2."): v.clone() for k, v in w.items()})
    if how == "shape":
        rewrite(folder, lambda w: {k: v[:, :8].clone() if "lora_A" in k else v for k, v in w.items()})
    if how == "nan":
        rewrite(folder, lambda w: w | {min(w): torch.full_like(w[min(w)], float("nan"))})
    if how == "no weights":
        (folder / "adapter_model.safetensors").unlink()
    if how == "a whole checkpoint":
        torch.save({"state_dict": load_file(folder / "adapter_model.safetensors")}, folder / "adapter_model.bin")
        (folder / "adapter_model.safetensors").unlink()
    if how == "sister":
        rewrite(folder, lambda w: {k.replace("model.bert.", "model.roberta."): v for k, v in w.items()})
    if how in CONFIGS:
        edit(folder, **CONFIGS[how])
    if how == "another library":
        (folder / "adapter_config.json").write_text('{"config": {"architecture": "pfeiffer"}, "model_name": "bert"}')


def _prompt(models, folder, way):
    whole = transformers.BertForSequenceClassification.from_pretrained(models["Bert"])
    get_peft_model(whole, way[0](task_type=TaskType.SEQ_CLS, **way[1])).save_pretrained(folder)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("untrained", "is an adapter that changes nothing: was it saved before it was trained?"),
        ("prompt", "is an adapter of type PROMPT_TUNING, which changes no weights, so it cannot be merged"),
        ("tokens", r"changes the embeddings of single tokens \(`trainable_token_indices`\), which is not merged here"),
        ("parameters", r"adapts single weights instead of layers \(`target_parameters`\), which is not merged here"),
        ("replicated", r"repeats layers \(`layer_replication`\), which is not merged here: merge it"),
        ("activated", r"works from certain tokens on \(`alora_invocation_tokens`\), so it cannot be merged"),
        ("sister", "was trained on a model of type roberta, and its model is of type bert: give the one that it was"),
        ("a whole checkpoint", "its adapter_model.bin cannot be read"),
        ("family", r"adapts transformer\.h\.0\..* which its model, of type bert, does not have: give the model"),
        ("layers", r"has bert\.encoder\.layer\.2\..* that its model, of type bert, has no place for: give the model"),
        ("shape", "its weights do not fit its model .*: give the model that it was trained on"),
        ("incomplete", r"lacks .*layer\.1\.output\.dense\.lora_B.*, so it is incomplete"),
        ("nan", "its weights are damaged: .* is not finite"),
        ("no weights", "is an adapter without weights: add its adapter_model.safetensors or"),
        ("another library", "its adapter_config.json is not one of PEFT's"),
    ],
)
def test_an_adapter_that_is_not_whole_or_not_of_its_model_is_refused_in_a_sentence(models, tmp_path, how, message):
    broken(models, tmp_path / "adapter", how)
    with pytest.raises(InputError, match=message) as error:
        bring(tmp_path, models["Bert"], path=tmp_path / "adapter")
    assert str(tmp_path / "adapter") in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


@pytest.mark.parametrize(
    ("source", "base", "fits"),
    [
        ({"hub": "google/bert"}, "google/bert", True),
        ({"hub": "google/bert"}, "Google/BERT", True),
        ({"hub": "google/bert"}, "google/bert-large", False),
        ({"hub": "google/bert"}, "bert-base-cased", False),  # before the hub's models had owners
        ({"hub": "google/bert"}, "roberta-base", False),
        ({"hub": "google-bert/bert-base-cased"}, "bert-base-cased", True),
        ({"hub": "bert-base-cased"}, "google-bert/bert-base-cased", True),
        ({"hub": "google/bert"}, "base", True),
        ({"hub": "google/bert"}, "/home/me/bert", True),  # which says nothing
        ({"path": "models/bert"}, "google/bert-large", True),
    ],
)
def test_an_adapter_for_another_model_of_the_hub_is_refused(models, tmp_path, source, base, fits):
    note = read_json(models["Bert"] / "model.json")
    trained(models["Bert"], tmp_path / "adapter", "Bert", WAYS["lora"])
    edit(tmp_path / "adapter", base_model_name_or_path=base)
    (models["Bert"] / "model.json").write_text(json.dumps(note | {"source": source}))
    try:
        if fits:
            assert bring(tmp_path, models["Bert"], path=tmp_path / "adapter")["adapter"]
        else:
            with pytest.raises(InputError, match=f"is an adapter for {base}, and its model is google/bert"):
                bring(tmp_path, models["Bert"], path=tmp_path / "adapter")
    finally:
        (models["Bert"] / "model.json").write_text(json.dumps(note))


@pytest.mark.parametrize("key", ["path", "adapter"])
def test_a_folder_of_several_adapters_names_them(models, tmp_path, key):
    for name in ("second", "first"):
        trained(models["Bert"], tmp_path / "all" / name, "Bert", WAYS["lora"])
    with pytest.raises(InputError, match=r"has no weights, but adapters in its folders \(first and 1 more\): give"):
        bring(tmp_path, models["Bert"], **{key: tmp_path / "all"})


def test_what_is_called_an_adapter_must_be_one(models, tmp_path):
    with pytest.raises(InputError, match="is not an adapter"):
        bring(tmp_path, models["Bert"], adapter=models["Bert"])
    trained(models["Bert"], tmp_path / "adapter", "Bert", WAYS["lora"])
    with pytest.raises(InputError, match="is an adapter .* give the model here, and the adapter in `runs`"):
        pin_model(tmp_path / "pinned", path=tmp_path / "adapter")
