"""The reference of the config's keys, as the Markdown of `config/README.md`: `python -m closerlook.reference`."""

import typing

from pydantic import BaseModel

from closerlook import config
from closerlook.mistakes import inside


def reference(cls=config.Config, key=""):
    """Describe every key below `key`, section by section.

    Returns
    -------
    str
        A Markdown table per section: key, default, meaning.
    """
    name = f"`{key}`" if key else "Top level"
    lines = [f"### {name}", "", f"{cls.__doc__.strip()}", "", "| key | default | meaning |", "| --- | --- | --- |"]
    below = []
    for field, info in cls.model_fields.items():
        kind = inside(info.annotation)
        path = f"{key}.{field}" if key else field
        if typing.get_origin(kind) is dict:
            kind, path = inside(typing.get_args(kind)[1]), f"{path}.NAME"
        section = isinstance(kind, type) and issubclass(kind, BaseModel)
        default = "required" if info.is_required() else "see there" if section and info.default else _yaml(info.default)
        lines.append(f"| `{field}` | {default} | {info.description} |")
        if section and (kind, path) not in below:
            below.append((kind, path))
    seen = set()
    for kind, path in below:
        if kind not in seen:  # `train` and `test` have the same keys
            seen.add(kind)
            lines += ["", reference(kind, path)]
    return "\n".join(lines)


def _yaml(value):
    if value is None:
        return "–"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`"


if __name__ == "__main__":
    print(reference())
