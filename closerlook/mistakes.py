"""What can be wrong with a config, in the words of the person who wrote it."""

import difflib
import re

from closerlook.corpora.example import SIZES, called
from closerlook.corpora.names import read_names
from closerlook.errors import InputError
from closerlook.grid import Grid
from closerlook.layout import FULL, OTHERWISE, TAKEN
from closerlook.recipes import ONLY


def contradictions(cfg):
    """Yield one sentence for everything that no section forbids by itself."""
    for name, task in cfg.tasks.items():
        yield from _task_problems(f"tasks.{name}", task, cfg)
    for name, model in cfg.models.items():
        yield from _model_problems(f"models.{name}", name, model, cfg)
    yield from _recipe_problems(cfg)
    yield from _run_problems(cfg)
    yield from _trajectory_problems(cfg)
    yield from _crossing_problems(cfg)
    yield from _expectation_problems(cfg)


def _task_problems(key, task, cfg):
    corpus = cfg.corpora.get(task.corpus)
    if corpus is None:
        yield f"{key}.corpus: {task.corpus!r} is not a corpus{_choice(task.corpus, cfg.corpora)}"
    else:
        for part in ("words", "target", "second"):
            if not corpus.columns and part in task.model_fields_set and getattr(task, part):
                yield f"{key}.{part}: names a column of `table` and `hub`, but {corpus.format} has its own; take it out"
        if task.text == "own" and not corpus.has_text:
            yield f"{key}.text: the format {corpus.format} has words only, and no text of its own; take it out"
        if task.kind not in corpus.kinds:
            yield f"{key}.kind: is {task.kind!r}, but the format {corpus.format} has {_either(corpus.kinds)}"
    if not SIZES[task.kind] and task.target and (corpus is None or corpus.columns):
        yield f"{key}.target: a sentence is labelled as a whole; take it out"
    if task.kind in ("pair", "span_pair") and corpus is not None and corpus.columns and not task.target:
        yield f"{key}.target: is missing; name the column with the positions of the {called(task.kind)}"
    if corpus is None or corpus.columns:
        if task.kind == "sentence_pair" and not task.second:
            yield f"{key}.second: is missing; name the column with the second text of the pair"
        if task.kind != "sentence_pair" and task.second:
            yield f"{key}.second: is for kind sentence_pair, and not {task.kind}; take it out"
        if task.kind == "sentence_pair" and task.second == task.words:
            yield f"{key}.second: names the column of the first text, {task.words!r}; name that of the second"
    try:
        read_names(task.names)
    except InputError as error:
        yield f"{key}.names: {str(error).rstrip('.')}"


def _model_problems(key, name, model, cfg):
    for task in model.tasks or ():
        if task not in cfg.tasks:
            yield f"{key}.tasks: {task!r} is not a task{_choice(task, cfg.tasks)}"
    if model.pretrain:
        wrong, corpus = model.pretrain.corpus, cfg.corpora.get(model.pretrain.corpus)
        if corpus is None or corpus.format != "grammar":
            grammars = [n for n, c in cfg.corpora.items() if c.format == "grammar"]
            yield f"{key}.pretrain.corpus: {wrong!r} is not a corpus of format grammar{_choice(wrong, grammars)}"
    if model.like:
        other = cfg.models.get(model.like)
        if other is None or other.like or other.vectors:
            others = [n for n, m in cfg.models.items() if not (m.like or m.vectors)]
            without = "consists of vectors, without a network" if other and other.vectors else None
            problem = without or "is not a model with a source of its own"
            yield f"{key}.like: {model.like!r} {problem}{_choice(model.like, others)}"
            return
    if model.vectors and not model.tasks and len(cfg.tasks) > 1:
        yield f"{key}.tasks: is missing; name the task that the vectors are of, {_either(cfg.tasks)}"
    yield from _layer_problems(name, model, cfg)


def _recipe_problems(cfg):
    """Recipes that no model can have, and keys that no model's method uses."""
    encoders = {name: model for name, model in cfg.models.items() if not model.vectors}
    grid, parts = Grid(cfg), {"finetune": (cfg.finetune, list(encoders), None)}
    for name, model in encoders.items():
        parts[f"models.{name}.finetune"] = (model.finetune, [name], None)
        for recipe in model.recipes or ():
            if recipe not in cfg.recipes:
                yield f"models.{name}.recipes: {recipe!r} is not a recipe{_choice(recipe, cfg.recipes)}"
                return
    for name, recipe in cfg.recipes.items():
        parts[f"recipes.{name}"] = (recipe, [m for m in encoders if name in grid.recipes(m)], name)
        if re.fullmatch(OTHERWISE, name):
            yield f"recipes.{name}: the workflow gives this name to something else; choose another"
    for key, (part, models, only) in parts.items():
        used = {grid.recipe(m, name).method for m in models for name in ([only] if only else grid.recipes(m))}
        for field in sorted(part.model_fields_set & set(ONLY)):
            if ONLY[field] not in used and used:
                yield f"{key}.{field}: is for `method: {ONLY[field]}`; take it out, or set the method"
    for name in cfg.models:
        if not grid.tuned(name):
            continue
        own = {recipe: grid.recipe(name, recipe) for recipe in grid.recipes(name)}
        yield from _same_recipes(name, own)
        for recipe, made in own.items():
            if recipe == FULL and recipe in cfg.recipes and made.method != "full":
                yield f"recipes.{FULL}: tunes {name} by `method: {made.method}`, and not in full; give it another name"
            known = made.method == "top" and cfg.models[name].like in (None, *cfg.models)
            if known and made.layers > (depth := grid.depth(name)):
                place = f"recipes.{recipe}" if recipe in cfg.recipes else "finetune"
                yield f"{place}.layers: is {made.layers}, but {name} has {depth} layers"


def _same_recipes(model, recipes):
    """Recipes that differ in nothing."""
    seen = {}
    for name, recipe in recipes.items():
        other = seen.setdefault(str(sorted(recipe.used(exclude={"steps"}).items())), name)
        if other != name:
            yield f"recipes.{name}: tunes {model} just as {other} does; change a key of one, or take it out"


def _run_problems(cfg):
    """What is wrong with the runs that are brought, and with a study that has none."""
    if not cfg.seeds and not cfg.runs and not any(model.vectors for model in cfg.models.values()):
        yield "seeds: is []; give at least 1, or bring runs (`runs`)"
    for name, run in cfg.runs.items():
        key, model = f"runs.{name}", cfg.models.get(run.model)
        if run.task not in cfg.tasks:
            yield f"{key}.task: {run.task!r} is not a task{_choice(run.task, cfg.tasks)}"
        if model is None:
            yield f"{key}.model: {run.model!r} is not a model{_choice(run.model, cfg.models)}"
            continue
        if model.vectors:
            yield f"{key}.model: {run.model} consists of vectors; give those of a run in models.{run.model}.vectors"
            continue
        if model.weights == "random":
            yield f"{key}.model: {run.model} has random weights, but a run starts from a model's original ones"
        if run.task in cfg.tasks and model.tasks and run.task not in model.tasks:
            yield f"{key}.task: {run.model} does not take part in {run.task}; add it to models.{run.model}.tasks"
        if (run.recipe, run.seed) in Grid(cfg).made(run.model).values() and run.task in Grid(cfg).tuned(run.model):
            yield f"{key}.seed: the workflow makes a run of {run.recipe} with seed {run.seed} itself; take one out"
    yield from _name_problems("runs", cfg.runs, cfg)
    for name, model in cfg.models.items():
        yield from _name_problems(f"models.{name}.vectors", model.runs if model.vectors else {}, cfg)


def _name_problems(place, runs, cfg):
    """What is wrong with the names, recipes and seeds of runs that were made elsewhere."""
    seeds, made = {}, {name for model in cfg.models for name in Grid(cfg).made(model)}
    for name, run in runs.items():
        key = f"{place}.{name}"
        if re.fullmatch(TAKEN, name) or name in made:  # of any model: rules tell runs apart by their names alone
            yield f"{key}: the workflow gives this name to what it makes itself; choose another"
        if name in cfg.recipes:
            yield f"{key}: is the name of a recipe too; choose another"
        if re.fullmatch(OTHERWISE, run.recipe or ""):
            yield f"{key}.recipe: the workflow gives the name {run.recipe} to something else; choose another"
        if run.recipe in runs and runs[run.recipe].seed is None:  # then its name is that of its recipe
            yield f"{key}.recipe: {run.recipe} is the name of a run too; choose another"
        of = run.model, run.task, run.recipe, run.seed
        other = seeds.setdefault(of, name) if run.seed is not None else name
        if other != name:
            yield f"{key}.seed: is {run.seed}, like that of {other}, a run of the same model and task; take one out"


def _trajectory_problems(cfg):
    for name in sorted({m for m in cfg.trajectories.models if cfg.trajectories.models.count(m) > 1}):
        yield f"trajectories.models: {name} is named twice; once is enough"
    for name in cfg.trajectories.models:
        if name not in cfg.models:
            yield f"trajectories.models: {name!r} is not a model{_choice(name, cfg.models)}"
            continue
        if cfg.models[name].vectors:
            yield f"trajectories.models: {name} consists of vectors, so it has no steps; take it out"
            continue
        brought = [run.task for run in cfg.runs.values() if run.model == name and run.steps]
        keeps = any(Grid(cfg).recipe(name, recipe).steps for recipe in Grid(cfg).recipes(name))
        made = Grid(cfg).tuned(name) if keeps else []
        if not brought and cfg.models[name].frozen:
            yield f"trajectories.models: {name} is frozen, so it has no steps; take it out"
        elif not brought and not keeps:
            yield f"trajectories.models: no steps of {name} are kept; set `finetune.steps`, such as `every 5`"
        elif not set(cfg.trajectories.tasks or cfg.tasks) & {*brought, *made}:
            yield f"trajectories.tasks: {name} is fine-tuned on none of them; choose {_either([*made, *brought])}"
    yield from _lost_steps(cfg)
    for task in cfg.trajectories.tasks or ():
        if task not in cfg.tasks:
            yield f"trajectories.tasks: {task!r} is not a task{_choice(task, cfg.tasks)}"


def _lost_steps(cfg):
    """Models whose steps would be deleted, as those of the followed runs are, though nobody looks at them."""
    grid, followed = Grid(cfg), cfg.trajectories.models
    if followed and not cfg.trajectories.keep_steps:
        lost = "nothing follows them, and steps are deleted once they have been"
        for name in cfg.models:
            if name not in followed and grid.tuned(name) and cfg.models[name].finetune.steps:
                yield (
                    f"models.{name}.finetune.steps: {lost}; add {name} to trajectories.models, or set "
                    "trajectories.keep_steps"
                )
        for recipe, own in cfg.recipes.items():
            by = [name for name in cfg.models if grid.tuned(name) and recipe in grid.recipes(name)]
            if own.steps and by and not set(by) & set(followed):
                yield (
                    f"recipes.{recipe}.steps: {lost}; add a model that is tuned by it to trajectories.models, or set "
                    "trajectories.keep_steps"
                )


def _crossing_problems(cfg):
    for pair in cfg.cross_tasks if cfg.cross_tasks != "all" else ():
        for task in pair:
            if task not in cfg.tasks:
                yield f"cross_tasks: {task!r} is not a task{_choice(task, cfg.tasks)}"
        if pair[0] == pair[1]:
            yield f"cross_tasks: {pair} names one task twice; a task is always probed after fine-tuning on itself"
        elif set(pair) <= set(cfg.tasks) and not _crossed(cfg, pair):
            yield f"cross_tasks: no model is fine-tuned on {pair[0]} and takes part in {pair[1]}"


def _crossed(cfg, pair):
    """Whether a model is fine-tuned on the first of two tasks, here or in a run that is brought, and has the second."""
    first, second = pair
    grid = Grid(cfg)
    tuned = [model for model in cfg.models if grid.runs(model, first)]
    return first != second and any(second in grid.tasks(model) for model in tuned)


def _expectation_problems(cfg):
    for key in ("related_tasks", "opposing_tasks"):
        for pair in getattr(cfg, key):
            if not (_crossed(cfg, pair) and (cfg.cross_tasks == "all" or pair in cfg.cross_tasks)):
                yield f"{key}: {pair} is not probed; add it to `cross_tasks`"
    for pair in cfg.related_tasks:
        if pair in cfg.opposing_tasks:
            yield f"opposing_tasks: {pair} is among `related_tasks` too; take it out of one"


def _layer_problems(name, model, cfg):
    depth = Grid(cfg).depth(name)
    places = [(f"models.{name}.layers", model.layers)] if model.layers else [("layers", cfg.layers)]
    places += [(f"probes.{p}.layers", getattr(cfg.probes, p).layers) for p in ("classifier", "direct", "hulls")]
    places.append(("examples.layers", cfg.examples.layers))
    if Grid(cfg).followed(name):
        places.append(("trajectories.layers", cfg.trajectories.layers))
    if not Grid(cfg).layers(name, "examples"):
        yield (
            f"examples.layers: none of {cfg.examples.layers} is among those that DirectProbe looks at in {name}; "
            f"choose from {Grid(cfg).layers(name, 'direct')}"
        )
    for key, layers in places:
        for layer in layers if isinstance(layers, list) else ():
            if not -depth - 1 <= layer <= depth:
                yield f"{key}: {name} has no layer {layer}; its layers are 0 to {depth}"


def _choice(wrong, names):
    """How a sentence about an unknown name ends: the one that was meant, perhaps, and all that exist."""
    near = difflib.get_close_matches(str(wrong), list(names), 1)
    return f", did you mean `{near[0]}`? Choose {_either(names)}" if near else f"; choose {_either(names)}"


def _either(names):
    names = list(names)
    return "one of " + ", ".join(names) if len(names) > 1 else names[0] if names else "nothing, since there is none"
