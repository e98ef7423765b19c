"""Where the files of a model or a run are: in a folder, or on the hub, from where they are brought. (Without torch.)"""

import logging
from pathlib import Path

from huggingface_hub import HfApi, errors, snapshot_download

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
from closerlook.errors import InputError

log = logging.getLogger(__name__)
POINTER = b"version https://git-lfs"  # how it begins
TIMEOUT = 10  # seconds that the hub has to answer


def locate(what, *, hub=None, revision=None, path=None, weights=True):
    """Bring the files of a model, or of a run, onto this machine.

    Parameters
    ----------
    what : {"model", "run"}
        What to call it in an error.
    hub, revision, path
        As in `closerlook.encoders.pinning.pin_model`.
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
    adapter = has(folder, [ADAPTER_CONFIG]) and not has(folder, WEIGHTS if weights else ["config.json"])
    if adapter and what == "model":
        raise InputError(
            f"{name}: is an adapter ({ADAPTER_CONFIG}), which is a way of tuning a model: give the model here, and the "
            "adapter in `runs`, or what `merge_and_unload` in PEFT makes of both."
        )
    if not adapter and not has(folder, ["config.json"]):
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
        names = [sibling.rfilename for sibling in info.siblings or ()]
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
