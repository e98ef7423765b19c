"""States, runs and spaces, and what the files of a study are called: built and parsed here and nowhere else."""

import functools
import re
from typing import NamedTuple

ORIGINAL = "original"
SPLITS = ("train", "test")
NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"
FULL = "full"  # the recipe that the workflow tunes by, where the config names none
BROUGHT = "brought"  # what runs that say their seed have in common
OTHERWISE = rf"{ORIGINAL}|{BROUGHT}|seed\d+|step\d+"  # names that no recipe can have
TAKEN = rf"{FULL}|{OTHERWISE}"  # names that no brought run can have
WILDCARDS = {
    "corpus": NAME, "task": NAME, "model": NAME, "run": NAME, "split": "|".join(SPLITS), "layer": r"\d+",
    "probe": "[a-z]+", "state": rf"{ORIGINAL}|{NAME}\.{NAME}(?:\.step\d+)?", "table": "[a-z0-9_]+",
    "figure": r"[a-z_]+(?:/[A-Za-z0-9._-]+)?",
}  # fmt: skip

# Below the folder of results
CORPUS = "corpora/{corpus}"
TASK = "tasks/{task}"
MODEL = "models/{model}"
RUN = "runs/{model}/{task}.{run}"
STEPS = f"{RUN}.steps"
EMBEDDING = "embeddings/{model}/{state}/{task}/{split}/layer{layer}.npy"
DIRECT = "probes/direct/{model}/{state}/{task}/{split}/layer{layer}.json"
CLUSTERS = "probes/direct/{model}/{state}/{task}/{split}/layer{layer}.npz"
PROBE = "probes/{probe}/{model}/{state}/{task}/layer{layer}.json"  # of any other probe
PREDICTIONS = "probes/{probe}/{model}/{state}/{task}/layer{layer}.parquet"  # per test example
SURROUNDINGS = "surroundings/{model}/{state}/{task}/layer{layer}.npz"
EXAMPLES = "examples/{model}/{task}.{run}.parquet"
MOVEMENT = "movement/{model}/{task}.{run}.npz"
SIMILARITY = "similarity/{model}/{task}.{run}.json"
TRAJECTORY = "trajectories/{model}/{task}.{run}.npz"
TABLE = "tables/{table}.csv"
FIGURE = "figures/{figure}"
EXPLORER = "report/explorer.json"
REPORT = "report.html"
EXPORT = "exports/{model}/{state}/{task}/layer{layer}"

CORPUS_FILES = {"files": "files", "fetched": "fetched.json"}
TASK_FILES = {
    "summary": "summary.json", "dataset": "dataset_dict.json", "train": "train", "test": "test",
    "labels": "labels.json", "words": "words.json", "sentences": "sentences.json",
}  # fmt: skip
ENCODER = {  # of a model, or of a run
    "config": "config.json", "weights": "model.safetensors", "facts": "model.json", "tokenizer": "tokenizer.json",
    "tokenizer_config": "tokenizer_config.json",
}  # fmt: skip
RESULTS = {  # of the experiments: the rule that makes each
    "metrics": f"{RUN}/metrics.json", "measure_movement": MOVEMENT, "measure_similarity": SIMILARITY,
    "trace_run": TRAJECTORY, "probe_direct": DIRECT, "probe": PROBE, "measure_surroundings": SURROUNDINGS,
    "gather_examples": EXAMPLES,
}  # fmt: skip
JOBS = {  # what tells the jobs of a rule apart, and so what their logs and benchmark files are called
    "fetch_corpus": "{corpus}", "write_corpus": "{corpus}", "make_task": "{task}", "pin_model": "{model}",
    "pretrain": "{model}", "finetune": "{model}/{task}.{run}", "bring_run": "{model}/{task}.{run}",
    "embed": "{model}/{state}/{task}", "take_vectors": "{model}/{state}/{task}",
    "probe_direct": "{model}/{state}/{task}/{split}/layer{layer}",
    "measure_surroundings": "{model}/{state}/{task}/layer{layer}", "gather_examples": "{model}/{task}.{run}",
    "measure_movement": "{model}/{task}.{run}", "measure_similarity": "{model}/{task}.{run}",
    "trace_run": "{model}/{task}.{run}", "table": "{table}", "print_table7": "table7", "plot": "{figure}",
    "missing": "missing", "explorer": "explorer", "report": "report",
}  # fmt: skip


class State(NamedTuple):
    """Which weights of a model: the original ones, or those of a run on a task, at its end or after a step."""

    task: str | None = None
    run: str | None = None
    step: int | None = None

    def __str__(self):
        if self.task is None:
            return ORIGINAL
        return f"{self.task}.{self.run}" + (f".step{self.step}" if self.step is not None else "")

    @classmethod
    def parse(cls, text):
        if text == ORIGINAL:
            return cls()
        if not re.fullmatch(WILDCARDS["state"], text):
            raise ValueError(f"{text!r} is not a state: it should be `original`, `TASK.RUN` or `TASK.RUN.stepK`.")
        task, run, *step = text.split(".")
        return cls(task, run, int(step[0].removeprefix("step")) if step else None)


class Run(NamedTuple):
    """One fine-tuning of a model on a task, from its original weights to tuned ones."""

    model: str
    task: str
    run: str

    @property
    def state(self):
        return State(self.task, self.run)

    @classmethod
    def of(cls, path):
        """The run that a result is about."""
        return cls(**_first(path, MOVEMENT, SIMILARITY, TRAJECTORY, EXAMPLES, f"{RUN}/metrics.json"))


class Space(NamedTuple):
    """The vectors of a task's targets in a layer; a classifier's result is about both splits (None)."""

    model: str
    state: State
    task: str
    layer: int
    split: str | None = None

    @classmethod
    def of(cls, path):
        """The space that a result is about."""
        names = _first(path, CLUSTERS, DIRECT, EMBEDDING, SURROUNDINGS, PROBE, PREDICTIONS)
        names.pop("probe", None)
        return cls(**names | {"state": State.parse(names["state"]), "layer": int(names["layer"])})


def by_layer(files):
    """The files of a space's layers, by their numbers."""
    return {Space.of(file).layer: file for file in files}


def run_name(recipe, seed):
    """What the workflow calls a run that it makes: `full` is not named, so that other recipes can be added to it."""
    return f"seed{seed}" if recipe == FULL else f"{recipe}-seed{seed}"


def subject(model, recipe):
    """What tables and figures call a model that was tuned by a recipe, where it was tuned by several."""
    return f"{model} ({recipe})"


def model_of(subject):
    """The model that a row of a table is about, by its name there."""
    return subject.partition(" (")[0]


def match(pattern, path):
    """The names in the end of a path, by a pattern of this module; None where it does not fit."""
    found = _regex(pattern).search(str(path))
    return found and found.groupdict()


def of_probe(probe, pattern=PROBE):
    """The pattern of a probe's results."""
    return pattern.replace("{probe}", probe)


def names_of(rule):
    """The pattern of the names that tell the jobs of a rule apart; empty for one that is not known."""
    cell = "{model}/{state}/{task}/layer{layer}" if re.fullmatch("probe_[a-z]+", rule) else ""
    return JOBS.get(rule, cell)


def job_of(path):
    """The rule and the names of the job that left a log or a benchmark file, from its path below their folder."""
    rule, _, name = str(path).rpartition(".")[0].partition("/")
    return rule, (names_of(rule) and match(names_of(rule), name)) or {}


@functools.cache
def _regex(pattern):
    parts = re.split(r"\{(\w+)\}", pattern)
    text = "".join(f"(?P<{part}>{WILDCARDS[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile(rf"(?:^|/){text}$")


def _first(path, *patterns):
    for pattern in patterns:
        if (found := match(pattern, path)) is not None:
            return found
    raise ValueError(f"{path} is not a result of a study.")
