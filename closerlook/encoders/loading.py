"""Encoders and tokenizers as they come from a folder, and the longest row they can read."""

import contextlib
import os
import tempfile
from pathlib import Path

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES as TEXT_ENCODERS
from transformers.utils import logging

from closerlook.encoders.folder import ADAPTER_CONFIG, needed, transformer
from closerlook.encoders.weights import ADAPTER, beyond, names, prefixes, renaming, seen_as, some
from closerlook.errors import InputError
from closerlook.files import sha256, write_json

OWN_CODE = (
    "{}: the {} brings code of its own (`auto_map` in {}), which is not run here; take one whose architecture is part "
    "of transformers."
)


@contextlib.contextmanager
def quiet():
    """Silence transformers' own bars and notices: what matters is checked and said here."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def load_tokenizer(folder):
    """Load the fast tokenizer of a model folder, freed of the truncation and padding that its file may ask for."""
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(transformer(folder), use_fast=True, trust_remote_code=False)
    except Exception as error:  # a broken file raises whatever it likes
        raise InputError(f"{folder}: the tokenizer cannot be loaded ({brief(error)}).") from error
    if _own_code(tokenizer.init_kwargs.get("auto_map")):
        raise InputError(OWN_CODE.format(folder, "tokenizer", "tokenizer_config.json"))
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):  # what transformers makes of no files at all
        raise InputError(f"{folder}: has no tokenizer (such as tokenizer.json or vocab.txt); add its files.")
    if not tokenizer.is_fast:
        raise InputError(f"{folder}: no fast tokenizer (tokenizer.json), which is needed to tell words from subwords.")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def load_encoder(folder):
    """Load an encoder in float32, ready to evaluate, without the pooler, which none of our vectors go through."""
    return read_encoder(folder)[0]


def read_encoder(folder):
    """Load an encoder as `load_encoder` does, and say what else its file has.

    Weights that carry another prefix than the architecture's own, such as `model.bert.`, are found by it.

    Returns
    -------
    encoder : PreTrainedModel
    prefix : str
        What stands before the names of its weights in the file, such as `bert.`; empty where nothing does.
    head : list of str
        What else there is, by the first part of the names, such as `classifier`.

    Raises
    ------
    InputError
        Weights that are missing, of another shape, of several encoders, or of more layers; an adapter that was not
        merged.
    """
    auto = architecture(load_config(folder))
    model, missing, unused = _load(auto, folder)
    found, own, base = names(folder), set(model.state_dict()), f"{model.base_model_prefix}."
    plain = [name for name in found if name.removeprefix(base) in own]  # where transformers looks for them
    if twice := sorted({name for name in plain if base + name in plain}):
        raise InputError(f"{folder}: has {some(twice)} with and without `{base}`: save the encoder that is meant.")
    prefix = base if any(name.startswith(base) for name in plain) else ""
    wanted = missing or [name for name in own if "pooler" not in name]
    seen = {p: n for p, n in prefixes(wanted, unused).items() if not plain or not missing or p in ("", base)}
    whole = ([] if missing else [prefix]) + sorted(p for p, n in seen.items() if n == len(wanted))
    if len(whole) > 1:
        several = ", ".join(p or "without a prefix" for p in whole)
        raise InputError(f"{folder}: holds the weights of several encoders ({several}): save the one that is meant.")
    if missing and seen and max(seen.values()) > len(missing) / 2:
        prefix = max(seen, key=seen.get)
        model, missing, unused = _load(auto, folder, key_mapping=renaming(prefix))
    parts = tuple(f"{name}." for name, _ in model.named_children())
    if left := [n for n in unused if ADAPTER.search(n) and n.removeprefix(prefix).removeprefix(base).startswith(parts)]:
        raise InputError(
            f"{folder}: the weights hold an adapter that was not merged into them ({some(left)}): merge it first "
            "(`merge_and_unload` in PEFT) and save the model again."
        )
    if missing:
        behind = f" (the names of the others begin with `{seen_as(found, own, prefix)[0]}`)" if prefix else ""
        instead = f"; it has {some(unused)} that fit nowhere" if unused else ""
        raise InputError(
            f"{folder}: the weights lack {some(missing)}{behind}{instead}: they are incomplete, or of another model "
            f"than config.json says ({model.config.model_type})."
        )
    if further := beyond(model, unused, prefix):
        raise InputError(
            f"{folder}: the weights have {some(further)} beyond what config.json says: correct its number of layers."
        )
    return model.eval(), *seen_as(found, own, prefix)


def load_config(folder):
    """Load a model's `config.json`; code of its own is never run."""
    try:
        with quiet():
            config = AutoConfig.from_pretrained(transformer(folder), trust_remote_code=False)
    except Exception as error:  # whatever a broken file raises
        if "trust_remote_code" in str(error):
            raise InputError(OWN_CODE.format(folder, "model", "config.json")) from error
        raise InputError(f"{folder}: its config.json cannot be read ({brief(error)}).") from error
    if _own_code(getattr(config, "auto_map", None)):
        raise InputError(OWN_CODE.format(folder, "model", "config.json"))
    return config


def _own_code(auto_map):
    """Whether a class that a model's folder asks for is not one of transformers, which has some under the same name."""
    listed = [name for names in (auto_map or {}).values() for name in (names if isinstance(names, list) else [names])]
    return any(name and not hasattr(transformers, name.rpartition(".")[2]) for name in listed)


def architecture(config):
    """The transformers class for a model's encoder: for T5 and its kin, the encoder without the decoder."""
    alone = TEXT_ENCODERS.get(config.model_type, "").endswith("EncoderModel")
    return AutoModelForTextEncoding if alone else AutoModel


def without_pooler(make, *args, **keys):
    """Make a model without the pooler, where its architecture has one."""
    try:
        return make(*args, add_pooling_layer=False, **keys)
    except TypeError:
        return make(*args, **keys)


def _load(auto, folder, **keys):
    """The model, and the names of its weights that were not found, and of those found that are not its own."""
    keys |= {"dtype": torch.float32, "output_loading_info": True, "trust_remote_code": False}
    keys |= {"ignore_mismatched_sizes": True}  # they are an error of ours, with a name
    place = folder
    try:
        with quiet(), _without_adapter(transformer(folder)) as place:
            model, info = without_pooler(auto.from_pretrained, place, **keys)
    except Exception as error:  # whatever a broken folder raises
        why = brief(error).replace(str(place), str(folder))
        raise InputError(f"{folder}: cannot be loaded as an encoder ({why}).") from error
    if other := sorted((name, tuple(has), tuple(wants)) for name, has, wants in info["mismatched_keys"]):
        name, has, wants = other[0]
        more = f", and {len(other) - 1} more differ" if other[1:] else ""
        raise InputError(f"{folder}: config.json wants {name} of shape {wants}, and the weights have {has}{more}.")
    missing, unused = ([n for n in sorted(info[k]) if "pooler" not in n] for k in ("missing_keys", "unexpected_keys"))
    return model, missing, unused


@contextlib.contextmanager
def _without_adapter(folder):
    """The folder, without an adapter that transformers would apply to the weights once more where PEFT is installed."""
    if not (Path(folder) / ADAPTER_CONFIG).is_file():
        yield folder
        return
    with tempfile.TemporaryDirectory() as clean:
        for name in needed(os.listdir(folder)):
            if name != ADAPTER_CONFIG:
                (Path(clean) / name).symlink_to((Path(folder) / name).absolute())
        yield clean


def save_encoder(model, folder):
    """Write an encoder's `config.json` and `model.safetensors`, by the names that its weights have in memory."""
    model.save_pretrained(folder, save_original_format=False, max_shard_size="1TB")


def write_model(folder, encoder, tokenizer, note):
    """Write an encoder's config and weights, its tokenizer, and `model.json`: a note, with sizes and digests added."""
    with quiet():
        save_encoder(encoder, folder)
        tokenizer.save_pretrained(folder)
    note = note | {
        "n_layers": encoder.config.num_hidden_layers,
        "hidden_size": encoder.config.hidden_size,
        "n_parameters": sum(p.numel() for p in encoder.parameters()),
        "sha256": {p.name: sha256(p) for p in sorted(Path(folder).iterdir())},
    }
    write_json(Path(folder) / "model.json", note)
    return note


def not_finite(model):
    """Name the first weight of a network that holds a NaN or an infinity; None, as a rule."""
    return next((name for name, weight in model.named_parameters() if not weight.isfinite().all()), None)


def max_length(model, tokenizer):
    """Longest row, special tokens included, that an encoder and its tokenizer can read.

    RoBERTa and its kin number positions from the padding index on, so they read fewer than they have positions.
    """
    limits = [tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None) or -1]
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            limits.append(module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1))
    limits = [n for n in limits if 0 < n < 10**6]  # a tokenizer without a limit says 10^30
    return min(limits, default=512)


def brief(error):
    """First line of an exception's message, to stand inside a sentence."""
    return (str(error).strip().split("\n")[0][:200] or type(error).__name__).rstrip(".")
