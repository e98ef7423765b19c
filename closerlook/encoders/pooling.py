"""What may be chosen of how subwords become the vector of a target, and how many vectors a target has side by side."""

from typing import Literal, get_args

from closerlook.corpora.example import SIZES

Word = Literal["mean", "first", "last"]
Span = Literal["mean", "ends"]
Sentence = Literal["cls", "last", "mean"]
POOLINGS = {"word": get_args(Word), "span": get_args(Span), "sentence": get_args(Sentence)}
DEFAULT = {"word": "mean", "span": "mean", "sentence": None}  # None: what suits the model


def by_words(kind, pooling=None):
    """Whether the positions of a kind's targets are words, each pooled by itself; otherwise two of them are a span."""
    return kind not in ("span", "span_pair") or (pooling or {}).get("span") == "ends"


def n_bags(kind, pooling=None):
    """How many vectors, one after the other, make the vector of a target: two for a pair, one for a sentence."""
    return max(SIZES[kind] if by_words(kind, pooling) else SIZES[kind] // 2, 1)
