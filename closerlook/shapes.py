"""Sections of a config that have one of several shapes, each with keys of its own: a union that a tag tells apart."""

import types
import typing
from typing import Annotated, ClassVar, Union

from pydantic import Discriminator, Tag, model_validator

from closerlook.keys import Section


class Shape(Section):
    """One of several shapes of a section. What only the others have reads as None, and may be given as null."""

    tag: ClassVar = None  # the key that names the shape, if there is one
    elsewhere: ClassVar = {}  # such keys, and which shapes they are for, in words

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given):
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None or key not in cls.elsewhere}


def one_of(tag=None, **shapes):
    """The type of a section that has one of several shapes.

    Parameters
    ----------
    tag : str, optional
        The key that names the shape; without, each has a key of that name, which no other shape has.
    **shapes : type
        Classes derived from `Shape`, by name.
    """
    tell_apart(shapes, tag)

    def shape_of(given):
        values = given if isinstance(given, dict) else dict(given) if isinstance(given, Shape) else {}
        found = [values.get(tag)] if tag else [name for name in shapes if values.get(name) is not None]
        return found[0] if len(found) == 1 and isinstance(found[0], str) else None

    return Annotated[
        Union[tuple(Annotated[shape, Tag(name)] for name, shape in shapes.items())],  # noqa: UP007
        Discriminator(shape_of),
    ]


def tell_apart(shapes, tag=None):
    """Tell shapes, by name, about the keys of each other."""
    for shape in shapes.values():
        others = {key for other in shapes.values() for key in other.model_fields} - set(shape.model_fields)
        having = {key: sorted(f"`{n}`" for n, cls in shapes.items() if key in cls.model_fields) for key in others}
        shape.elsewhere = {
            key: f"{tag + 's' * (len(n) > 1) + ' ' if tag else ''}{_all(n)}" for key, n in having.items()
        }
        shape.tag = tag
        for key in others:
            setattr(shape, key, None)


def _all(names):
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def kinds(annotation):
    """The types that an annotation allows: those inside Annotated, Optional and unions."""
    if typing.get_origin(annotation) is Annotated:
        return kinds(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return [inner for part in typing.get_args(annotation) for inner in kinds(part)]
    return [annotation]


def shapes_of(annotation):
    """The sections that an annotation allows, by the name of their shape; one that has a single shape under None."""
    if typing.get_origin(annotation) is Annotated and isinstance(annotation.__metadata__[-1], Discriminator):
        found = typing.get_args(typing.get_args(annotation)[0])
        return {part.__metadata__[-1].tag: kinds(part)[0] for part in found}
    sections = [kind for kind in kinds(annotation) if isinstance(kind, type) and issubclass(kind, Section)]
    return dict(zip([None] if len(sections) == 1 else [kind.__name__ for kind in sections], sections))
