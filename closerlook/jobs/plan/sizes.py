"""How large the tasks and encoders of a study are: as measured where they exist, else as far as the config says."""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from closerlook.encoders.pooling import n_bags
from closerlook.encoders.updates import kept
from closerlook.files import read_json
from closerlook.grid import Grid
from closerlook.layout import ENCODER, MODEL, TASK, TASK_FILES
from closerlook.models import WIDTHS, said

VOCABULARY = 30522  # of BERT
TARGETS = {"word": 5, "span": 2, "pair": 20, "sentence": 1, "span_pair": 2, "sentence_pair": 1}  # per sentence, guessed


@dataclass(frozen=True)
class TaskSize:
    """Sentences and targets of the two splits, and vectors side by side per target; `known` is False for a guess."""

    sentences: dict
    targets: dict
    bags: int
    known: bool = True


@dataclass(frozen=True)
class EncoderSize:
    """Transformer layers, dimension of the vectors, parameters; `known` is False for a guess."""

    depth: int
    width: int
    parameters: int
    known: bool = True

    @classmethod
    def of(cls, depth, width, vocabulary=VOCABULARY, known=True):
        return cls(depth, width, 12 * depth * width**2 + (vocabulary + 512) * width, known)


def task_sizes(cfg, folders):
    """The size of each task of a study.

    Parameters
    ----------
    cfg : Config
    folders : list of path
        Results of studies, in the order of preference: where the first has not made a task yet, another may have.

    Returns
    -------
    dict of str to TaskSize
    """
    found, pooling = {}, cfg.embedding.pooling.model_dump()
    for name, task in cfg.tasks.items():
        files = (Path(folder) / f"{TASK.format(task=name)}/{TASK_FILES['summary']}" for folder in folders)
        corpus = cfg.corpora[task.corpus]
        if made := next((file for file in files if file.exists()), None):
            splits = read_json(made)["splits"]
            found[name] = TaskSize(
                {split: of["n_sentences"] for split, of in splits.items()},
                {split: of["n_targets"] for split, of in splits.items()},
                n_bags(task.kind, pooling),
            )
        elif corpus.format == "grammar":
            found[name] = _guess({"train": corpus.n_train, "test": corpus.n_test}, task.kind, pooling)
    usual = [size.sentences for size in found.values() if size.known] or [{"train": 2000, "test": 500}]
    sentences = {split: round(median(each[split] for each in usual)) for split in ("train", "test")}
    return {name: found.get(name) or _guess(sentences, task.kind, pooling) for name, task in cfg.tasks.items()}


def _guess(sentences, kind, pooling):
    targets = {split: n * TARGETS[kind] for split, n in sentences.items()}
    return TaskSize(sentences, targets, n_bags(kind, pooling), known=False)


def encoder_sizes(cfg, folders):
    """The size of each encoder of a study; parameters as for `task_sizes`."""
    return {model: _encoder(cfg, model, folders) for model in cfg.models}


def _encoder(cfg, model, folders):
    m = cfg.models[model]
    for file in (Path(folder) / f"{MODEL.format(model=model)}/{ENCODER['facts']}" for folder in folders):
        if file.exists():
            made = read_json(file)
            return EncoderSize(made["n_layers"], made["hidden_size"], made["n_parameters"])
    if m.vectors:
        _, _, width = m.shape
        (task,) = Grid(cfg).tasks(model)
        bags = n_bags(cfg.tasks[task].kind, cfg.embedding.pooling.model_dump())
        return EncoderSize(Grid(cfg).depth(model), width / bags, 0)
    if m.like:
        return _encoder(cfg, m.like, folders)
    if m.pretrain:
        return EncoderSize.of(m.pretrain.n_layers, m.pretrain.hidden_size, m.pretrain.vocab_size)
    depth = Grid(cfg).depth(model)
    if m.path and (width := said(m.path, WIDTHS)):
        return EncoderSize.of(depth, width, said(m.path, ["vocab_size"]) or VOCABULARY)
    return EncoderSize.of(depth, min(64 * depth, 1024), known=False)  # as BERTs are


def kept_steps(grid, run, size):
    """Encoders that a run of fine-tuning keeps before its end; `run` is its model, task and name."""
    recipe = grid.recipe_of(*run)
    updates, steps = recipe.epochs * math.ceil(size.sentences["train"] / recipe.batch_size), recipe.steps
    if isinstance(steps, list):
        steps = [step for step in steps if step <= updates]  # the size may be a guess
    return len(kept(steps, updates))
