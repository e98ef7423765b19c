"""Runs that somebody else made: small models, saved as the classes and tools of other people save them."""

import hashlib
import http.server
import json
import shutil
import threading

import numpy as np
import pytest
import torch
from encoders_fixtures import bert_tokenizer, roberta_tokenizer, save_task, toy_rows
from safetensors.torch import load_file, save_file
from test_hub import in_a_process
from test_pinning import Hub
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    RobertaConfig,
    RobertaModel,
)

from closerlook.encoders.bringing import bring_run
from closerlook.encoders.finetuning import finetune
from closerlook.encoders.folder import run_files
from closerlook.encoders.layers import embed
from closerlook.encoders.loading import load_encoder
from closerlook.encoders.pinning import pin_model
from closerlook.encoders.steps import step_spaces
from closerlook.errors import InputError
from closerlook.recipes import Recipe

MODEL = "model.safetensors"
HEADS = [AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoModelForMaskedLM, AutoModel]


def original(folder, family):
    """Write and pin a tiny pre-trained model."""
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    raw = folder / "raw"
    if family == "bert":
        model = BertModel(BertConfig(vocab_size=bert_tokenizer(raw), max_position_embeddings=24, **shape))
    elif family == "roberta":
        shape |= {"vocab_size": roberta_tokenizer(raw), "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
        model = RobertaModel(RobertaConfig(max_position_embeddings=26, type_vocab_size=1, **shape))
    else:
        shape = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
        model = DistilBertModel(DistilBertConfig(vocab_size=bert_tokenizer(raw), max_position_embeddings=24, **shape))
        AutoTokenizer.from_pretrained(raw, tokenizer_type="bert").save_pretrained(raw)
    model.save_pretrained(raw)
    pin_model(folder / "model", path=raw)
    return folder / "model"


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return {name: original(tmp_path_factory.mktemp(name), name) for name in ("bert", "roberta", "distilbert")}


@pytest.fixture(scope="session")
def bert(models):
    return models["bert"]


def tuned(model, head=AutoModelForSequenceClassification, seed=1):
    """A model with a head, and all of its weights changed."""
    torch.manual_seed(seed)
    model = head.from_pretrained(model)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.02)
    return model


def encoder_of(model):
    """The weights of the encoder inside a model with a head, in float32, by plain names."""
    weights = model.base_model.state_dict()
    return {name: w.float() for name, w in weights.items() if "pooler" not in name and "position_ids" not in name}


def bring(tmp_path, model, **keys):
    keys = {"task": "t"} | keys
    return bring_run(tmp_path / "t.run", tmp_path / "t.run.steps", model, progress=False, **keys)


def warnings(caplog):
    """What the library itself warned of."""
    return [record.message for record in caplog.records if record.name.startswith("closerlook")]


def check_weights(file, expected):
    found = load_file(file)
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        assert found[name].dtype == torch.float32 and torch.equal(found[name], weight), name


def rewrite(folder, change):
    """Change the weights in a folder: a function of their dict."""
    save_file(change(load_file(folder / MODEL)), folder / MODEL, {"format": "pt"})


def renamed(rule):
    def save(model, folder):
        model.save_pretrained(folder)
        rewrite(folder, lambda weights: {rule(name): w for name, w in weights.items()})

    return save


def as_bin(model, folder, **options):
    model.config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin", **options)


def as_bins(model, folder):
    model.config.save_pretrained(folder)
    weights, index = list(model.state_dict().items()), {}
    for i, some in enumerate((weights[::2], weights[1::2]), 1):
        file = f"pytorch_model-0000{i}-of-00002.bin"
        torch.save(dict(some), folder / file)
        index |= {name: file for name, _ in some}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def sentence_transformer(part, type="sentence_transformers.models.Transformer"):
    def save(model, folder):
        model.base_model.save_pretrained(folder / part)
        parts = [{"idx": 0, "name": "0", "path": part, "type": type}]
        parts += [{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
        (folder / "modules.json").write_text(json.dumps(parts))

    return save


SAVED = {
    "safetensors": lambda model, folder: model.save_pretrained(folder),
    "shards": lambda model, folder: model.save_pretrained(folder, max_shard_size="20KB"),
    "bin": as_bin,
    "sharded bin": as_bins,
    "old bin": lambda model, folder: as_bin(model, folder, _use_new_zipfile_serialization=False),
    "float16": lambda model, folder: model.half().save_pretrained(folder),
    "bfloat16": lambda model, folder: model.to(torch.bfloat16).save_pretrained(folder),
    "compiled": renamed("_orig_mod.{}".format),
    "data parallel": renamed("module.{}".format),
    "both": renamed("module._orig_mod.{}".format),
    "a framework": renamed("model.{}".format),
    "layers compiled": renamed(lambda name: name.replace(".layer.", ".layer._orig_mod.")),
    "layers sharded": renamed(
        lambda name: "_fsdp_wrapped_module." + name.replace(".layer.", ".layer._fsdp_wrapped_module.")
    ),
    "sentence-transformers": sentence_transformer(""),
    "old sentence-transformers": sentence_transformer("0_Transformer"),
}


@pytest.mark.parametrize("how", SAVED)
@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_however_it_was_saved_all_weights_of_the_encoder_arrive(models, tmp_path, family, how):
    model = tuned(models[family])
    (tmp_path / "run").mkdir()
    SAVED[how](model, tmp_path / "run")
    metrics = bring(tmp_path, models[family], path=tmp_path / "run")
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(model))
    assert metrics == json.loads((tmp_path / "t.run" / "metrics.json").read_text())
    before = load_file(models[family] / MODEL)
    after = {name: w.double() for name, w in encoder_of(model).items()}
    moved = sum((after[name] - w).square().sum() for name, w in before.items())
    total = sum(w.double().square().sum() for w in before.values())
    assert metrics["weight_change"] == pytest.approx(float((moved / total).sqrt()), rel=1e-6)
    assert metrics["unchanged"] is None and metrics["status"] == "ok" and metrics["brought"]
    assert metrics["tokenizer"] == "the model's" and metrics["train_accuracy"] is metrics["test_accuracy"] is None
    # and it is read as any other encoder
    save_task(tmp_path / "task", [(["the", "cat"], [[0], [1]], [0, 1])])
    embed(tmp_path / "t.run", tmp_path / "task", {"train": {2: tmp_path / "x.npy"}}, progress=False)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_of_whatever_head_the_prefix_and_the_name_are_said(models, tmp_path, family, head):
    model = tuned(models[family], head)
    model.save_pretrained(tmp_path / "run")
    metrics = bring(tmp_path, models[family], path=tmp_path / "run")
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(model))
    names = load_file(tmp_path / "run" / MODEL)
    heads = {name.split(".")[0] for name in names} - {family} if head is not AutoModel else set()
    assert metrics["head"] == sorted(heads) and (heads or head is AutoModel)
    assert metrics["prefix"] == ("" if head is AutoModel else f"{family}.")


@pytest.mark.parametrize(
    ("how", "prefix"),
    [("compiled", "_orig_mod.bert."), ("both", "module._orig_mod.bert."), ("a framework", "model.bert.")],
)
def test_a_prefix_of_several_parts_is_said_whole_and_the_head_without_it(bert, tmp_path, how, prefix):
    SAVED[how](tuned(bert), tmp_path / "run")
    metrics = bring(tmp_path, bert, path=tmp_path / "run")
    assert (metrics["prefix"], metrics["head"]) == (prefix, ["classifier"])


def test_a_model_comes_from_such_folders_too(bert, tmp_path):
    model = tuned(bert)
    (tmp_path / "run").mkdir()
    SAVED["old sentence-transformers"](model, tmp_path / "run")
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path / "run" / "0_Transformer")
    pin_model(tmp_path / "pinned", path=tmp_path / "run")
    check_weights(tmp_path / "pinned" / MODEL, encoder_of(model))


def broken(model, folder, how):
    """A run with a fault."""
    run = tuned(model)
    run.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    if how == "lacks":
        rewrite(folder, lambda w: {n: t for n, t in w.items() if n != "bert.encoder.layer.1.output.dense.weight"})
    elif how == "lacks, compiled":
        broken(model, folder, "lacks")
        rewrite(folder, lambda w: {f"_orig_mod.{n}": t for n, t in w.items()})
    elif how == "lacks, but a teacher has it":
        broken(model, folder, "lacks")
        rewrite(folder, lambda w: w | {f"teacher.{n}": t.clone() for n, t in run.state_dict().items()})
    elif how == "teacher":
        rewrite(folder, lambda w: w | {f"teacher.{n}": t.clone() for n, t in w.items()})
    elif how == "twice":
        rewrite(folder, lambda w: w | {n.removeprefix("bert."): t.clone() for n, t in w.items() if "bert." in n})
    elif how == "shard":
        (folder / MODEL).unlink()
        run.save_pretrained(folder, max_shard_size="20KB")
        min(folder.glob("model-*")).unlink()
    elif how == "adapter":
        for file in folder.iterdir():
            file.unlink()
        (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "me/model"}')
        (folder / "adapter_model.safetensors").write_bytes(b"")
    elif how == "unmerged":
        query = "bert.encoder.layer.0.attention.self.query."
        rule = {query + "weight": query + "base_layer.weight", query + "bias": query + "base_layer.bias"}
        lora = {f"base_model.model.{query}lora_{x}.default.weight": torch.zeros(2, 2) for x in "AB"}
        rewrite(folder, lambda w: {f"base_model.model.{rule.get(n, n)}": t for n, t in w.items()} | lora)
    elif how == "adapter beside":
        name = "bert.encoder.layer.0.attention.self.query.lora_A"
        rewrite(folder, lambda w: w | {name: torch.zeros(2, 2)})
    elif how == "no weights":
        (folder / MODEL).unlink()
        (folder / "checkpoint-5").mkdir()
    elif how == "pointer":
        (folder / MODEL).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    elif how == "heads":
        (folder / "config.json").write_text(json.dumps(config | {"num_attention_heads": 2}))
    elif how == "nan":
        rewrite(folder, lambda w: w | {"bert.embeddings.LayerNorm.bias": torch.full((32,), float("nan"))})
    elif how == "modules":
        (folder / "modules.json").write_text('[{"path": "", "type": "sentence_transformers.models.CLIPModel"}]')
    elif how == "half a tokenizer":
        (folder / "tokenizer_config.json").write_text("{}")
    else:  # of another size
        more = {
            "layers": {"num_hidden_layers": 3},
            "positions": {"max_position_embeddings": 20},
            "vocabulary": {"vocab_size": run.config.vocab_size + 3},
        }[how]
        BertModel(BertConfig(**config | more)).save_pretrained(folder)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("lacks", r"lack encoder\.layer\.1\.output\.dense\.weight \(the names of the others begin with `bert\.`\)"),
        ("lacks, compiled", r"lack encoder\.layer\.1\.output\.dense\.weight .*begin with `_orig_mod\.bert\.`"),
        ("lacks, but a teacher has it", r"lack encoder\.layer\.1\.output\.dense\.weight .*`bert\.`"),
        ("teacher", r"several encoders \(bert\., teacher\.bert\.\)"),
        ("twice", r"with and without `bert\.`: save the encoder that is meant"),
        ("shard", "cannot be loaded as an encoder .*model-00001-of"),
        ("adapter", "its adapter_config.json is not one of PEFT's .*merge_and_unload"),
        ("unmerged", r"an adapter that was not merged .*query\..*merge_and_unload"),
        ("adapter beside", "an adapter that was not merged .*query.lora_A"),
        ("no weights", r"has no weights \(model\*\.safetensors\*, .*its folders are checkpoint-5; see its `steps:`"),
        ("pointer", "is a Git LFS pointer .*git lfs pull"),
        ("layers", "says `num_hidden_layers: 3`, but its model's `num_hidden_layers: 2`; .*`model:`"),
        ("heads", "says `num_attention_heads: 2`, but its model's `num_attention_heads: 4`"),
        ("positions", r"position_embeddings.weight is of shape \(20, 32\), and of shape \(24, 32\) in its model"),
        ("vocabulary", r"word_embeddings.weight is of shape .* in its model; no tokenizer came along: add its files"),
        ("nan", r"embeddings\.LayerNorm\.bias is not finite"),
        ("modules", "has no Transformer among its modules"),
        ("half a tokenizer", "has no tokenizer|tokenizer cannot be loaded"),
    ],
)
def test_a_run_that_is_not_whole_or_not_of_its_model_is_refused_in_a_sentence(bert, tmp_path, how, message):
    (tmp_path / "run").mkdir()
    broken(bert, tmp_path / "run", how)
    with pytest.raises(InputError, match=message) as error:
        bring(tmp_path, bert, path=tmp_path / "run")
    assert str(tmp_path / "run") in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_of_another_architecture_is_refused(models, tmp_path):
    tuned(models["roberta"]).save_pretrained(tmp_path / "run")
    with pytest.raises(InputError, match="`model_type: roberta`, but its model's `model_type: bert`"):
        bring(tmp_path, models["bert"], path=tmp_path / "run")


def test_where_a_run_comes_from_is_said_once_and_exists(bert, tmp_path):
    for keys in ({}, {"hub": "a/b", "path": "c"}):
        with pytest.raises(InputError, match="A run comes from `hub:` or from `path:`"):
            bring(tmp_path, bert, **keys)
    with pytest.raises(InputError, match="there is no such folder; see the run's `path:`"):
        bring(tmp_path, bert, path=tmp_path / "absent")
    with pytest.raises(InputError, match="there is no such folder"):
        run_files(tmp_path / "absent")


def test_merged_weights_beside_what_is_left_of_an_adapter_are_read_as_they_are(bert, tmp_path, monkeypatch):
    model = tuned(bert)
    model.save_pretrained(tmp_path / "run")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / "run" / name).write_text('{"base_model_name_or_path": "me/model"}')
    alone = shutil.copytree(tmp_path / "run", tmp_path / "alone")
    (alone / MODEL).unlink()
    for place in ("transformers.models.auto.auto_factory", "transformers.integrations.peft"):
        monkeypatch.setattr(f"{place}.is_peft_available", lambda: True)
    bring(tmp_path, bert, path=tmp_path / "run")
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(model))
    with pytest.raises(InputError, match="no file named model.safetensors.* in directory .*/alone"):
        load_encoder(alone)


def test_a_missing_pooler_is_no_matter(bert, tmp_path):
    model = tuned(bert)
    model.save_pretrained(tmp_path / "run")
    rewrite(tmp_path / "run", lambda weights: {n: w for n, w in weights.items() if "pooler" not in n})
    bring(tmp_path, bert, path=tmp_path / "run")
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(model))


@pytest.mark.parametrize("precision", [torch.float32, torch.float16, torch.bfloat16])
def test_a_run_that_changed_nothing_is_said_to(bert, tmp_path, caplog, precision):
    AutoModelForSequenceClassification.from_pretrained(bert).to(precision).save_pretrained(tmp_path / "run")
    metrics = bring(tmp_path, bert, path=tmp_path / "run")
    assert (metrics["weight_change"] == 0) == (precision == torch.float32)
    name = str(precision).removeprefix("torch.")
    assert metrics["unchanged"] == ("exactly" if name == "float32" else f"but for rounding to {name}")
    (said,) = warnings(caplog)
    assert "equals its model" in said and "fine-tuning changed nothing" in said


def test_a_run_that_changed_is_not_said_to_equal_its_model(bert, tmp_path, caplog):
    tuned(bert).half().save_pretrained(tmp_path / "run")
    bring(tmp_path, bert, path=tmp_path / "run")
    assert not warnings(caplog)


# tokenizers


def test_the_models_tokenizer_saved_once_more_is_the_models(models, tmp_path):
    for family, model in models.items():
        tuned(model).save_pretrained(tmp_path / family)
        tokenizer = AutoTokenizer.from_pretrained(model)
        tokenizer("the cat", truncation=True, max_length=5, padding="max_length")  # which the files then ask for
        tokenizer.save_pretrained(tmp_path / family)
        assert bring(tmp_path, model, path=tmp_path / family)["tokenizer"] == "the model's", family
        for name in ("tokenizer.json", "tokenizer_config.json"):
            assert (tmp_path / "t.run" / name).read_bytes() == (model / name).read_bytes()


def test_a_tokenizer_of_its_own_comes_along_with_resized_embeddings(bert, tmp_path):
    model, tokenizer = tuned(bert), AutoTokenizer.from_pretrained(bert)
    tokenizer.add_tokens(["<user>", "<url>"])
    model.resize_token_embeddings(len(tokenizer))
    model.save_pretrained(tmp_path / "run")
    tokenizer.save_pretrained(tmp_path / "run")
    metrics = bring(tmp_path, bert, path=tmp_path / "run")
    assert metrics["tokenizer"] == "its own"
    ids = AutoTokenizer.from_pretrained(tmp_path / "t.run")("<user> the")["input_ids"]
    assert ids == tokenizer("<user> the")["input_ids"] != AutoTokenizer.from_pretrained(bert)("<user> the")["input_ids"]
    before, after = load_file(bert / MODEL), encoder_of(model)
    n = len(before["embeddings.word_embeddings.weight"])
    after["embeddings.word_embeddings.weight"] = after["embeddings.word_embeddings.weight"][
        :n
    ]  # new ones moved nowhere
    moved = sum((after[k] - w).double().square().sum() for k, w in before.items())
    total = sum(w.double().square().sum() for w in before.values())
    assert metrics["weight_change"] == pytest.approx(float((moved / total).sqrt()), rel=1e-6)


def test_a_padded_embedding_with_the_models_tokenizer_is_the_model(bert, tmp_path, caplog):
    model = AutoModelForSequenceClassification.from_pretrained(bert)
    model.resize_token_embeddings(128 if model.config.vocab_size < 128 else 256)
    model.save_pretrained(tmp_path / "run")
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path / "run")
    metrics = bring(tmp_path, bert, path=tmp_path / "run")
    assert (metrics["tokenizer"], metrics["weight_change"]) == ("the model's", 0)


@pytest.mark.parametrize("how", ["normalisation", "order of the vocabulary"])
def test_a_tokenizer_that_reads_otherwise_is_its_own(bert, tmp_path, how):
    model = AutoModel.from_pretrained(bert)
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path / "run")
    file = tmp_path / "run" / "tokenizer.json"
    backend = json.loads(file.read_text())
    if how == "normalisation":
        backend["normalizer"]["lowercase"] = not backend["normalizer"]["lowercase"]
        for name in ("tokenizer_config.json",):
            config = json.loads((tmp_path / "run" / name).read_text())
            (tmp_path / "run" / name).write_text(
                json.dumps(config | {"do_lower_case": backend["normalizer"]["lowercase"]})
            )
    else:  # two tokens change places, and their embeddings with them: nothing has moved
        vocab = backend["model"]["vocab"]
        vocab["the"], vocab["cat"] = vocab["cat"], vocab["the"]
        with torch.no_grad():
            table = model.get_input_embeddings().weight
            table[[vocab["the"], vocab["cat"]]] = table[[vocab["cat"], vocab["the"]]].clone()
    file.write_text(json.dumps(backend))
    model.save_pretrained(tmp_path / "run")
    metrics = bring(tmp_path, bert, path=tmp_path / "run")
    assert (metrics["tokenizer"], metrics["weight_change"]) == ("its own", 0)
    text = "The cat"
    mine, theirs = (AutoTokenizer.from_pretrained(tmp_path / name)(text)["input_ids"] for name in ("t.run", "run"))
    assert mine == theirs != AutoTokenizer.from_pretrained(bert)(text)["input_ids"]


# steps


def trainer(folder, model, steps, end=None):
    """A Trainer's folder: checkpoints with what resuming needs, and the end's weights."""
    runs = {step: tuned(model, seed=step) for step in steps}
    for step, run in runs.items():
        at = folder / f"checkpoint-{step}"
        run.save_pretrained(at)
        for junk in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
            (at / junk).write_bytes(b"junk")
        (at / "trainer_state.json").write_text("{}")
    if end:
        runs[end].save_pretrained(folder)
    return runs


def test_steps_go_by_their_numbers_and_the_last_is_the_end(bert, tmp_path):
    runs = trainer(tmp_path / "run", bert, [500, 1000, 90])
    metrics = bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*", seed=3)
    steps = tmp_path / "t.run.steps"
    assert json.loads((steps / "steps.json").read_text()) == {"kept": [90, 500, 1000], "n_updates": 1000}
    for step, run in runs.items():
        check_weights(steps / f"step{step}" / MODEL, encoder_of(run))
        assert {file.name for file in (steps / f"step{step}").iterdir()} == {"config.json", MODEL}
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(runs[1000]))
    assert metrics["n_updates"] == 1000 and metrics["seed"] == 3 and metrics["end"] == "the weights of checkpoint-1000"
    assert metrics["source"] == {
        "path": str(tmp_path / "run"),
        "steps": {"90": "checkpoint-90", "500": "checkpoint-500", "1000": "checkpoint-1000"},
    }
    assert (steps / "step1000" / MODEL).samefile(tmp_path / "t.run" / MODEL)


@pytest.mark.parametrize(("end", "said"), [(900, "are"), (500, "differ from")])
def test_an_end_that_is_not_the_last_step_is_said(bert, tmp_path, caplog, end, said):
    runs = trainer(tmp_path / "run", bert, [500, 900], end)
    metrics = bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*")
    check_weights(tmp_path / "t.run" / MODEL, encoder_of(runs[end]))
    check_weights(tmp_path / "t.run.steps" / "step900" / MODEL, encoder_of(runs[900]))
    assert metrics["end"] == f"its own weights, which {said} those of checkpoint-900"
    assert [metrics["end"] in message for message in warnings(caplog)] == [True] * (said == "differ from")
    assert (tmp_path / "t.run.steps/step900" / MODEL).samefile(tmp_path / "t.run" / MODEL) == (said == "are")


def test_a_list_names_some_of_the_steps(bert, tmp_path):
    trainer(tmp_path / "run", bert, [5, 10, 15], 15)
    bring(tmp_path, bert, path=tmp_path / "run", steps=["checkpoint-15", "checkpoint-5"])
    assert json.loads((tmp_path / "t.run.steps/steps.json").read_text())["kept"] == [5, 15]
    bring(tmp_path, bert, path=tmp_path / "run")  # and again, without any
    assert json.loads((tmp_path / "t.run.steps/steps.json").read_text()) == {"kept": [], "n_updates": None}
    assert [file.name for file in (tmp_path / "t.run.steps").iterdir()] == ["steps.json"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("step*", r"`steps: step\*` matches none of its folders; its folders are checkpoint-5, checkpoint-10, last"),
        (["checkpoint-5", "checkpoint-7"], "has no folder `checkpoint-7` .*checkpoint-10"),
        ("*", "its step `last` has no number"),
        ("/checkpoint-*", "is not a pattern of names"),
        (["checkpoint-5", "./checkpoint-5"], "both have the number 5"),
    ],
)
def test_steps_that_cannot_be_placed_are_refused(bert, tmp_path, steps, message):
    trainer(tmp_path / "run", bert, [5, 10], 10)
    (tmp_path / "run" / "last").mkdir()
    for bringing in (
        lambda: bring(tmp_path, bert, path=tmp_path / "run", steps=steps),
        lambda: run_files(tmp_path / "run", steps),
    ):
        with pytest.raises(InputError, match=message) as error:
            bringing()
        assert "\n" not in str(error.value) and not (tmp_path / "t.run").exists()


def test_a_step_before_the_first_update_is_the_model_itself(bert, tmp_path):
    trainer(tmp_path / "run", bert, [0, 10])
    with pytest.raises(InputError, match="`checkpoint-0` is the model before the first update"):
        bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*")


@pytest.mark.parametrize("how", ["lacks", "layers", "nan", "tokenizer", "adapter", "pointer", "vocabulary"])
def test_steps_are_checked_as_the_end_is(bert, tmp_path, how):
    trainer(tmp_path / "run", bert, [5, 10], 10)
    step = tmp_path / "run" / "checkpoint-5"
    if how == "tokenizer":
        tokenizer = AutoTokenizer.from_pretrained(bert)
        tokenizer.save_pretrained(tmp_path / "run")
        tokenizer.add_tokens(["<user>"])
        tokenizer.save_pretrained(step)
    else:
        broken(bert, step, how)
    with pytest.raises(InputError) as error:
        bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*")
    assert str(step) in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_rule_declares_the_files_that_are_read_and_no_others(bert, tmp_path):
    trainer(tmp_path / "run", bert, [5, 10], 10)
    files = run_files(tmp_path / "run", "checkpoint-*")
    each = ["config.json", MODEL]
    places = ["run/checkpoint-10", "run/checkpoint-5", "run"]
    assert files == sorted(f"{tmp_path}/{place}/{name}" for place in places for name in each)
    for other in (p for p in (tmp_path / "run").rglob("*") if p.is_file() and str(p) not in files):
        other.unlink()
    bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*")


def test_steps_are_read_with_the_runs_tokenizer_and_the_model_with_its_own(bert, tmp_path):
    trainer(tmp_path / "run", bert, [5, 10])
    tokenizer = AutoTokenizer.from_pretrained(bert)
    tokenizer.save_pretrained(tmp_path / "run")
    backend = json.loads((tmp_path / "run/tokenizer.json").read_text())
    vocab = backend["model"]["vocab"]
    vocab["the"], vocab["cat"] = vocab["cat"], vocab["the"]
    (tmp_path / "run/tokenizer.json").write_text(json.dumps(backend))
    assert bring(tmp_path, bert, path=tmp_path / "run", steps="checkpoint-*")["tokenizer"] == "its own"
    task = save_task(tmp_path / "task", [(["the", "the"], [[0], [1]], [0, 1])])
    run, steps = tmp_path / "t.run", tmp_path / "t.run.steps"
    with step_spaces(bert, run, steps, task, [0], tmp_path / "scratch", ("train",)) as spaces:
        found = {update: space["train"][0].copy() for update, space in spaces}
    assert list(found) == [0, 5, 10]
    for update, vectors in found.items():
        encoder, tokenizer = (steps / f"step{update}", run) if update else (bert, bert)
        embed(encoder, task, {"train": {0: tmp_path / "x.npy"}}, tokenizer=tokenizer, progress=False)
        assert (vectors == np.load(tmp_path / "x.npy")).all()


def test_no_steps_cannot_be_followed(bert, tmp_path):
    tuned(bert).save_pretrained(tmp_path / "run")
    bring(tmp_path, bert, path=tmp_path / "run")
    with pytest.raises(InputError, match="no steps were kept"):
        with step_spaces(bert, tmp_path / "t.run", tmp_path / "t.run.steps", tmp_path, [0], tmp_path / "scratch"):
            pass


def test_a_run_made_here_is_the_same_when_it_is_brought(bert, tmp_path):
    task = save_task(tmp_path / "task", toy_rows("sentence", 12))
    recipe = Recipe(epochs=2, batch_size=6, learning_rate=1e-3, steps=[1])
    options = {"seed": 0, "checkpoints": tmp_path / "checkpoints", "device": "cpu", "progress": False}
    made = finetune(bert, task, tmp_path / "made", recipe, **options)
    brought = bring(tmp_path, bert, path=tmp_path / "made")
    assert brought["weight_change"] == made["weight_change"] and brought["end"] == "its own weights"
    for name in (MODEL, "tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "t.run" / name).read_bytes() == (tmp_path / "made" / name).read_bytes()
    note = json.loads((tmp_path / "t.run/model.json").read_text())
    pinned = json.loads((bert / "model.json").read_text())
    same = ["padding_matters", "n_layers", "hidden_size", "n_parameters", "max_length", "last_layer"]
    assert [note[key] for key in same] == [pinned[key] for key in same]
    assert note["sha256"][MODEL] == made["sha256"][MODEL] == brought["sha256"][MODEL]


# the hub

COMMITS = {"main": "a" * 40, "step5": "b" * 40, "step10": "c" * 40}


class Revisions(Hub):
    """A hub whose model has a folder a commit."""

    def answer(self):
        parts = self.path.split("?")[0].strip("/").removeprefix("api/models/").split("/")
        model, rest = "/".join(parts[:2]), parts[2:]
        asked = rest[1] if len(rest) > 1 else "main"
        commit = COMMITS.get(asked, asked)
        folder = self.root / model / commit
        if not (self.root / model).is_dir():
            return self.reply(401, {"X-Error-Code": "RepoNotFound"})
        if not folder.is_dir():
            return self.reply(404, {"X-Error-Code": "RevisionNotFound"})
        files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
        if rest[:1] == ["tree"]:
            tree = [{"type": "file", "path": n, "size": f.stat().st_size, "oid": "0" * 40} for n, f in files.items()]
            return self.reply(200, body=json.dumps(tree).encode())
        if rest[:1] == ["resolve"]:
            body = files["/".join(rest[2:])].read_bytes()
            return self.reply(200, {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha1(body).hexdigest()}"'}, body)
        info = {"id": model, "sha": commit, "siblings": [{"rfilename": name} for name in files]}
        return self.reply(200, body=json.dumps(info).encode())


CLIENT = """if True:
    import json
    from closerlook.encoders.bringing import bring_run
    from closerlook.errors import InputError
    found = []
    for i, keys in enumerate({keys!r}):
        try:
            found.append(bring_run(f"{out}/t.run{{i}}", f"{out}/t.run{{i}}.steps", {model!r}, task="t", **keys))
        except InputError as error:
            found.append(str(error))
    print(json.dumps(found))
"""


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub, and a function that brings runs from it in another process."""
    monkeypatch.setattr(Revisions, "root", tmp_path / "hub")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Revisions)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def bring_all(model, *keys):
        code = CLIENT.format(keys=list(keys), out=tmp_path, model=str(model))
        address = f"http://127.0.0.1:{server.server_port}"
        return in_a_process(code, tmp_path / "cache", HF_ENDPOINT=address, HF_HUB_DISABLE_XET="1")

    yield tmp_path / "hub", bring_all
    server.shutdown()
    server.server_close()


def test_revisions_of_a_hub_model_are_steps(bert, tmp_path, hub):
    root, bring_all = hub
    runs = {name: tuned(bert, seed=i) for i, name in enumerate(COMMITS)}
    for name, run in runs.items():
        run.save_pretrained(root / "me" / "run" / COMMITS[name])
        run.save_pretrained(root / "me" / "steps" / COMMITS[name])
        (root / "me" / "run" / COMMITS[name] / "optimizer.pt").write_bytes(b"junk")
        SAVED["old sentence-transformers"](run, root / "me" / "sentences" / COMMITS[name])
    shutil.rmtree(root / "me" / "steps" / COMMITS["main"])
    (root / "me" / "steps" / COMMITS["main"]).mkdir()
    (root / "me" / "steps" / COMMITS["main"] / "README.md").write_text("see the branches")
    (root / "me" / "adapter" / COMMITS["main"]).mkdir(parents=True)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (root / "me" / "adapter" / COMMITS["main"] / name).write_text("{}")
    steps = ["step10", "step5"]
    found = bring_all(
        bert,
        {"hub": "me/run", "steps": steps},
        {"hub": "me/run", "revision": "step10", "steps": steps},
        {"hub": "me/steps", "steps": steps},
        {"hub": "me/sentences", "revision": "step5"},
        {"hub": "me/run", "steps": ["step10", "step7"]},
        {"hub": "me/run", "steps": "step*"},
        {"hub": "me/run", "steps": ["c" * 40]},
        {"hub": "me/absent"},
        {"hub": "me/adapter"},
    )
    main, tagged, branches, sentences = found[:4]
    source = {"hub": "me/run", "revision": COMMITS["main"], "requested": None}
    known = {name.removeprefix("step"): {"revision": COMMITS[name], "requested": name} for name in steps}
    assert main["source"] == source | {"steps": known}
    assert main["end"] == "its own weights, which differ from those of step10" and main["n_updates"] == 10
    assert tagged["end"] == "its own weights, which are those of step10"
    assert branches["end"] == "the weights of step10" and sentences["source"]["revision"] == COMMITS["step5"]
    for i, name in enumerate(["main", "step10", "step10", "step5"]):
        check_weights(tmp_path / f"t.run{i}" / MODEL, encoder_of(runs[name]))
        if i < 3:
            assert json.loads((tmp_path / f"t.run{i}.steps/steps.json").read_text())["kept"] == [5, 10]
            for step in steps:
                number = step.removeprefix("step")
                check_weights(tmp_path / f"t.run{i}.steps/step{number}" / MODEL, encoder_of(runs[step]))
    assert "Run `me/run` has no revision `step7`" in found[4] and "list of its revisions" in found[5]
    assert "has no number in its name" in found[6] and "Run `me/absent` is not on the hub" in found[7]
    assert "me/adapter: its adapter_config.json is not one of PEFT's" in found[8]
    assert not list(tmp_path.glob("t.run[4-8]*"))


def test_files_are_listed_without_torch(tmp_path):
    code = "import sys; from closerlook.encoders.folder import run_files; print(str('torch' in sys.modules).lower())"
    assert in_a_process(code, tmp_path) is False
