"""The files of a model folder that are read: rules declare them, so that a change of any is seen. (Without torch.)"""

from fnmatch import fnmatch
from pathlib import Path

CONFIG = ["config.json"]
TOKENIZER = ["tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.model"]
WEIGHTS = ["model*.safetensors*", "pytorch_model*.bin*"]  # the first that exists, in one file or in pieces


def needed(names, weights=True):
    """Those of some file names that a model is read from: its config, its tokenizer, and its weights if wanted."""
    patterns = [*CONFIG, *TOKENIZER]
    if weights:
        patterns += [pattern for pattern in WEIGHTS if any(fnmatch(name, pattern) for name in names)][:1]
    return sorted(name for name in names if any(fnmatch(name, p) for p in patterns) and "/" not in name)


def model_files(folder, weights=True):
    """The paths of a local model folder's files that are read, sorted."""
    names = [file.name for file in Path(folder).iterdir() if file.is_file()]
    return [f"{folder}/{name}" for name in needed(names, weights)]
