from pathlib import Path

from snakemake.exceptions import WorkflowError

from closerlook import fingerprint
from closerlook.config import load
from closerlook.errors import InputError

try:
    CFG = load(config, " + ".join(map(str, workflow.configfiles)) or "config")
except InputError as error:
    raise WorkflowError(str(error))

SPLITS = ["train", "test"]
EMBEDDING = "<results>/embeddings/{model}/{state}/{task}/{split}/layer{layer}.npy"
DIRECT = "<results>/probes/direct/{model}/{state}/{task}/{split}/layer{layer}.json"
CLUSTERS = "<results>/probes/direct/{model}/{state}/{task}/{split}/layer{layer}.npz"
CLASSIFIER = "<results>/probes/classifier/{model}/{state}/{task}/layer{layer}.json"


wildcard_constraints:
    corpus="[A-Za-z0-9_-]+",
    task="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    seed=r"\d+",
    state=r"pretrained|[A-Za-z0-9_-]+\.seed\d+(\.step\d+)?",
    split="train|test",
    layer=r"\d+",


def either(names):
    """A wildcard's pattern: one of some names, or nothing at all."""
    return "|".join(names) or "(?!)"


def code(script):
    """The library code behind a script, so that an edit of it reruns the script's jobs."""
    return fingerprint.closure(Path(workflow.basedir) / "workflow" / "scripts" / f"{script}.py")


def plain(section, **more):
    """A part of the config as sorted plain values, the only ones whose changes Snakemake sees."""
    return dict(sorted(section.model_dump(**more).items()))


def states(model, task):
    """The states of a model in which a task is probed."""
    own = [task] if task in CFG.tuned(model) else []
    others = [tuned for tuned, probed in CFG.crossings(model) if probed == task]
    return ["pretrained", *(f"{tuned}.seed{seed}" for tuned in (*own, *others) for seed in CFG.seeds)]


def encoder(model, state):
    """What holds a state's encoder: its weights, or the folder of a run's kept steps."""
    if state == "pretrained":
        return f"<results>/models/{model}/model.safetensors"
    run, step, _ = state.partition(".step")
    folder = f"<results>/finetuned/{model}/{run}"
    return f"{folder}.steps" if step else f"{folder}/model.safetensors"


def origin(model):
    """The files that a pinned model is made from, where they lie on this machine."""
    if like := CFG.models[model].like:
        return f"<results>/models/{like}/model.json"
    return [f"{CFG.models[model].path}/config.json"] if CFG.models[model].path else []


def cells(pattern, probe, **more):
    """Fill a path pattern for every model, task, state and layer that a probe reads."""
    return [
        path
        for model in CFG.models
        for task in CFG.tasks_of(model)
        for path in expand(
            pattern, model=model, task=task, state=states(model, task), layer=CFG.layers_of(model, probe), **more
        )
    ]
