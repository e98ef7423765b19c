"""The values of `--config`: Snakemake hands over those inside a list or a mapping as texts, `seeds=[0]` as `['0']`."""

import re
import types
import typing

from closerlook.shapes import kinds, shapes_of

WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def arrived(given, config):
    """The part of `--config` that stands in a config; the rest belongs to a workflow that imports this one."""
    found = {}
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            found |= {key: inner} if (inner := arrived(value, config[key])) else {}
        elif key in config and config[key] == value:
            found[key] = value
    return found


def typed(value, kind):
    """Read the texts in a value of `--config` as YAML would, where the config wants something other than a text.

    Parameters
    ----------
    value : object
        Texts, numbers, lists and mappings.
    kind : type
        The config's class, or the annotation of one of its keys.

    Returns
    -------
    object
        A new value; what does not fit is as it was, for the check of the config to find.
    """
    allowed = kinds(kind)
    if isinstance(value, dict):
        if sections := list(shapes_of(kind).values()):
            return {key: typed(inner, _of_key(key, sections)) for key, inner in value.items()}
        inner = next((typing.get_args(k)[1] for k in allowed if typing.get_origin(k) is dict), object)
        return {k: typed(v, inner) for k, v in value.items()}
    if isinstance(value, list):
        inner = next((typing.get_args(k)[0] for k in allowed if typing.get_origin(k) is list), object)
        return [typed(v, inner) for v in value]
    texts = [k for k in allowed if k is str or typing.get_origin(k) is typing.Literal]
    if not isinstance(value, str) or texts and not (value in ("null", "~") and types.NoneType in allowed):
        return value
    if value.lower() in WORDS:
        return WORDS[value.lower()]
    if re.fullmatch(r"[+-]?\d+", value):
        return int(value)
    return float(value) if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", value) else value


def _of_key(key, sections):
    """What a key may hold, in any of a section's shapes; one that none of them has is left as it is."""
    found = [section.model_fields[key].annotation for section in sections if key in section.model_fields]
    null = [types.NoneType] * (len(found) < len(sections))  # a key of another shape may be given as null
    return typing.Union[(*found, *null)] if found else str


def blamed(key, given, origin):
    """What a mistake at a key, as `models.m.seed`, is blamed on: `--config`, the file `origin`, or both."""
    for part in key.split("."):
        if not isinstance(given, dict):
            break
        if part not in given:
            return origin
        given = given[part]
    return f"{origin} + --config" if isinstance(given, dict) and given else "--config"
