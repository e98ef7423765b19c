"""What a reader should know of a task's labels before any result: sentences for its summary."""

import re

from closerlook.corpora.cells import NUMBER

DECIMAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")  # however people write it
SCALE = 21  # values: halves from 0 to 10, the finest scale that people commonly rate on
MOST = 0.9  # of the labels; the rest may say that there is none
OVERLAP = 0.05  # of the test targets: they may add as much to an accuracy as the gains that studies report
SHOWN = 10  # names spelled out in one sentence
ABSENT = set("NA N/A n/a #N/A <NA> None NULL".split())  # what programs write for a missing value, and people do not


def cautions(kind, counts, summary, one_word):
    """Yield the sentences.

    Parameters
    ----------
    kind : str
    counts : dict
        {split: {label: number of targets}}.
    summary : dict
        As far as it goes: conflicts, train_test_overlap, splits.
    one_word : dict of str to bool
        Whether every sentence of a split has exactly one word.
    """
    train, test = counts["train"], counts["test"]
    names, n_train, n_test = train.keys() | test.keys(), sum(train.values()), sum(test.values())
    if _is_score(names):
        yield (
            f"The labels are {len(names)} different numbers, like those of a score: every probe takes each for a class "
            "of its own, and DirectProbe needs classes; put them into bins, such as low, middle and high."
        )
    elif n_train < 2 * len(train):  # hulls and folds need two points of a label
        yield (
            f"The labels are almost unique: {len(train)} of them for {n_train} training examples, fewer than two "
            "each; check that the right column holds the label."
        )
    if only := sorted(test.keys() - train.keys()):
        n = sum(test[name] for name in only)
        yield f"{_labels(only)} in the test split only, on {n} of {n_test} targets, which no probe can get right."
    if single := sorted(name for name, n in train.items() if n == 1):
        yield f"{_labels(single)} on one training example only: one point has no spread, and no fold tests it."
    if absent := sorted(ABSENT & names):
        yield f"{', '.join(absent)}: if that is not a label but the absence of one, empty these cells."
    if kind in ("word", "span") and all(one_word.values()):
        yield (
            f"Every sentence has exactly one word, though the kind is `{kind}`: if the file has a token in each row, "
            "put the tokens of a sentence into one row, or use format `conll`."
        )
    if summary["train_test_overlap"] > OVERLAP * n_test:
        share = summary["train_test_overlap"] / n_test
        yield (
            f"{summary['train_test_overlap']} of {n_test} test targets ({share:.0%}) are in the training split in "
            "the same words: accuracy on the test split is partly memorisation."
        )
    if n := summary["conflicts"]["total"]:
        subject, them = (f"{n} targets occur", "them") if n > 1 else ("1 target occurs", "it")
        yield (
            f"{subject} with two or more labels in the same words, which no vector can tell apart; "
            f"`drop_conflicts: true` leaves {them} out."
        )
    for split, of in summary["splits"].items():
        if of["spaced_out"] > of["n_words"] / 2:
            yield (
                f"The {split} split is in a script that is written without spaces, and is read with a space after "
                "every word: set `text: own` if the corpus has its own text."
            )
        if of["textless"]:
            yield (
                f"{of['textless']} sentences of the {split} split consist of `_` only: their text has been withheld; "
                "merge it in, or choose others by `rows`."
            )


def is_measured(names):
    """Whether labels are measurements: decimal numbers, more of them than a scale has, and hardly anything else."""
    numbers = [name for name in names if DECIMAL.fullmatch(name)]
    decimal = [number for number in numbers if not float(number.replace(",", ".")).is_integer()]
    return len(numbers) > SCALE and len(decimal) > 0 and len(numbers) > MOST * len(names)


def _is_score(names):
    """Whether labels look like measurements: more numbers than a scale has, and not simply the numbers of classes."""
    if len(names) <= SCALE or not all(NUMBER.fullmatch(name) for name in names):
        return False
    values = sorted(map(float, names))
    return values not in ([*range(len(values))], [*range(1, len(values) + 1)])


def _labels(names):
    """The subject of a sentence about labels."""
    shown = ", ".join(names[:SHOWN]) + f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)
    return f"{len(names)} label{'s' * (len(names) > 1)} ({shown}) occur{'s' * (len(names) == 1)}"
