import shlex
from importlib.util import find_spec

import yaml
from snakemake.sourcecache import GithubFile, LocalSourceFile
from snakemake.utils import update_config

try:
    GIVEN = typed(arrived(workflow.config_settings.config, config), Config)  # by --config
    update_config(config, GIVEN)
    CFG = load(config, " + ".join(map(str, workflow.configfiles)) or "config", GIVEN)
except InputError as error:
    raise WorkflowError(str(error))

if Path(sys.executable).exists():  # else it has been done
    sys.executable = shlex.quote(sys.executable)  # Snakemake does not, so a space in the path would end every job

GRID = Grid(CFG)
ENCODERS = [model for model in CFG.models if not CFG.models[model].vectors]
WITHOUT_ENCODER = [model for model in CFG.models if CFG.models[model].vectors]
MOVED = workflow.modifier.path_modifier.replace_prefix  # what the `prefix` of somebody's `module` makes of a path
RESULTS = MOVED(workflow.pathvars.apply("<results>"))
MEMORY = f"{RESULTS}/.digests.json"  # of files that were read before
EMBEDDING, DIRECT, CLUSTERS, SURROUNDINGS, EXAMPLES, MOVEMENT, SIMILARITY, TRAJECTORY, RUN, STEPS = (
    f"<results>/{pattern}"
    for pattern in (
        layout.EMBEDDING,
        layout.DIRECT,
        layout.CLUSTERS,
        layout.SURROUNDINGS,
        layout.EXAMPLES,
        layout.MOVEMENT,
        layout.SIMILARITY,
        layout.TRAJECTORY,
        layout.RUN,
        layout.STEPS,
    )
)
PREDICTIONS = f"<results>/{layout.of_probe('classifier', layout.PREDICTIONS)}"
TABLE = f"<results>/{layout.TABLE}"
# For --sdm apptainer: of a release on GitHub the image that was made of it, else one that the user makes of Containerfile.
PUBLISHED = isinstance(HERE, GithubFile)
IMAGE = f"docker://ghcr.io/{HERE.repo.lower()}:{HERE.ref.removeprefix('v')}" if PUBLISHED else "closerlook.sif"
PACKAGES = ("numba", "sklearn", "pandas", "matplotlib", "torch", "transformers", "datasets")  # where they are, all are
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
    with staged(Path(RESULTS) / "config.yaml") as part:
        part.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")


def lacking():
    """The sentence on packages that jobs do not find; nothing where they find all, or run in another environment."""
    elsewhere = workflow.deployment_settings.deployment_method or not workflow.local_exec
    names = [] if elsewhere else [package for package in PACKAGES if not find_spec(package)]
    return names and f"Jobs need {', '.join(names)}: {INSTALL}, or let Snakemake bring them with --sdm conda."


def either(names):
    """A wildcard's pattern: one of some names, or nothing at all."""
    return "|".join(names) or "(?!)"


def files_in(folder, files):
    """The files in a folder of results, by what each is."""
    return {part: f"<results>/{folder}/{file}" for part, file in files.items()}


CORPUS = files_in(layout.CORPUS, layout.CORPUS_FILES)
TASK = files_in(layout.TASK, layout.TASK_FILES)
LABELS, WORDS, SENTENCES = (TASK.pop(part) for part in ("labels", "words", "sentences"))


def asks(kind):
    """What a job asks a cluster for: more with each attempt."""
    mem_mb, runtime = REQUESTS[kind]
    return {
        "mem_mb": lambda wildcards, attempt: mem_mb * attempt,
        "runtime": lambda wildcards, attempt: runtime * attempt,
    }


def log_of(rule):
    """The log of a rule's jobs."""
    return f"<results>/logs/{rule}/{layout.names_of(rule)}.log"


def cost_of(rule):
    """The benchmark file of a rule's jobs."""
    return f"<results>/benchmarks/{rule}/{layout.names_of(rule)}.tsv"


def code(script, *modules):
    """A script and the library code behind it, and modules that it looks up: an edit of any reruns the jobs."""
    source = HERE.join(f"../scripts/{script}.py")
    here = isinstance(source, LocalSourceFile)  # else it is on the web, and Snakemake fetches it
    return fingerprint.closure(source if here else workflow.sourcecache.get_path(source), *modules)


def plain(section, **more):
    """A part of the config as sorted plain values, the only ones whose changes Snakemake sees."""
    return dict(sorted(section.model_dump(**more).items()))


def known(files):
    """Files with their digests: a job runs again when one has other bytes, not when it was merely touched."""
    return sorted(f"{file} {digest}" for file, digest in digests(files, MEMORY).items())
