"""The jobs that a Snakemake command would run: `python workflow/planned.py ARGUMENTS` prints one a line, as JSON."""

import json
import sys
from pathlib import Path

from snakemake import cli
from snakemake.logging import logger

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
        `rule`, `wildcards`, `input`, `output`, `threads`, `gpu`, `reason` of every job, `all` left out.

    Raises
    ------
    SystemExit
        Snakemake could not plan; it has said why.
    """
    jobs = []

    def listen(record):
        if getattr(record, "event", None) == "job_info" and record.rule_name != "all":
            jobs.append({
                "rule": record.rule_name, "wildcards": dict(record.wildcards), "input": list(record.input or []),
                "output": list(record.output or []), "threads": record.threads,
                "gpu": record.resources.get("gpu", 0), "reason": record.reason,
            })  # fmt: skip
        return True

    logger.addFilter(listen)
    try:
        cli.main(["--snakefile", str(SNAKEFILE), "--dry-run", "--quiet", "all", *arguments])
    except SystemExit as end:
        if end.code:
            raise
    finally:
        logger.removeFilter(listen)
    return jobs


if __name__ == "__main__":
    for job in planned(sys.argv[1:]):
        print(json.dumps(job))
