"""The spaces that fine-tuning passes through: the vectors of one kept step at a time."""

import contextlib
import filecmp
import shutil
from pathlib import Path

import numpy as np

from closerlook.encoders.layers import embed
from closerlook.errors import InputError
from closerlook.files import alone, read_json
from closerlook.layout import ENCODER
from closerlook.vectors import floats

WEIGHTS = ENCODER["weights"]


@contextlib.contextmanager
def step_spaces(model, run, steps, task, layers, scratch, splits=("train", "test"), ends=None, **options):
    """The spaces of a run, from the pre-trained encoder to the last update, each on disk only while it is looked at.

    Parameters
    ----------
    model : path
        The pinned model that the run started from, with its tokenizer.
    run : path
        The run's folder, with the tokenizer of its steps.
    steps : path
        Its kept steps, `step{K}/` each, and `steps.json`.
    task : path
        A task folder.
    layers : list of int
    scratch : path
        A folder for the vectors of one space; made anew, and removed at the end.
    splits : sequence of str
    ends : pair of dict, optional
        `{split: {layer: file}}` of the model and of the run, where their vectors are on disk: they are read rather than
        computed again, those of the run for a step that has its weights.
    tokenizer : path, optional
        Folder of the run's tokenizer, where it is not the model's.
    options
        Of `embed`.

    Yields
    ------
    iterator of (int, dict)
        The update (0 is the pre-trained encoder), and `{split: {layer: (n_targets, dim) float32 array}}`, mapped from
        files that the next space replaces (in half precision: read from them).

    Raises
    ------
    InputError
        A run of which no steps were kept; another process that uses `scratch`.
    """
    note = Path(steps) / "steps.json"
    kept = read_json(note)["kept"] if note.exists() else []
    if not kept:
        raise InputError(
            f"{steps}: no steps were kept; set `finetune.steps` in the config, such as `every 5`, or the `steps` of a "
            "run that was brought."
        )
    scratch = Path(scratch)
    out = {split: {layer: scratch / f"{split}{layer}.npy" for layer in layers} for split in splits}

    def spaces():
        for update in (0, *kept):
            encoder, tokenizer = (Path(steps) / f"step{update}", run) if update else (model, model)
            there = out
            if ends and not update:
                there = ends[0]
            elif ends and filecmp.cmp(encoder / WEIGHTS, Path(run) / WEIGHTS, shallow=False):
                there = ends[1]
            else:
                embed(encoder, task, out, tokenizer=tokenizer, progress=False, **options)
            yield update, {s: {n: floats(np.load(there[s][n], mmap_mode="r")) for n in layers} for s in splits}

    with alone(scratch):
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            yield spaces()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def kept_step(steps, step):
    """The folder of a kept step; an error that names those that were kept."""
    folder = Path(steps) / f"step{step}"
    if not (folder / WEIGHTS).exists():
        kept = sorted(int(p.name.removeprefix("step")) for p in Path(steps).glob("step*/"))
        named = ", ".join(f"step{n}" for n in kept) or "none"
        raise InputError(
            f"{steps}: {folder.name} was not kept (kept: {named}); ask for another, or change `finetune.steps` in the "
            "config."
        )
    return folder
