"""Whether padding changes what an encoder makes of a sentence, so that only sentences of one length go together."""

import random
from pathlib import Path

import torch

from closerlook.encoders.alignment import Aligner
from closerlook.encoders.loading import load_tokenizer, max_length
from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError
from closerlook.files import read_json

PADDING = "padding_matters"  # in model.json
LONG = 1024  # tokens of the longest row that is tried: some architectures read long rows differently
A, B = ["One", "sentence", "."], ["Two", "words", "!"]
MANY = [*"abcdefghijklmnopqrstuvwxyz0123456789.,?", *A, *B, "the", "of", "to", "is", "it"]
SAME = 1e-3  # of the largest component: more than rounding, less than any other token does
PADDED = 1e-4  # the same, for what padding does; where that is only rounding, batches are smaller than need be


def load_aligner(folder, encoder, kind, pooling=None):
    """The `Aligner` for an encoder and the tokenizer in `folder`, by what was found when the model was pinned.

    For a folder that was not pinned, it is found out now.
    """
    note, tokenizer = Path(folder) / "model.json", load_tokenizer(folder)
    limit = max_length(encoder, tokenizer)
    if note.exists():
        equal = read_json(note).get(PADDING, False)
    else:
        equal = padding_matters(encoder, Aligner(tokenizer, limit, "word"), folder)
    return Aligner(tokenizer, limit, kind, pooling, equal)


@torch.inference_mode()
def padding_matters(encoder, aligner, name):
    """Whether the vectors of a sentence change when it is padded; an error where they depend on its neighbours too."""
    room = min(aligner.room, LONG)
    texts = A, B, *(_text(aligner, n) for n in (min(40, room), 3 * room // 4, room))
    short, other, medium, most, whole = (aligner.encode([words], [[[0]]])[0] for words in texts)

    def differ(sentence, beside, share=PADDED):
        alone, together = (hidden_states(encoder, aligner.batch(some)) for some in ([sentence], [sentence, beside]))
        return any(_differ(a[0], b[0, : a.shape[1]], share) for a, b in zip(alone, together))

    if differ(short, other, SAME):
        raise InputError(
            f"{name}: the vectors of a sentence depend on what else is in its batch, in a model of type "
            f"{encoder.config.model_type}; take another."
        )
    return differ(short, medium) or differ(short, whole) or differ(most, whole)


def _text(aligner, n):
    """Words that are about n tokens, and all kinds of them: if all tokens were alike, attention could not go wrong."""
    drawn = random.Random(0)
    words = [drawn.choice(MANY) for _ in range(n)]
    tokens = len(aligner.backend.encode(" ".join(words), add_special_tokens=False).ids)
    return words[: max(1, n * n // max(n, tokens))]


def _differ(a, b, share):
    return float((a - b).abs().max()) > share * float(a.abs().max())
