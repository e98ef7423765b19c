import shlex
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

import closerlook
from closerlook import layout
from closerlook.analysis.catalog import TABLES
from closerlook.config import Config, load
from closerlook.corpora.sources import files_of
from closerlook.digests import digests
from closerlook.encoders.folder import model_files, run_files
from closerlook.errors import InputError
from closerlook.figures.catalog import FIGURES
from closerlook.files import sha256, staged, writable
from closerlook.grid import Grid
from closerlook.jobs import fingerprint
from closerlook.layout import SPLITS, State
from closerlook.overrides import arrived, typed

try:
    GIVEN = typed(arrived(workflow.config_settings.config, config), Config)  # by --config
    update_config(config, GIVEN)
    CFG = load(config, " + ".join(map(str, workflow.configfiles)) or "config", GIVEN)
except InputError as error:
    raise WorkflowError(str(error))

if Path(sys.executable).exists():  # else it has been done
    sys.executable = shlex.quote(sys.executable)  # which Snakemake does not, so that a space in the path ends every job

GRID = Grid(CFG)
SCRIPTS = Path(str(workflow.current_basedir)).parent / "scripts"
MEMORY = f"{CFG.pathvars.results}/.digests.json"  # of files that were read before
EMBEDDING, DIRECT, CLUSTERS, CLASSIFIER, HULLS, MOVEMENT, SIMILARITY, TRAJECTORY, RUN, STEPS = (
    f"<results>/{pattern}"
    for pattern in (
        layout.EMBEDDING,
        layout.DIRECT,
        layout.CLUSTERS,
        layout.CLASSIFIER,
        layout.HULLS,
        layout.MOVEMENT,
        layout.SIMILARITY,
        layout.TRAJECTORY,
        layout.RUN,
        layout.STEPS,
    )
)
TASK = {
    part: f"<results>/{layout.TASK}/{file}"
    for part, file in {"summary": "summary.json", "dataset": "dataset_dict.json", "train": "train", "test": "test"}.items()
}
LABELS = f"<results>/{layout.TASK}/labels.json"
ON_GPU = int(CFG.device != "cpu")
REQUESTS = {  # MB and minutes that a job of each kind asks a cluster for, in its first attempt
    "corpus": (4000, 60),
    "pretrain": (8000, 240),
    "finetune": (8000, 240),
    "embed": (8000, 60),
    "classifier": (4000, 120),
    "geometry": (4000, 60),
    "trace": (8000, 480),
    "compare": (4000, 15),
    "table": (2000, 5),
}


wildcard_constraints:
    **layout.WILDCARDS,


def keep_config():
    """Write the config beside the results: a plan has to know what past jobs were about."""
    with staged(Path(CFG.pathvars.results) / "config.yaml") as part:
        part.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")


def either(names):
    """A wildcard's pattern: one of some names, or nothing at all."""
    return "|".join(names) or "(?!)"


def asks(kind):
    """What a job asks a cluster for: more with each attempt."""
    mem_mb, runtime = REQUESTS[kind]
    return {
        "mem_mb": lambda wildcards, attempt: mem_mb * attempt,
        "runtime": lambda wildcards, attempt: runtime * attempt,
    }


def log_of(rule):
    """The log of a rule's jobs."""
    return f"<results>/logs/{rule}/{layout.JOBS[rule]}.log"


def cost_of(rule):
    """The benchmark file of a rule's jobs."""
    return f"<results>/benchmarks/{rule}/{layout.JOBS[rule]}.tsv"


def code(script, *modules):
    """A script and the library code behind it, and modules that it looks up: an edit of any reruns the jobs."""
    return fingerprint.closure(SCRIPTS / f"{script}.py", *modules)


def plain(section, **more):
    """A part of the config as sorted plain values, the only ones whose changes Snakemake sees."""
    return dict(sorted(section.model_dump(**more).items()))


def known(files):
    """Files with their digests: a job runs again when one has other bytes, not when it was merely touched."""
    return sorted(f"{file} {digest}" for file, digest in digests(files, MEMORY).items())


def encoder(folder):
    """The files of a pinned model or of a run: on storage without folders, a job has what it declares."""
    return {part: f"<results>/{folder}/{file}" for part, file in layout.ENCODER.items()}


def encoder_of(w):
    """What holds a state's encoder: its files, or those of its run and the folder of the run's kept steps."""
    state = State.parse(w.state)
    if not state.run:
        return encoder(layout.MODEL.format(model=w.model))
    names = {"model": w.model, "task": state.task, "run": state.run}
    steps = {"steps": STEPS.format(**names)} if state.step is not None else {}
    return encoder(layout.RUN.format(**names)) | steps


def layers_of(state, split, part=None):
    """The vectors of a state in all layers that a part of the study looks at: an input function."""

    def files(w):
        names = {"state": state.format(**w), "task": w.task, "split": split}
        return [EMBEDDING.format(model=w.model, layer=n, **names) for n in GRID.layers(w.model, part)]

    return files


def found(paths):
    """All paths; in a partial study those that exist."""
    return [p for p in paths if not CFG.partial or Path(p.replace("<results>", CFG.pathvars.results)).exists()]


def cells(pattern, probe, **more):
    """Fill a path pattern for every space that a probe looks at."""
    return list(dict.fromkeys(pattern.format(**space._asdict()) for space in GRID.spaces(probe, **more)))


def of_runs(pattern, runs=None):
    """Fill a path pattern for runs, by default for all."""
    return [pattern.format(**run._asdict()) for run in (GRID.runs() if runs is None else runs)]


SOURCES = {  # what tables are made of
    "direct": lambda: cells(DIRECT, "direct"),
    "cluster_arrays": lambda: cells(CLUSTERS, "direct"),
    "train_cluster_arrays": lambda: cells(CLUSTERS, "direct", splits=["train"]),
    "last_cluster_arrays": lambda: cells(CLUSTERS, "direct", splits=["train"], last=True),
    "classifier": lambda: cells(CLASSIFIER, "classifier"),
    "last_classifier": lambda: cells(CLASSIFIER, "classifier", last=True),
    "hull_scores": lambda: cells(HULLS, "hulls"),
    "last_hull_scores": lambda: cells(HULLS, "hulls", last=True),
    "metrics": lambda: of_runs(f"{RUN}/metrics.json"),
    "movements": lambda: of_runs(MOVEMENT),
    "similarities": lambda: of_runs(SIMILARITY),
    "traces": lambda: of_runs(TRAJECTORY, GRID.followed()),
    "names": lambda: [LABELS.format(task=task) for task in CFG.tasks],
}
EXPERIMENTS = ("metrics", "movements", "similarities", "traces", "direct", "classifier", "hull_scores")


def source(name):
    """The files that a table reads: another table, or results, in a partial study those that exist."""
    return f"<results>/tables/{name}.csv" if name in TABLES else found(SOURCES[name]())


def subjects_with(runs):
    """The subjects that some runs belong to, and the task of each, once."""
    about = GRID.about()
    belongs = {
        (name, run.task)
        for run in runs
        for name, subject in GRID.subjects().items()
        if subject["model"] == run.model
        and subject["recipes"].get(run.task) == about[f"{run.model}/{run.state}"]["recipe"]
    }
    return [(name, task) for name in GRID.subjects() for task in CFG.tasks if (name, task) in belongs]


def there(pattern, runs):
    """Those of some runs whose results exist."""
    return [run for run in runs if found([pattern.format(**run._asdict())])]


VALUES = {  # what tables and figures are told of the study
    "models": list(GRID.subjects()),
    "tuned": list(dict.fromkeys(name for name, _ in subjects_with(GRID.runs()))),
    "crossed": [
        name
        for name, subject in GRID.subjects().items()
        if any(tuned in subject["recipes"] for tuned, _ in GRID.crossings(subject["model"]))
    ],
    "curves": list(GRID.subjects()) if CFG.probes.classifier.memorisation else [],
    "hull_layers": [model for model in CFG.models if GRID.layers(model, "hulls")],
    "tasks": list(CFG.tasks),
    "depths": {model: GRID.depth(model) for model in sorted(CFG.models)},
    "about": GRID.about(),
    "pairs": subjects_with(there(TRAJECTORY, GRID.followed())),
    "min_cluster_size": CFG.probes.direct.min_cluster_size,
    "tol": CFG.probes.direct.tol,
    "related": CFG.related_tasks,
    "opposing": CFG.opposing_tasks,
}


def told(row):
    """The values that a table or a figure is told, by what its function calls them."""
    return {parameter: VALUES[name] for parameter, name in sorted(row.told.items())}


def absent():
    """The results that a partial study lacks."""
    wanted = [path for name in EXPERIMENTS for path in SOURCES[name]()]
    there = set(found(wanted))
    return [path.removeprefix("<results>/") for path in wanted if path not in there]


def drawn():
    """The figures that a study has, by their file's name: the kind of each, and what it is of."""
    files = {}
    for kind, row in FIGURES.items():
        if row.per == "study":
            files |= {kind: {"kind": kind}} if VALUES[row.when] else {}
        elif row.per == "model":
            of = {
                (name, None): {"model": name, "tasks": GRID.tasks(name) if subject["whole"] else list(subject["recipes"])}
                for name, subject in GRID.subjects().items()
            }
        else:
            pairs = subjects_with(there(MOVEMENT, GRID.runs()))
            of = {(name, task): {"model": name, "task": task} for name, task in pairs}
        if row.per != "study":
            for (name, task), values in of.items():
                file = ".".join(filter(None, (name.replace(" (", ".").rstrip(")"), task)))
                files[f"{kind}/{file}"] = {"kind": kind, **values}
    return files


DRAWN = drawn()
FIGURE_FILES = {suffix: [f"<results>/figures/{name}.{suffix}" for name in DRAWN] for suffix in ("pdf", "png")}
