"""The config that `closerlook compare` writes: one model, one run, one task."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from anyascii import anyascii

from closerlook.command.data import columns, hold_out, splits
from closerlook.config import load
from closerlook.corpora.cells import check_columns
from closerlook.corpora.example import SIZES
from closerlook.encoders.folder import is_adapter, transformer
from closerlook.errors import InputError
from closerlook.files import staged
from closerlook.layout import TAKEN
from closerlook.models import depth_of
from closerlook.probes.mlp.candidates import FIRST_LOOK

MARK = re.compile(r"# closerlook compare wrote what follows; its SHA-256 begins with ([0-9a-f]{16})\n")
TEXT = """\
# What fine-tuning did: {model}, before; {run}, after; on {data}.
# Edit this file as you like, and run it from the same folder, which its paths are relative to:
#   closerlook run {file}
# The project's config/README.md explains every key.
pathvars: {pathvars}

corpora:
  {task}: {corpus}

tasks:
  {task}: {asked}

models:  # frozen: nothing is fine-tuned here
  {original}: {source}

runs:  # further ones of the same task stand beside it; those that say `seed:` are seeds of one recipe
  {tuned}: {brought}

seeds: []  # of runs that are made here: none
layers: {layers}
trajectories: {trajectories}

probes:  # a first look; without this section the grid is the paper's, 128 networks per layer
  classifier: {probe}
"""


@dataclass(frozen=True)
class Comparison:
    """What `closerlook compare` is asked for; paths are as they were given."""

    model: str
    run: str
    data: Path
    text: str
    label: str
    kind: str = "sentence"
    target: str | None = None
    second: str | None = None
    test: Path | None = None
    checkpoints: str | None = None
    layers: str = "all"
    seed: int = 0
    name: str | None = None
    out: Path = Path("closerlook")

    @property
    def folder(self):
        """Where the study's config, data and results go."""
        return self.out / (self.name or "-".join(dict.fromkeys([short(self.run), short(self.data.stem)])))

    def prepare(self):
        """Check what was given, hold out a test set, and write the config where it is new.

        Returns
        -------
        file : Path
            The config.
        notes : list of str
            What the user should know of it.

        Raises
        ------
        InputError
            Something that is not there or does not fit; or the config was edited and these arguments are not its own.
        """
        self._check()
        file = self.folder / "config.yaml"
        held_out = self.test is None and not splits(self.data)
        whole = [{"path": str(self.data)}] * 2  # in place of the parts, which are not there yet
        load(yaml.safe_load(self._text(file, *(whole if held_out else self._sources()))), str(file))
        text = self._text(file, *self._sources())
        edited = self._edited(file, text)
        notes = self._hint()
        if held_out:
            tagged = self.kind in ("word", "span") and not self.target
            n = hold_out(self.data, self.folder, self.text, self.label, self._others(), tagged, self.seed)
            fifth = "a fifth" if tagged else "a fifth of each label"
            notes.append(
                f"Held out {n['test']} of {n['train'] + n['test']} rows as a test set ({fifth}, seed {self.seed}); "
                "--test FILE takes another."
            )
        if edited:
            notes.append(f"{file} has been edited since this command wrote it, and is used as it is.")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            with staged(file) as part:
                part.write_text(text, encoding="utf-8")
        return file, notes

    def _check(self):
        if self.name is not None and short(self.name) != self.name:
            raise InputError(f"--name: {self.name!r} is not a name: use letters, digits, - and _ only.")
        if (self.out / "__init__.py").exists():
            raise InputError(f"{self.out}: is a Python package here, not a folder for studies: give `--out studies`.")
        if self.kind in ("pair", "span_pair") and not self.target:
            spelled = "two positions, such as `3 5`" if self.kind == "pair" else "spans, such as `[[0, 1], [4, 4]]`"
            raise InputError(f"--kind {self.kind}: give with --target the column that holds the {spelled}.")
        if not SIZES[self.kind] and self.target:
            raise InputError(
                "--target: a sentence has none: leave it out, or give --kind word, span, pair or span_pair."
            )
        if (self.kind == "sentence_pair") != bool(self.second):
            raise InputError("--second: give with --kind sentence_pair, and only there, the column of the second text.")
        for table in [self.data, *[self.test] * bool(self.test)]:
            known = splits(table)
            for part in [table] if not known else [table / source["split"] for source in known]:
                check_columns([self.text, self.label, *self._others()], columns(part), part)
        fetched(self.run)  # that it is there

    def _others(self):
        """The columns that a task needs besides text and label."""
        return [column for column in (self.target, self.second) if column]

    def _sources(self):
        """The training and the test split, as the config names them."""
        if self.test is not None:
            return {"path": str(self.data)}, {"path": str(self.test)}
        return splits(self.data) or tuple({"path": f"{self.folder}/{name}.jsonl"} for name in ("train", "test"))

    def _text(self, file, train, test):
        """The config, marked by its digest."""
        original, tuned, task = short(self.model), short(self.run), short(self.data.stem)
        tuned = f"run-{tuned}" if re.fullmatch(TAKEN, tuned) else tuned  # names of what is made here
        run = {"model": original, "task": task, **source(self.run)}
        if self.checkpoints:
            run["steps"] = self._steps(self.checkpoints)
        asked = {"corpus": task, "kind": self.kind, "words": self.text, "label": self.label}
        asked |= {key: value for key in ("target", "second") if (value := getattr(self, key))}
        body = TEXT.format(
            model=self.model, run=self.run, data=self.data, file=file, task=task, original=original, tuned=tuned,
            pathvars=_flow({"results": f"{self.folder}/results"}),
            corpus=_flow({"format": "table", "train": train, "test": test}),
            asked=_flow(asked),
            source=_flow({**source(self.model), "n_layers": depth(self.model), "frozen": True}),
            brought=_flow(run), layers=_flow(self._layers()), probe=_flow(FIRST_LOOK),
            trajectories=_flow({"models": [original] if self.checkpoints else []}),
        )  # fmt: skip
        return f"# closerlook compare wrote what follows; its SHA-256 begins with {_digest(body)}\n{body}"

    def _steps(self, checkpoints):
        """The run's `steps:` in the config: a pattern relative to its folder, or revisions on the hub."""
        if "path" not in source(self.run):
            return [name.strip() for name in checkpoints.split(",")]
        run, pattern = Path(self.run), Path(checkpoints)
        if not pattern.is_absolute() and any(run.glob(checkpoints)):
            return checkpoints
        if not any(pattern.parent.glob(pattern.name)):
            raise InputError(f"--checkpoints {checkpoints}: matches nothing, neither here nor in {run}.")
        return os.path.relpath(pattern, run)

    def _hint(self):
        """That there are checkpoints, where none were asked for."""
        here = Path(self.run)
        found = [] if self.checkpoints or not here.is_dir() else list(here.glob("checkpoint-*"))
        n = f"{len(found)} checkpoint{'' if len(found) == 1 else 's'}"
        return [f"{here} holds {n}: --checkpoints 'checkpoint-*' follows the run through them."] if found else []

    def _layers(self):
        if self.layers == "all":
            return "all"
        try:
            return [int(layer) for layer in self.layers.split(",")]
        except ValueError:
            raise InputError(f"--layers: {self.layers!r}: write `all` or numbers, as in --layers 0,6,-1.") from None

    def _edited(self, file, text):
        """Whether the config there is this study's own, edited; an error if it is that of another one, edited."""
        if not file.exists():
            return False
        there = file.read_text(encoding="utf-8")
        mark, own = MARK.match(there), MARK.match(text)
        if mark and mark[1] == _digest(there[mark.end() :]):
            return False
        if mark and own and mark[1] == own[1]:
            return True
        raise InputError(
            f"{file}: has been edited, and is not overwritten: run it with `closerlook run {file}`, or add "
            "`--name OTHER` for a study beside it."
        )


def short(given):
    """A readable name from a path or a hub name: the last part; for a checkpoint the one before it too."""
    parts = [part for part in Path(os.path.normpath(given)).parts if part not in ("/", "..", ".")]
    last = "-".join(parts[-2:] if parts and re.match(r"checkpoint|step", parts[-1]) else parts[-1:])
    return re.sub(r"[^A-Za-z0-9_-]+", "-", anyascii(last)).strip("-_") or "here"


def source(given):
    """Where a model or a run comes from, as the config has it: an existing folder, else the hub."""
    if Path(given).is_dir():
        return {"path": given}
    if re.match(r"[./~]", given) or given.count("/") > 1 or Path(given).exists():
        raise InputError(f"{given}: is not a folder: give one in the transformers format, or a model on the hub.")
    return {"hub": given}


def fetched(given):
    """The folder of a model or a run, but for weights: here, or from the hub (which `HF_ENDPOINT` may name)."""
    if "path" in source(given):
        return Path(given)
    from closerlook.encoders.locating import locate  # the hub's client takes half a second to import

    try:
        return Path(transformer(locate("model", hub=given, weights=False)[0]))
    except InputError as error:
        raise InputError(f"{given}: is not a folder here. {error}") from error


def depth(given):
    """Transformer layers of a model, from its `config.json`."""
    folder = fetched(given)
    if is_adapter(folder):
        raise InputError(f"{given}: is an adapter: give first the model that it was trained on, and then the adapter.")
    if not (folder / "config.json").is_file():
        raise InputError(f"{given}: has no config.json: give a folder in the transformers format.")
    found = depth_of(folder)
    if not isinstance(found, int):
        raise InputError(f"{given}: its config.json does not say how many layers it has: give another model.")
    return found


def _flow(value):
    """A value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]
