"""Pinning: a model comes from the hub or a folder, is checked, and stays as one clean folder that needs no network."""

import logging
from pathlib import Path

import torch
from huggingface_hub import HfApi, errors, snapshot_download

from closerlook.encoders.checking import check
from closerlook.encoders.folder import CONFIG, TOKENIZER, WEIGHTS, model_files, needed
from closerlook.encoders.loading import (
    architecture,
    brief,
    facts_of,
    load_config,
    load_encoder,
    load_tokenizer,
    quiet,
    save_encoder,
    without_pooler,
)
from closerlook.errors import InputError
from closerlook.files import sha256, staged, write_json
from closerlook.provenance import made_by

log = logging.getLogger(__name__)
POINTER = b"version https://git-lfs"  # how it begins
TIMEOUT = 10  # seconds that the hub has to answer


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
        A model that is not there, cannot be reached, or is no encoder with a fast tokenizer.
    """
    if (hub is None) == (path is None):
        raise InputError("A model comes from `hub:` or from `path:`; give one of them.")
    if hub:
        folder, commit = _download(hub, revision, weights)
        source = {"hub": hub, "revision": commit, "requested": revision}
    else:
        folder, source = Path(path), {"path": str(path)}
        if not (folder / "config.json").is_file():
            raise InputError(f"{path}: no transformers folder, as it has no config.json; see the model's `path:`.")
        for file in map(Path, model_files(folder, weights == "pretrained")):
            with open(file, "rb") as start:
                if start.read(len(POINTER)) == POINTER:
                    raise InputError(f"{file}: is a pointer of Git LFS to the file: run `git lfs pull` in its folder.")
    encoder = _random(folder, seed) if weights == "random" else load_encoder(folder)
    tokenizer = load_tokenizer(folder)
    facts = check(encoder, tokenizer, hub or path, n_layers)
    note = {
        "source": source,
        "weights": weights,
        "seed": seed if weights == "random" else None,
        **facts_of(encoder),
        **facts,
        "made_by": made_by(hub=hub, revision=revision, path=path and str(path), weights=weights, seed=seed),
    }
    with staged(dest) as part, quiet():
        save_encoder(encoder, part)
        tokenizer.save_pretrained(part)
        note["sha256"] = {p.name: sha256(p) for p in sorted(part.iterdir())}
        write_json(part / "model.json", note)
    return note


def _download(hub, revision, weights):
    """Bring a hub model's files into the hub's own cache; return their folder and the commit."""
    instead = "or download it elsewhere and give its folder with `path:` instead of `hub:`"
    try:
        try:
            info = HfApi().model_info(hub, revision=revision, timeout=TIMEOUT)
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError):
            raise
        except Exception:  # no network, in any of its many forms; an earlier download will do
            known = [*CONFIG, *TOKENIZER, *(WEIGHTS[:1] if weights == "pretrained" else [])]
            folder = Path(snapshot_download(hub, revision=revision, allow_patterns=known, local_files_only=True))
            return folder, folder.name  # which is the commit
        names = [sibling.rfilename for sibling in info.siblings]
        names = needed(names, weights == "pretrained")
        folder = Path(snapshot_download(hub, revision=revision, allow_patterns=names, etag_timeout=TIMEOUT))
        return folder, folder.name
    except errors.GatedRepoError:
        trouble = f"is gated: accept its conditions on the hub and set HF_TOKEN, {instead}"
    except errors.RevisionNotFoundError:
        trouble = f"has no revision `{revision}` on the hub; see its `revision:`"
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        trouble = f"is not on the hub, or is private: check its name (owner/name), set HF_TOKEN, {instead}"
    except Exception as error:  # as above
        log.debug("hub", exc_info=error)
        trouble = f"cannot be downloaded, as the hub is out of reach: try again, {instead}"
    raise InputError(f"Model `{hub}` {trouble}.")


def _random(folder, seed):
    config = load_config(folder)
    make = architecture(config).from_config
    try:
        with torch.random.fork_rng(devices=[]), quiet():
            torch.manual_seed(seed)
            return without_pooler(make, config, dtype=torch.float32).eval()
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{folder}: its config.json makes no encoder ({brief(error)}).") from error
