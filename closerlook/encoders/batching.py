"""Encoded sentences in batches, and the vectors of tokens pooled into those of targets."""

import dataclasses
import hashlib
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

LONG = 128  # tokens; a batch of longer sentences holds fewer of them


@dataclasses.dataclass(slots=True)
class Sentence:
    """One sentence as the model reads it, and where its targets' subwords stand."""

    rows: list  # of arrays of token ids, special tokens included, one per window
    row: np.ndarray  # (n_subwords,) of every bag in turn: in which of the rows it stands
    column: np.ndarray  # (n_subwords,) and at which position there
    sizes: np.ndarray  # (n_bags,) subwords per bag
    types: list | None = None  # of arrays, the token types of each row, where they are not those of any sentence

    @property
    def length(self):
        """Tokens of the longest row."""
        return len(self.rows[0])

    def digest(self):
        """The same for sentences of the same tokens and bags."""
        parts = [*self.rows, self.row, self.column, self.sizes, *(self.types or ())]
        return hashlib.sha256(b"".join(np.int64(part.size).tobytes() + part.tobytes() for part in parts)).digest()


@dataclasses.dataclass(slots=True)
class Batch:
    """Sentences as tensors: what the model takes, and the bags to pool its vectors by."""

    input_ids: torch.Tensor  # (n_rows, length)
    attention_mask: torch.Tensor  # (n_rows, length)
    token_type_ids: torch.Tensor | None  # (n_rows, length), where special tokens have their own
    subwords: torch.Tensor  # (n_subwords,) of every bag in turn, as positions in the flattened rows
    offsets: torch.Tensor  # (n_bags,) first entry of each bag in `subwords`
    bags: int  # bags per target

    def inputs(self):
        """Return the model's keyword arguments."""
        inputs = {"input_ids": self.input_ids, "attention_mask": self.attention_mask}
        return inputs if self.token_type_ids is None else inputs | {"token_type_ids": self.token_type_ids}

    def to(self, device):
        """Return the same batch on a device."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device) for name, value in values.items() if isinstance(value, torch.Tensor)
        }
        return dataclasses.replace(self, **(values | moved))


def pool(hidden, batch):
    """Turn the vectors of tokens into the vectors of targets; differentiable.

    Parameters
    ----------
    hidden : (n_rows, length, dim) tensor
        One layer's vectors.
    batch : Batch
        The batch that they come from.

    Returns
    -------
    (n_targets, bags * dim) tensor, for a pair for example head and dependent. float32.
    """
    flat = hidden.reshape(-1, hidden.shape[-1]).float()
    vectors = F.embedding_bag(batch.subwords, flat, batch.offsets, mode="mean")  # deterministic, unlike indexing
    return vectors.view(-1, batch.bags * flat.shape[1])


def batches(sentences, batch_size, equal=False):
    """Group sentences of similar length, the longest first.

    Parameters
    ----------
    sentences : list of Sentence
    batch_size : int
        Most sentences in a batch. It also holds at most `128 * batch_size` tokens, padding included, unless it is
        one sentence.
    equal : bool
        No batch has sentences of different lengths, so nothing is padded.

    Yields
    ------
    list of int
        Indices into `sentences`; each occurs once.
    """
    batch, n_rows, length = [], 0, 0
    for i in sorted(range(len(sentences)), key=lambda i: -sentences[i].length):
        more = len(sentences[i].rows)
        full = len(batch) == batch_size or (n_rows + more) * length > LONG * batch_size
        if batch and (full or equal and sentences[i].length < length):
            yield batch
            batch, n_rows = [], 0
        if not batch:
            length = sentences[i].length
        batch.append(i)
        n_rows += more
    if batch:
        yield batch
