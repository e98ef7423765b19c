"""The types of the values that a config's keys hold, and what a section of it is."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

LIMIT = 2**32  # of seeds: NumPy takes those below
SCIENTIFIC = r"[+-]?\d+(\.\d*)?[eE][+-]?\d+"


def refuse(found):
    """Raise what is wrong with a section or a value: pairs of a key in it (empty for itself) and a sentence."""
    if found := list(found):
        raise PydanticCustomError("mistakes", "see `found`", {"found": found})


def _number(value):
    """YAML 1.1 reads `3e-4` as text; people mean a number."""
    return float(value) if isinstance(value, str) and re.fullmatch(SCIENTIFIC, value) else value


def _flag(value):
    """`--config partial=true` gives a text."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _layers(value):
    if value not in (None, "all") and not (isinstance(value, list) and value and all(type(n) is int for n in value)):
        raise ValueError("write `all` or a list of layers, such as `[0, 6, -1]`")
    return unique(value)


def plain_path(value):
    """Snakemake takes braces for wildcards and angle brackets for path variables, in every path that it is given."""
    if isinstance(value, str) and value.startswith("~"):
        refuse([("", f"{value!r} begins with ~, which only a shell reads; write the whole path")])
    if isinstance(value, str) and (found := sorted(set(value) & set("{}<>"))):
        signs = " and ".join(found)
        refuse([("", f"{value!r} has {signs} in it, which Snakemake does not read literally; rename what has them")])
    return value


def unique(value):
    """A list in which nothing stands twice, or another value."""
    again = [item for i, item in enumerate(value) if item in value[:i]] if isinstance(value, list) else []
    if again:
        raise ValueError(f"{again[0]!r} is listed twice; once is enough")
    return value


def list_schema(items, *others):
    """The JSON schema of a list of such items, or of something else."""
    return {"anyOf": [*others, {"type": "array", "items": items, "uniqueItems": True}]}


NULL, INTEGER, STRING, ALL = {"type": "null"}, {"type": "integer"}, {"type": "string"}, {"const": "all"}


Number = BeforeValidator(_number)
Rate = Annotated[float, Field(ge=0, lt=1), Number]
Share = Annotated[float, Field(gt=0, lt=1), Number]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), Number]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), Number]
Norm = Annotated[float, Field(gt=0), Number]
Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, Field(min_length=1)]
File = Annotated[Text, AfterValidator(plain_path)]
Natural = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=LIMIT)]
Count = Annotated[int, Field(ge=1)]
# `layout.NAME` once more, whose edits must not fine-tune again
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Unique = AfterValidator(unique)
Layers = Annotated[str | list[int] | None, BeforeValidator(_layers), WithJsonSchema(list_schema(INTEGER, ALL, NULL))]
TaskNames = Annotated[list[Name], Field(min_length=1), Unique]
Precision = Literal["fp32", "bf16"]


class Section(BaseModel):
    """A part of the config, with its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def mistakes(self):
        """Yield a key of the section, or nothing for itself, and what is wrong with it, beyond its type."""
        yield from ()

    @model_validator(mode="after")
    def _sound(self):
        refuse(self.mistakes())
        return self
