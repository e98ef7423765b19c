"""What a config's grid consists of: the depth, layers, tasks, runs and states of each model."""

from dataclasses import dataclass
from typing import Any

from closerlook.layout import BROUGHT, FULL, SPLITS, Run, Space, State, run_name, subject
from closerlook.models import depth_of


@dataclass(frozen=True)
class Grid:
    """The grid of a config."""

    cfg: Any  # closerlook.config.Config, which checks itself with this

    def depth(self, model):
        """Number of transformer layers of a model; None where nothing says it."""
        m = self.cfg.models[model]
        if m.pretrain:
            return m.pretrain.n_layers
        if m.like:
            return self.depth(m.like)
        if m.vectors:
            return m.shape[0] - 1
        return m.n_layers or depth_of(m.path)

    def layers(self, model, part=None):
        """Layers of a model to look at, sorted, from 0: of a probe, `trajectories` or `examples`, by default of all."""
        special = dict(self.cfg.probes)
        if part is not None or self.followed(model):
            special["trajectories"] = self.cfg.trajectories
        if part is None:
            return sorted({n for each in special for n in self.layers(model, each)})
        if part == "examples":
            if not self.cfg.examples.layers:
                return self.last(model, "direct")
            special[part] = self.cfg.examples
        depth = self.depth(model)
        layers = special[part].layers or self.cfg.models[model].layers or self.cfg.layers
        chosen = range(depth + 1) if layers == "all" else sorted({n + depth + 1 if n < 0 else n for n in layers})
        among = self.layers(model, "direct") if part in ("hulls", "examples") else chosen  # these need the clusters
        return [n for n in chosen if n in among]

    def last(self, model, part):
        """The highest layer of a model that a part of the study looks at, as a list."""
        return self.layers(model, part)[-1:]

    def tasks(self, model):
        """Tasks that a model takes part in."""
        return self.cfg.models[model].tasks or list(self.cfg.tasks)

    def tuned(self, model):
        """Tasks that the workflow fine-tunes a model on."""
        known = [t for t in self.tasks(model) if t in self.cfg.tasks]  # an unknown one has a sentence of its own
        m = self.cfg.models[model]
        return [] if m.frozen or m.vectors or not self.cfg.seeds else [t for t in known if self.cfg.tasks[t].finetune]

    def recipes(self, model):
        """The recipes that the workflow tunes a model by."""
        m = self.cfg.models[model]
        return [] if m.vectors else list(m.recipes or self.cfg.recipes or [FULL])

    def made(self, model):
        """The runs of a model on one task that the workflow makes: {name: (recipe, seed)}.

        Where the config names no recipes, there is one, which is called by its method.
        """
        called = {name: name if name in self.cfg.recipes else self.recipe(model, name).method
                  for name in self.recipes(model)}  # fmt: skip
        return {run_name(name, seed): (called[name], seed) for name in called for seed in self.cfg.seeds}

    def method(self, model, recipe):
        """By which method a recipe tunes a model; None where only somebody who brought a run knows."""
        known = recipe in self.cfg.recipes or recipe in dict(self.made(model).values())
        return self.recipe(model, recipe).method if known else None

    def contrasts(self):
        """Pairs of recipes, of which the first tunes all weights of a model, and the second does not."""
        found = {}
        for model in self.cfg.models:
            methods = {recipe: self.method(model, recipe) for some in self._tried(model).values() for recipe in some}
            full = [name for name, method in methods.items() if method == "full"]
            others = [name for name, method in methods.items() if method not in ("full", None)]
            found |= dict.fromkeys((one, two) for one in full for two in others)
        return [list(pair) for pair in found]

    def brought(self, model=None, task=None):
        """The runs whose weights somebody else made, of a model (on a task) or all."""
        runs = [Run(run.model, run.task, name) for name, run in self.cfg.runs.items()]
        return [run for run in runs if model in (None, run.model) and task in (None, run.task)]

    def taken(self, model=None, task=None):
        """The runs of which there are vectors and no weights, of a model (on a task) or all."""
        runs = [
            Run(name, self.tasks(name)[0], run)
            for name, m in self.cfg.models.items()
            for run in (m.runs if m.vectors else ())
        ]
        return [run for run in runs if model in (None, run.model) and task in (None, run.task)]

    def own(self, run):
        """What the config says of a run that somebody else made; None of one that the workflow makes."""
        m = self.cfg.models[run.model]
        return (m.runs if m.vectors else self.cfg.runs).get(run.run)

    def runs(self, model=None, task=None):
        """All runs, of a model (on a task) or all: those that the workflow makes, then those of somebody else."""
        found = []
        for m in self.cfg.models if model is None else [model]:
            found += [Run(m, t, name) for t in self.tuned(m) if task in (None, t) for name in self.made(m)]
            found += self.brought(m, task) + self.taken(m, task)
        return found

    def about(self):
        """What each run is: its recipe and seed, by `model/state`."""
        found = {}
        for run in self.runs():
            if own := self.own(run):
                recipe, seed = run.run if own.seed is None else own.recipe or BROUGHT, own.seed
            else:
                recipe, seed = self.made(run.model)[run.run]
            found[f"{run.model}/{run.state}"] = {"recipe": recipe, "seed": seed}
        return dict(sorted(found.items()))

    def subjects(self):
        """What rows of tables and figures are about: each model, once more for each further recipe of a task.

        Where a model was tuned by several recipes, and the first is one of the config's, all have their names in
        brackets.

        Returns
        -------
        dict of str to dict
            The name of each subject, in the config's order: its `model`, the `recipes` by which it was tuned, by task,
            and `whole`, whether the originals of all tasks belong to it, or only those of these tasks.
        """
        found = {}
        for model in self.cfg.models:
            tried = self._tried(model)
            first = {task: recipes[0] for task, recipes in tried.items()}
            all_ = [recipe for recipes in tried.values() for recipe in recipes]
            named = all_[0] if all_ and all_[0] in self.cfg.recipes and len(set(all_)) > 1 else None
            further = {recipe for task, recipes in tried.items() for recipe in recipes if recipe != first[task]}
            whole = {task: r for task, r in first.items() if (r == named if named else r not in further)}
            found[subject(model, named) if named else model] = {"model": model, "recipes": whole, "whole": True}
            for task, recipes in tried.items():
                for recipe in (r for r in recipes if r != whole.get(task)):
                    other = found.setdefault(subject(model, recipe), {"model": model, "recipes": {}, "whole": False})
                    other["recipes"][task] = recipe
        return found

    def _tried(self, model):
        """The recipes by which a model was tuned, here or elsewhere, by task: those of the runs that are made first."""
        about, found = self.about(), {}
        for run in self.runs(model):
            found.setdefault(run.task, {})[about[f"{model}/{run.state}"]["recipe"]] = None
        return {task: list(recipes) for task, recipes in found.items()}

    def crossings(self, model):
        """Pairs of tasks: tuned on the first, the model is probed on the second."""
        first = dict.fromkeys(run.task for run in self.runs(model))
        pairs = [(a, b) for a in first for b in self.tasks(model) if a != b]
        return [pair for pair in pairs if self.cfg.cross_tasks == "all" or list(pair) in self.cfg.cross_tasks]

    def states(self, model, task):
        """The states of a model in which a task is probed."""
        others = [tuned for tuned, probed in self.crossings(model) if probed == task]
        return [State(), *(run.state for t in (task, *others) for run in self.runs(model, t))]

    def spaces(self, probe, last=False, splits=SPLITS):
        """The spaces that a probe looks at, or those of the last layer that it looks at."""
        return [
            Space(model, state, task, layer, split)
            for model in self.cfg.models
            for task in self.tasks(model)
            for state in self.states(model, task)
            for layer in (self.last(model, probe) if last else self.layers(model, probe))
            for split in splits
        ]

    def followed(self, model=None):
        """The runs that are followed step by step: as `trajectories` says, and those that were brought with steps."""
        return [
            run
            for run in self.runs(model)
            if (
                own.steps
                if (own := self.own(run))
                else self._chosen(run.model, run.task) and self.recipe_of(*run).steps
            )
        ]

    def recipe_of(self, model, task, run):
        """The recipe of a run; of one that the workflow does not make, such as a past one's, the model's first."""
        name, _ = self.made(model).get(run, (self.recipes(model)[0], None))
        return self.recipe(model, name, task)

    def _chosen(self, model, task):
        """Whether `trajectories` follows what the workflow makes of a model on a task."""
        chosen = self.cfg.trajectories
        return model in chosen.models and (not chosen.tasks or task in chosen.tasks)

    def recipe(self, model, name, task=None):
        """A recipe of a model (on a task): the study's keys, on top of them the model's, and then the recipe's own."""
        own, chosen = self.cfg.finetune, self.cfg.trajectories
        for part in (self.cfg.models[model].finetune, self.cfg.recipes.get(name)):
            own = own.model_copy(update=part.model_dump(exclude_unset=True)) if part else own
        kept = not chosen.models or self._chosen(model, task) or chosen.keep_steps and model not in chosen.models
        return own if task is None or kept else own.model_copy(update={"steps": None})
