"""Vectors of texts in memory: the extraction of the workflow, as a call."""

from __future__ import annotations  # so that `help` shows short names

import contextlib
import copy
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from closerlook.corpora.example import SIZES, called
from closerlook.encoders.pooling import POOLINGS
from closerlook.errors import InputError
from closerlook.probes.threads import n_threads

PRECISIONS = "fp32", "bf16"


def embed(
    model: str | PathLike[str] | tuple[Any, Any],
    texts: Iterable[str] | Iterable[tuple[str, str]] | Iterable[Sequence[str]],
    *,
    targets: Iterable[Iterable[Any]] | None = None,
    kind: Literal["sentence", "word", "span", "pair", "span_pair", "sentence_pair"] | None = None,
    layers: Iterable[int] | None = None,
    pooling: Mapping[str, str] | None = None,
    batch_size: int = 64,
    precision: Literal["fp32", "bf16"] = "fp32",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = -1,
    progress: bool = True,
) -> NDArray[np.float32]:
    """Vectors of words, spans and sentences, and of pairs of them, in the layers of an encoder.

    They are those that the workflow computes, to the last bit where the options are the same. Texts that are read in
    the same tokens have the same vectors.

    Parameters
    ----------
    model : str, path or (model, tokenizer)
        A transformers folder, or else a model of the Hugging Face hub; or a model and a fast tokenizer that are in
        memory, of which a copy is used, with PEFT's adapter merged. A head is left out; that weights are missing is an
        error.
    texts : list of str, list of (str, str), or list of lists of str
        Sentences, or pairs of them, as the tokenizer is to read them. With `targets` the words of each, which are
        joined by spaces.
    targets : list of lists, optional
        Of each sentence the positions of what is wanted in it, counted from 0: `[0, 2]` for two words; for spans
        `[(0, 1)]`, the first word and the last one; for pairs `[(2, 0)]`; for two spans `[((0, 1), (4, 4))]`. Without
        targets each sentence, or pair of sentences, is one.
    kind : {"sentence", "word", "span", "pair", "span_pair", "sentence_pair"}, optional
        What the targets are, which has to be said of all but sentences and words.
    layers : list of int, optional
        All by default. 0 is the embedding layer, -1 the last.
    pooling : dict, optional
        `word`: `mean`, `first` or `last` of its subwords; `span`: `mean` of its subwords, or `ends`, its first and its
        last word; `sentence`: `cls`, `last` token, or `mean` of all subwords. By default the mean for words and spans,
        and for sentences `cls`, but `last` for causal models and where the tokenizer adds no [CLS].
    batch_size : int
        Sentences that are read together; fewer where they are long.
    precision : {"fp32", "bf16"}
        Arithmetic of the encoder.
    device : {"auto", "cpu", "cuda"}
    threads : int
        CPU threads; -1 for all.
    progress : bool
        Show a bar.

    Returns
    -------
    (layers, n, dim) float32 array
        A row for each target, in order; 2 * dim for pairs of words or spans and for the ends of spans. It is the one
        array that is held, but for the encoder and up to 256 MB during the call: n sentences in L layers of 768
        dimensions take L * n * 3 KB. The weights of a folder pass through a temporary one, as they do in the workflow.

    Raises
    ------
    InputError
        In one sentence: a model that cannot be read, a text or target that is none, a layer that the model lacks,
        vectors that are not finite.
    """
    kind, rows, sentence = _read(texts, targets, kind)
    _check(pooling, batch_size, precision)
    from closerlook.devices import pick_device  # from here on torch
    from closerlook.encoders.layers import extract, reading, sentences_per_chunk
    from closerlook.encoders.loading import DTYPES

    device = pick_device(device)
    name = model if isinstance(model, str | Path) else "The model"
    encoder, aligner = _load(model, name, kind, pooling, DTYPES[precision])
    wanted = _layers(layers, encoder.config.num_hidden_layers, name)
    encoder.to(device)
    n, dim = sum(map(len, rows["targets"])), encoder.config.hidden_size * aligner.bags
    out = np.empty((len(wanted), n, dim), np.float32)
    size = sentences_per_chunk(len(sentence), n, dim, len(set(wanted)), batch_size)
    chunks = ({name: column[i : i + size] for name, column in rows.items()} for i in range(0, len(sentence), size))
    at, done, twins = 0, 0, []
    with reading(len(sentence), n_threads(threads), progress) as bar:
        for piece in extract(encoder, aligner, chunks, sorted(set(wanted)), dim, batch_size, bar):
            m = int(piece.counts.sum())
            for place, layer in enumerate(wanted):
                out[place, at : at + m] = piece.vectors[layer]
                if not (finite := np.isfinite(piece.vectors[layer]).all(1)).all():
                    bad = sentence[done + np.repeat(np.arange(len(piece.counts)), piece.counts)[finite.argmin()]]
                    raise InputError(
                        f"{name}: layer {layer} is not finite in texts[{bad}]: take other weights, or "
                        "`precision='fp32'` where that was another."
                    )
            at, done, twins = at + m, done + len(piece.counts), twins + piece.twins
    for where, earlier in map(np.transpose, twins):
        out[:, where] = out[:, earlier]
    return out


def _read(texts, targets, kind):
    """What `Aligner.encode` takes, of the sentences that have a target; the kind, and the places of these sentences."""
    if isinstance(texts, str | bytes | Mapping) or hasattr(texts, "columns"):
        raise InputError("`texts` must be a list of texts: put a single one in [ ], take a column of a table.")
    texts = list(texts)
    if not texts:
        raise InputError("`texts` is empty: give at least one.")
    if targets is None:
        if kind == "sentence_pair":
            return kind, _pairs(texts), range(len(texts))
        if kind not in (None, *SIZES):
            raise InputError(f"`kind` is {kind!r}; it is one of {', '.join(SIZES)}.")
        if kind not in (None, "sentence"):
            raise InputError(f"`targets` must say where the {called(kind)}s are in each text.")
        instead = "lists of words need `targets`, pairs of texts `kind='sentence_pair'`; for sentences give strings"
        for i, text in enumerate(texts):
            _check_text(text, f"texts[{i}]", instead)
            if not text.strip():
                raise InputError(f"texts[{i}] is empty: leave it out, and its label too.")
        return "sentence", _wholes(texts, [None] * len(texts)), range(len(texts))
    targets = list(targets)
    if len(targets) != len(texts):
        raise InputError(f"`targets` must be a list for each text: there are {len(targets)} of {len(texts)} texts.")
    kind = kind or _kind(targets)
    if not SIZES.get(kind):
        raise InputError(f"`kind` is {kind!r}: with `targets` it is 'word', 'span', 'pair' or 'span_pair'.")
    words, places = [], []
    for i, (text, some) in enumerate(zip(texts, targets)):
        if isinstance(text, str):
            raise InputError(f"texts[{i}] is a string: with `targets` give its words, such as `text.split()`.")
        words.append(list(text))
        for j, word in enumerate(words[-1]):
            _check_text(word, f"texts[{i}][{j}]", "a word is a string")
        places.append([_target(target, len(words[-1]), kind, f"targets[{i}][{j}]") for j, target in enumerate(some)])
    kept = [i for i, some in enumerate(places) if some]
    if not kept:
        raise InputError("`targets` has none: give the positions of what is wanted.")
    rows = {"words": [words[i] for i in kept], "targets": [places[i] for i in kept]}
    return kind, rows | {name: [None] * len(kept) for name in ("text", "places", "second")}, kept


def _wholes(texts, seconds):
    """What is read of texts that are their own targets."""
    n = len(texts)
    rows = {"words": [[]] * n, "targets": [[[]]] * n, "places": [None] * n}
    return rows | {"text": texts, "second": seconds}


def _pairs(texts):
    """What is read of pairs of texts."""
    for i, pair in enumerate(texts):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise InputError(f"texts[{i}] is not a pair of texts: give each as (first, second).")
        for j, text in enumerate(pair):
            _check_text(text, f"texts[{i}][{j}]", "a pair has two strings")
            if not text.strip():
                raise InputError(f"texts[{i}][{j}] is empty: leave the pair out, and its label too.")
    return _wholes(*map(list, zip(*texts)))


def _kind(targets):
    """Positions alone are words."""
    if all(np.ndim(target) == 0 for some in targets for target in some):
        return "word"
    raise InputError("`kind` must say whether the targets are 'span' (first and last word), 'pair' or 'span_pair'.")


def _check_text(text, place, instead):
    if not isinstance(text, str):
        raise InputError(f"{place} is not a text but {type(text).__name__}: {instead}.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{place} has half a character (a lone surrogate): correct it.") from None


def _target(target, n, kind, place):
    """A target's positions as a list."""
    size = SIZES[kind]
    try:
        found = np.asarray(target)
    except ValueError:  # ((0, 1), 4)
        found = np.empty(0)
    if found.dtype.kind not in "iu" or found.size != size or found.ndim > (2 if kind == "span_pair" else 1):
        what = {1: "one position", 2: "two positions"}.get(size, "two first and last words, as ((0, 1), (4, 4))")
        raise InputError(f"{place} is {target!r}: a {called(kind)} has {what}, whole numbers from 0.")
    places = found.reshape(-1).tolist()
    if bad := [i for i in places if not 0 <= i < n]:
        raise InputError(f"{place}: there is no word {bad[0]} among {n}, which are counted from 0.")
    if kind in ("span", "span_pair") and any(first > last for first, last in zip(places[::2], places[1::2])):
        raise InputError(f"{place} is {target!r}: a span ends before it begins; give its first word, then its last.")
    return places


def _check(pooling, batch_size, precision):
    for key, value in (pooling or {}).items():
        if value not in POOLINGS.get(key, ()):
            allowed = "; ".join(
                f"{name}: {', '.join(values[:-1])} or {values[-1]}" for name, values in POOLINGS.items()
            )
            raise InputError(f"`pooling` is {{{key!r}: {value!r}}}; it takes {allowed}.")
    if precision not in PRECISIONS:
        raise InputError(f"`precision` is {precision!r}; it is one of {', '.join(PRECISIONS)}.")
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise InputError(f"`batch_size` is {batch_size!r}; it is a whole number from 1.")


def _layers(layers, depth, name):
    wanted = list(range(depth + 1)) if layers is None else list(layers)
    for layer in wanted:
        if isinstance(layer, bool) or not isinstance(layer, int | np.integer) or not -depth - 1 <= layer <= depth:
            raise InputError(f"{name}: has no layer {layer!r}; its layers are 0 (the embeddings) to {depth}.")
    if not wanted:
        raise InputError("`layers` is empty: name one, or leave it out for all.")
    return [int(layer) % (depth + 1) for layer in wanted]


def _load(model, name, kind, pooling, dtype):
    """An encoder, checked as the workflow checks it, and its aligner."""
    from closerlook.encoders.alignment import Aligner
    from closerlook.encoders.checking import check
    from closerlook.encoders.loading import cast, load_encoder
    from closerlook.encoders.methods import merged
    from closerlook.encoders.padding import CAUSAL, PADDING, load_aligner

    if isinstance(model, str | Path):
        with _pinned(model) as folder:
            encoder = load_encoder(folder, dtype)
            return encoder, load_aligner(folder, encoder, kind, pooling)
    try:
        given, tokenizer = model
        encoder, tokenizer = copy.deepcopy(merged(given).base_model).float().eval(), copy.deepcopy(tokenizer)
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
    except (TypeError, ValueError, AttributeError):
        raise InputError(
            "`model` must be a folder, a name of the hub, or a transformers model and its fast tokenizer."
        ) from None
    if getattr(getattr(given, "active_peft_config", None), "is_prompt_learning", False):
        raise InputError("`model` has an adapter that changes no weights, which is not read: give one without it.")
    facts = check(encoder.cpu(), tokenizer, name)
    cast(encoder, dtype)
    return encoder, Aligner(tokenizer, facts["max_length"], kind, pooling, facts[PADDING], facts[CAUSAL])


@contextlib.contextmanager
def _pinned(model):
    """A model's folder as the workflow has it, for a while."""
    from closerlook.encoders.pinning import pin_model

    path = Path(model).expanduser()
    if not path.is_dir() and (path.exists() or path.is_absolute() or str(model).count("/") != 1 and "/" in str(model)):
        raise InputError(f"{model}: there is no such folder; give that of a model, or a name on the hub.")
    with tempfile.TemporaryDirectory(prefix="closerlook-") as folder:
        try:
            pin_model(folder, **({"path": path} if path.is_dir() else {"hub": str(model)}))
            yield folder
        except InputError as error:
            text = str(error).replace(folder, str(model))
            raise InputError(text if path.is_dir() else f"{text} (Nor is there a folder of that name.)") from None
