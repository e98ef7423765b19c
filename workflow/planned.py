"""The jobs that a Snakemake command would run: `python workflow/planned.py ARGUMENTS` prints one per line, as JSON."""

import contextlib
import io
import json
import sys
from pathlib import Path

from snakemake import cli
from snakemake.logging import logger

REMOVED = "Would remove temporary output "
SNAKEFILE = Path(__file__).resolve().parent.parent / "Snakefile"


def planned(arguments):
    """Make a dry run and listen to what Snakemake says of each job.

    Parameters
    ----------
    arguments : list of str
        As given to `snakemake`.

    Returns
    -------
    list of dict
        `rule`, `wildcards`, `input`, `output`, `temporary` (those of its outputs that are deleted once they have been
        read), `benchmark`, `threads`, `priority`, `gpu` of every job, `all` left out.

    Raises
    ------
    SystemExit
        Snakemake could not plan; it has said why.
    """
    jobs, temporary = [], set()

    def listen(record):
        if getattr(record, "event", None) == "job_info" and record.rule_name != "all":
            jobs.append({
                "rule": record.rule_name, "wildcards": dict(record.wildcards), "input": list(record.input or []),
                "output": list(record.output or []), "benchmark": record.benchmark,
                "threads": record.threads, "priority": record.priority, "gpu": record.resources.get("gpu", 0),
            })  # fmt: skip
        elif (said := record.getMessage()).startswith(REMOVED):
            temporary.add(said.removeprefix(REMOVED))
        return True

    logger.addFilter(listen)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cli.main(["--snakefile", str(SNAKEFILE), "--dry-run", *arguments])
    except SystemExit as end:
        if end.code:
            print(said.getvalue(), file=sys.stderr)
            raise
    finally:
        logger.removeFilter(listen)
    return [job | {"temporary": sorted(temporary.intersection(job["output"]))} for job in jobs]


if __name__ == "__main__":
    for job in planned(sys.argv[1:]):
        print(json.dumps(job))
