"""Pinning: a model comes from the hub or a folder, is checked, and stays as one clean folder that needs no network."""

import torch

from closerlook.encoders.architecture import architecture, load_config
from closerlook.encoders.checking import check
from closerlook.encoders.loading import load_encoder, load_tokenizer, without_pooler, write_model
from closerlook.encoders.locating import locate, sound
from closerlook.encoders.precision import saved_in
from closerlook.encoders.quiet import brief, quiet
from closerlook.errors import InputError
from closerlook.files import staged
from closerlook.provenance import made_by


def pin_model(dest, *, hub=None, revision=None, path=None, tokenizer=None, weights="pretrained", seed=0, n_layers=None):
    """Bring an encoder and its tokenizer, check that they work, and write them as a clean transformers folder.

    Parameters
    ----------
    dest : path
        Folder to write: `config.json`, `model.safetensors` (without pooler), the tokenizer, `model.json`. The weights
        are float32, or the half type in which all of them were saved.
    hub, revision : str, optional
        A model of the Hugging Face hub, and its commit, tag or branch.
    path : path, optional
        A local transformers folder, instead.
    tokenizer : path, optional
        A local folder with another tokenizer than the model's own, or one that it lacks.
    weights : {"pretrained", "random"}
        Random weights are drawn anew from `seed`, for the same architecture and tokenizer.
    seed : int
    n_layers : int, optional
        Transformer layers that it should have.

    Returns
    -------
    dict
        What `model.json` holds: `source` (with the commit it was resolved to), `weights`, `dtype`, `n_layers`,
        `hidden_size`, `n_parameters`, what `check` found, `sha256` per file, `made_by`.

    Raises
    ------
    InputError
        A model that is not there, cannot be reached, or is not an encoder with a fast tokenizer.
    """
    folder, source = locate("model", hub=hub, revision=revision, path=path, weights=weights == "pretrained")
    sound("model", folder, hub or path, weights == "pretrained")
    encoder = _random(folder, seed) if weights == "random" else _saved(folder)
    words = load_tokenizer(tokenizer or folder)
    facts = check(encoder, words, hub or path, n_layers)
    note = {
        "source": source | ({"tokenizer": str(tokenizer)} if tokenizer else {}),
        "weights": weights,
        "seed": seed if weights == "random" else None,
        **facts,
        "made_by": made_by(
            hub=hub,
            revision=revision,
            path=path and str(path),
            tokenizer=tokenizer and str(tokenizer),
            weights=weights,
            seed=seed,
        ),
    }
    with staged(dest) as part:
        return write_model(part, encoder, words, note)


def _saved(folder):
    """An encoder in the type in which its weights were saved."""
    part = architecture(load_config(folder), folder)
    return load_encoder(folder, torch.float32 if part.computed else saved_in(folder))  # nothing computed is rounded


def _random(folder, seed):
    config = load_config(folder)
    kind = architecture(config, folder).kind
    make = getattr(kind, "from_config", None) or kind._from_config  # an Auto class, or a model's own
    try:
        with torch.random.fork_rng(devices=[]), quiet():
            torch.manual_seed(seed)
            return without_pooler(make, config, dtype=torch.float32).eval()
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{folder}: its config.json does not make an encoder ({brief(error)}).") from error
