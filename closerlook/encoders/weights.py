"""The weights of an encoder: under which names a file has them, and how far they moved."""

import math
import re
from pathlib import Path

import torch
from safetensors import safe_open

from closerlook.encoders.folder import model_files
from closerlook.files import read_json

NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
WRAPPER = r"(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."  # of what was compiled, sharded, …
ADAPTER = re.compile(r"\b(lora|vera|ia3|oft|hada|lokr)_|\.base_layer\.|\badapters?\b")
SHARED = re.compile(r"(?<![^.])shared\.weight$")
HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def names(folder):
    """The names of all weights in a model's folder, as its files have them; sorted."""
    return sorted(name for file in weight_files(folder) for name in _single(file))


def weight_files(folder):
    """The files that hold a model's weights: one, or the pieces that an index names."""
    files = {Path(file).name: file for file in model_files(folder)}
    for first in ("model.safetensors", "pytorch_model.bin"):
        if first in files:
            return [files[first]]
        if f"{first}.index.json" in files:
            index = files[f"{first}.index.json"]
            return [str(Path(index).parent / piece) for piece in sorted(set(read_json(index)["weight_map"].values()))]
    return []


def _single(file):
    if file.endswith(".safetensors"):
        with safe_open(file, "pt") as weights:
            return list(weights.keys())
    return list(torch.load(file, map_location="meta", weights_only=True))


def prefixes(wanted, found):
    """What stands before wanted names among those that were found, wrappers aside: {prefix: how many have it}."""
    wanted, seen = set(wanted), {}
    for name in found:
        name = re.sub(WRAPPER, "", name)
        for place in [0, *(m.end() for m in re.finditer(r"\.", name))]:
            if name[place:] in wanted:
                seen[name[:place]] = seen.get(name[:place], 0) + 1
    return seen


def shared(found, inside):
    """Tables of tokens that encoder and decoder share, by the names that they would have inside of the encoder.

    Where the encoder's own table is in the file too, that is the one.
    """
    renamed = {name: SHARED.sub(f"{inside}embed_tokens.weight", re.sub(WRAPPER, "", name)) for name in found}
    return {name: own for name, own in renamed.items() if inside and SHARED.search(name) and own not in found}


def renaming(prefix, tied):
    """The `key_mapping` that makes transformers find weights behind a prefix and up to three wrappers.

    `tied` are those that `shared` has found.
    """
    wrappers = (WRAPPER, f"(?:{WRAPPER})", f"(?:(?:{WRAPPER}))")  # each takes one away
    tables = {f"^{re.escape(re.sub(WRAPPER, '', name))}$": own for name, own in tied.items() if own.startswith(prefix)}
    return dict.fromkeys(wrappers, "") | tables | ({f"^{re.escape(prefix)}": ""} if prefix else {})


def surrounding(prefix):
    """What stands before the last part of a prefix: `model.` of `model.bert.`."""
    return re.sub(r"[^.]+\.$", "", prefix)


def seen_as(found, own, prefix):
    """What stands before an encoder's own weights in a file, wrappers included, and the first parts of other names."""
    clean = {name: re.sub(WRAPPER, "", name) for name in found}
    mine = [name for name in found if clean[name].removeprefix(prefix) in own]
    before = [name.removesuffix(clean[name].removeprefix(prefix)) for name in mine]
    parts = {name.partition(".")[0] for name in own} | {"pooler"}
    around = surrounding(prefix)
    heads = [n.removeprefix(around).partition(".")[0] for n in clean.values() if not (prefix and n.startswith(prefix))]
    return min(before, key=len, default=prefix), sorted(set(heads) - (set() if prefix else parts))


def beyond(encoder, unused, prefix):
    """Weights of layers that an encoder does not have: they have the names of others, except for a number."""
    known = {NUMBER.sub("#", name) for name in encoder.state_dict() if NUMBER.search(name)}
    own = f"{encoder.base_model_prefix}."
    return [name for name in unused if NUMBER.sub("#", name.removeprefix(prefix).removeprefix(own)) in known]


def some(names):
    """A few names in a sentence."""
    return names[0] + (f" and {len(names) - 1} more" if names[1:] else "")


def paired(before, after, rows=None):
    """Yield the weights of two encoders of one architecture, two at a time.

    Parameters
    ----------
    before, after : PreTrainedModel
    rows : two lists of int, optional
        Of the embeddings of tokens, those rows that belong to the same tokens; all by default.
    """
    for (name, a), b in zip(before.named_parameters(), after.parameters(), strict=True):
        a, b = a.detach(), b.detach().cpu()
        yield (a[rows[0]], b[rows[1]]) if rows and name == vocabulary(before) else (a, b)


def vocabulary(encoder):
    """The name of the embeddings of an encoder's tokens; None where it has no such table."""
    try:
        table = encoder.get_input_embeddings().weight
    except (NotImplementedError, AttributeError):
        return None
    return next(name for name, weight in encoder.named_parameters() if weight is table)


def change(pairs):
    """How far weights have moved, relative to their length (L2); exactly 0 where they are the same."""
    moved = total = 0.0
    for a, b in pairs:
        moved += float((b - a).double().square().sum())
        total += float(a.double().square().sum())
    return math.sqrt(moved / total)


def rounded(pairs):
    """The precision, half of float32's, to which all weights were rounded and nothing else; None, as a rule."""
    left = set(HALVES)
    for a, b in pairs:
        left -= {name for name in left if not torch.equal(a.to(HALVES[name]).float(), b)}
        if not left:
            return None
    return min(left)
