"""Pinning: a model comes from the hub or a folder, is checked, and stays as one clean folder that needs no network."""

import logging
from pathlib import Path

import torch
from huggingface_hub import HfApi, errors, snapshot_download

from closerlook.encoders.checking import check
from closerlook.encoders.folder import (
    ADAPTER_CONFIG,
    CONFIG,
    MODULES,
    TOKENIZER,
    WEIGHTS,
    has,
    model_files,
    needed,
    transformer,
)
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
from closerlook.errors import InputError
from closerlook.files import staged
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


def locate(what, *, hub=None, revision=None, path=None, weights=True):
    """Bring the files of a model, or of a run, onto this machine.

    Parameters
    ----------
    what : {"model", "run"}
        What to call it in an error.
    hub, revision, path
        As in `pin_model`.
    weights : bool
        Whether its weights are wanted.

    Returns
    -------
    folder : path
    source : dict
        `hub`, `revision` (the commit) and `requested`, or `path`.

    Raises
    ------
    InputError
        What is not there or cannot be reached.
    """
    if (hub is None) == (path is None):
        raise InputError(f"A {what} comes from `hub:` or from `path:`; give one of them.")
    if hub:
        folder, commit = _download(what, hub, revision, weights)
        source = {"hub": hub, "revision": commit, "requested": revision}
    else:
        folder, source = Path(path), {"path": str(path)}
        if not folder.is_dir():
            raise InputError(f"{path}: there is no such folder; see the {what}'s `path:`.")
    return folder, source


def sound(what, folder, name, weights=True):
    """Check that the files of a model, or of a run, are there and are what they are called; an `InputError` if not."""
    if has(folder, [ADAPTER_CONFIG]) and not has(folder, WEIGHTS if weights else ["config.json"]):
        raise InputError(
            f"{name}: is an adapter ({ADAPTER_CONFIG}) without the weights of its model: merge it first "
            "(`merge_and_unload` in PEFT) and save the merged model, with its tokenizer."
        )
    if not has(folder, ["config.json"]):
        raise InputError(
            f"{name}: not a transformers folder: it has no config.json; see the {what}'s `hub:` or `path:`."
        )
    for file in map(Path, model_files(folder, weights)):
        with open(file, "rb") as start:
            if start.read(len(POINTER)) == POINTER:
                raise InputError(f"{file}: is a Git LFS pointer to the file: run `git lfs pull` in its folder.")


def _download(what, hub, revision, weights):
    """Bring a hub model's files into the hub's own cache; return their folder and the commit."""
    instead = "or download it elsewhere and give its folder with `path:` instead of `hub:`"

    def fetch(names, **keys):
        return Path(snapshot_download(hub, revision=revision, allow_patterns=names, **keys))

    try:
        try:
            info = HfApi().model_info(hub, revision=revision, timeout=TIMEOUT)
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError):
            raise
        except Exception:  # no network, in any of its many forms; an earlier download will do
            known = [*CONFIG, *TOKENIZER, *(WEIGHTS[:1] if weights else [])]
            folder = fetch(known, local_files_only=True)
            return folder, folder.name  # which is the commit
        names = [sibling.rfilename for sibling in info.siblings]
        part = ""
        if MODULES in names:
            root = fetch([MODULES], etag_timeout=TIMEOUT)
            part = f"{Path(transformer(root)).relative_to(root)}/".removeprefix("./")
        names = needed([name.removeprefix(part) for name in names if name.startswith(part)], weights)
        folder = fetch([MODULES, *(part + name for name in names)], etag_timeout=TIMEOUT)
        return folder, folder.name
    except InputError:
        raise
    except errors.GatedRepoError:
        trouble = f"is gated: accept its conditions on the hub and set HF_TOKEN, {instead}"
    except errors.RevisionNotFoundError:
        trouble = f"has no revision `{revision}` on the hub; see its `revision:`"
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        trouble = f"is not on the hub, or is private: check its name (owner/name), set HF_TOKEN, {instead}"
    except Exception as error:  # as above
        log.debug("hub", exc_info=error)
        trouble = f"cannot be downloaded, because the hub cannot be reached: try again, {instead}"
    raise InputError(f"{what.capitalize()} `{hub}` {trouble}.")


def _random(folder, seed):
    config = load_config(folder)
    make = architecture(config).from_config
    try:
        with torch.random.fork_rng(devices=[]), quiet():
            torch.manual_seed(seed)
            return without_pooler(make, config, dtype=torch.float32).eval()
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{folder}: its config.json does not make an encoder ({brief(error)}).") from error
