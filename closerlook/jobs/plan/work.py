"""How much work a job is: seconds of one core of an ordinary machine, from the sizes of what it reads.

Only the proportions matter where past jobs exist (`costs.py`).
"""

import math
from dataclasses import dataclass

from closerlook import layout
from closerlook.grid import Grid
from closerlook.jobs.plan.sizes import encoder_sizes, kept_steps, task_sizes

START = 1.2  # seconds until a script has its imports
WITH_TORCH = 4  # the same, with torch and transformers
SPEED = 40e9  # floating-point operations a second, in training; extraction, with longer batches, has four times that
TOKENS = 25  # of a sentence
EPOCHS = 120  # of a probe, until it stops by itself
RACE = 10  # times faster than a whole grid of probes
POINTS = 2e-4  # seconds of geometry for a point of 1,000 dimensions, where labels lie apart, as in a tuned space
CROWDED = 250  # points from which on an original space, where labels meet, takes longer: per point as the root of n
PAIR = 2e-9, 2 / SPEED  # seconds of a search for neighbours for a pair of points, and for each of its dimensions
NUMBERS = 2e7  # numbers that are read, compared or written in a second
BY_LAYERS = "embed", "take_vectors"  # rules whose names go on with layers where models differ in these


@dataclass(frozen=True)
class Job:
    """What a job is about; what does not apply is empty."""

    kind: str
    model: str = ""
    task: str = ""
    state: str = ""
    split: str = ""

    @property
    def run(self):
        """Model, task and name of the run that it is about."""
        return self.model, self.task, layout.State.parse(self.state).run

    @property
    def family(self):
        """Whether a space is of the original encoder, of one tuned on the same task, or on another."""
        if self.state in ("", layout.ORIGINAL):
            return self.state
        return "own" if layout.State.parse(self.state).task == self.task else "other"


def job_of(rule, names):
    """The job of a rule, from its wildcards."""
    state = names.get("state") or (str(layout.State(names["task"], names["run"])) if "run" in names else "")
    kind = next((kind for kind in BY_LAYERS if rule.startswith(f"{kind}_")), rule)
    return Job(kind, names.get("model", ""), names.get("task", ""), state, names.get("split", ""))


class Study:
    """A config and the sizes of what it names.

    Parameters
    ----------
    cfg : Config
    folders : list of path
        Results of studies, its own first.
    """

    def __init__(self, cfg, folders):
        self.cfg, self.grid = cfg, Grid(cfg)
        self.tasks, self.encoders = task_sizes(cfg, folders), encoder_sizes(cfg, folders)

    def knows(self, job):
        """Whether the config has what a job is about; a past job may be of a model that is no longer in it."""
        named = job.model in ("", *self.cfg.models) and job.task in ("", *self.cfg.tasks)
        tunes = job.kind in ("finetune", "trace_run")
        return named and not (tunes and not self.grid.recipes(job.model))

    def guessed(self):
        """Tasks and models whose sizes are guesses."""
        return [name for each in (self.tasks, self.encoders) for name, size in each.items() if not size.known]

    def seconds(self, job, n_inputs=0):
        """The work of a job."""
        cfg, grid = self.cfg, self.grid
        task = self.tasks.get(job.task) or next(iter(self.tasks.values()))
        of = self.encoders.get(job.model) or next(iter(self.encoders.values()))
        sentences, points, width = sum(task.sentences.values()), sum(task.targets.values()), task.bags * of.width
        forward = TOKENS * (24 * of.depth * of.width**2 + 4e5 * of.depth) / SPEED  # seconds a sentence
        extraction, training = forward / 4, 3.5 * forward
        match job.kind:
            case "pretrain":
                recipe = cfg.models[job.model].pretrain
                return WITH_TORCH + training * recipe.steps * recipe.batch_size
            case "finetune":
                epochs, steps = grid.recipe_of(*job.run).epochs, kept_steps(grid, job.run, task)
                written = steps * of.parameters / NUMBERS
                return WITH_TORCH + epochs * (training * task.sentences["train"] + extraction * sentences) + written
            case "pin_model" | "bring_run":
                return WITH_TORCH + of.parameters / NUMBERS
            case "embed":
                written = len(grid.layers(job.model)) * points * width / NUMBERS
                return WITH_TORCH + extraction * sentences + written
            case "probe_classifier":
                return WITH_TORCH + task.targets["train"] * self._networks(width)
            case "probe_direct":
                samples = self.samples(task, job.split or "train")
                crowded = job.family == layout.ORIGINAL
                of_all = sum(n * math.sqrt(max(n / CROWDED, 1)) if crowded else n for n in samples)
                return START + POINTS * of_all * width / 1000
            case "probe_hulls":
                times = len(self.samples(task, "train"))
                return START + 4 * POINTS * times * task.targets["test"] * width / 1000
            case "measure_surroundings":
                pairs = task.targets["train"] * sum(task.targets.values())
                return START + 8 * POINTS * points * width / 1000 + pairs * (PAIR[0] + PAIR[1] * width)
            case "gather_examples":
                return START + points * width / NUMBERS
            case "trace_run":
                steps = kept_steps(grid, job.run, task) + 1
                of_all = sum(sum(self.samples(task, split)) for split in task.targets)
                each = len(grid.layers(job.model, "trajectories")) * POINTS * of_all * width / 1000
                return WITH_TORCH + max(steps - 2, 0) * extraction * sentences + steps * each
            case "measure_movement" | "measure_similarity" | "take_vectors":
                return START + len(grid.layers(job.model)) * points * width / NUMBERS
            case "make_task":
                return WITH_TORCH + sentences / 2000
        return 2 * START + n_inputs / 500

    def samples(self, task, split):
        """How many points DirectProbe looks at in a split of a task (a `TaskSize`), in each sample: a list."""
        sample, n = self.cfg.probes.direct.sample, task.targets[split]
        if sample is None:
            return [n]
        smallest = sample.points == "smallest"
        points = min(size.targets[split] for size in self.tasks.values()) if smallest else sample.points
        return [points] * sample.repeats if points < n else [n]

    def _networks(self, width):
        """Seconds per point of all networks that the classifier probe trains in one layer."""
        probe = self.cfg.probes.classifier
        candidates = len(probe.hidden_layer_sizes) * len(probe.alphas)
        trained = max(candidates / RACE, min(candidates, 3)) if probe.halving else candidates
        selected = probe.cv * trained / 2 if candidates > 1 else 0  # trained side by side
        after = (
            probe.repeats * (1 + probe.selectivity + probe.shuffled)
            + 2 * probe.memorisation
            + 2 * probe.description_length
        )
        shapes = [[width, *hidden, 20] for hidden in probe.hidden_layer_sizes]
        weights = sum(a * b for shape in shapes for a, b in zip(shape, shape[1:])) / len(shapes)
        return (selected + after) * min(probe.max_iter, EPOCHS) * 6 * weights / SPEED
