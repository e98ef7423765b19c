import shlex
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

import closerlook
from closerlook import layout
from closerlook.analysis.catalog import TABLES
from closerlook.analysis.published import matching
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
    sys.executable = shlex.quote(sys.executable)  # Snakemake does not, so a space in the path would end every job

GRID = Grid(CFG)
ENCODERS = [model for model in CFG.models if not CFG.models[model].vectors]
WITHOUT_ENCODER = [model for model in CFG.models if CFG.models[model].vectors]
SCRIPTS = Path(str(workflow.current_basedir)).parent / "scripts"
MEMORY = f"{CFG.pathvars.results}/.digests.json"  # of files that were read before
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
    return fingerprint.closure(SCRIPTS / f"{script}.py", *modules)


def plain(section, **more):
    """A part of the config as sorted plain values, the only ones whose changes Snakemake sees."""
    return dict(sorted(section.model_dump(**more).items()))


def known(files):
    """Files with their digests: a job runs again when one has other bytes, not when it was merely touched."""
    return sorted(f"{file} {digest}" for file, digest in digests(files, MEMORY).items())
