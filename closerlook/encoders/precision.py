"""Weights saved in half precision: which type a file has, and how they are read in float32 without a copy of them."""

import contextlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from closerlook.encoders.weights import HALVES, weight_files

SAFE = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}  # as safetensors calls them


def saved_in(folder):
    """The type in which a model's weights are best kept: a half one if all its files have it, else float32.

    What `config.json` says does not count. Whole numbers, such as positions, do not count either.
    """
    try:
        found = {kind for file in weight_files(folder) for kind in _types(file)}
    except Exception:  # whatever a broken file raises; what is wrong with it is said when it is loaded
        return torch.float32
    return next((half for name, half in HALVES.items() if found == {name}), torch.float32)


def _types(file):
    """Names of the types of a file's weights."""
    if Path(file).suffix == ".safetensors":
        with safe_open(file, "pt") as weights:
            types = {weights.get_slice(name).get_dtype() for name in weights.keys()}
        return {SAFE.get(kind, kind) for kind in types if kind[0] not in "IUB" or kind == "BF16"}
    weights = torch.load(file, map_location="meta", weights_only=True)
    return {str(w.dtype).removeprefix("torch.") for w in weights.values() if w.is_floating_point()}


@contextlib.contextmanager
def in_float32(encoder):
    """Compute in float32, though an encoder's weights are halves: each is widened where it is used, and then let go.

    A half is a float32 exactly, so this is what the encoder computes once it is float32, without the memory for that.
    """
    weights = [*encoder.parameters(), *encoder.buffers()]
    halves = {id(weight) for weight in weights if weight.dtype in HALVES.values()}
    with _Widening(halves) if halves else contextlib.nullcontext():
        yield


class _Widening(TorchFunctionMode):
    """Shows all functions some tensors, known by their identity, in float32."""

    def __init__(self, halves):
        super().__init__()
        self.halves = halves

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func == torch.Tensor.dtype.__get__:  # type: ignore[attr-defined]  # a property of C
            return torch.float32 if id(args[0]) in self.halves else func(*args)
        if func is F.embedding or getattr(func, "__name__", "") == "__get__":  # some rows; a shape, or the transpose
            found = func(*args, **kwargs)
            return found.float() if getattr(found, "dtype", None) in HALVES.values() else found
        args, kwargs = tree_map(lambda value: value.float() if id(value) in self.halves else value, (args, kwargs))
        return func(*args, **kwargs)
