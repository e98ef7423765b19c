"""The files of a model or a run that are read: rules declare them, so that a change of any is seen. (Without torch.)"""

import json
import os
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path

from closerlook.errors import InputError

MODULES, ADAPTER_CONFIG = "modules.json", "adapter_config.json"  # of sentence-transformers, of PEFT
CONFIG = ["config.json", ADAPTER_CONFIG]
TOKENIZER = ["tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.model"]
WEIGHTS = ["model*.safetensors*", "pytorch_model*.bin*"]  # the first that exists, in one file or in pieces
ADAPTER_WEIGHTS = ["adapter_model.safetensors", "adapter_model.bin"]  # of PEFT, where there are no others
SHOWN = 10  # names in a sentence


def needed(names, weights=True, tokenizer=True):
    """Those of the given file names that a model is read from: its config, and its tokenizer and weights if wanted."""
    patterns = [*CONFIG, *(TOKENIZER if tokenizer else [])]
    if weights:
        known = [*WEIGHTS, *ADAPTER_WEIGHTS]
        patterns += [pattern for pattern in known if any(fnmatch(name, pattern) for name in names)][:1]
    return sorted(name for name in names if any(fnmatch(name, p) for p in patterns) and "/" not in name)


def transformer(folder):
    """The folder of a model's transformer: inside its own where sentence-transformers' list of modules says so."""
    file = Path(folder) / MODULES
    if not file.is_file():
        return folder
    try:
        parts = json.loads(file.read_text(encoding="utf-8"))
        found = [part["path"].strip("./") for part in parts if part["type"].endswith(".Transformer")]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{file}: is not a list of modules, each with its `type` and `path`.") from error
    if not found:
        raise InputError(f"{file}: has no Transformer among its modules; take a model that has one.")
    return f"{folder}/{found[0]}" if found[0] else folder


def model_files(folder, weights=True, tokenizer=True):
    """The paths of a local model folder's files that are read, sorted."""
    modules, at = f"{folder}/{MODULES}", transformer(folder)
    names = needed(_names(at), weights, tokenizer)
    return sorted([modules] * Path(modules).is_file() + [f"{at}/{name}" for name in names])


def has(folder, patterns):
    """Whether a model's folder has a file, among those that are read, that matches patterns such as `WEIGHTS`."""
    return any(fnmatch(name, pattern) for name in _names(transformer(folder)) for pattern in patterns)


def is_adapter(folder):
    """Whether a folder is an adapter, without the weights of its model."""
    return has(folder, [ADAPTER_CONFIG]) and not has(folder, WEIGHTS)


def step_folders(path, steps):
    """The steps of a run that lie in its folder.

    Parameters
    ----------
    path : path
    steps : str or list of str, or None
        A glob, or names, of folders in `path`.

    Returns
    -------
    list of (int, str)
        Number and name, in the order of the numbers.

    Raises
    ------
    InputError
        A folder that is not there, or names that `numbered` refuses.
    """
    if steps is None:
        return []
    path, only = Path(path), folders_in(path)
    if isinstance(steps, str):
        try:
            names = matching(path, steps)
        except (ValueError, NotImplementedError) as error:
            raise InputError(f"{path}: `steps: {steps}` is not a pattern of names of its folders; {only}.") from error
        if not names:
            raise InputError(f"{path}: `steps: {steps}` matches none of its folders; {only}.")
    else:
        names = list(steps)
        if absent := [name for name in names if not (path / name).is_dir()]:
            raise InputError(f"{path}: has no folder `{absent[0]}` (of `steps`); {only}.")
    return numbered(path, names)


def matching(path, pattern):
    """The folders that a pattern names, relative to a run's folder."""
    return [item.relative_to(path).as_posix() for item in Path(path).glob(pattern) if item.is_dir()]


def folders_in(path):
    """Name the folders in a folder, to stand in a sentence."""
    there = sorted((item.name for item in Path(path).iterdir() if item.is_dir()), key=_natural)
    more = f" and {len(there) - SHOWN} more" if there[SHOWN:] else ""
    return f"its folders are {', '.join(there[:SHOWN])}{more}" if there else "it has no folders in it"


def number_of(name):
    """The number of a step: the last in the name of its folder or revision; None where there is none."""
    found = re.findall(r"[0-9]+", name)
    return int(found[-1]) if found else None


def numbered(run, names):
    """Pair the names of a run's steps with the last number in each, in the order of these numbers."""
    found = {}
    for name in names:
        number = number_of(name)
        if number is None or re.fullmatch(r"[0-9a-f]{40}", name):
            raise InputError(
                f"{run}: its step `{name}` has no number in its name, so its place in the run is not known: "
                "name the steps as `step100`, or leave it out of `steps`."
            )
        if number == 0:
            raise InputError(f"{run}: its step `{name}` is the model before the first update: leave it out of `steps`.")
        if number in found:
            twins = f"`{found[number]}` and `{name}`"
            raise InputError(f"{run}: its steps {twins} both have the number {number}: leave one out of `steps`.")
        found[number] = name
    return sorted(found.items())


def run_files(path, steps=None):
    """The paths of the files that a local run is read from, its end and its steps (see `step_folders`); sorted."""
    if not Path(path).is_dir():
        raise InputError(f"{path}: there is no such folder; see the run's `path:`.")
    folders = [path, *(f"{path}/{name}" for _, name in step_folders(path, steps))]
    return sorted({file for folder in folders for file in model_files(folder)})


def link(source, dest):
    """Copy a file without a second copy of its bytes, where the file system can."""
    try:
        os.link(source, dest)
    except OSError:
        shutil.copyfile(source, dest)


def _names(folder):
    return [file.name for file in Path(folder).iterdir() if file.is_file()] if Path(folder).is_dir() else []


def _natural(name):
    """A key that sorts `checkpoint-1000` after `checkpoint-500`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
