"""Fine-tuning an encoder on a task: the paper's recipe, resumable, with the states on the way."""

import contextlib
import csv
import hashlib
import json
import logging
import math
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import torch
from datasets import load_from_disk
from safetensors.torch import save_file
from tqdm import tqdm
from transformers import PrinterCallback, TrainingArguments

from closerlook.devices import pick_device, torch_threads
from closerlook.encoders.alignment import Aligner, kind_of
from closerlook.encoders.checkpoints import latest, update_of
from closerlook.encoders.loading import (
    load_encoder,
    load_tokenizer,
    max_length,
    not_finite,
    quiet,
    save_encoder,
)
from closerlook.encoders.training import Classifier, Tuner, Watch, accuracy
from closerlook.encoders.updates import kept
from closerlook.errors import InputError
from closerlook.files import alone, read_json, sha256, staged, write_json
from closerlook.provenance import made_by

log = logging.getLogger(__name__)


def finetune(
    model,
    task,
    out,
    *,
    epochs,
    batch_size,
    learning_rate,
    seed,
    checkpoints,
    warmup=0.1,
    weight_decay=0.0,
    dropout=0.1,
    max_grad_norm=1.0,
    precision="fp32",
    steps=None,
    steps_out=None,
    pooling=None,
    threads=1,
    device="auto",
    progress=True,
):
    """Fine-tune an encoder on a task (paper, section 3), going on from the last checkpoint if there is one.

    Parameters
    ----------
    model, task : path
        A pinned model folder, and a task folder (a saved `DatasetDict`).
    out : path
        Folder to write: the encoder and its tokenizer, `head.safetensors`, `metrics.json`, `curve.csv`.
    epochs, batch_size : int
        Passes over the sentences, and sentences per update. The loss is the mean over all targets of the update.
    learning_rate, warmup, weight_decay, dropout, max_grad_norm : float
        Of Adam (weight decay is decoupled) under a linear schedule, whose warm-up takes that share of the updates.
    seed : int
        Of the head's weights, the order of the sentences, and dropout.
    checkpoints : path
        Folder for what resuming needs; removed at the end.
    precision : {"fp32", "bf16"}
        Arithmetic of the encoder's forward and backward pass.
    steps : str or list of int, optional
        `every N`, or numbers of updates, whose encoders to keep; the last one is then kept too.
    steps_out : path, optional
        Folder for these, `{out}.steps` by default: `step{K}/` each, and `steps.json`.
    pooling : dict, optional
        See `Aligner`.
    threads : int
        CPU threads. On one machine's CPU, the same seed and threads give the same weights, bit by bit.
    device : {"auto", "cpu", "cuda"}
        One device is used, however many there are.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    dict
        What `metrics.json` holds.

    Raises
    ------
    InputError
        A step beyond the last update; a loss or a weight that is not finite; another process that uses `checkpoints`.
    """
    recipe = {
        "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "warmup": warmup,
        "weight_decay": weight_decay, "dropout": dropout, "max_grad_norm": max_grad_norm, "precision": precision,
    }  # fmt: skip
    device, checkpoints, steps_out = pick_device(device), Path(checkpoints), Path(steps_out or f"{out}.steps")
    data = load_from_disk(str(task))
    names, kind = data["train"].features["labels"].feature.names, kind_of(data["train"])
    per_epoch = math.ceil(len(data["train"]) / batch_size)
    n_updates = per_epoch * epochs
    keep = kept(steps, n_updates)
    weights = {p.name: sha256(p) for p in sorted(Path(model).glob("*.safetensors"))}
    run = _digest(recipe, seed, pooling, sorted(keep), weights, names, *data["train"], *data["test"])
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone(checkpoints))
        if resumed := latest(checkpoints, run):
            log.info("going on from update %d of %d", update_of(resumed), n_updates)
        stack.enter_context(torch_threads(threads))
        stack.enter_context(quiet())
        tokenizer, encoder = load_tokenizer(model), load_encoder(model)
        aligner = Aligner(tokenizer, max_length(encoder, tokenizer), kind, pooling)
        rows = {split: _encode(aligner, data[split]) for split in ("train", "test")}
        torch.manual_seed(seed)
        classifier = Classifier(encoder, len(names), 2 if kind == "pair" else 1, dropout, precision)
        args = _arguments(recipe, n_updates, seed, checkpoints, device)

        def measure():
            fits = max(2 * batch_size // trainer.parts, 1)
            return {f"{s}_accuracy": accuracy(classifier, aligner, rows[s], fits, device) for s in rows}

        bar = stack.enter_context(
            tqdm(total=n_updates, desc="finetune", unit=" updates", mininterval=2, disable=not progress)
        )
        watch = Watch(measure, keep, checkpoints / "steps", run, per_epoch, bar)
        trainer = Tuner(classifier, args, train_dataset=rows["train"], aligner=aligner, callbacks=[watch])
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=resumed and str(resumed))

        if bad := not_finite(classifier):
            raise InputError(f"{bad} is not finite after the last update of fine-tuning; lower its `learning_rate`.")
        history = trainer.state.log_history
        measured = [entry["measured"] for entry in history if "measured" in entry]
        made = made_by(model=str(model), source=_source(model), task=str(task), threads=threads)
        metrics = {
            "status": "ok", "kind": kind, "labels": names, "seed": seed, "recipe": recipe, "pooling": aligner.pooling,
            "n_updates": n_updates, "epochs": measured,
            "train_accuracy": measured[-1]["train_accuracy"], "test_accuracy": measured[-1]["test_accuracy"],
            "effective_batch": batch_size, "accumulation": trainer.parts, "wall_seconds": watch.elapsed(),
            "resumed_from": resumed and update_of(resumed), "device": _name(device),
            "peak_memory_bytes": _peak_memory(device), "made_by": made,
        }  # fmt: skip
        if keep:
            shutil.rmtree(steps_out, ignore_errors=True)
            with staged(steps_out) as part:
                shutil.copytree(checkpoints / "steps", part, copy_function=_link)
                write_json(part / "steps.json", {"kept": sorted(keep), "n_updates": n_updates})
        with staged(out) as part:
            save_encoder(encoder, part)
            tokenizer.save_pretrained(part)
            save_file(classifier.head.state_dict(), part / "head.safetensors")
            _write_curve(part / "curve.csv", history)
            metrics["sha256"] = {p.name: sha256(p) for p in sorted(part.glob("*.safetensors"))}
            write_json(part / "metrics.json", metrics)
        shutil.rmtree(checkpoints)
    return metrics


def _arguments(recipe, n_updates, seed, checkpoints, device):
    """The Trainer's arguments; what it would print, report or find out by itself is left out."""
    args = TrainingArguments(
        output_dir=str(checkpoints), save_strategy="no", save_total_limit=2,  # `Watch` says when to save
        num_train_epochs=recipe["epochs"], per_device_train_batch_size=recipe["batch_size"],
        optim="adamw_torch", learning_rate=recipe["learning_rate"], weight_decay=recipe["weight_decay"],
        lr_scheduler_type="linear", warmup_steps=math.ceil(recipe["warmup"] * n_updates),
        max_grad_norm=recipe["max_grad_norm"], seed=seed, use_cpu=device.type == "cpu",
        data_seed=10**6 * seed,  # the sampler adds the epoch: else seed 0's second epoch were seed 1's first
        dataloader_pin_memory=False, remove_unused_columns=False, logging_steps=1, logging_nan_inf_filter=False,
        log_level="error", report_to="none", disable_tqdm=True,
    )  # fmt: skip
    if args.device.type == "cuda":
        args._n_gpu = 1  # several visible GPUs are no reason for DataParallel
        torch.cuda.reset_peak_memory_stats()
    return args


def _encode(aligner, split):
    """Encode a split's sentences: a list of (Sentence, labels)."""
    labels = [np.array(some, int) for some in split["labels"]]
    return list(zip(aligner.encode(split["words"], split["targets"]), labels, strict=True))


def _digest(*parts):
    """Digest of anything JSON can write."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


def _write_curve(path, history):
    """One line per update: loss and learning rate; and the accuracies where an epoch ends."""
    lines = {}
    for entry in history:
        line = lines.setdefault(entry["step"], {"update": entry["step"]})
        if "loss" in entry:
            line |= {"epoch": entry["epoch"], "loss": entry["loss"], "learning_rate": entry["learning_rate"]}
        line |= {k: v for k, v in entry.get("measured", {}).items() if k.endswith("accuracy")}
    with open(path, "w", newline="", encoding="utf-8") as file:
        names = ["update", "epoch", "loss", "learning_rate", "train_accuracy", "test_accuracy"]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines[update] for update in sorted(lines))


def _link(source, dest):
    """Copy a file without a second copy of its bytes, where the file system can."""
    try:
        os.link(source, dest)
    except OSError:
        shutil.copyfile(source, dest)


def _source(model):
    """Where a pinned model came from, as far as its folder says."""
    note = Path(model) / "model.json"
    return read_json(note).get("source") if note.exists() else None


def _name(device):
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _peak_memory(device):
    """Peak of the device's memory in bytes; on the CPU, of the whole process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
