"""What the vectors of a sentence depend on beside its own tokens: on padding, and on the tokens that come later."""

import random
from pathlib import Path

import torch

from closerlook.encoders.alignment import Aligner
from closerlook.encoders.loading import load_tokenizer, max_length
from closerlook.encoders.precision import in_float32
from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError
from closerlook.files import read_json

PADDING, CAUSAL = "padding_matters", "causal"  # in model.json
LONG = 1024  # tokens of the longest row that is tried: some architectures read long rows differently
A, B = ["One", "sentence", "."], ["Two", "words", "!"]
MANY = [*"abcdefghijklmnopqrstuvwxyz0123456789.,?", *A, *B, "the", "of", "to", "is", "it"]
SAME = 1e-3  # of the largest component: more than rounding, less than any other token does
PADDED = 1e-4  # the same, for what padding does; where that is only rounding, batches are smaller than need be
ROUNDED = 1e-5  # the same, for rows of one length, which are computed alike; later tokens do more than that


def load_aligner(folder, encoder, kind, pooling=None):
    """The `Aligner` for an encoder and the tokenizer in `folder`, by what was found when the model was pinned.

    What a folder does not say, one that was not pinned or a run, is found out now.
    """
    note, tokenizer = Path(folder) / "model.json", load_tokenizer(folder)
    known = read_json(note) if note.exists() else {}
    limit = max_length(encoder, tokenizer)
    aligner = Aligner(tokenizer, limit, "word")
    equal = known[PADDING] if PADDING in known else padding_matters(encoder, aligner, folder)
    before = known[CAUSAL] if CAUSAL in known else causal(encoder, aligner)
    return Aligner(tokenizer, limit, kind, pooling, equal, causal=before)


@torch.inference_mode()
def padding_matters(encoder, aligner, name):
    """Whether the vectors of a sentence change when it is padded; an error where they depend on its neighbours too."""
    room = min(aligner.room, LONG)
    texts = A, B, *(_text(aligner, n) for n in (min(40, room), 3 * room // 4, room))
    short, other, medium, most, whole = (aligner.encode([words], [[[0]]])[0] for words in texts)

    def differ(sentence, beside, share=PADDED):
        with in_float32(encoder):
            alone, together = (hidden_states(encoder, aligner.batch(some)) for some in ([sentence], [sentence, beside]))
        return any(_differ(a[0], b[0, : a.shape[1]], share) for a, b in zip(alone, together))

    if differ(short, other, SAME):
        raise InputError(
            f"{name}: the vectors of a sentence depend on what else is in its batch, in a model of type "
            f"{encoder.config.model_type}; take another."
        )
    return differ(short, medium) or differ(short, whole) or differ(most, whole)


@torch.inference_mode()
def causal(encoder, aligner):
    """Whether the vectors of tokens, in all layers, stay what they are when other tokens come after them."""
    (sentence,) = aligner.encode([_text(aligner, min(40, aligner.room))], [[[0]]])
    batch = aligner.batch([sentence, sentence])
    begin, end = len(aligner.before), batch.input_ids.shape[1] - len(aligner.after)
    middle = (begin + end + 1) // 2
    batch.input_ids[1, middle:end] = batch.input_ids[1, begin : begin + end - middle]
    with in_float32(encoder):
        layers = hidden_states(encoder, batch)
    return not any(_differ(layer[0, :middle], layer[1, :middle], ROUNDED) for layer in layers)


def _text(aligner, n):
    """Words that are about n tokens, and all kinds of them: if all tokens were alike, attention could not go wrong."""
    drawn = random.Random(0)
    words = [drawn.choice(MANY) for _ in range(n)]
    tokens = len(aligner.backend.encode(" ".join(words), add_special_tokens=False).ids)
    return words[: max(1, n * n // max(n, tokens))]


def _differ(a, b, share):
    return float((a - b).abs().max()) > share * float(a.abs().max())
