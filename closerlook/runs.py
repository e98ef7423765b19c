"""Runs that somebody else made: what the config says of each, and the numbers of its steps."""

import re
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from closerlook.encoders.folder import ADAPTER_CONFIG, has, matching, number_of
from closerlook.keys import NULL, STRING, File, Name, Natural, Text, list_schema, refuse, unique
from closerlook.shapes import Shape, one_of

COMMIT = r"(?=.*[a-f])[0-9a-f]{7,40}"


def _revisions(value):
    if isinstance(value, str):
        refuse([("", f"is {value!r}; a pattern needs a folder: list the revisions, such as `[step1000, step2000]`")])
    for name in value if isinstance(value, list) else ():
        if isinstance(name, str) and re.fullmatch(COMMIT, name):
            refuse([("", f"{name!r} is a commit, which does not give the number of its step; name a tag or a branch")])
    return _series(value)


def _folders(value):
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    for name in names:
        if isinstance(name, str) and (Path(name).is_absolute() or name.startswith("~")):
            refuse([("", f"{name!r} is not relative to the run's `path`; write `checkpoint-*` or `../checkpoint-*`")])
    return value if isinstance(value, str) else _series(value)


def _series(value):
    """A list of steps; each is known by a number of its own."""
    if value is not None and not (isinstance(value, list) and value and all(isinstance(s, str) and s for s in value)):
        raise ValueError("write the list of the steps' names, in quotes where YAML reads a number")
    refuse(("", problem) for problem in unnumbered(unique(value) or ()))
    return value


Revisions = Annotated[list[str] | None, BeforeValidator(_revisions), WithJsonSchema(list_schema(STRING, NULL))]
Folders = Annotated[
    str | list[str] | None, BeforeValidator(_folders), WithJsonSchema(list_schema(STRING, STRING, NULL))
]


class Run(Shape):
    """A fine-tuned model that you bring; `hub` or `path` says where it comes from."""

    model: str = Field(description="The name in `models` of the model that it started from.")
    task: str = Field(description="The name in `tasks` of the task that it was fine-tuned on.")
    seed: Natural | None = Field(
        None, description="Its seed: runs of one model and task that give theirs are seeds of one recipe."
    )
    recipe: Name | None = Field(
        None,
        description="How it was tuned, where runs that give their seeds were not all tuned in one way: those of one "
        "name are seeds of one recipe.",
    )

    def mistakes(self):
        if self.recipe and self.seed is None:
            yield "seed", "is missing; a run of a `recipe` is told from the others by its seed"


class HubRun(Run):
    """A fine-tuned model on the Hugging Face hub."""

    hub: Text = Field(description="The model, as `owner/name`.")
    revision: str | None = Field(None, description="A commit, tag or branch; the commit found is recorded.")
    steps: Revisions = Field(
        None, description="The revisions that hold its steps, such as `[step1000, step2000]`; their numbers order them."
    )


class FolderRun(Run):
    """A run in a folder here."""

    key: ClassVar[str]  # which of its keys names the folder
    steps: Folders = Field(
        None,
        description="The folders in it that hold its steps: a pattern, such as `checkpoint-*`, or a list; their "
        "numbers order them.",
    )

    @property
    def folder(self):
        return getattr(self, self.key)

    def mistakes(self):
        yield from super().mistakes()
        key, folder = self.key, self.folder
        if not Path(folder).is_dir():
            yield key, f"there is no folder {folder!r}; give a path relative to {Path.cwd()}"
            return
        names = steps_of(self)
        if self.steps and not names:
            there = ", ".join(sorted(p.name for p in Path(folder).iterdir() if p.is_dir())) or "none"
            yield "steps", f"no folder in {folder!r} matches {self.steps!r}; those in it: {there}"
        if isinstance(self.steps, str):
            yield from (("steps", problem) for problem in unnumbered(names))
        else:
            lost = [name for name in names if not (Path(folder) / name).is_dir()]
            yield from (("steps", f"there is no folder {name!r} in {folder!r}") for name in lost)


class LocalRun(FolderRun):
    """A folder that a fine-tuned model, or an adapter, was saved to, such as a Trainer's."""

    key: ClassVar[str] = "path"
    path: File = Field(description="The folder, relative to the working directory.")


class AdapterRun(FolderRun):
    """A folder with an adapter that PEFT has saved, which is merged into its model's weights."""

    key: ClassVar[str] = "adapter"
    adapter: File = Field(description="The folder of the adapter, relative to the working directory.")

    def mistakes(self):
        yield from super().mistakes()
        if Path(self.adapter).is_dir() and not has(self.adapter, [ADAPTER_CONFIG]):
            yield "adapter", f"there is no {ADAPTER_CONFIG} in {self.adapter!r}; a whole model is a run's `path`"


AnyRun = one_of(hub=HubRun, path=LocalRun, adapter=AdapterRun)


def steps_of(run):
    """The names of a run's steps, by number where each has one: revisions, or folders in its own."""
    names = matching(run.folder, run.steps) if isinstance(run.steps, str) else run.steps or []
    return sorted(names, key=lambda name: (number_of(name) or 0, name))


def unnumbered(names):
    """Yield what is wrong with the names of steps, which are told apart by their numbers."""
    seen = {}
    for name in names:
        number = number_of(name)
        if number is None:
            yield f"{name!r} has no number in its name; the steps of a run are ordered by these numbers"
        elif number in seen:
            yield f"{seen[number]!r} and {name!r} are both step {number}; name one of them"
        seen.setdefault(number, name)
