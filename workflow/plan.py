"""What a study will cost: jobs, hours, disk, time, from a dry run and the past jobs in `results/` (`make plan`)."""

import argparse
import sys
from pathlib import Path

import yaml
from planned import planned
from snakemake.cli import parse_config
from snakemake.utils import update_config

from closerlook.config import Config, load
from closerlook.errors import InputError
from closerlook.jobs.plan.costs import Costs
from closerlook.jobs.plan.estimate import estimate, tell
from closerlook.jobs.plan.work import Study
from closerlook.overrides import typed


def read(*files, given=None):
    """The config of one file, or of several, each of which changes those before it; `given` are further changes."""
    raw = {}
    for file in files:
        try:
            part = yaml.safe_load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(
                f"{file}: cannot be read ({error.strerror}); give a config, as CONFIG=mine.yaml."
            ) from error
        except yaml.YAMLError as error:
            raise InputError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
        if not isinstance(part, dict):
            return load(part, str(file), given)  # says that it is not a config
        update_config(raw, part)
    update_config(raw, given or {})
    return load(raw, " + ".join(map(str, files)), given)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--configfile", type=Path, nargs="+", default=[Path("config/config.yaml")])
parser.add_argument("--config", nargs="+", default=[], help="keys of the config to change, as Snakemake takes them")
parser.add_argument("--cores", type=int, required=True)
parser.add_argument("--gpus", type=int, default=0)
parser.add_argument("--gpu-speed", type=float, default=1.0, help="how much faster than past ones jobs with a GPU are")
parser.add_argument("--past", type=Path, nargs="*", help="folders of results to learn from (all below results/)")
options, more = parser.parse_known_args()  # the rest is for Snakemake

try:
    cfg = read(*options.configfile, given=typed(parse_config(options.config), Config))
    own = Path(cfg.pathvars.results)
    past = options.past or sorted({own, *(file.parent for file in Path("results").glob("*/config.yaml"))})
    studies = {folder: read(file) for folder in past if (file := folder / "config.yaml").exists()}
    study = Study(cfg, [own, *studies])
    costs = Costs([(Study(of, [folder, *studies]), folder) for folder, of in studies.items()])
except InputError as error:
    sys.exit(str(error))
changes = ["--config", *options.config] if options.config else []
files = ["--configfile", *map(str, options.configfile)]
jobs = planned(["--cores", str(options.cores), *files, *changes, *more])
print(tell(*estimate(jobs, study, costs, options.gpu_speed), study, costs, options.cores, options.gpus))
