"""The values of `--config`: Snakemake hands over those inside a list or a mapping as texts, `seeds=[0]` as `['0']`."""

import re
import types
import typing
from typing import Annotated

from pydantic import BaseModel

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
    kinds = _kinds(kind)
    if isinstance(value, dict):
        section = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if section:
            fields = section.model_fields
            return {k: typed(v, fields[k].annotation) if k in fields else v for k, v in value.items()}
        inner = next((typing.get_args(k)[1] for k in kinds if typing.get_origin(k) is dict), object)
        return {k: typed(v, inner) for k, v in value.items()}
    if isinstance(value, list):
        inner = next((typing.get_args(k)[0] for k in kinds if typing.get_origin(k) is list), object)
        return [typed(v, inner) for v in value]
    texts = [k for k in kinds if k is str or typing.get_origin(k) is typing.Literal]
    if not isinstance(value, str) or texts and not (value in ("null", "~") and types.NoneType in kinds):
        return value
    if value.lower() in WORDS:
        return WORDS[value.lower()]
    if re.fullmatch(r"[+-]?\d+", value):
        return int(value)
    return float(value) if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", value) else value


def _kinds(kind):
    """The types that an annotation allows."""
    if typing.get_origin(kind) is Annotated:
        return _kinds(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(kind) for inner in _kinds(part)]
    return [kind]


def blamed(key, given, origin):
    """What a mistake at a key, as `models.m.seed`, is blamed on: `--config`, the file `origin`, or both."""
    for part in key.split("."):
        if not isinstance(given, dict):
            break
        if part not in given:
            return origin
        given = given[part]
    return f"{origin} + --config" if isinstance(given, dict) and given else "--config"
