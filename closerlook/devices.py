"""The device and the CPU threads that torch uses."""

import contextlib
import threading

import torch

from closerlook.errors import InputError

_LOCK, _ACTIVE = threading.Lock(), []  # the setting of before, and those of the blocks that are running


@contextlib.contextmanager
def torch_threads(n):
    """Run a block with `n` CPU threads. Blocks may overlap in time; the setting of before returns with the last."""
    entry = [n]
    with _LOCK:
        if not _ACTIVE:
            _ACTIVE.append([torch.get_num_threads()])
        _ACTIVE.append(entry)
        torch.set_num_threads(n)
    try:
        yield
    finally:
        with _LOCK:
            _ACTIVE[:] = [other for other in _ACTIVE if other is not entry]
            torch.set_num_threads(_ACTIVE[-1][0])
            if len(_ACTIVE) == 1:
                _ACTIVE.clear()


def pick_device(device):
    """Resolve `auto`, `cpu` or `cuda` to the one torch device to use."""
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: `{device}` is not one of `auto`, `cpu`, `cuda`.")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise InputError("device: `cuda` is asked for, but torch finds no GPU; use `auto` or `cpu`.")
    return torch.device("cuda:0" if available and device != "cpu" else "cpu")
