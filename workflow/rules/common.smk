import shlex
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from closerlook import fingerprint
from closerlook.config import Config, load
from closerlook.corpora.sources import files_of
from closerlook.digests import digests
from closerlook.encoders.folder import model_files
from closerlook.errors import InputError
from closerlook.files import sha256, staged, writable
from closerlook.overrides import arrived, typed

try:
    GIVEN = typed(arrived(workflow.config_settings.config, config), Config)  # by --config
    update_config(config, GIVEN)
    CFG = load(config, " + ".join(map(str, workflow.configfiles)) or "config", GIVEN)
except InputError as error:
    raise WorkflowError(str(error))

if Path(sys.executable).exists():  # else it has been done
    sys.executable = shlex.quote(sys.executable)  # which Snakemake does not, so that a space in the path ends every job

CODE = Path(workflow.basedir) / fingerprint.PACKAGE
SPLITS = ["train", "test"]
EMBEDDING = "<results>/embeddings/{model}/{state}/{task}/{split}/layer{layer}.npy"
DIRECT = "<results>/probes/direct/{model}/{state}/{task}/{split}/layer{layer}.json"
CLUSTERS = "<results>/probes/direct/{model}/{state}/{task}/{split}/layer{layer}.npz"
CLASSIFIER = "<results>/probes/classifier/{model}/{state}/{task}/layer{layer}.json"
HULLS = "<results>/probes/hulls/{model}/{state}/{task}/layer{layer}.json"
MOVEMENT = "<results>/movement/{model}/{task}.seed{seed}.npz"
SIMILARITY = "<results>/similarity/{model}/{task}.seed{seed}.json"
METRICS = "<results>/finetuned/{model}/{task}.seed{seed}/metrics.json"
TASK = expand("<results>/tasks/{{task}}/{part}", part=["summary.json", "dataset_dict.json", *SPLITS])
MODEL = ["model.safetensors", "config.json", "model.json", "tokenizer.json", "tokenizer_config.json"]
TRAJECTORY = "<results>/trajectories/{model}/{task}.seed{seed}.npz"


wildcard_constraints:
    corpus="[A-Za-z0-9_-]+",
    task="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    seed=r"\d+",
    state=r"pretrained|[A-Za-z0-9_-]+\.seed\d+(\.step\d+)?",
    split="train|test",
    layer=r"\d+",


def keep_config():
    """Write the config beside the results: `make plan` has to know what past jobs were about."""
    with staged(Path(CFG.pathvars.results) / "config.yaml") as part:
        part.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")


def either(names):
    """A wildcard's pattern: one of some names, or nothing at all."""
    return "|".join(names) or "(?!)"


def code(script):
    """A script and the library code behind it, so that an edit of either reruns the script's jobs."""
    return fingerprint.closure(Path(workflow.basedir) / "workflow" / "scripts" / f"{script}.py")


def plain(section, **more):
    """A part of the config as sorted plain values, the only ones whose changes Snakemake sees."""
    return dict(sorted(section.model_dump(**more).items()))


def asks(kind, resource):
    """What a job asks a cluster for: more with each attempt."""
    first = CFG.request(kind)[resource]
    return lambda wildcards, attempt: first * attempt


def states(model, task):
    """The states of a model in which a task is probed."""
    own = [task] if task in CFG.tuned(model) else []
    others = [tuned for tuned, probed in CFG.crossings(model) if probed == task]
    return ["pretrained", *(f"{tuned}.seed{seed}" for tuned in (*own, *others) for seed in CFG.seeds)]


def pinned(model):
    """The files of a pinned model, all of them: on storage without folders, a job has what it declares."""
    return expand("<results>/models/{model}/{name}", model=model, name=MODEL)


def encoder(model, state):
    """What holds a state's encoder: its weights and more, or the folder of a run's kept steps."""
    if state == "pretrained":
        return pinned(model)
    run, step, _ = state.partition(".step")
    folder = f"<results>/finetuned/{model}/{run}"
    return [f"{folder}.steps"] if step else [f"{folder}/model.safetensors", f"{folder}/config.json"]


def origin(model):
    """The files that a pinned model is made from: those of another model here, or of a folder, known by their bytes."""
    like = CFG.models[model].like
    return pinned(like) if like else [ancient(file) for file in local(model)]


def local(model):
    """The files of a model's folder that are read."""
    source = CFG.models[model]
    return model_files(source.path, source.weights == "pretrained") if source.path else []


def contents(model):
    """These with their digests: a model is pinned again when one has other bytes, not when it was merely touched."""
    known = digests(local(model), f"{CFG.pathvars.results}/.digests.json")
    return sorted(f"{Path(file).name} {digest}" for file, digest in known.items())


def given(corpus, *splits):
    """The files that splits of a corpus are read from, where they lie on this machine."""
    sources = [getattr(CFG.corpora[corpus], split) for split in splits]
    return [ancient(file) for source in sources for file in files_of(source.path, source.split)]


def names_of(task):
    """The file with the names of a task's labels, if there is one."""
    names = CFG.tasks[task].names
    return [ancient(names)] if isinstance(names, str) else []


def as_they_are(files):
    """Files with their digests, as `contents` has them."""
    known = digests(files, f"{CFG.pathvars.results}/.digests.json")
    return sorted(f"{file} {digest}" for file, digest in known.items())


def layers(model, state, split, part=None):
    """The vectors of a state in all layers that a part of the study looks at, for any task."""
    layers = CFG.layers_of(model, part)
    return expand(EMBEDDING, model=model, state=state, split=split, layer=layers, allow_missing=True)


def found(paths):
    """All paths; in a partial study those that exist."""
    return [p for p in paths if not CFG.partial or Path(p.replace("<results>", CFG.pathvars.results)).exists()]


def cells(pattern, probe, last=False, **more):
    """Fill a path pattern for every model, task, state and layer that a probe reads, or for their last layer."""
    return [
        path
        for model in CFG.models
        for task in CFG.tasks_of(model)
        for path in expand(
            pattern,
            model=model,
            task=task,
            state=states(model, task),
            layer=CFG.layers_of(model, probe)[-1 if last else 0 :],
            **more,
        )
    ]


def runs(pattern, model=None, task=None):
    """Fill a path pattern for every run of fine-tuning, of one model and task or of all."""
    return [
        path
        for m in CFG.models
        for t in CFG.tuned(m)
        if model in (None, m) and task in (None, t)
        for path in expand(pattern, model=m, task=t, seed=CFG.seeds)
    ]


def followed():
    """The runs that were followed step by step."""
    return [
        path for model, task in CFG.followed() for path in expand(TRAJECTORY, model=model, task=task, seed=CFG.seeds)
    ]


LABELS = found(expand("<results>/tasks/{task}/labels.json", task=CFG.tasks))
SUMMARIES = found(expand("<results>/tasks/{task}/summary.json", task=CFG.tasks))


def missing():
    """The results that a partial study lacks."""
    wanted = runs(METRICS) + runs(MOVEMENT) + runs(SIMILARITY) + followed() + cells(DIRECT, "direct", split=SPLITS)
    wanted += cells(CLASSIFIER, "classifier") + cells(HULLS, "hulls")
    there = set(found(wanted))
    return [path.removeprefix("<results>/") for path in wanted if path not in there]


def drawn():
    """The figures that a study has: those of all of it, of each model, of each model and task."""
    tuned = [model for model in CFG.models if CFG.tuned(model)]
    whole = ["layers", "errors_by_distance"]
    whole += ["claims", "similarity"] if tuned else []
    whole += ["memorisation"] if CFG.probes.classifier.memorisation else []
    whole += ["transfer"] if any(map(CFG.crossings, CFG.models)) else []
    whole += ["hull_accuracy"] if any(CFG.layers_of(model, "hulls") for model in CFG.models) else []
    whole += ["label_distances", "layer_similarity", "centroid_paths"] if found(followed()) else []
    pairs = [f"{model}.{task}" for model in tuned for task in CFG.tuned(model) if found(runs(MOVEMENT, model, task))]
    return {
        "": whole,
        "layer_distances/": list(CFG.models),
        "directions/": pairs,
        "movement_lengths/": pairs,
    }


def figures(suffix):
    """The files of all figures."""
    return [f"<results>/figures/{folder}{name}.{suffix}" for folder, names in drawn().items() for name in names]


def captions():
    """The caption of each kind of figure: a text, not a file, whose time a fresh clone would change."""
    names = [*drawn()[""], *(folder.strip("/") for folder, names in drawn().items() if folder and names)]
    folder = Path(workflow.basedir) / "workflow" / "report"
    return {name: (folder / f"{name}.rst").read_text(encoding="utf-8") for name in sorted(names)}
