"""What can be wrong with a config, in the words of the person who wrote it."""

import difflib
import json
import re
import types
import typing
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from closerlook.corpora.names import read_names
from closerlook.corpora.sources import HERE, TABLES, files_of, suffix_of
from closerlook.errors import InputError

KINDS = {"trec": ("sentence",), "conll": ("word", "span")}  # of targets, in the formats that do not have all
DEPTHS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")  # as architectures call it


def depth_of(path):
    """Number of layers that a local model's `config.json` states, or None."""
    try:
        config = json.loads((Path(path) / "config.json").read_text())
    except (OSError, ValueError, TypeError):
        return None
    return next((config[k] for k in DEPTHS if k in config), None)


def contradictions(cfg):
    """Yield one sentence for everything that the types alone do not forbid."""
    for name, corpus in cfg.corpora.items():
        yield from _corpus_problems(f"corpora.{name}", corpus)
    for name, task in cfg.tasks.items():
        yield from _task_problems(f"tasks.{name}", task, cfg)
    for name, model in cfg.models.items():
        yield from _model_problems(f"models.{name}", name, model, cfg)
    yield from _trajectory_problems(cfg)
    yield from _crossing_problems(cfg)
    yield from _expectation_problems(cfg)
    yield from _path_problems(cfg)


def _corpus_problems(key, corpus):
    if corpus.fields and corpus.format != "conll":
        yield f"{key}.fields: is for format `conll` only; take it out"
    if corpus.format == "grammar":
        return
    if corpus.format == "hub" and not corpus.name:
        yield f"{key}.name: is missing; give the dataset as `owner/name`"
    elif corpus.format == "hub" and Path(corpus.name).is_dir():
        yield f"{key}.name: {corpus.name!r} {HERE}"
    for split in ("train", "test"):
        source = getattr(corpus, split)
        if source is None:
            yield f"{key}.{split}: is missing; say where the {split} split comes from"
        elif corpus.format == "hub":
            if not source.split:
                yield f"{key}.{split}.split: is missing; name a split of the dataset"
        elif (source.path is None) == (source.url is None):
            yield f"{key}.{split}: give either `path` or `url`"
        else:
            yield from _source_problems(f"{key}.{split}", source, corpus.format)


def _source_problems(key, source, form):
    """What is wrong with a split that is a file, a URL or a saved data set."""
    is_folder = source.path is not None and Path(source.path).is_dir()
    if source.type and (form != "table" or is_folder):
        yield f"{key}.type: is for the file of a table; take it out"
    if is_folder and form == "table":
        if source.sha256:
            yield f"{key}.sha256: is for a file, and {source.path!r} is a folder; take it out"
        try:
            files_of(source.path, source.split)
        except InputError as error:
            yield f"{key}: {str(error).rstrip('.')}"
        return
    if source.url and not _is_url(source.url):
        yield f"{key}.url: {source.url!r} is not an address, such as https://example.org/train.csv"
        return
    if source.split:
        yield f"{key}.split: is for `hub` and for saved data sets; take it out"
    if source.path and not Path(source.path).is_file():
        yield f"{key}.path: there is no file {source.path!r}; give a path relative to {Path.cwd()}"
    elif form == "table" and suffix_of(source.path, source.url, source.type) not in TABLES:
        yield f"{key}: the name of a table ends in one of {', '.join(TABLES)}; it tells the format; or set `type`"


def _is_url(text):
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _task_problems(key, task, cfg):
    corpus = cfg.corpora.get(task.corpus)
    for part in ("words", "target"):
        if corpus and corpus.format not in ("table", "hub") and part in task.model_fields_set and getattr(task, part):
            yield f"{key}.{part}: names a column of `table` and `hub`, and {corpus.format} has its own; take it out"
    if corpus is None:
        yield f"{key}.corpus: {task.corpus!r} is no corpus; choose {_either(cfg.corpora)}"
    elif task.text == "own" and corpus.format == "conll":
        yield f"{key}.text: the format conll has words only, and no text of its own; take it out"
    elif task.kind not in KINDS.get(corpus.format, [task.kind]):
        yield f"{key}.kind: is {task.kind!r}, and the format {corpus.format} has {_either(KINDS[corpus.format])}"
    try:
        read_names(task.names)
    except InputError as error:
        yield f"{key}.names: {str(error).rstrip('.')}"


def _path_problems(cfg):
    """Snakemake takes braces for wildcards and angle brackets for path variables, in every path that it is given."""
    paths = {"pathvars.results": cfg.pathvars.results}
    for name, corpus in cfg.corpora.items():
        for split in ("train", "test"):
            paths[f"corpora.{name}.{split}.path"] = getattr(getattr(corpus, split), "path", None)
    paths |= {f"tasks.{name}.names": task.names for name, task in cfg.tasks.items() if isinstance(task.names, str)}
    paths |= {f"models.{name}.path": model.path for name, model in cfg.models.items()}
    for key, path in paths.items():
        if (path or "").startswith("~"):
            yield f"{key}: {path!r} begins with ~, which only a shell reads; write the whole path"
        if found := sorted(set(path or "") & set("{}<>")):
            signs = " and ".join(found)
            yield f"{key}: {path!r} has {signs} in it, which Snakemake does not read as they are; rename what has them"


def _model_problems(key, name, model, cfg):
    origins = [o for o in ("hub", "path", "pretrain", "like") if getattr(model, o) is not None]
    if len(origins) != 1:
        yield f"{key}: give exactly one of `hub`, `path`, `pretrain`, `like`" + (f", not {origins}" if origins else "")
        return
    if model.revision and not model.hub:
        yield f"{key}.revision: is for `hub`; take it out"
    if "seed" in model.model_fields_set and model.weights != "random":
        yield f"{key}.seed: is for `weights: random`; take it out"
    for task in model.tasks or ():
        if task not in cfg.tasks:
            yield f"{key}.tasks: {task!r} is no task; choose {_either(cfg.tasks)}"
    if model.path and not (Path(model.path) / "config.json").is_file():
        yield f"{key}.path: there is no model folder with a config.json at {model.path!r}"
        return
    if model.pretrain:
        corpus = cfg.corpora.get(model.pretrain.corpus)
        if corpus is None or corpus.format != "grammar":
            grammars = [n for n, c in cfg.corpora.items() if c.format == "grammar"]
            wrong = model.pretrain.corpus
            yield f"{key}.pretrain.corpus: {wrong!r} is no corpus of format grammar; choose {_either(grammars)}"
        size, heads = model.pretrain.hidden_size, model.pretrain.n_heads
        if size % heads:
            yield f"{key}.pretrain.n_heads: {heads} does not divide hidden_size {size}"
    if model.like:
        other = cfg.models.get(model.like)
        if other is None or other.like:
            others = [n for n, m in cfg.models.items() if not m.like]
            yield f"{key}.like: {model.like!r} is no model with a source of its own; choose {_either(others)}"
            return
        if model.weights != "random":
            yield f"{key}.weights: `like` with the same weights is the same model; set `weights: random`"
    if cfg.depth(name) is None:
        yield f"{key}.n_layers: is missing; give the number of transformer layers"
        return
    if model.path and depth_of(model.path) not in (None, cfg.depth(name)):
        yield f"{key}.n_layers: is {model.n_layers}, but {model.path}/config.json says {depth_of(model.path)}"
    yield from _layer_problems(name, model, cfg)


def _trajectory_problems(cfg):
    for name in sorted({m for m in cfg.trajectories.models if cfg.trajectories.models.count(m) > 1}):
        yield f"trajectories.models: {name} is named twice; once is enough"
    for name in cfg.trajectories.models:
        if name not in cfg.models:
            yield f"trajectories.models: {name!r} is no model; choose {_either(cfg.models)}"
        elif cfg.models[name].frozen:
            yield f"trajectories.models: {name} is frozen, so it has no steps; take it out"
        elif not cfg.recipe(name).steps:
            yield f"trajectories.models: no steps of {name} are kept; set `finetune.steps`, such as `every 5`"
        elif not set(cfg.trajectories.tasks or cfg.tasks) & set(cfg.tuned(name)):
            yield f"trajectories.tasks: {name} is fine-tuned on none of them; choose {_either(cfg.tuned(name))}"
    for task in cfg.trajectories.tasks or ():
        if task not in cfg.tasks:
            yield f"trajectories.tasks: {task!r} is no task; choose {_either(cfg.tasks)}"


def _crossing_problems(cfg):
    for pair in cfg.cross_tasks if cfg.cross_tasks != "all" else ():
        for task in pair:
            if task not in cfg.tasks:
                yield f"cross_tasks: {task!r} is no task; choose {_either(cfg.tasks)}"
        if pair[0] == pair[1]:
            yield f"cross_tasks: {pair} names one task twice; a task is always probed after fine-tuning on itself"
        elif set(pair) <= set(cfg.tasks) and not any(tuple(pair) in cfg.crossings(model) for model in cfg.models):
            yield f"cross_tasks: no model is fine-tuned on {pair[0]} and takes part in {pair[1]}"


def _expectation_problems(cfg):
    for key in ("related_tasks", "opposing_tasks"):
        for pair in getattr(cfg, key):
            if not any(tuple(pair) in cfg.crossings(model) for model in cfg.models):
                yield f"{key}: {pair} is not probed; add it to `cross_tasks`"
    for pair in cfg.related_tasks:
        if pair in cfg.opposing_tasks:
            yield f"opposing_tasks: {pair} is among `related_tasks` too; take it out of one"


def _layer_problems(name, model, cfg):
    depth = cfg.depth(name)
    places = [(f"models.{name}.layers", model.layers)] if model.layers else [("layers", cfg.layers)]
    places += [(f"probes.{p}.layers", getattr(cfg.probes, p).layers) for p in ("classifier", "direct", "hulls")]
    if name in cfg.trajectories.models:
        places.append(("trajectories.layers", cfg.trajectories.layers))
    for key, layers in places:
        for layer in layers if isinstance(layers, list) else ():
            if not -depth - 1 <= layer <= depth:
                yield f"{key}: {name} has no layer {layer}; its layers are 0 to {depth}"


def _either(names):
    names = list(names)
    return "one of " + ", ".join(names) if len(names) > 1 else names[0] if names else "nothing, since there is none"


def sentences(error, root):
    """Put one pydantic error into words; `root` is the class that the whole config has."""
    loc, kind, value = error["loc"], error["type"], error["input"]
    if not loc:
        return str(error["ctx"]["error"]).splitlines() if kind == "value_error" else ["is empty; see config/README.md"]
    key = ".".join(str(p) for p in loc if p != "[key]")  # pydantic's own word for a mistake in a name
    if kind == "extra_forbidden":
        allowed = sorted(_section(root, loc[:-1]).model_fields)
        near = difflib.get_close_matches(str(loc[-1]), allowed, 1)
        guess = f", did you mean `{near[0]}`?" if near else "."
        return [f"{key}: unknown key{guess} Allowed: {', '.join(allowed)}"]
    if kind == "missing":
        return [f"{key}: is missing; {_section(root, loc[:-1]).model_fields[loc[-1]].description}"]
    if kind == "literal_error":
        return [f"{key}: is {value!r}, allowed: {error['ctx']['expected']}"]
    if kind == "string_pattern_mismatch" and loc[-1] == "[key]":
        return [f"{key}: a name has letters, digits, `_` and `-` only"]
    if kind == "string_type" and isinstance(value, bool | int | float):
        return [f"{key}: is {value!r}; it should be a text: put it in quotes"]
    if kind == "value_error":
        return [f"{key}: is {value!r}; {error['ctx']['error']}"]
    message = re.sub(r"^(Input|Value|String|List|Dictionary|Tuple) should ", "it should ", error["msg"])
    message = message.replace("a valid dictionary", "a mapping of names")
    return [f"{key}: is {value!r}; {message}"]


def _section(cls, loc):
    """The class that stands at a path of keys below `cls`."""
    for part in loc:
        annotation = cls.model_fields[part].annotation if isinstance(cls, type) else typing.get_args(cls)[1]
        cls = inside(annotation)
    return cls


def inside(annotation):
    """The class or dict type inside Optional and Annotated."""
    if typing.get_origin(annotation) is Annotated:
        return inside(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return inside(next(a for a in typing.get_args(annotation) if a is not type(None)))
    return annotation
