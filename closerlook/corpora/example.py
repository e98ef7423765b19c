"""A sentence with its targets and their labels: what every reader yields, and what is asked of it."""

import dataclasses
from collections import Counter

from closerlook.corpora.names import named
from closerlook.corpora.text import words_of
from closerlook.errors import InputError

PLAIN = {"word": 1, "pair": 2, "sentence": 0, "span": 2}  # kind -> positions in a target
SIZES = PLAIN | {"span_pair": 4, "sentence_pair": 0}
BETWEEN = " ‖ "  # two sentences
EXCLUDED, UNLABELLED, WORDLESS = "excluded by `where`", "without a label", "without a word"  # why something is left out


@dataclasses.dataclass(frozen=True)
class Query:
    """What a task asks of a file; the fields are the parameters of `closerlook.corpora.reading.read_examples`."""

    kind: str
    label: str
    where: dict[str, str] = dataclasses.field(default_factory=dict)
    columns: dict | None = None
    fields: list[str] | None = None
    names: list[str] | None = None
    own: bool = False  # keep the corpus's own text

    def named(self, value, place):
        """A label's name, where the task names its integers; None stands for no label."""
        return value if self.names is None else named(value, self.names, place)


@dataclasses.dataclass(frozen=True)
class Example:
    """A sentence with its targets: what every reader yields.

    Attributes
    ----------
    id : str
    words : list of str
        A blank word, which a tokenizer makes nothing of, is the empty text. Of two sentences, those of both.
    targets : list of tuple of int
        0-based positions in `words`: one (word), first and last (span), head and dependent (pair), first and last of
        either (span pair), none (sentence, sentence pair).
    labels : list of str
        Parallel to `targets`.
    where : str
        "file:line", for messages.
    text : str, optional
        The sentence as the corpus has it; else it is its words, joined by single spaces.
    places : list of (int, int), optional
        Begin and end of each word in `text`, where there are targets in it.
    second : str, optional
        Of a pair of sentences, the second; `text` is then the first.

    Raises
    ------
    InputError
        If there is no word, a word is not text, or a target lies outside the sentence.
    """

    id: str
    words: list[str]
    targets: list[tuple[int, ...]]
    labels: list[str]
    where: str
    text: str | None = None
    places: list[tuple[int, int]] | None = None
    second: str | None = None

    def __post_init__(self):
        if not any(self.words):
            raise InputError(f"{self.where}: the sentence has no word: remove it, or check which column is read.")
        for i, word in enumerate(self.words):
            if not isinstance(word, str) or word and not word.strip():
                raise InputError(f"{self.where}: word {i} (counted from 0) is {word!r}: give it a text, or remove it.")
        if len(self.labels) != len(self.targets):
            raise InputError(f"{self.where}: {len(self.labels)} labels for {len(self.targets)} targets: give one each.")
        for i in (i for target in self.targets for i in target):
            if not 0 <= i < len(self.words):
                raise InputError(
                    f"{self.where}: target {i} is outside the sentence, whose {len(self.words)} words are counted "
                    f"from 0 to {len(self.words) - 1}: correct the target or the words."
                )


def called(kind):
    """A kind in words."""
    return kind.replace("_", " ")


def parts(words, second):
    """The words of both sentences, given those of both together and the second sentence; else the words alone."""
    first = len(words) - len(words_of(second, "sentence_pair")) if second is not None else len(words)
    return [words[:first], words[first:]] if second is not None else [words]


def left_out(why):
    """What a reader yields for a sentence that is left out whole."""
    return None, Counter({f"sentences {why}": 1})


def select(found, kind, passes):
    """Keep the (target, label) that have a label and pass the conditions.

    Parameters
    ----------
    found : iterable of (target, label)
        None means no label.
    kind : str
    passes : callable
        Whether the word at a position meets the conditions: of a span its first, of a pair the dependent, of two spans
        the first word of the first.

    Returns
    -------
    kept : list of (target, label)
    left : Counter
        How many are left out, by reason.
    """
    at = 1 if kind == "pair" else 0
    return sift(((target, label, passes(target[at] if target else 0)) for target, label in found), kind)


def sift(found, kind):
    """`select` of (target, label, whether it passes)."""
    kept, left = [], Counter()
    for target, label, passes in found:
        if not passes:
            left[f"{called(kind)}s {EXCLUDED}"] += 1
        elif label is None:
            left[f"{called(kind)}s {UNLABELLED}"] += 1
        else:
            kept.append((target, label))
    return kept, left


def marked(words, target, kind, second=None):
    """A sentence as text, in which [brackets] mark the target.

    Of a pair they mark the dependent, and {braces} the head; of two spans the first, and braces the second. Two
    sentences have a bar between them.
    """
    if second is not None:
        return BETWEEN.join(" ".join(some) for some in parts(words, second))
    words = [word or "␣" for word in words]
    if kind == "pair":
        target = (target[1], target[1], target[0], target[0])
    if target:
        for first, last, signs in zip(target[::2], target[1::2] or target, ("[]", "{}")):
            words[first] = signs[0] + words[first]
            words[last] += signs[1]
    return " ".join(words)
