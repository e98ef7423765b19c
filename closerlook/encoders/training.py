"""The network that is fine-tuned, and its updates: in parts if memory asks for it, and continued bit for bit."""

import errno
import logging
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_

from closerlook.encoders.batching import batches, pool
from closerlook.encoders.reading import hidden_states

log = logging.getLogger(__name__)
STATE = "training.pt"


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
            (hidden,) = hidden_states(self.encoder, batch, inner=False)
        return self.head(self.dropout(pool(hidden, batch)))


def rate(update, n_updates, warmup):
    """Share of the peak learning rate that an update (from 1) has: up in `warmup` updates, then down towards zero."""
    return min(update / max(warmup, 1), (n_updates - update + 1) / max(n_updates - warmup, 1))


class Training:
    """Adam on a classifier (weight decay is decoupled, and spares biases and norms).

    Parameters
    ----------
    classifier : Classifier
    aligner : Aligner
    device : torch.device
    recipe : closerlook.recipes.Recipe
        Its learning rate is the peak; each update says what share of the peak it takes.

    Attributes
    ----------
    parts : int
        In how many parts the sentences of an update now take turns, because memory does not hold all at once.
    """

    def __init__(self, classifier, aligner, device, recipe):
        self.classifier, self.aligner, self.device = classifier.to(device), aligner, device
        self.recipe, self.parts = recipe, 1
        learning = [p for p in classifier.parameters() if p.requires_grad]
        weights, others = [p for p in learning if p.ndim > 1], [p for p in learning if p.ndim <= 1]
        groups = [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.adam = torch.optim.AdamW(groups, lr=recipe.learning_rate)

    def step(self, rows, share):
        """Make one update on (Sentence, labels) pairs, at a share of the learning rate; return the loss before it."""
        for group in self.adam.param_groups:
            group["lr"] = share * self.recipe.learning_rate
        self.classifier.train()
        loss = self._backward(rows)
        clip_grad_norm_(self.classifier.parameters(), self.recipe.max_grad_norm)
        self.adam.step()
        self.adam.zero_grad()
        return loss

    def _backward(self, rows):
        """Compute the gradients, in as many parts as memory asks for; return the loss."""
        while True:
            try:
                return self._gradients(rows)
            except torch.OutOfMemoryError:
                if self.parts >= len(rows):
                    raise
            self.adam.zero_grad()  # outside the except clause, whose traceback holds on to the memory
            torch.cuda.empty_cache()
            self.parts = min(2 * self.parts, len(rows))
            log.warning(
                "out of memory: the %d sentences of an update now take turns in %d parts; the effective batch stays %d",
                *(len(rows), self.parts, len(rows)),
            )

    def _gradients(self, rows):
        """Add up the gradients of some sentences; return their loss, the mean over all their targets."""
        n, losses = sum(len(labels) for _, labels in rows), []
        for part in self._parts(rows):
            sentences, several = zip(*(rows[i] for i in part), strict=True)
            labels = torch.from_numpy(np.concatenate(several)).to(self.device)
            logits = self.classifier(self.aligner.batch(sentences).to(self.device))
            loss = F.cross_entropy(logits, labels, reduction="sum") / n  # the parts add up to the mean over all targets
            loss.backward()
            losses.append(loss.detach())
        return float(sum(losses))

    def _parts(self, rows):
        """Indices of the rows that are read together: those of one length, where padding matters to the model."""
        lengths = np.array([sentence.length if self.aligner.equal else 0 for sentence, _ in rows])
        for length in np.unique(lengths):
            some = np.flatnonzero(lengths == length)
            yield from np.array_split(some, min(self.parts, len(some)))

    def save(self, folder, **notes):
        """Write all that going on needs into a folder: weights, moments, random states, and notes of the caller."""
        state = {
            "classifier": self.classifier.state_dict(), "adam": self.adam.state_dict(), "parts": self.parts,
            "random": torch.get_rng_state(), "notes": notes,
            "random_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }  # fmt: skip
        Path(folder).mkdir(parents=True, exist_ok=True)
        try:
            torch.save(state, Path(folder) / STATE)
        except RuntimeError as error:  # torch's writer does not say what stopped it
            if not os.statvfs(folder).f_bavail:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
            raise

    def load(self, folder):
        """Go on from a folder; return the notes."""
        state = torch.load(Path(folder) / STATE, map_location="cpu", weights_only=True)
        self.classifier.load_state_dict(state["classifier"])
        self.adam.load_state_dict(state["adam"])
        self.parts = state["parts"]
        torch.set_rng_state(state["random"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"], self.device)
        return state["notes"]

    @torch.no_grad()
    def accuracy(self, rows, batch_size):
        """Share of the targets of (Sentence, labels) pairs whose label the classifier gets right."""
        self.classifier.eval()
        right = 0
        for some in batches([sentence for sentence, _ in rows], batch_size, self.aligner.equal):
            logits = self.classifier(self.aligner.batch([rows[i][0] for i in some]).to(self.device))
            right += int((logits.argmax(1).cpu().numpy() == np.concatenate([rows[i][1] for i in some])).sum())
        return right / sum(len(labels) for _, labels in rows)
