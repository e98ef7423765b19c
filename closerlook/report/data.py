"""What stands in the report about a study's data, before any result."""

from closerlook.corpora.example import SIZES

SPLITS = ("train", "test")
SHOWN = 14  # labels of a task that are visible at once
KINDS = {
    "word": "words", "span": "spans", "pair": "pairs of a word and its head", "sentence": "sentences",
    "span_pair": "pairs of spans", "sentence_pair": "pairs of sentences",
}  # fmt: skip


def data(summaries, texts=True):
    """Describe the tasks' data.

    Parameters
    ----------
    summaries : dict of str to dict
        What `summary.json` of each task holds.
    texts : bool
        Whether texts may be shown.

    Returns
    -------
    list of dict
        Per task: `task`; `extent`, a line; `labels`, each with `name`, `train` and `test` (targets) and `width` (of a
        bar, per cent), the most frequent first, of which the first `shown` are visible; `facts`, pairs of what and how
        many, where there are any; `warnings`; and `repeated`, lists of texts that occur more than once and should not,
        each with a `title` and `texts`.
    """
    found = [{"task": task} | _task(summary) for task, summary in summaries.items()]
    return found if texts else [task | {"repeated": []} for task in found]


def _task(summary):
    splits = {split: summary["splits"][split] for split in SPLITS}
    sizes = "; ".join(
        f"{split} {_n(of['n_targets'])} in {_n(of['n_sentences'])} sentences" for split, of in splits.items()
    )
    if not SIZES[summary["kind"]]:
        sizes = "; ".join(f"{split} {_n(of['n_targets'])}" for split, of in splits.items())
    conflicts, overlap = summary["conflicts"], summary["train_test_overlap"]
    dropped = summary.get("dropped_conflicts") or {}
    repeated = [
        _repeated("with more than one label", conflicts.get("total", 0), conflicts["first"]),
        _repeated("left out, with more than one label", dropped.get("total", 0), dropped.get("first", [])),
        _repeated("of the test split that are in train too", overlap, summary.get("overlap_first", []), "test"),
    ]
    return {
        "extent": f"{KINDS[summary['kind']]}: {sizes}; {summary['n_labels']} labels",
        "labels": bars(*(of["labels"] for of in splits.values())), "shown": SHOWN,
        "facts": list(_facts(summary)), "warnings": summary.get("warnings", []),
        "repeated": [some for some in repeated if some["texts"]],
    }  # fmt: skip


def bars(train, test):
    """The labels with how often each occurs, the most frequent first; `train` and `test` are dicts of counts."""
    most = max(train.values())
    return [
        {
            "name": name,
            "train": train.get(name, 0),
            "test": test.get(name, 0),
            "width": round(100 * train.get(name, 0) / most, 1),
        }
        for name in sorted({*train, *test}, key=lambda name: (-train.get(name, 0), name))
    ]


def _facts(summary):
    """Pairs of what and how many; what does not occur is not mentioned."""
    dropped = summary.get("dropped_conflicts")
    if dropped:
        yield "left out by drop_conflicts", ", ".join(f"{split} {_n(n)}" for split, n in dropped["targets"].items())
    for split in SPLITS:
        of = summary["splits"][split]
        for reason, n in of.get("left_out", {}).items():
            yield f"left out of {split}: {reason}", _n(n)
        if of.get("blank_tokens"):
            yield f"blank tokens in {split}, read as unknown", _n(of["blank_tokens"])
        if summary["duplicates"][split]:
            yield f"duplicates in {split}", _n(summary["duplicates"][split])
    if summary["train_test_overlap"]:
        yield "test examples that are in train too", _n(summary["train_test_overlap"])
    if total := summary["conflicts"].get("total"):
        yield "examples with more than one label", _n(total)


def _repeated(what, n, first, split=None):
    """Texts that occur more than once; `n` counts them all or, with a `split`, their cases in it."""
    texts = [{"text": one.get("text", one["words"]), "cases": list(map(_case, one["cases"]))} for one in first]
    here = len(texts)
    if split:
        here = sum(case["count"] for one in first for case in one["cases"] if case["split"] == split)
    more = f", of which {here} are here" if here < n else ""
    return {"title": f"{_n(n)} example{'' if n == 1 else 's'} {what}{more}", "texts": texts}


def _case(case):
    times = f" ×{case['count']}" if case.get("count", 1) > 1 else ""
    return f"{case['label']}{times} ({case.get('split', '')} {case['where']})".replace("( ", "(")


def _n(n):
    return f"{n:,}"
