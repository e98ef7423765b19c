"""Encoders and tokenizers as they come from a folder, and the longest row they can read."""

import contextlib
import os
import tempfile
from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer

from closerlook.encoders.architecture import OWN_CODE, architecture, load_config, own_code
from closerlook.encoders.folder import ADAPTER_CONFIG, needed, transformer
from closerlook.encoders.quiet import brief, quiet
from closerlook.encoders.weights import ADAPTER, beyond, names, prefixes, renaming, seen_as, shared, some
from closerlook.errors import InputError
from closerlook.files import sha256, write_json

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}  # of `embedding.precision`
POSITIONS = ("max_position_embeddings", "max_encoder_position_embeddings")  # in a config


def load_tokenizer(folder):
    """Load the fast tokenizer of a model folder, freed of the truncation and padding that its file may ask for."""
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(transformer(folder), use_fast=True, trust_remote_code=False)
    except Exception as error:  # a broken file raises whatever it likes
        raise InputError(f"{folder}: the tokenizer cannot be loaded ({brief(error)}).") from error
    if own_code(tokenizer.init_kwargs.get("auto_map")):
        raise InputError(OWN_CODE.format(folder, "tokenizer", "tokenizer_config.json"))
    if not tokenizer.is_fast:
        raise InputError(f"{folder}: no fast tokenizer (tokenizer.json), which is needed to tell words from subwords.")
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):  # what transformers makes of no files at all
        raise InputError(
            f"{folder}: has no tokenizer (such as tokenizer.json or vocab.txt): add its files, or set the model's "
            "`tokenizer:` to a folder that has them."
        )
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def load_encoder(folder, dtype=torch.float32):
    """Load an encoder in one type, ready to evaluate, without the pooler, which none of our vectors go through."""
    return read_encoder(folder, dtype)[0]


def read_encoder(folder, dtype=torch.float32):
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
        merged; all else that `load_config` and `architecture` refuse.
    """
    config = load_config(folder)
    part, keys = architecture(config, folder), {"config": config, "dtype": dtype}
    model, missing, unused = _load(part, folder, **keys)
    found, own, base = names(folder), set(model.state_dict()), f"{model.base_model_prefix}."
    plain = [name for name in found if name.removeprefix(base) in own]  # where transformers looks for them
    if twice := sorted({name for name in plain if base + name in plain}):
        raise InputError(f"{folder}: has {some(twice)} with and without `{base}`: save the encoder that is meant.")
    prefix = base if any(name.startswith(base) for name in plain) else ""
    wanted = missing or [name for name in own if "pooler" not in name]
    tied = shared(unused, part.inside)
    seen = prefixes(wanted, [*unused, *tied.values()]).items()
    seen = {p: n for p, n in seen if p.endswith(part.inside) and (not plain or not missing or p in ("", base))}
    whole = ([] if missing else [prefix]) + sorted(p for p, n in seen.items() if n == len(wanted))
    if len(whole) > 1:
        several = ", ".join(p or "without a prefix" for p in whole)
        raise InputError(f"{folder}: holds the weights of several encoders ({several}): save the one that is meant.")
    if missing and seen and max(seen.values()) > len(missing) / 2:
        prefix = max(seen, key=lambda one: seen[one])
        del model  # before there is another
        model, missing, unused = _load(part, folder, key_mapping=renaming(prefix, tied), **keys)
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


def without_pooler(make, *args, **keys):
    """Make a model without the pooler, where its architecture has one."""
    try:
        return make(*args, add_pooling_layer=False, **keys)
    except TypeError:
        return make(*args, **keys)


def _load(part, folder, **keys):
    """The model, and the names of its weights that were not found, and of those found that are not its own."""
    keys |= {"output_loading_info": True, "ignore_mismatched_sizes": True}  # they are an error of ours, with a name
    place = folder
    try:
        with quiet(), _without_adapter(transformer(folder)) as place:
            model, info = without_pooler(part.kind.from_pretrained, place, **keys)
    except Exception as error:  # whatever a broken folder raises
        why = brief(error).replace(str(place), str(folder))
        raise InputError(f"{folder}: cannot be loaded as an encoder ({why}).") from error
    if other := sorted((name, tuple(has), tuple(wants)) for name, has, wants in info["mismatched_keys"]):
        name, has, wants = other[0]
        more = f", and {len(other) - 1} more differ" if other[1:] else ""
        raise InputError(f"{folder}: config.json wants {name} of shape {wants}, and the weights have {has}{more}.")
    missing, unused = ([n for n in sorted(info[k]) if "pooler" not in n] for k in ("missing_keys", "unexpected_keys"))
    cast(model, keys["dtype"])  # transformers leaves some in float32, whatever it is asked for
    return model, [name for name in missing if name not in part.computed], unused


def cast(model, dtype):
    """Give all weights of a network one type, in place; what it computes itself, such as angles, is not rounded."""
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)


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
        "dtype": " and ".join(sorted({str(p.dtype).removeprefix("torch.") for p in encoder.parameters()})),
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
    limits = [tokenizer.model_max_length, *(getattr(model.config, key, None) or -1 for key in POSITIONS)]
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            limits.append(module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1))
    limits = [n for n in limits if 0 < n < 10**6]  # a tokenizer without a limit says 10^30
    return min(limits, default=512)
