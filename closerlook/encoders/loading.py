"""Encoders and tokenizers as they come from a folder, and the longest row they can read."""

import contextlib

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer
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
            tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True)
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
    """Load an encoder in float32, ready to evaluate, without the pooler, which no vector of ours goes through."""
    keys = {"dtype": torch.float32, "output_loading_info": True}
    try:
        with quiet():
            try:
                model, info = AutoModel.from_pretrained(folder, add_pooling_layer=False, **keys)
            except TypeError:  # an architecture without a pooler
                model, info = AutoModel.from_pretrained(folder, **keys)
    except Exception as error:  # whatever a broken folder raises
        raise InputError(f"{folder}: cannot be loaded as an encoder ({brief(error)}).") from error
    if missing := sorted(key for key in info["missing_keys"] if "pooler" not in key):
        raise InputError(f"{folder}: the weights lack {missing[0]} and {len(missing) - 1} more; they are incomplete.")
    return model.eval()


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
