"""Words and subwords: sentences become rows of tokens, and targets become bags of them.

Everything happens at the level of subwords. A sentence is read as the tokenizer reads its text. One that is too long
for the model is cut into overlapping windows, and each of its subwords is read in the window where it lies furthest
from a cut. A target is then just one or several *bags* of subwords, wherever they are, and its vector is the mean of
each bag. So words, spans, pairs and sentences, short and long, go through the same few lines, in extraction and in
fine-tuning.
"""

import logging
import os

import numpy as np
import torch

from closerlook.corpora.example import SIZES
from closerlook.corpora.text import places
from closerlook.encoders.batching import Batch, Sentence
from closerlook.encoders.pooling import DEFAULT, by_words, n_bags
from closerlook.errors import InputError

log = logging.getLogger(__name__)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a job has the threads it was given, and no more


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
        Of `closerlook.corpora.example.SIZES`.
    pooling : dict, optional
        `word`: `mean`, `first` or `last` of a word's subwords. `span`: `mean` over the subwords of its words, or its
        `ends`, which are its first word and its last one. `sentence`: `cls`, the `last` token that the tokenizer makes,
        or `mean` of all subwords; where it is not given, `cls` if there is one in a model that is not causal, else
        `last`. A sentence in several windows has several [CLS], whose mean is taken; its last token is in the last one.
    equal : bool
        The model's vectors depend on padding, so a batch takes sentences of one length only.
    causal : bool
        A token of the model has read nothing but what stands before it.

    Attributes
    ----------
    pooling : dict
        As it was given, or decided.
    n_cut : int
        How many pairs of sentences were too long for the model, and have been cut, since `log_cut` was last called.

    Raises
    ------
    InputError
        `cls` where there is none, or where it has read nothing.
    """

    def __init__(self, tokenizer, max_length, kind, pooling=None, equal=False, causal=False):
        self.backend, self.kind, self.equal, self.causal = tokenizer.backend_tokenizer, kind, equal, causal
        self.max_length, self.n_cut, self.pooling = max_length, 0, DEFAULT | (pooling or {})
        self.bags = n_bags(kind, self.pooling)
        self.pad = tokenizer.pad_token_id or 0
        self.unknown = [tokenizer.unk_token_id]
        if tokenizer.unk_token_id is None:  # byte-level tokenizers know every character
            self.unknown = self.backend.encode("\ufffd", add_special_tokens=False).ids
        self.stand_in = tokenizer.unk_token or "\ufffd"  # for a sentence of a pair that the tokenizer makes nothing of
        template = tokenizer("a", return_token_type_ids=True, return_special_tokens_mask=True)
        special = np.array(template["special_tokens_mask"], bool)
        n_before, n_after = special.argmin(), special[::-1].argmin()
        ids, types = np.array(template["input_ids"]), np.array(template["token_type_ids"])
        self.before, self.after = ids[:n_before], ids[len(ids) - n_after :]
        self.types = types[:n_before], types[n_before], types[len(ids) - n_after :]
        self.typed = "token_type_ids" in tokenizer.model_input_names
        self.typed &= kind == "sentence_pair" or bool(types.any())  # zeros are the default
        self.room = max_length - n_before - n_after
        cls = np.flatnonzero(np.append(self.before, self.after) == tokenizer.cls_token_id)
        if not SIZES[kind] and self.pooling["sentence"] == "cls":
            if not len(cls):
                raise InputError(
                    f"{tokenizer.name_or_path}: its tokenizer adds no [CLS]; set `pooling.sentence: mean`."
                )
            if causal and cls[0] < n_before:
                raise InputError(
                    f"{tokenizer.name_or_path}: the model is causal, so its [CLS], which comes first, has read "
                    "nothing; set `pooling.sentence: last` or `mean`."
                )
        self.pooling["sentence"] = self.pooling["sentence"] or ("cls" if len(cls) and not causal else "last")
        # Distance from the row's start, or (negative) from its end, because XLNet has its [CLS] last.
        self.cls = 0 if not len(cls) else cls[0] if cls[0] < n_before else cls[0] - n_before - n_after

    def encode(self, sentences, targets, texts=None, offsets=None, seconds=None):
        """Turn sentences into rows of tokens and bags of subwords.

        Parameters
        ----------
        sentences : list of lists of str
            Their words. A word that the tokenizer reduces to nothing becomes one unknown token.
        targets : list of lists of lists of int
            Per sentence its targets, each with its word positions, counted from 0.
        texts : list of (str or None), optional
            The text of each sentence; where it is None, the words joined by single spaces.
        offsets : list of (list of (int, int) or None), optional
            Where the words stand in it.
        seconds : list of (str or None), optional
            Of pairs of sentences the second text; the first is in `texts`.

        Returns
        -------
        list of Sentence
        """
        if self.kind == "sentence_pair":
            return [self._pair(encoding) for encoding in self._joined(list(zip(texts, seconds, strict=True)))]
        none = [None] * len(sentences)
        texts, offsets = texts or none, offsets or none
        read = [" ".join(filter(None, s)) if text is None else text for s, text in zip(sentences, texts, strict=True)]
        encodings = self.backend.encode_batch(read, add_special_tokens=False)
        if self.kind == "sentence":
            return [self._whole(np.array(encoding.ids, int)) for encoding in encodings]
        where = [np.array(places(s) if text is None else at) for s, text, at in zip(sentences, texts, offsets)]
        return [self._parts(*parts) for parts in zip(encodings, where, targets, strict=True)]

    def _whole(self, ids):
        """A sentence that is its own target."""
        ids = ids if len(ids) else np.array(self.unknown, int)
        starts, home = windows(len(ids), self.room)
        rows = self._rows(ids, starts)
        if self.pooling["sentence"] == "cls":
            column = self.cls % len(rows[0])
            return Sentence(rows, np.arange(len(rows)), np.full(len(rows), column), np.array([len(rows)]))
        if self.pooling["sentence"] == "last":
            return Sentence(rows, np.array([len(rows) - 1]), np.array([len(rows[-1]) - 1]), np.array([1]))
        return self._bags(rows, starts, home, np.array([0]), np.array([len(ids)]))

    def _joined(self, pairs):
        """Two sentences as the tokenizer joins them; where they are too long together, the longer one is cut."""
        self.backend.enable_truncation(self.max_length, strategy="longest_first")
        try:
            found = self.backend.encode_batch(pairs)
            for i, encoding in enumerate(found):
                if not {0, 1} <= set(encoding.sequence_ids):
                    read = [t if n in encoding.sequence_ids else self.stand_in for n, t in enumerate(pairs[i])]
                    found[i] = self.backend.encode(*read)
        finally:
            self.backend.no_truncation()
        self.n_cut += sum(bool(encoding.overflowing) for encoding in found)
        return found

    def log_cut(self, n):
        """Warn of those that have been cut among `n` pairs of sentences, and count anew."""
        if self.n_cut:
            log.warning(
                "%d of %d sentence pairs have more than the %d tokens that the model reads: the longer text of each is "
                "cut at its end",
                *(self.n_cut, n, self.max_length),
            )
        self.n_cut = 0

    def _pair(self, encoding):
        """Two sentences that are one target."""
        ids = np.array(encoding.ids, int)
        if self.pooling["sentence"] == "mean":
            column = np.flatnonzero([part is not None for part in encoding.sequence_ids])
        else:
            column = np.array([(self.cls if self.pooling["sentence"] == "cls" else -1) % len(ids)])
        return Sentence([ids], 0 * column, column, np.array([len(column)]), [np.array(encoding.type_ids, int)])

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
        words_alone = by_words(self.kind, self.pooling)
        ends = np.array(targets, int).reshape(-1, 1 if words_alone else 2)  # a bag each
        first, last = np.searchsorted(last_word, ends[:, 0]), np.searchsorted(first_word, ends[:, -1], "right")
        if words_alone and self.pooling["word"] == "first":
            last = first + 1
        elif words_alone and self.pooling["word"] == "last":
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
        types = [part for sentence in sentences for part in sentence.types or ()]
        sizes = np.concatenate([sentence.sizes for sentence in sentences])
        return Batch(
            input_ids=torch.from_numpy(input_ids),
            attention_mask=torch.from_numpy(mask.astype(int)),
            token_type_ids=torch.from_numpy(self._types(mask, lengths, types)) if self.typed else None,
            subwords=torch.from_numpy(row * mask.shape[1] + column),
            offsets=torch.from_numpy(np.cumsum(sizes) - sizes),
            bags=self.bags,
        )

    def _types(self, mask, lengths, own):
        """The token types of rows: their own, or those of any sentence."""
        if own:
            types = np.zeros(mask.shape, int)
            types[mask] = np.concatenate(own)
            return types
        before, inside, after = self.types
        types = np.where(mask, inside, 0)
        types[:, : len(before)] = before
        for i in range(len(after)):
            types[np.arange(len(mask)), lengths - len(after) + i] = after[i]
        return types
