"""Pinning: a model comes from the hub or a folder, is checked, and stays as one clean folder that needs no network."""

import torch

from closerlook.encoders.checking import check
from closerlook.encoders.loading import (
    architecture,
    brief,
    load_config,
    load_encoder,
    load_tokenizer,
    quiet,
    without_pooler,
    write_model,
)
from closerlook.encoders.locating import locate, sound
from closerlook.errors import InputError
from closerlook.files import staged
from closerlook.provenance import made_by


def pin_model(dest, *, hub=None, revision=None, path=None, weights="pretrained", seed=0, n_layers=None):
    """Bring an encoder and its tokenizer, check that they work, and write them as a clean transformers folder.

    Parameters
    ----------
    dest : path
        Folder to write: `config.json`, `model.safetensors` (float32, without pooler), the tokenizer, `model.json`.
    hub, revision : str, optional
        A model of the Hugging Face hub, and its commit, tag or branch.
    path : path, optional
        A local transformers folder, instead.
    weights : {"pretrained", "random"}
        Random weights are drawn anew from `seed`, for the same architecture and tokenizer.
    seed : int
    n_layers : int, optional
        Transformer layers that it should have.

    Returns
    -------
    dict
        What `model.json` holds: `source` (with the commit it was resolved to), `weights`, `n_layers`, `hidden_size`,
        `n_parameters`, what `check` found, `sha256` per file, `made_by`.

    Raises
    ------
    InputError
        A model that is not there, cannot be reached, or is not an encoder with a fast tokenizer.
    """
    folder, source = locate("model", hub=hub, revision=revision, path=path, weights=weights == "pretrained")
    sound("model", folder, hub or path, weights == "pretrained")
    encoder = _random(folder, seed) if weights == "random" else load_encoder(folder)
    tokenizer = load_tokenizer(folder)
    facts = check(encoder, tokenizer, hub or path, n_layers)
    note = {
        "source": source,
        "weights": weights,
        "seed": seed if weights == "random" else None,
        **facts,
        "made_by": made_by(hub=hub, revision=revision, path=path and str(path), weights=weights, seed=seed),
    }
    with staged(dest) as part:
        return write_model(part, encoder, tokenizer, note)


def _random(folder, seed):
    config = load_config(folder)
    make = architecture(config).from_config
    try:
        with torch.random.fork_rng(devices=[]), quiet():
            torch.manual_seed(seed)
            return without_pooler(make, config, dtype=torch.float32).eval()
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{folder}: its config.json does not make an encoder ({brief(error)}).") from error
