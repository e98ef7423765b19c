"""What pydantic finds wrong with a config, in words: a sentence for every mistake."""

import difflib
import re
import typing

from closerlook.keys import Section
from closerlook.removed import removed
from closerlook.shapes import kinds, shapes_of


def sentences(error, root):
    """Put one pydantic error into words; `root` is the class that the whole config has."""
    kind, value = error["type"], error["input"]
    if not error["loc"]:
        return str(error["ctx"]["error"]).splitlines() if kind == "value_error" else ["is empty; see config/README.md"]
    path, annotation = _walk(root, error["loc"])
    section, key = _section(_walk(root, error["loc"][:-1])[1]), ".".join(path)
    if kind == "mistakes":
        return [f"{'.'.join(filter(None, (key, part)))}: {sentence}" for part, sentence in error["ctx"]["found"]]
    if kind.startswith("union_tag"):
        return [_untold(key, shapes_of(annotation), value)]
    if kind == "extra_forbidden":
        return _unknown(key, section, value)
    if kind == "missing":
        return [f"{key}: is missing; {section.model_fields[path[-1]].description}"]
    if kind == "literal_error":
        return [f"{key}: is {value!r}, allowed: {error['ctx']['expected']}"]
    if kind == "string_pattern_mismatch" and error["loc"][-1] == "[key]":
        return [f"{key}: a name has letters, digits, `_` and `-` only"]
    if kind == "string_type" and isinstance(value, bool | int | float):
        return [f"{key}: is {value!r}; it should be text: put it in quotes"]
    if kind == "value_error":
        return [f"{key}: is {value!r}; {error['ctx']['error']}"]
    if kind == "model_type":
        needed = [f"`{name}`" for name, field in _section(annotation).model_fields.items() if field.is_required()]
        how = f"with {', '.join(needed)} at least" if needed else "of keys, or {} for none"
        return [f"{key}: is {'empty' if value is None else repr(value)}; write a mapping {how}"]
    if kind == "too_short" and not value:
        return [f"{key}: is {value!r}; give at least {error['ctx']['min_length']}"]
    message = re.sub(r"^(Input|Value|String|List|Dictionary|Tuple) should ", "it should ", error["msg"])
    message = message.replace("a valid dictionary", "a mapping of names")
    return [f"{key}: is {value!r}; {message}"]


def _untold(key, shapes, value):
    """The sentence about a section of which no shape can be told."""
    tag = next(iter(shapes.values())).tag
    if not isinstance(value, dict):
        return f"{key}: is {value!r}; it should be a mapping of keys"
    if not tag:
        found = [name for name in shapes if value.get(name) is not None]
        return f"{key}: give exactly one of {', '.join(f'`{n}`' for n in shapes)}" + (f", not {found}" if found else "")
    allowed = ", ".join(map(repr, shapes))
    return f"{key}.{tag}: " + (
        f"is {value[tag]!r}, allowed: {allowed}" if tag in value else f"is missing; one of {allowed}"
    )


def _unknown(key, section, value):
    """The sentences about a key that a section does not have."""
    if key in ("threads", "resources"):
        return [f"{place}: {sentence}" for place, sentence in removed(key, value)]
    name = key.rpartition(".")[2]
    if where := getattr(section, "elsewhere", {}).get(name):
        return [f"{key}: is for {where} only; take it out"]
    allowed = sorted(section.model_fields)
    near = difflib.get_close_matches(name, allowed, 1)
    guess = f", did you mean `{near[0]}`?" if near else "."
    return [f"{key}: unknown key{guess} Allowed: {', '.join(allowed)}"]


def _walk(root, loc):
    """The path of a key as it stands in the config, and the type that it leads to."""
    path, here = [], root
    for part in loc:
        if part in (shapes := shapes_of(here)):  # pydantic names the shape, which is not in the config
            here = shapes[part]
        elif part != "[key]":  # its word for a mistake in a name
            path.append(str(part))
            here = _inner(here, part)
    return path, here


def _inner(annotation, key):
    """The type of what stands at a key, or in a list."""
    if section := _section(annotation):
        return section.model_fields[key].annotation if key in section.model_fields else None
    many = (kind for kind in kinds(annotation) if typing.get_origin(kind) in (dict, list))
    return next((typing.get_args(kind)[-1] for kind in many), None)


def _section(annotation):
    """The section that may stand there, beside nothing perhaps."""
    return next((kind for kind in kinds(annotation) if isinstance(kind, type) and issubclass(kind, Section)), None)
