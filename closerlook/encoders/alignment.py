"""Words and subwords: sentences become rows of tokens, and rows of vectors become the vectors of targets.

Everything happens at the level of subwords. A sentence is read as the tokenizer reads its text. One that is too long
for the model is cut into overlapping windows, and each of its subwords is read in the window where it lies furthest
from a cut. A target is then just one or two *bags* of subwords, wherever they are, and its vector is the mean of
each bag. So words, spans, pairs and sentences, short and long, go through the same few lines, in extraction and in
fine-tuning.
"""

import dataclasses
import hashlib
import os

import numpy as np
import torch
import torch.nn.functional as F

from closerlook.errors import InputError

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a job has the threads it was given, and no more
LONG = 128  # tokens; a batch of longer sentences holds fewer of them
POOLING = {"word": "mean", "sentence": "cls"}


def windows(n, room):
    """Cut a sentence into windows that overlap by half.

    Parameters
    ----------
    n, room : int
        Subwords of the sentence, and how many of them one window takes.

    Returns
    -------
    starts : (n_windows,) array of int
        First subword of each window; all have `room` subwords, or there is one that has all `n`.
    home : (n,) array of int
        For each subword the window in which it lies furthest from an edge.
    """
    if n <= room:
        return np.zeros(1, int), np.zeros(n, int)
    starts = np.append(np.arange(0, n - room, max(room // 2, 1)), n - room)
    i, start = np.arange(n), starts[:, None]
    return starts, np.minimum(i - start, start + room - 1 - i).argmax(0)  # negative outside a window


@dataclasses.dataclass(slots=True)
class Sentence:
    """One sentence as the model reads it, and where its targets' subwords stand."""

    rows: list  # of arrays of token ids, special tokens included, one per window
    row: np.ndarray  # (n_subwords,) of every bag in turn: in which of the rows it stands
    column: np.ndarray  # (n_subwords,) and at which position there
    sizes: np.ndarray  # (n_bags,) subwords per bag

    @property
    def length(self):
        """Tokens of the longest row."""
        return len(self.rows[0])

    def digest(self):
        """The same for sentences of the same tokens and bags."""
        parts = [*self.rows, self.row, self.column, self.sizes]
        return hashlib.sha256(b"".join(np.int64(part.size).tobytes() + part.tobytes() for part in parts)).digest()


@dataclasses.dataclass(slots=True)
class Batch:
    """Sentences as tensors: what the model takes, and the bags to pool its vectors by."""

    input_ids: torch.Tensor  # (n_rows, length)
    attention_mask: torch.Tensor  # (n_rows, length)
    token_type_ids: torch.Tensor | None  # (n_rows, length), where special tokens have their own
    subwords: torch.Tensor  # (n_subwords,) of every bag in turn, as positions in the flattened rows
    offsets: torch.Tensor  # (n_bags,) first entry of each bag in `subwords`
    bags: int  # bags per target: 1, or 2 for a pair

    def inputs(self):
        """Return the model's keyword arguments."""
        inputs = {"input_ids": self.input_ids, "attention_mask": self.attention_mask}
        return inputs if self.token_type_ids is None else inputs | {"token_type_ids": self.token_type_ids}

    def to(self, device):
        """Return the same batch on a device."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return Batch(**{k: v.to(device) if isinstance(v, torch.Tensor) else v for k, v in values.items()})


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
    (n_targets, dim) tensor, or (n_targets, 2 * dim) for pairs: head and dependent. float32.
    """
    flat = hidden.reshape(-1, hidden.shape[-1]).float()
    vectors = F.embedding_bag(batch.subwords, flat, batch.offsets, mode="mean")  # deterministic, unlike indexing
    return vectors.view(-1, batch.bags * flat.shape[1])


def places(words):
    """Where words stand once they are joined by single spaces, empty ones left out: (n_words, 2), begin and end."""
    sizes = np.array([len(word) for word in words], int)
    begin = np.cumsum(sizes + (sizes > 0)) - sizes - (sizes > 0)
    return np.stack([begin, begin + sizes], 1)


def words_of(offsets, words):
    """Which words each token belongs to: all those that it touches.

    A token that touches none, such as the space that some tokenizers make a token of its own, belongs to the word that
    follows.

    Parameters
    ----------
    offsets : (n_tokens, 2) int
        Begin and end of each token in the text.
    words : (n_words, 2) int
        Begin and end of each word, ascending.

    Returns
    -------
    first, last : (n_tokens,) int arrays
        The first and the last word of each token; both ascend.
    """
    some = np.flatnonzero(words[:, 1] > words[:, 0])  # an empty word has no place
    begin, end = words[some].T
    first = np.minimum(np.searchsorted(end, np.maximum.accumulate(offsets[:, 0]), "right"), len(some) - 1)
    last = np.maximum(np.searchsorted(begin, offsets[:, 1]) - 1, first)
    return some[first], some[np.maximum.accumulate(last)]


class Aligner:
    """Encodes sentences for one model and one kind of target.

    The model reads a sentence as its tokenizer reads the text: the ids are those of `tokenizer(text)`. Words are found
    in it afterwards, by the offsets in the text that the tokenizer gives for each token.

    Parameters
    ----------
    tokenizer : fast tokenizer
        From `loading.load_tokenizer`.
    max_length : int
        Longest row that the model can read, special tokens included.
    kind : str
        `word`, `span`, `pair` or `sentence`.
    pooling : dict, optional
        `word`: `mean`, `first` or `last` of a word's subwords; `sentence`: `cls` or `mean` of all subwords. A sentence
        in several windows has several [CLS], whose mean is taken. A span is the mean over the subwords of its words.
    equal : bool
        The model's vectors depend on padding, so a batch takes sentences of one length only.
    causal : bool
        A token's vectors depend on no later token.
    """

    def __init__(self, tokenizer, max_length, kind, pooling=None, equal=False, causal=False):
        self.backend, self.kind, self.equal, self.causal = tokenizer.backend_tokenizer, kind, equal, causal
        self.pooling = POOLING | (pooling or {})
        self.pad = tokenizer.pad_token_id or 0
        self.unknown = [tokenizer.unk_token_id]
        if tokenizer.unk_token_id is None:  # byte-level tokenizers know every character
            self.unknown = self.backend.encode("\ufffd", add_special_tokens=False).ids
        template = tokenizer("a", return_token_type_ids=True, return_special_tokens_mask=True)
        special = np.array(template["special_tokens_mask"], bool)
        n_before, n_after = special.argmin(), special[::-1].argmin()
        ids, types = np.array(template["input_ids"]), np.array(template["token_type_ids"])
        self.before, self.after = ids[:n_before], ids[len(ids) - n_after :]
        self.types = types[:n_before], types[n_before], types[len(ids) - n_after :]
        self.typed = "token_type_ids" in tokenizer.model_input_names and bool(types.any())  # zeros are the default
        self.room = max_length - n_before - n_after
        cls = np.flatnonzero(np.append(self.before, self.after) == tokenizer.cls_token_id)
        if kind == "sentence" and self.pooling["sentence"] == "cls" and not len(cls):
            raise InputError(f"{tokenizer.name_or_path}: its tokenizer adds no [CLS]; set `pooling.sentence: mean`.")
        # Distance from the row's start, or (negative) from its end, because XLNet has its [CLS] last.
        self.cls = None if not len(cls) else cls[0] if cls[0] < n_before else cls[0] - n_before - n_after

    def encode(self, sentences, targets, texts=None, offsets=None):
        """Turn sentences into rows of tokens and bags of subwords.

        Parameters
        ----------
        sentences : list of lists of str
            Their words. A word that the tokenizer reduces to nothing becomes one unknown token.
        targets : list of lists of lists of int
            Per sentence its targets, each with its 0, 1 or 2 word positions, counted from 0.
        texts : list of (str or None), optional
            The text of each sentence; where it is None, the words joined by single spaces.
        offsets : list of (list of (int, int) or None), optional
            Where the words stand in it.

        Returns
        -------
        list of Sentence
        """
        none = [None] * len(sentences)
        texts, offsets = texts or none, offsets or none
        read = [" ".join(filter(None, s)) if text is None else text for s, text in zip(sentences, texts, strict=True)]
        encodings = self.backend.encode_batch(read, add_special_tokens=False)
        if self.kind == "sentence":
            return [self._whole(np.array(encoding.ids, int)) for encoding in encodings]
        where = [places(s) if text is None else np.array(at) for s, text, at in zip(sentences, texts, offsets)]
        return [self._parts(*parts) for parts in zip(encodings, where, targets, strict=True)]

    def _whole(self, ids):
        """A sentence that is its own target."""
        ids = ids if len(ids) else np.array(self.unknown, int)
        starts, home = windows(len(ids), self.room)
        rows = self._rows(ids, starts)
        if self.pooling["sentence"] == "cls":
            column = self.cls % len(rows[0])
            return Sentence(rows, np.arange(len(rows)), np.full(len(rows), column), np.array([len(rows)]))
        return self._bags(rows, starts, home, np.array([0]), np.array([len(ids)]))

    def _parts(self, encoding, words, targets):
        """A sentence with targets in it; `words` (n_words, 2) are their places in its text."""
        ids = np.array(encoding.ids, int)
        first_word, last_word = words_of(np.array(encoding.offsets, int).reshape(-1, 2), words)
        each = np.arange(len(words))
        missing = np.flatnonzero(np.searchsorted(first_word, each, "right") <= np.searchsorted(last_word, each))
        if len(missing):
            if not self.unknown:
                raise InputError(f"The tokenizer has no token for word {missing[0] + 1} of a sentence; leave it out.")
            at = np.repeat(np.searchsorted(first_word, missing), len(self.unknown))
            ids = np.insert(ids, at, np.tile(self.unknown, len(missing)))
            missing = np.repeat(missing, len(self.unknown))
            first_word, last_word = np.insert(first_word, at, missing), np.insert(last_word, at, missing)
        starts, home = windows(len(ids), self.room)
        ends = np.array(targets, int).reshape(-1, 2 if self.kind == "span" else 1)  # a pair's words one by one
        first, last = np.searchsorted(last_word, ends[:, 0]), np.searchsorted(first_word, ends[:, -1], "right")
        if self.kind != "span" and self.pooling["word"] == "first":
            last = first + 1
        elif self.kind != "span" and self.pooling["word"] == "last":
            first = last - 1
        return self._bags(self._rows(ids, starts), starts, home, first, last)

    def _rows(self, ids, starts):
        return [np.concatenate([self.before, ids[s : s + self.room], self.after]) for s in starts]

    def _bags(self, rows, starts, home, first, last):
        """A sentence with one bag for each slice of its subwords."""
        sizes = last - first
        begin = np.cumsum(sizes) - sizes
        subwords = np.arange(sizes.sum()) + np.repeat(first - begin, sizes)
        row = home[subwords]
        return Sentence(rows, row, len(self.before) + subwords - starts[row], sizes)

    def batch(self, sentences):
        """Stack encoded sentences into one Batch, padded on the right to the longest row."""
        rows = [row for sentence in sentences for row in sentence.rows]
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(lengths.max()) < lengths[:, None]
        input_ids = np.full(mask.shape, self.pad)
        input_ids[mask] = np.concatenate(rows)
        n_rows = np.array([len(sentence.rows) for sentence in sentences])
        above = np.repeat(np.cumsum(n_rows) - n_rows, [len(sentence.row) for sentence in sentences])
        row = above + np.concatenate([sentence.row for sentence in sentences])
        column = np.concatenate([sentence.column for sentence in sentences])
        sizes = np.concatenate([sentence.sizes for sentence in sentences])
        return Batch(
            input_ids=torch.from_numpy(input_ids),
            attention_mask=torch.from_numpy(mask.astype(int)),
            token_type_ids=torch.from_numpy(self._types(mask, lengths)) if self.typed else None,
            subwords=torch.from_numpy(row * mask.shape[1] + column),
            offsets=torch.from_numpy(np.cumsum(sizes) - sizes),
            bags=2 if self.kind == "pair" else 1,
        )

    def _types(self, mask, lengths):
        before, inside, after = self.types
        types = np.where(mask, inside, 0)
        types[:, : len(before)] = before
        for i in range(len(after)):
            types[np.arange(len(mask)), lengths - len(after) + i] = after[i]
        return types


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
