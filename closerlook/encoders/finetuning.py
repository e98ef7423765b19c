"""Fine-tuning an encoder on a task: the paper's recipe, resumable, with intermediate states."""

import contextlib
import csv
import hashlib
import json
import logging
import math
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tqdm import tqdm

from closerlook.corpora.task import kind_of, load_labels, load_rows
from closerlook.devices import pick_device, torch_threads
from closerlook.encoders.checkpoints import latest, prune, seal, update_of
from closerlook.encoders.folder import link
from closerlook.encoders.layers import READ
from closerlook.encoders.loading import load_encoder, load_tokenizer, not_finite, quiet, save_encoder, write_model
from closerlook.encoders.methods import merged, prepare
from closerlook.encoders.padding import CAUSAL, PADDING, load_aligner
from closerlook.encoders.training import Classifier, Training, rate
from closerlook.encoders.updates import kept
from closerlook.encoders.weights import change, paired
from closerlook.errors import InputError
from closerlook.files import alone, read_json, sha256, staged, write_json
from closerlook.provenance import made_by

log = logging.getLogger(__name__)
SAVE_EVERY = 180  # seconds between checkpoints inside a long epoch
KEPT = 2  # checkpoints, the newest


def finetune(
    model,
    task,
    out,
    recipe,
    *,
    seed,
    checkpoints,
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
        A pinned model folder, and a task folder (as `closerlook.corpora.task.save_task` writes it).
    out : path
        Folder to write: the encoder and its tokenizer, `model.json`, `head.safetensors`, `metrics.json`, `curve.csv`.
    recipe : closerlook.recipes.Recipe
        Of Adam under a linear schedule. The loss is the mean over all targets of an update's sentences. Encoders are
        kept after the updates that its `steps` say, and after the last one.
    seed : int
        Of the head's weights, the order of the sentences, and dropout.
    checkpoints : path
        Folder for what resuming needs; removed at the end.
    steps_out : path, optional
        Folder for the encoders that are kept, `{out}.steps` by default: `step{K}/` each, and `steps.json`.
    pooling : dict, optional
        See `Aligner`.
    threads : int
        CPU threads. On one machine's CPU, the same seed and threads give the same weights, bit for bit.
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
    device, checkpoints, steps_out = pick_device(device), Path(checkpoints), Path(steps_out or f"{out}.steps")
    data = {split: load_rows(task, split) for split in ("train", "test")}
    names, kind = load_labels(task, "train")[0], kind_of(task)
    per_epoch = math.ceil(len(data["train"]) / recipe.batch_size)
    n_updates = per_epoch * recipe.epochs
    keep, told = kept(recipe.steps, n_updates), recipe.used(exclude={"steps"})
    weights = {p.name: sha256(p) for p in sorted(Path(model).glob("*.safetensors"))}
    sentences = (row for split in data.values() for row in split.to_pylist())
    run = _digest(told, seed, pooling, sorted(keep), weights, names, *sentences)
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone(checkpoints))
        if resumed := latest(checkpoints, run):
            log.info("going on from update %d of %d", update_of(resumed), n_updates)
        stack.enter_context(torch_threads(threads))
        stack.enter_context(torch.random.fork_rng([device.index] if device.type == "cuda" else []))
        stack.enter_context(quiet())
        encoder = load_encoder(model)
        aligner = load_aligner(model, encoder, kind, pooling)
        rows = {split: _encode(aligner, data[split]) for split in ("train", "test")}
        torch.manual_seed(seed)
        encoder = prepare(encoder, recipe, aligner.batch([rows["train"][0][0]]))
        torch.manual_seed(seed)
        classifier = Classifier(encoder, len(names), aligner.bags, recipe.dropout, recipe.precision)
        torch.manual_seed(seed)
        training = Training(classifier, aligner, device, recipe)
        notes: dict[str, Any] = training.load(resumed) if resumed else {"curve": [], "epochs": [], "elapsed": 0.0}
        curve, measured = notes["curve"], notes["epochs"]
        saved = time.perf_counter()
        start = saved - notes["elapsed"]  # before it was killed
        stack.enter_context(
            bar := tqdm(
                total=n_updates, initial=len(curve), desc="finetune", unit=" updates", mininterval=2,
                disable=not progress,
            )
        )  # fmt: skip
        for update in range(len(curve) + 1, n_updates + 1):
            epoch, place = divmod(update - 1, per_epoch)
            share = rate(update, n_updates, math.ceil(recipe.warmup * n_updates))
            start_row = place * recipe.batch_size
            some = _order(len(rows["train"]), seed, epoch)[start_row : start_row + recipe.batch_size]
            loss = training.step([rows["train"][i] for i in some], share)
            if not math.isfinite(loss):
                raise InputError(f"The loss is {loss} at update {update} of fine-tuning; lower its `learning_rate`.")
            rates = {"loss": loss, "learning_rate": share * recipe.learning_rate}
            curve.append({"update": update, "epoch": update / per_epoch, **rates})
            bar.update()
            if update in keep:
                with staged(checkpoints / "steps" / f"step{update}") as part:
                    save_encoder(merged(encoder), part)
            if ends := update % per_epoch == 0:
                measured.append(_measure(training, rows, recipe.batch_size, curve[-per_epoch:], epoch + 1))
            if ends or time.perf_counter() - saved > SAVE_EVERY:
                folder = checkpoints / f"checkpoint-{update}"
                training.save(folder, curve=curve, epochs=measured, elapsed=time.perf_counter() - start)
                seal(folder, run)
                prune(checkpoints, KEPT)
                saved = time.perf_counter()

        if bad := not_finite(classifier):
            raise InputError(f"{bad} is not finite after the last update of fine-tuning; lower its `learning_rate`.")
        tuned = merged(encoder)
        made = made_by(model=str(model), source=_source(model), task=str(task), threads=threads)
        metrics = {
            "status": "ok", "kind": kind, "labels": names, "seed": seed, "recipe": told, "pooling": aligner.pooling,
            "n_updates": n_updates, "epochs": measured,
            "train_accuracy": measured[-1]["train_accuracy"], "test_accuracy": measured[-1]["test_accuracy"],
            "weight_change": change(paired(load_encoder(model), tuned)),
            "trained_parameters": sum(p.numel() for p in encoder.parameters() if p.requires_grad),
            "effective_batch": recipe.batch_size, "accumulation": training.parts,
            "wall_seconds": time.perf_counter() - start, "resumed_from": resumed and update_of(resumed),
            "device": _name(device), "peak_memory_bytes": _peak_memory(device), "made_by": made,
        }  # fmt: skip
        if keep:
            shutil.rmtree(steps_out, ignore_errors=True)
            with staged(steps_out) as part:
                shutil.copytree(checkpoints / "steps", part, copy_function=link)
                write_json(part / "steps.json", {"kept": sorted(keep), "n_updates": n_updates})
        with staged(out) as part:
            write_model(part, tuned, load_tokenizer(model), {PADDING: aligner.equal, CAUSAL: aligner.causal})
            save_file(classifier.head.state_dict(), part / "head.safetensors")
            _write_curve(part / "curve.csv", curve, measured)
            metrics["sha256"] = {p.name: sha256(p) for p in sorted(part.glob("*.safetensors"))}
            write_json(part / "metrics.json", metrics)
        shutil.rmtree(checkpoints)
    return metrics


def _order(n, seed, epoch):
    """The order of n sentences in an epoch."""
    random = torch.Generator().manual_seed(10**6 * seed + epoch)
    return torch.randperm(n, generator=random).tolist()


def _measure(training, rows, batch_size, curve, epoch):
    """The loss over an epoch, and the accuracies at its end."""
    found = {"epoch": epoch, "update": curve[-1]["update"], "loss": float(np.mean([line["loss"] for line in curve]))}
    fits = max(2 * batch_size // training.parts, 1)
    found |= {f"{split}_accuracy": training.accuracy(some, fits) for split, some in rows.items()}
    line = "epoch %(epoch)d: loss %(loss).4f, accuracy %(train_accuracy).4f (train), %(test_accuracy).4f (test)"
    log.info(line, found)
    return found


def _encode(aligner, split):
    """Encode a split's sentences: a list of (Sentence, labels)."""
    labels = [np.array(some, int) for some in split["labels"].to_pylist()]
    sentences = aligner.encode(*(split[name].to_pylist() for name in READ))
    aligner.log_cut(len(sentences))
    return list(zip(sentences, labels, strict=True))


def _digest(*parts):
    """Digest of anything JSON can write."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


def _write_curve(path, curve, measured):
    """One line per update: loss and learning rate; and the accuracies where an epoch ends."""
    ends = {epoch["update"]: epoch for epoch in measured}
    names = ["update", "epoch", "loss", "learning_rate", "train_accuracy", "test_accuracy"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for line in curve:
            end = ends.get(line["update"], {})
            writer.writerow(line | {name: end[name] for name in names if name in end and name not in line})


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
