"""What `config/README.md` and `config/schema.json` say of the keys: `python -m closerlook.reference` (`--schema`)."""

import json
import sys
import typing

from pydantic.json_schema import GenerateJsonSchema

from closerlook.config import Config
from closerlook.keys import SCIENTIFIC
from closerlook.shapes import kinds, shapes_of


def reference(shapes=None, key=""):
    """Describe every key below `key`, section by section.

    Parameters
    ----------
    shapes : dict of str to type, optional
        The section there, by the name of its shape; by default the whole config.
    key : str

    Returns
    -------
    str
        For each section its shapes, if it has several, and a Markdown table: key, for which of them, default, meaning.
    """
    shapes = shapes or {None: Config}
    if len(set(shapes.values())) == 1:
        shapes = {None: next(iter(shapes.values()))}
    lines = [f"### {f'`{key}`' if key else 'Top level'}", "", _shared(shapes).__doc__.strip(), ""]
    several = len(shapes) > 1
    if len(set(shapes.values())) == len(shapes) > 1:
        lines += ["| shape | what |", "| --- | --- |"]
        lines += [f"| {_called(name, cls)} | {cls.__doc__.strip()} |" for name, cls in shapes.items()] + [""]
    lines += ["| key | for | default | meaning |" if several else "| key | default | meaning |"]
    lines += ["| --- | --- | --- | --- |" if several else "| --- | --- | --- |"]
    below = {}
    for field in _fields(shapes):
        rows = {}  # what is said of the key, by the shapes that it is said for
        for name, cls in shapes.items():
            if info := cls.model_fields.get(field):
                path, sections = _sections(info.annotation, f"{key}.{field}" if key else field)
                below.setdefault(path, {}).update(sections if None not in sections else {name: sections[None]})
                rows.setdefault((_default(info, sections), info.description), []).append(name)
        for (default, meaning), names in rows.items():
            which = "all" if len(names) == len(shapes) else ", ".join(f"`{name}`" for name in names)
            lines.append(f"| `{field}` | {which + ' | ' if several else ''}{default} | {meaning} |")
    said = []
    for path, sections in below.items():
        if sections and set(sections.values()) not in said:  # `train` and `test` have the same keys
            said.append(set(sections.values()))
            lines += ["", reference(sections, path)]
    return "\n".join(lines)


def _shared(shapes):
    """The class that has what all shapes have in common."""
    classes = list(shapes.values())
    return next(base for base in classes[0].__mro__ if all(issubclass(cls, base) for cls in classes))


def _called(name, cls):
    """How the config says which shape it means."""
    return f"`{cls.tag}: {name}`" if cls.tag else f"`{name}: …`"


def _fields(shapes):
    """The keys of all shapes, each shape's own ones first; the one that names the shape is said already."""
    own = [key for cls in shapes.values() for key in cls.__annotations__]
    return [
        key
        for key in dict.fromkeys([*own, *(key for cls in shapes.values() for key in cls.model_fields)])
        if any(key in cls.model_fields and cls.model_fields[key].description for cls in shapes.values())
    ]


def _sections(annotation, path):
    """Where the sections below a key stand, and what they are."""
    for kind in kinds(annotation):
        if typing.get_origin(kind) is dict:
            return f"{path}.NAME", shapes_of(typing.get_args(kind)[1])
    return path, shapes_of(annotation)


def _default(info, sections):
    value = info.default
    if info.is_required():
        return "required"
    if sections and value:
        return "see there"
    return "–" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


class Schema(GenerateJsonSchema):
    """The JSON schema of what people write: `3e-4` is a text to some readers of YAML, and a number to us."""

    def float_schema(self, schema):
        return {"anyOf": [super().float_schema(schema), {"type": "string", "pattern": f"^{SCIENTIFIC}$"}]}

    def field_title_should_be_set(self, schema):
        return False  # a key is its own title

    def dict_schema(self, schema):
        return super().dict_schema(schema) | (
            {"additionalProperties": False} if "pattern" in schema["keys_schema"] else {}
        )


def schema():
    """The JSON schema of a config, for editors, as text."""
    made = Config.model_json_schema(schema_generator=Schema)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    print(schema() if "--schema" in sys.argv[1:] else reference())
