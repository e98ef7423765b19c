"""How much work a job is: seconds of one core of an ordinary machine, from the sizes of what it reads.

The coefficients are fits to some 200 jobs of a real study (a BERT of 6 layers of 384, five tasks) and of the demo. Only
their proportions matter where past jobs exist (`costs.py`).
"""

from dataclasses import dataclass
from pathlib import PurePath

from closerlook.jobs.plan.sizes import encoder_sizes, kept_steps, task_sizes

KINDS = ("probe_direct", "probe_classifier", "probe_hulls", "finetune", "embed", "movement", "similarity", "trajectory",
         "pin_model", "pretrain", "fetch_corpus", "write_corpus", "make_task")  # fmt: skip
SPEED = 40e9  # floating-point operations a second, in training; extraction, with longer batches, has four times that
EPOCHS = 120  # of a probe, until it stops by itself
TOKENS = 25  # of a sentence


@dataclass(frozen=True)
class Job:
    """What a job is about. `kind` is the rule without the model's name; what does not apply is empty."""

    kind: str
    model: str = ""
    task: str = ""
    state: str = ""
    split: str = ""

    @property
    def family(self):
        """Whether a space is of the original encoder, of one fine-tuned on the same task, or on another."""
        return (
            "pretrained" if self.state == "pretrained" else "own" if self.state.split(".")[0] == self.task else "other"
        )


def job_of(rule, wildcards, models):
    """The job of a rule; rules that exist once per model carry its name."""
    for kind in KINDS:
        if rule == kind or (rule.startswith(f"{kind}_") and rule[len(kind) + 1 :] in models):
            w = {"model": rule[len(kind) + 1 :]} | wildcards
            state = w.get("state") or (f"{w['task']}.seed{w['seed']}" if "seed" in w else "")
            return Job(kind, w["model"], w.get("task", ""), state, w.get("split", ""))
    return Job(rule)


def job_of_benchmark(file):
    """The job that left a benchmark file, from its path below `benchmarks`."""
    kind, *names = PurePath(file).with_suffix("").parts
    parts = names[0].split(".") if names else []
    if kind not in KINDS or not parts:
        return Job(kind)
    if kind in ("pin_model", "pretrain"):
        return Job(kind, parts[0])
    if kind in ("fetch_corpus", "write_corpus", "make_task"):
        return Job(kind, task=parts[0] if kind == "make_task" else "")
    if kind in ("embed", "probe_classifier", "probe_hulls"):
        return Job(kind, parts[0], parts[-1], ".".join(parts[1:-1]))
    if kind == "probe_direct":
        return Job(kind, parts[0], parts[-2], ".".join(parts[1:-2]), parts[-1])
    return Job(kind, parts[0], parts[1], ".".join(parts[1:]))


class Study:
    """A config and the sizes of what it names.

    Parameters
    ----------
    cfg : Config
    folders : list of path
        Results of studies, its own first.
    """

    def __init__(self, cfg, folders):
        self.cfg = cfg
        self.tasks, self.encoders = task_sizes(cfg, folders), encoder_sizes(cfg, folders)

    def knows(self, job):
        """Whether the config has what a job is about; a past job may be of a model that is no longer in it."""
        return job.model in ("", *self.cfg.models) and job.task in ("", *self.cfg.tasks)

    def guessed(self):
        """Tasks and models whose sizes are guesses."""
        return [name for each in (self.tasks, self.encoders) for name, size in each.items() if not size.known]

    def seconds(self, job, n_inputs=0):
        """The work of a job."""
        cfg = self.cfg
        task = self.tasks.get(job.task) or next(iter(self.tasks.values()))
        of = self.encoders.get(job.model) or next(iter(self.encoders.values()))
        sentences, n, m = sum(task.sentences.values()), task.targets["train"], task.targets["test"]
        token = 24 * of.depth * of.width**2 + 4e5 * of.depth  # operations of one forward pass
        forward, extraction = TOKENS * token / SPEED, TOKENS * token / SPEED / 4  # seconds a sentence
        match job.kind:
            case "pretrain":
                recipe = cfg.models[job.model].pretrain
                return 8 + 3 * forward * recipe.steps * recipe.batch_size
            case "finetune":
                epochs = cfg.recipe(job.model, job.task).epochs
                kept = kept_steps(cfg, job.model, job.task, task) * of.parameters / 1e8
                return 8 + epochs * (3.5 * forward * task.sentences["train"] + extraction * sentences) + kept
            case "embed":
                return 6 + extraction * sentences + len(cfg.layers_of(job.model)) * (n + m) * of.width / 2e7
            case "probe_direct":
                points = task.targets[job.split or "train"]
                harder = 4 if job.family == "pretrained" else 1
                return 1 + len(cfg.layers_of(job.model, "direct")) * harder * self._geometry(points, of.width)
            case "probe_classifier":
                layers = len(cfg.layers_of(job.model, "classifier"))
                return 3 + layers * n * self._training(of.width)
            case "probe_hulls":
                return 1 + len(cfg.layers_of(job.model, "hulls")) * m / 800
            case "trajectory":
                layers, steps = (
                    len(cfg.layers_of(job.model, "trajectories")),
                    kept_steps(cfg, job.model, job.task, task),
                )
                each = extraction * sentences + layers * sum(self._geometry(k, of.width) for k in (n, m))
                return 8 + (steps + 1) * each
            case "movement":
                return 0.8 + len(cfg.layers_of(job.model)) * n * of.width / 1e8
            case "similarity":
                return 1.5 + len(cfg.layers_of(job.model)) * (0.7 + n * of.width / 1e7)
            case "pin_model":
                return 5 + of.parameters / 1e7
            case "make_task":
                return 3 + sentences / 2000
        return 2.5 + n_inputs / 500

    def _geometry(self, points, width):
        return 0.08 * (points / 1000) ** 1.3 * width / 384

    def _training(self, width):
        """Seconds per point of all networks that the classifier probe trains in one layer."""
        probe = self.cfg.probes.classifier
        candidates = len(probe.hidden_layer_sizes) * len(probe.alphas)
        selected = probe.cv * candidates / (12 if probe.halving else 2) if candidates > 1 else 0  # trained side by side
        after = probe.repeats * (1 + probe.selectivity) + 2 * probe.memorisation + 2 * probe.description_length
        shapes = [[width, *hidden, 20] for hidden in probe.hidden_layer_sizes]
        weights = sum(a * b for shape in shapes for a, b in zip(shape, shape[1:])) / len(shapes)
        return (selected + after) * min(probe.max_iter, EPOCHS) * 6 * weights / 30e9
