"""Pre-training from scratch: a WordPiece vocabulary, and a small BERT that learns to fill in masked words.

The recipe is BERT's masked language modelling (Devlin et al. 2019, section 3.1) at a small scale: one sentence per row,
no next-sentence task, no dropout, a high learning rate. Only masked positions go through the vocabulary projection,
which would otherwise cost more than the encoder does.
"""

import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import BertWordPieceTokenizer
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR
from tqdm import tqdm
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from closerlook.devices import pick_device, torch_threads
from closerlook.encoders.loading import not_finite, quiet
from closerlook.errors import InputError
from closerlook.files import sha256, staged, write_json
from closerlook.provenance import made_by

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4
PAD, MASK = 0, 4
KEPT_OUT = 0.02  # share of the sentences that is held out, to measure the loss on
LOOKS = 10  # how many times


def pretrain(
    text,
    out,
    *,
    vocab_size,
    n_layers,
    hidden_size,
    n_heads,
    max_length,
    steps,
    batch_size,
    learning_rate,
    warmup,
    mask_rate=0.15,
    seed,
    threads=1,
    device="cpu",
):
    """Train a WordPiece vocabulary and a BERT on raw text, and write them as an encoder folder.

    Parameters
    ----------
    text : path
        UTF-8, one sentence per line.
    out : path
        Folder to write: `config.json`, `model.safetensors` (float32, no pooler), the tokenizer, `model.json`.
    vocab_size : int
        Entries of the vocabulary, of which the text's letters take the first; there may be fewer words than it holds.
    n_layers, hidden_size, n_heads : int
        Shape of the encoder; its feed-forward layers are four times `hidden_size` wide.
    max_length : int
        Longest row in subwords, [CLS] and [SEP] included; what is longer is cut.
    steps, batch_size : int
        Updates, and sentences per update.
    learning_rate, warmup : float
        Peak learning rate of AdamW; share of the updates that lead up to it. Afterwards it falls linearly to zero.
    mask_rate : float
        Share of the subwords to predict.
    seed : int
        Of weights, order and masks. The same seed and threads give the same weights on one machine's CPU.
    threads : int
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    dict
        What `model.json` holds: as for `pin_model`, with `source` naming the parameters, and `curve` (held-out loss and
        masked-word accuracy by update), `loss`, `accuracy` (the last of these), `wall_seconds`.

    Raises
    ------
    InputError
        Text that is missing, empty or too short; heads that do not divide the hidden size; a loss that diverges.
    """
    parameters = {
        "vocab_size": vocab_size, "n_layers": n_layers, "hidden_size": hidden_size, "n_heads": n_heads,
        "max_length": max_length, "steps": steps, "batch_size": batch_size, "learning_rate": learning_rate,
        "warmup": warmup, "mask_rate": mask_rate,
    }  # fmt: skip
    if hidden_size % n_heads:
        raise InputError(f"`hidden_size: {hidden_size}` is not a multiple of `n_heads: {n_heads}`; change one of them.")
    start, device, sentences = time.perf_counter(), pick_device(device), read_sentences(text)
    tokenizer = train_tokenizer(sentences, vocab_size, max_length)
    rows = [np.array(ids) for ids in tokenizer(sentences, truncation=True)["input_ids"]]
    random = np.random.default_rng(seed)
    n_out = max(1, round(KEPT_OUT * len(rows)))
    order = random.permutation(len(rows))
    held_out, kept = [rows[i] for i in order[:n_out]], [rows[i] for i in order[n_out:]]
    with torch_threads(threads), torch.random.fork_rng(), quiet():
        torch.manual_seed(seed)
        model = build(len(tokenizer), n_layers, hidden_size, n_heads, max_length).to(device)
        start_from_frequencies(model, kept)
        optimiser, schedule = recipe(model, learning_rate, warmup, steps)
        examination = [masked(some, len(tokenizer), mask_rate, random) for some in batches(held_out, 256, random)]
        stream, curve = endless(kept, batch_size, random), []
        looks = {round(steps * i / LOOKS) for i in range(1, LOOKS + 1)}
        for step in tqdm(range(1, steps + 1), desc="pretrain", unit=" updates", mininterval=2):
            loss, n, _ = examine(model, masked(next(stream), len(tokenizer), mask_rate, random), device)
            if not torch.isfinite(loss):
                raise InputError(f"The loss is {loss.item()} at update {step} of pre-training; lower `learning_rate`.")
            (loss / max(n, 1)).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            if step in looks:
                curve.append({"update": step, **measure(model, examination, device)})
        if bad := not_finite(model):
            raise InputError(f"{bad} is not finite after the last update of pre-training; lower `learning_rate`.")
        encoder = model.bert.float().cpu().eval()
        note = {
            "source": {"pretrain": str(text), **parameters, "sentences": len(kept)},
            "weights": "pretrained", "seed": seed, "n_layers": n_layers, "hidden_size": hidden_size,
            "n_parameters": sum(p.numel() for p in encoder.parameters()), "max_length": max_length,
            "loss": curve[-1]["loss"], "accuracy": curve[-1]["accuracy"], "curve": curve,
            "wall_seconds": time.perf_counter() - start,
            "made_by": made_by(text=str(text), **parameters, seed=seed, threads=threads, device=str(device)),
        }  # fmt: skip
        with staged(out) as part:
            encoder.save_pretrained(part)
            tokenizer.save_pretrained(part)
            note["sha256"] = {p.name: sha256(p) for p in sorted(part.iterdir())}
            write_json(part / "model.json", note)
    return note


def read_sentences(path):
    """Read the lines of a text that are not empty."""
    try:
        sentences = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as UTF-8 text ({error}); give a text with one sentence per line."
        ) from error
    if len(sentences) < 50:
        raise InputError(f"{path}: has {len(sentences)} sentences, too few to train on; give 50 or more, one per line.")
    return sentences


def train_tokenizer(sentences, vocab_size, max_length):
    """Train an uncased WordPiece vocabulary on sentences; returns a BertTokenizer.

    The trainer numbers the pieces of one letter as it meets them, in an order that changes from run to run, and breaks
    ties by these numbers. So they are given, in alphabetical order, as if they were special tokens.
    """
    trained = BertWordPieceTokenizer(lowercase=True)
    letters = sorted({letter for sentence in sentences for letter in trained.normalize(sentence) if letter.strip()})
    trained.train_from_iterator(
        sentences, vocab_size=vocab_size, special_tokens=[*SPECIAL, *letters, *("##" + letter for letter in letters)],
        show_progress=False,
    )  # fmt: skip
    vocab = dict(sorted(trained.get_vocab().items(), key=lambda item: item[1]))
    return BertTokenizer(vocab=vocab, do_lower_case=True, model_max_length=max_length)


def build(vocab_size, n_layers, hidden_size, n_heads, max_length):
    """Build a BERT with the head that predicts words."""
    config = BertConfig(
        vocab_size=vocab_size, num_hidden_layers=n_layers, hidden_size=hidden_size, num_attention_heads=n_heads,
        intermediate_size=4 * hidden_size, max_position_embeddings=max_length, pad_token_id=PAD,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    config._attn_implementation = "sdpa"
    return BertForMaskedLM(config).train()


@torch.no_grad()
def start_from_frequencies(model, rows):
    """Let the untrained model guess by frequency, which it would otherwise need its first hundred updates to learn."""
    bias = model.cls.predictions.bias
    counts = np.bincount(np.concatenate(rows), minlength=len(bias)) + 1
    bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))


def recipe(model, learning_rate, warmup, steps):
    """Make the optimiser, and the schedule of its learning rate: up in the warm-up, then down to zero, in lines."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]  # biases and norms are not decayed
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), fused=True)
    peak = math.ceil(warmup * steps)

    def share(step):
        return step / peak if step < peak else (steps - step) / max(steps - peak, 1)

    return optimiser, LambdaLR(optimiser, share)


def batches(rows, batch_size, random):
    """Cut rows into batches of similar length, in random order: lists of rows."""
    order = random.permutation(len(rows))
    order = order[np.argsort([len(rows[i]) for i in order], kind="stable")]
    cuts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    return [[rows[i] for i in cuts[j]] for j in random.permutation(len(cuts))]


def endless(rows, batch_size, random):
    """Yield batches, epoch after epoch."""
    while True:
        yield from batches(rows, batch_size, random)


def masked(rows, vocab_size, rate, random):
    """Mask subwords: of those picked 80 % become [MASK], 10 % another word, and 10 % stay (Devlin et al., section 3.1).

    Parameters
    ----------
    rows : list of int arrays
        With [CLS] first and [SEP] last, which are never picked.
    vocab_size : int
    rate : float
        Probability of each subword to be picked.
    random : numpy Generator

    Returns
    -------
    inputs, mask : (n_rows, longest) int64 tensors
        Token ids padded on the right, and 1 where there is a token.
    at : (n_picked,) int64 tensor
        The picked positions in the flattened rows, in order.
    answers : (n_picked,) int64 tensor
        What stood there.
    """
    lengths = np.array([len(row) for row in rows])
    columns = np.arange(lengths.max())
    mask = columns < lengths[:, None]
    inputs = np.full(mask.shape, PAD)
    inputs[mask] = np.concatenate(rows)
    inner = (columns > 0) & (columns < lengths[:, None] - 1)
    at = np.flatnonzero(inner & (random.random(mask.shape) < rate))
    answers, fate = inputs.flat[at], random.random(len(at))
    other = random.integers(len(SPECIAL), vocab_size, len(at))
    inputs.flat[at] = np.where(fate < 0.8, MASK, np.where(fate < 0.9, other, answers))
    return tuple(torch.from_numpy(array) for array in (inputs, mask.astype(np.int64), at, answers))


def examine(model, batch, device):
    """Let the model fill in the masked positions of a batch: summed loss, how many there are, how many are right."""
    inputs, mask, at, answers = (tensor.to(device) for tensor in batch)
    hidden = model.bert(inputs, attention_mask=mask).last_hidden_state
    scores = model.cls(hidden.flatten(0, 1)[at])  # (n_picked, vocab_size)
    return F.cross_entropy(scores, answers, reduction="sum"), len(at), (scores.argmax(1) == answers).sum()


@torch.no_grad()
def measure(model, examination, device):
    """Measure the mean loss (nats) and the accuracy (percent) over masked batches."""
    loss, n, right = (float(sum(some)) for some in zip(*(examine(model, batch, device) for batch in examination)))
    return {"loss": loss / n, "accuracy": 100 * right / n}
