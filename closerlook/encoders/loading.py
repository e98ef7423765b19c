"""Encoders and tokenizers as they come from a folder, and the longest row they can read."""

import contextlib
import re

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES as TEXT_ENCODERS
from transformers.utils import logging

from closerlook.errors import InputError


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
    auto = architecture(load_config(folder))
    model, missing, unused = _load(auto, folder)
    if missing and (prefix := _prefix(missing, unused)):
        model, missing, unused = _load(auto, folder, key_mapping={f"^{re.escape(prefix)}": ""})
    if missing:
        instead = f"; it has {unused[0]} and {len(unused) - 1} more that do not fit" if unused else ""
        raise InputError(
            f"{folder}: the weights lack {missing[0]} and {len(missing) - 1} more{instead}: they are incomplete, or of "
            f"another model than config.json says ({model.config.model_type})."
        )
    return model.eval()


def load_config(folder):
    """Load a model's `config.json`; code of its own is never run."""
    try:
        with quiet():
            return AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # whatever a broken file raises
        if "trust_remote_code" in str(error):
            raise InputError(
                f"{folder}: the model brings code of its own (`auto_map` in config.json), which is not run here; take "
                "one whose architecture is part of transformers."
            ) from error
        raise InputError(f"{folder}: its config.json cannot be read ({brief(error)}).") from error


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
    try:
        with quiet():
            model, info = without_pooler(auto.from_pretrained, folder, **keys)
    except Exception as error:  # whatever a broken folder raises
        raise InputError(f"{folder}: cannot be loaded as an encoder ({brief(error)}).") from error
    return model, sorted(key for key in info["missing_keys"] if "pooler" not in key), sorted(info["unexpected_keys"])


def _prefix(missing, unused):
    """What stands before the names of all missing weights among those that fit nowhere; None where nothing does."""
    first = "." + missing[0]
    prefixes = [name.removesuffix(missing[0]) for name in unused if name.endswith(first)]
    return next((p for p in prefixes if {p + name for name in missing} <= set(unused)), None)


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
