# The library that the rules call: beside the workflow in a checkout, else as it is installed.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

HERE = workflow.current_basedir  # this file's folder, here or in a repository on the web, whoever imports the workflow
CHECKOUT = Path(str(HERE)).parents[1]
INSTALL = "pip install 'closerlook[workflow]', or in a checkout of it pip install '.[workflow]'"
BESIDE = (CHECKOUT / "closerlook/__init__.py").is_file()
if BESIDE:
    sys.path.insert(0, str(CHECKOUT))

try:
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
    from closerlook.jobs import fingerprint, path
    from closerlook.layout import SPLITS, State
    from closerlook.overrides import arrived, typed
except ImportError as error:
    closerlook = None
    if workflow.check_envvars:  # of `--lint` alone Snakemake expects that the environment lacks what a run needs
        raise WorkflowError(f"The workflow's library, closerlook, cannot be imported here ({error}): {INSTALL}.")

if closerlook and BESIDE:
    path.first(CHECKOUT)  # so that the jobs find the same one, even if another is installed
