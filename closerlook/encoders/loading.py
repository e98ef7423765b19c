"""Encoders and tokenizers as they come from a folder, and the longest row they can read."""

import contextlib
import re

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES as TEXT_ENCODERS
from transformers.utils import logging

from closerlook.errors import InputError

NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
OWN_CODE = (
    "{}: the {} brings code of its own (`auto_map` in {}), which is not run here; take one whose architecture is part "
    "of transformers."
)


@contextlib.contextmanager
def quiet():
    """Silence transformers' own bars and notices: what matters is checked, and said by us."""
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
            tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)
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
    """Load an encoder in float32, ready to evaluate, without the pooler, which no vector of ours goes through.

    Weights that carry another prefix than the architecture's own, such as `model.bert.`, are found by it.
    """
    auto, prefix = architecture(load_config(folder)), ""
    model, missing, unused = _load(auto, folder)
    if missing and (prefixes := _prefixes(missing, unused)):
        if len(prefixes) > 1:
            raise InputError(
                f"{folder}: holds the weights of several encoders ({', '.join(prefixes)}): save the one that is meant."
            )
        prefix = prefixes[0]
        model, missing, unused = _load(auto, folder, key_mapping={f"^{re.escape(prefix)}": ""})
    if missing:
        instead = f"; it has {_some(unused)} that fit nowhere" if unused else ""
        raise InputError(
            f"{folder}: the weights lack {_some(missing)}{instead}: they are incomplete, or of another model than "
            f"config.json says ({model.config.model_type})."
        )
    if further := _further(model, unused, prefix):
        raise InputError(
            f"{folder}: the weights have {_some(further)} beyond what config.json says: correct its number of layers."
        )
    return model.eval()


def load_config(folder):
    """Load a model's `config.json`; code of its own is never run."""
    try:
        with quiet():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
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
    """What of transformers makes a model's encoder: of T5 and its kin, the encoder without the decoder."""
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
    try:
        with quiet():
            model, info = without_pooler(auto.from_pretrained, folder, **keys)
    except Exception as error:  # whatever a broken folder raises
        raise InputError(f"{folder}: cannot be loaded as an encoder ({brief(error)}).") from error
    if other := sorted((name, tuple(has), tuple(wants)) for name, has, wants in info["mismatched_keys"]):
        name, has, wants = other[0]
        more = f", and {len(other) - 1} more differ" if other[1:] else ""
        raise InputError(f"{folder}: config.json wants {name} of shape {wants}, and the weights have {has}{more}.")
    missing, unused = ([n for n in sorted(info[k]) if "pooler" not in n] for k in ("missing_keys", "unexpected_keys"))
    return model, missing, unused


def _prefixes(missing, unused):
    """What stands before the names of all missing weights among those that fit nowhere; none where nothing does."""
    first = "." + missing[0]
    prefixes = [name.removesuffix(missing[0]) for name in unused if name.endswith(first)]
    return [p for p in prefixes if {p + name for name in missing} <= set(unused)]


def _further(model, unused, prefix):
    """Weights of layers that a model does not have: they are called as others are, but for a number."""
    known = {NUMBER.sub("#", name) for name in model.state_dict() if NUMBER.search(name)}
    own = f"{model.base_model_prefix}."
    return [name for name in unused if NUMBER.sub("#", name.removeprefix(prefix).removeprefix(own)) in known]


def _some(names):
    """A few names in a sentence."""
    return names[0] + (f" and {len(names) - 1} more" if names[1:] else "")


def facts_of(encoder):
    """What a folder's `model.json` says of an encoder's size."""
    size = sum(p.numel() for p in encoder.parameters())
    return {
        "n_layers": encoder.config.num_hidden_layers,
        "hidden_size": encoder.config.hidden_size,
        "n_parameters": size,
    }


def save_encoder(model, folder):
    """Write an encoder's `config.json` and `model.safetensors`, by the names that its weights have in memory."""
    model.save_pretrained(folder, save_original_format=False, max_shard_size="1TB")


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
