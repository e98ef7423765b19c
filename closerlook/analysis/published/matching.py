"""Which of a study's models and tasks are the paper's."""

import json
import re
from pathlib import Path

VOCABULARY = 30522  # subwords of the uncased English BERTs
MODELS = {  # layers, hidden size, and the names under which the hub has these weights
    "bert-tiny": (2, 128, ("google/bert_uncased_L-2_H-128_A-2", "prajjwal1/bert-tiny")),
    "bert-mini": (4, 256, ("google/bert_uncased_L-4_H-256_A-4", "prajjwal1/bert-mini")),
    "bert-small": (4, 512, ("google/bert_uncased_L-4_H-512_A-8", "prajjwal1/bert-small")),
    "bert-medium": (8, 512, ("google/bert_uncased_L-8_H-512_A-8", "prajjwal1/bert-medium")),
    # not google/bert_uncased_L-12_H-768_A-12, which was trained anew, together with the smaller ones
    "bert-base": (12, 768, ("google-bert/bert-base-uncased", "bert-base-uncased")),
}
TASKS = {  # kind, format and label; a table or a data set of the hub may hold the same examples under any column
    "pos": ("word", "conllu", "upos"),
    "dep": ("pair", "conllu", "deprel"),
    "ps-fxn": ("word", "conllulex", "ss2"),
    "ps-role": ("word", "conllulex", "ss"),
    "trec-50": ("sentence", "trec", "fine"),
}
LABELS = {"pos": 17, "dep": 46, "ps-fxn": 40, "ps-role": 46, "trec-50": 50}
ANY = ("table", "hub", "conll")


def paper_models(grid):
    """The models of a study that the paper has numbers for.

    Parameters
    ----------
    grid : closerlook.grid.Grid

    Returns
    -------
    dict of str to str
        What the paper calls each, by its name in tables: those with the paper's weights whose last layer is probed,
        on a task of the paper. What a model of the hub is called in the config does not matter; a folder has to have
        the name (its own, or in the config) and the size.
    """
    cfg, tasks, found = grid.cfg, paper_tasks(grid), {}
    for name, model in cfg.models.items():
        probed = [n for probe in dict(cfg.probes) for n in grid.last(name, probe)]
        paper = next((paper for paper in MODELS if _is(paper, name, model)), None)
        if paper and max(probed, default=None) == grid.depth(name) and set(tasks) & set(grid.tasks(name)):
            found[name] = paper
    called = {}
    for name, subject in grid.subjects().items():  # of a model, the first that was not tuned otherwise than the paper's
        if {grid.method(subject["model"], recipe) for recipe in subject["recipes"].values()} <= {"full", None}:
            called.setdefault(subject["model"], name)
    return {called[name]: paper for name, paper in found.items() if name in called}


def paper_tasks(grid):
    """The tasks of a study that have the name of one of the paper's, and its kind and labels.

    Parameters
    ----------
    grid : closerlook.grid.Grid

    Returns
    -------
    list of str
    """
    return [name for name, task in grid.cfg.tasks.items() if _asks(name, task, grid.cfg.corpora[task.corpus].format)]


def _asks(name, task, given):
    """Whether a task of the config, of a corpus in a given format, can be the paper's of that name."""
    kind, format, label = TASKS.get(name, (None, None, None))
    return task.kind == kind and (given in ANY or (given, task.label) == (format, label))


def _is(paper, name, model):
    """Whether a model of the config has the weights of one of the paper's."""
    n_layers, size, repositories = MODELS[paper]
    if model.pretrain or model.like or model.vectors or model.weights == "random":
        return False
    if model.hub:
        return model.hub in repositories
    folder = Path(model.path).resolve()
    names = {paper, *repositories, *(repository.rpartition("/")[2] for repository in repositories)}
    called = {name, folder.name, *_cached(folder)}
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    shape = [config.get(key) for key in ("num_hidden_layers", "hidden_size", "vocab_size")]
    return bool(called & names) and config.get("model_type", "bert") == "bert" and shape == [n_layers, size, VOCABULARY]


def _cached(folder):
    """The repository that a folder of the hub's cache is of, as `models--owner--name/snapshots/COMMIT` says."""
    return [m[1].replace("--", "/") for m in re.finditer(r"/models--([^/]+)/", folder.as_posix())]
