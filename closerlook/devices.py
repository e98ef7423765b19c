"""The device and the CPU threads that torch uses."""

import contextlib

import torch

from closerlook.errors import InputError


@contextlib.contextmanager
def torch_threads(n):
    """Run a block with `n` CPU threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def pick_device(device):
    """Resolve `auto`, `cpu` or `cuda` to the one torch device to use."""
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: `{device}` is not one of `auto`, `cpu`, `cuda`.")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise InputError("device: `cuda` is asked for, but torch finds no GPU; use `auto` or `cpu`.")
    return torch.device("cuda:0" if available and device != "cpu" else "cpu")
