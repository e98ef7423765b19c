"""The command `closerlook`: a comparison in one line, and the workflow from any folder."""

import sys
from importlib.util import find_spec


def main(arguments=None):
    """Run the command; exit with 0, with 1 where a study failed, with 2 where the arguments are wrong.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.
    """
    lacking = [name for name in ("typer", "snakemake") if not find_spec(name)]
    if lacking:
        sys.exit(f"Error: the command needs {' and '.join(lacking)}: pip install 'closerlook[workflow]'")
    from closerlook.command.app import run

    run(arguments)
