"""The smallest config, for the tests of configs."""

import copy

SMALL = {
    "corpora": {"g": {"format": "grammar"}},
    "tasks": {"role": {"corpus": "g", "kind": "word", "label": "misc.Role"}},
    "models": {"m": {"pretrain": {"corpus": "g", "n_layers": 4}}},
}


def edited(path, value):
    """The small config with one key set, as `a.b.c`."""
    raw = copy.deepcopy(SMALL)
    *parents, last = path.split(".")
    section = raw
    for key in parents:
        section = section.setdefault(key, {})
    section[last] = value
    return raw
