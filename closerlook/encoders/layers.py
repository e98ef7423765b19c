"""The vectors of a task's targets in every layer of an encoder, streamed to one file per layer."""

import contextlib
import time
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
import torch
from tqdm import tqdm

from closerlook.corpora.task import kind_of, load_rows
from closerlook.devices import pick_device, torch_threads
from closerlook.encoders.batching import batches, pool
from closerlook.encoders.loading import DTYPES, load_encoder, not_finite
from closerlook.encoders.padding import load_aligner
from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError
from closerlook.files import staged
from closerlook.vectors import halve

READ = ("words", "targets", "text", "places", "second")  # of a task, in the order of `Aligner.encode`
CHUNK = 2**28  # bytes of vectors held at a time, and so the memory, however large the corpus


def forward(encoder, batch, layers):
    """Run an encoder over a batch and pool the targets' vectors in some layers: {layer: (n_targets, dim) array}."""
    hidden = hidden_states(encoder, batch)
    return {layer: pool(hidden[layer], batch).cpu().numpy() for layer in layers}


class Piece(NamedTuple):
    """What came of a chunk of sentences."""

    vectors: dict  # {layer: (n_targets, dim) array}
    counts: np.ndarray  # (n_sentences,) targets of each
    twins: list  # (n, 2) arrays of rows, counted over all chunks: which, and the earlier ones with the same vectors
    n_windows: int  # rows that the model read
    n_tokens: int


@contextlib.contextmanager
def reading(n_sentences, threads, progress):
    """No gradients, so many CPU threads, and a bar of sentences."""
    bar = tqdm(total=n_sentences, desc="embed", unit=" sentences", mininterval=2, disable=not progress)
    with torch_threads(threads), torch.inference_mode(), bar:
        yield bar


def sentences_per_chunk(n_sentences, n_targets, dim, n_layers, batch_size):
    """How many sentences have vectors that fill a chunk."""
    return min(max(CHUNK * n_sentences // (n_targets * dim * n_layers * 4), batch_size), 4096)


def extract(encoder, aligner, chunks, layers, dim, batch_size, bar):
    """Read sentences chunk by chunk, within `reading`.

    Parameters
    ----------
    encoder : PreTrainedModel
    aligner : Aligner
    chunks : iterable of dict of list
        What `Aligner.encode` takes: `words`, `targets`, `text`, `places`, `second`.
    layers : list of int
    dim : int
        Of a target's vector.
    batch_size : int
    bar : tqdm

    Yields
    ------
    Piece
    """
    at, n, seen = 0, 0, {}
    for chunk in chunks:
        sentences = aligner.encode(*(chunk[name] for name in READ))
        count = np.array([len(t) for t in chunk["targets"]])
        first, twins, n_windows, n_tokens = np.cumsum(count) - count, [], 0, 0
        for sentence, n_targets, start_row in zip(sentences, count, at + first):
            earlier = seen.setdefault(sentence.digest(), start_row)
            if earlier != start_row:
                twins.append(np.stack([start_row, earlier]) + np.arange(n_targets)[:, None])
        at += count.sum()
        vectors = {layer: np.empty((count.sum(), dim), np.float32) for layer in layers}
        for some in batches(sentences, batch_size, aligner.equal):
            batch = aligner.batch([sentences[i] for i in some]).to(encoder.device)
            where = np.concatenate([first[i] + np.arange(count[i]) for i in some])
            for layer, array in forward(encoder, batch, layers).items():
                vectors[layer][where] = array
            n_windows += len(batch.input_ids)
            n_tokens += int(batch.attention_mask.sum())
            bar.update(len(some))
        n += len(sentences)
        yield Piece(vectors, count, twins, n_windows, n_tokens)
    aligner.log_cut(n)


def embed(
    model,
    task,
    out,
    *,
    tokenizer=None,
    pooling=None,
    batch_size=64,
    precision="fp32",
    store="float32",
    device="auto",
    threads=1,
    progress=True,
):
    """Write the vectors of a task's targets, in any number of layers, from one forward pass over its sentences.

    What is the same tokens to the model has the same vectors, to the last bit, whatever else was in its batch.

    Parameters
    ----------
    model, task : path
        An encoder folder, and a task folder (as `closerlook.corpora.task.save_task` writes it).
    out : dict of dict of path
        `out[split][layer]` is the `.npy` file to write: (n_targets, dim), a multiple of the model's for
        pairs and the like (`closerlook.encoders.pooling.n_bags`), in the task's order. Layer 0 is the embedding layer.
    tokenizer : path, optional
        Folder of the tokenizer, where it is not the model's.
    pooling : dict, optional
        See `Aligner`.
    batch_size : int
        Sentences per forward pass; fewer where they are long.
    precision : {"fp32", "bf16"}
        Arithmetic of the encoder; pooling is in float32.
    store : {"float32", "float16"}
        How vectors are written; half precision where it holds a layer (see `closerlook.vectors.halve`).
    device : {"auto", "cpu", "cuda"}
    threads : int
        CPU threads.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    dict
        `kind`, `dim`, `layers`, `n` and `n_sentences` (per split), `n_windows` (rows that the model read), `n_tokens`,
        `device`, `seconds`.

    Raises
    ------
    InputError
        A layer that the model lacks; vectors that are not finite, with model, layer and sentence, or that half
        precision does not hold.
    """
    start, device = time.perf_counter(), pick_device(device)
    splits, kind = {split: load_rows(task, split).select(["id", *READ]) for split in out}, kind_of(task)
    layers = sorted({layer for files in out.values() for layer in files})
    encoder, aligner = _load(model, tokenizer or model, kind, pooling, layers, precision)
    encoder.to(device)
    dim = encoder.config.hidden_size * aligner.bags
    n_sentences = {split: len(splits[split]) for split in out}
    summary = {"kind": kind, "dim": dim, "layers": layers, "n": {}, "n_sentences": n_sentences, "n_windows": 0}
    summary |= {"n_tokens": 0, "device": str(device)}
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(reading(sum(n_sentences.values()), threads, progress))
        for split, paths in out.items():
            rows = splits[split]
            n = summary["n"][split] = pc.sum(pc.list_value_length(rows["targets"])).as_py()
            files = {
                layer: stack.enter_context(_npy(path, (n, dim), store, f"{model}: layer {layer} ({split})"))
                for layer, path in paths.items()
            }
            size = sentences_per_chunk(len(rows), n, dim, len(layers), batch_size)
            twins, done = [], 0
            chunks = (rows.slice(i, size).to_pydict() for i in range(0, len(rows), size))
            for piece in extract(encoder, aligner, chunks, list(files), dim, batch_size, bar):
                for layer, file in files.items():
                    if not (finite := np.isfinite(piece.vectors[layer]).all(1)).all():
                        at = int(done + np.repeat(np.arange(len(piece.counts)), piece.counts)[finite.argmin()])
                        place = f"sentence {rows['id'][at].as_py()} of {task} ({split})"
                        place = f"{model}: layer {layer} is not finite in {place}"
                        raise InputError(f"{place}, {_why(encoder, model, precision)}.")
                    file.write(piece.vectors[layer].data)
                twins += piece.twins
                done += len(piece.counts)
                summary["n_windows"] += piece.n_windows
                summary["n_tokens"] += piece.n_tokens
            if twins:
                _repeat(files.values(), np.concatenate(twins))
    return summary | {"seconds": time.perf_counter() - start}


def _why(encoder, model, precision):
    """What is wrong with an encoder whose vectors are not finite, and what to do."""
    if bad := not_finite(encoder):
        return f"as {bad} in its weights is not: delete {model}, lower its `learning_rate` and give the command again"
    return f"though its weights are: it cannot be computed in `precision: {precision}`; take another, or another model"


def _load(model, tokenizer, kind, pooling, layers, precision):
    encoder = load_encoder(model, DTYPES[precision])
    depth = encoder.config.num_hidden_layers
    if bad := [layer for layer in layers if not 0 <= layer <= depth]:
        raise InputError(f"{model}: has no layer {bad[0]}; its layers are 0 (the embeddings) to {depth}.")
    return encoder, load_aligner(tokenizer, encoder, kind, pooling)


def _repeat(files, twins):
    """Put rows of `.npy` files that are open for writing in place of others, (m, 2): which, and those to repeat."""
    for file in files:
        file.flush()
        vectors = np.load(file.name, mmap_mode="r+")
        for some in np.array_split(twins, len(twins) // 4096 + 1):
            vectors[some[:, 0]] = vectors[some[:, 1]]
        vectors.flush()


@contextlib.contextmanager
def _npy(path, shape, store, name):
    """Open a `.npy` file of float32 to append rows to; it appears under its name once it is complete."""
    with staged(path) as part:
        with open(part, "wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
            yield file
        if store == "float16":
            halve(part, name)
