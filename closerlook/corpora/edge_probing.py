"""The JSON lines of edge probing (Tenney et al., ICLR 2019): a text, and targets that are one span in it or two.

`{"text": "Ada left Paris", "targets": [{"span1": [0, 1], "span2": [2, 3], "label": "A0"}], "info": {"genre": "news"}}`;
the words of the text are separated by spaces, and the end of a span is the position after it.
"""

from closerlook.corpora import jsonlines
from closerlook.corpora.cells import label_of, shortened, single, text_of
from closerlook.corpora.conditions import meets, spelled
from closerlook.corpora.example import WORDLESS, Example, left_out, sift
from closerlook.corpora.scripts import check_segmented
from closerlook.corpora.text import split, words_of
from closerlook.errors import InputError


def sentences(path, query):
    """Yield (`Example` or None, what is left out) for every line.

    The label is a key of a target; a condition's is one of a target, of the line, or of its `info`.
    """
    patterns, seen = {column: spelled(pattern) for column, pattern in query.where.items()}, set()
    for number, line in jsonlines.rows(path, ["text", "targets"]):
        place = f"{path}:{number}"
        found, left = sift(_labelled(line, query, patterns, place, seen), query.kind)
        text = line.get("text")
        if not isinstance(text, str):
            raise InputError(f"{place}: `text` is {shortened(text)}: write the words, joined by single spaces.")
        words = words_of(text, query.kind)
        if not found:
            yield None, left
        elif not any(words):
            yield left_out(WORDLESS)
        else:
            check_segmented(split(text), f"{place}: `text`")
            targets = [_positions(target, query.kind, len(words), place) for target, _ in found]
            yield Example(f"{path.stem}-{number}", words, targets, [label for _, label in found], place), left
    if missing := [column for column in (query.label, *query.where) if seen and column not in seen]:
        raise InputError(f"{path}: there is no key {missing[0]!r}: use one of {', '.join(sorted(seen))}.")


def _labelled(line, query, patterns, place, seen):
    """Yield a target of a line, its label, and whether it meets the conditions."""
    targets = line.get("targets")
    if not isinstance(targets, list) or not all(isinstance(target, dict) for target in targets):
        raise InputError(
            f"{place}: `targets` is {shortened(targets)}: write a list of objects with `span1` and a label."
        )
    for target in targets:
        cells = {key: value for part in (line, target) for key, value in _flat(part).items()}
        seen.update(cells)
        label = query.named(single(cells.get(query.label), query.label, place), place)
        label = label_of(label, query.label, place)
        texts = {c: label if c == query.label else text_of(cells.get(c), c, place) for c in patterns}
        yield target, label, all(meets(texts[column], pattern) for column, pattern in patterns.items())


def _flat(part):
    """What is said of a line or a target: its keys, and those of its `info`."""
    info = part.get("info")
    own = {key: value for key, value in part.items() if key not in ("text", "targets", "info", "span1", "span2")}
    return {**(info if isinstance(info, dict) else {}), **own}


def _positions(target, kind, n, place):
    """The positions of a target: of a word its own, of each span its first and its last."""
    if (kind == "span_pair") != (target.get("span2") is not None):
        has, right = ("one span", "`span`") if kind == "span_pair" else ("two spans", "`span_pair`")
        raise InputError(f"{place}: a target has {has}: use kind {right}, and not `{kind}`.")
    names = ["span1", *["span2"] * (kind == "span_pair")]
    spans = [_span(target.get(name), name, n, place) for name in names]
    if kind != "word":
        return tuple(i for span in spans for i in span)
    if spans[0][0] != spans[0][1]:
        raise InputError(f"{place}: `span1` {target['span1']} has more than one word: use kind `span`, and not `word`.")
    return spans[0][:1]


def _span(value, name, n, place):
    """The first and the last position of a span, whose end is exclusive."""
    whole = isinstance(value, list) and len(value) == 2 and all(type(i) is int for i in value)
    if not whole or not 0 <= value[0] < value[1] <= n:
        raise InputError(
            f"{place}: `{name}` is {shortened(value)}: write the position of the first of the {n} words that it has, "
            "counted from 0, and the position after its last one."
        )
    return value[0], value[1] - 1
