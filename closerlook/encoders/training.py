"""The network that is fine-tuned, the Trainer that tunes it (in parts, if memory asks for it), and what it watches."""

import errno
import logging
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import Trainer, TrainerCallback

from closerlook.encoders.alignment import batches, pool
from closerlook.encoders.checkpoints import seal
from closerlook.encoders.loading import save_encoder
from closerlook.errors import InputError
from closerlook.files import staged

log = logging.getLogger(__name__)
SAVE_EVERY = 180  # seconds between checkpoints inside a long epoch


class Classifier(nn.Module):
    """An encoder, dropout, and one linear layer over the vector of each target."""

    def __init__(self, encoder, n_labels, bags, dropout, precision):
        super().__init__()
        self.encoder, self.dropout = encoder, nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size * bags, n_labels)
        nn.init.normal_(self.head.weight, std=getattr(encoder.config, "initializer_range", 0.02))
        nn.init.zeros_(self.head.bias)
        self.bf16 = precision == "bf16"

    def forward(self, batch):
        """Return the logits of a Batch: (n_targets, n_labels)."""
        with torch.autocast(batch.input_ids.device.type, torch.bfloat16, enabled=self.bf16):
            hidden = self.encoder(**batch.inputs()).last_hidden_state
        return self.head(self.dropout(pool(hidden, batch)))


class Tuner(Trainer):
    """The Trainer, fed with (Sentence, labels) pairs; an update that exceeds the memory is made in parts.

    The Trainer's own answer to that (`auto_find_batch_size`) starts anew with another batch size, hence another result.
    """

    def __init__(self, *args, aligner, **keys):
        super().__init__(*args, data_collator=lambda rows: {"rows": rows}, **keys)
        self.aligner, self.parts = aligner, 1

    def training_step(self, model, inputs, num_items_in_batch=None):
        """Add up the gradients of one batch of sentences; return its loss, the mean over all its targets."""
        rows = inputs["rows"]
        model.train()
        while True:
            try:
                return self._gradients(model, rows)
            except torch.OutOfMemoryError:
                if self.parts >= len(rows):
                    raise
            model.zero_grad()  # outside the except clause, whose traceback holds on to the memory
            torch.cuda.empty_cache()
            self.parts = min(2 * self.parts, self.args.train_batch_size)
            log.warning(
                "out of memory at update %d: its %d sentences now take turns in %d parts; the effective batch size"
                " stays %d",
                *(self.state.global_step + 1, len(rows), min(self.parts, len(rows)), self.args.train_batch_size),
            )

    def _save_checkpoint(self, *args, **keys):
        """Write a checkpoint, and name the cause if that fails: torch's writer does not say what stopped it."""
        try:
            super()._save_checkpoint(*args, **keys)
        except RuntimeError as error:
            if not os.statvfs(folder := self.args.output_dir).f_bavail:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder) from error
            raise

    def _gradients(self, model, rows):
        n, total = sum(len(labels) for _, labels in rows), 0.0
        for part in np.array_split(np.arange(len(rows)), min(self.parts, len(rows))):
            sentences, labels = zip(*(rows[i] for i in part), strict=True)
            labels = torch.from_numpy(np.concatenate(labels)).to(self.args.device)
            logits = model(self.aligner.batch(sentences).to(self.args.device))
            loss = F.cross_entropy(logits, labels, reduction="sum") / n  # the parts add up to the mean over all targets
            loss.backward()
            total += loss.detach()
        if not torch.isfinite(total):
            raise InputError(
                f"The loss is {total.item()} at update {self.state.global_step + 1} of fine-tuning; lower its"
                " `learning_rate`."
            )
        return total


class Watch(TrainerCallback):
    """Measures at the end of an epoch, saves then and every few minutes, keeps the states that were asked for.

    Everything it notes goes to the Trainer's `log_history`, and so into the checkpoints.

    Parameters
    ----------
    measure : callable
        Returns `train_accuracy` and `test_accuracy` in a dict.
    keep, steps_out : set of int, Path
        Updates after which the encoder is written to `steps_out/step{K}/`.
    run : str
        Marks the checkpoints.
    per_epoch : int
        Updates per epoch.
    bar : tqdm
        Moves on with every update.
    """

    def __init__(self, measure, keep, steps_out, run, per_epoch, bar):
        self.measure, self.keep, self.steps_out = measure, keep, steps_out
        self.run, self.per_epoch, self.bar = run, per_epoch, bar

    def elapsed(self):
        """Seconds of training, those before the run was killed included."""
        return time.perf_counter() - self.start

    def on_train_begin(self, args, state, control, **_):
        spent = max((entry["elapsed"] for entry in state.log_history if "elapsed" in entry), default=0)
        self.saved = time.perf_counter()
        self.start = self.saved - spent  # before it was killed
        self.bar.update(state.global_step)

    def on_step_end(self, args, state, control, model, **_):
        self.bar.update()
        if state.global_step in self.keep:
            with staged(self.steps_out / f"step{state.global_step}") as part:
                save_encoder(model.encoder, part)
        if time.perf_counter() - self.saved > SAVE_EVERY and state.global_step % self.per_epoch:
            self._save(state, control)

    def on_epoch_end(self, args, state, control, **_):
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry][-self.per_epoch :]
        epoch = {"epoch": round(state.epoch), "update": state.global_step, "loss": float(np.mean(losses))}
        epoch |= self.measure()
        state.log_history.append({"measured": epoch, "step": state.global_step})
        line = "epoch %(epoch)d: loss %(loss).4f, accuracy %(train_accuracy).4f (train), %(test_accuracy).4f (test)"
        log.info(line, epoch)
        self._save(state, control)

    def on_save(self, args, state, control, **_):
        seal(Path(args.output_dir) / f"checkpoint-{state.global_step}", self.run)
        self.saved = time.perf_counter()

    def _save(self, state, control):
        state.log_history.append({"elapsed": self.elapsed(), "step": state.global_step})
        control.should_save = True


@torch.no_grad()
def accuracy(classifier, aligner, rows, batch_size, device):
    """Share of targets whose label a classifier gets right.

    Parameters
    ----------
    classifier : Classifier
    aligner : Aligner
    rows : list of (Sentence, (n_targets,) array of int)
    batch_size : int
    device : torch.device
    """
    classifier.eval()
    right = 0
    for some in batches([sentence for sentence, _ in rows], batch_size):
        logits = classifier(aligner.batch([rows[i][0] for i in some]).to(device))
        right += int((logits.argmax(1).cpu().numpy() == np.concatenate([rows[i][1] for i in some])).sum())
    return right / sum(len(labels) for _, labels in rows)
