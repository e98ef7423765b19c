"""Snakemake on this project's workflow, as a process of its own: one bar instead of its log."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import closerlook
from closerlook.errors import InputError
from closerlook.files import writable

EVERY = 30  # seconds between two lines where there is no terminal for a bar
TOTAL = re.compile(r"total +(\d+)")
COUNT = re.compile(r"(\w+) +(\d+)")
DONE = re.compile(r"(\d+) of (\d+) steps \(.*\) done")
JOB = re.compile(r"Job \d+: (.*?)(?: \(.*)?")
FAILED = re.compile(r"Error in (?:group|rule) (.+):")
LOG = re.compile(r"    log: (.+?)(?: \(check log file\(s\) for error details\))?")
WHY = re.compile(r"(?:\w*Exception|\w*Error)\b.*")
IDLE = "Nothing to be done"
LOCKED = "cannot be locked"


class StudyError(Exception):
    """A study failed; the message says in sentences which jobs did and why."""


class Stopped(Exception):
    """A study was interrupted (Ctrl-C, SIGTERM), and all its processes have ended."""


def home():
    """The folder with `workflow/`, `config/` and `profiles/`: in the installed package, or around it in a checkout."""
    package = Path(closerlook.__file__).resolve().parent
    return next(folder for folder in (package / "_project", package.parent) if (folder / "workflow").is_dir())


def entry(more=()):
    """Snakemake's arguments that name the workflow, and its profile where no other one is named in `more`."""
    own = "--workflow-profile" not in more
    profile = ["--workflow-profile", str(home() / "profiles/default")] * own
    return ["--snakefile", str(home() / "workflow/Snakefile"), *profile]


def environment():
    """What the processes of a study find in their environment: a folder `closerlook` beside them is not a package."""
    return os.environ | {"PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


def gpus():
    """How many GPUs this machine shows."""
    if not shutil.which("nvidia-smi"):
        return 0
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def command(config, cores, gpus, more=()):
    """The Snakemake command for a config.

    Parameters
    ----------
    config : path
    cores, gpus : int
    more : list of str
        Further arguments of Snakemake.

    Returns
    -------
    list of str
    """
    devices = ["--resources", f"gpu={gpus}"] if gpus else []
    limits = ["--cores", str(cores), *devices]
    return [sys.executable, "-m", "snakemake", *entry(more), *limits, "--configfile", str(config), *more]


def run(arguments, log, verbose=False):
    """Run a Snakemake command, with its output in a file.

    Parameters
    ----------
    arguments : list of str
        As `command` returns them.
    log : Path
    verbose : bool
        Show the output as well, instead of a bar.

    Returns
    -------
    Told

    Raises
    ------
    StudyError
        Jobs failed, or Snakemake could not plan them.
    InputError
        The log's folder cannot be written to.
    Stopped
        After Snakemake and its jobs have ended too.
    """
    writable(log.parent)
    log.parent.mkdir(parents=True, exist_ok=True)
    told = Told()
    with log.open("w", encoding="utf-8") as file, _shown(verbose) as show:
        process = subprocess.Popen(
            arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            bufsize=1, process_group=0,
        )  # fmt: skip
        with _passed_on(process, file):
            for line in process.stdout or ():
                file.write(line)
                told.hear(line.rstrip("\n"))
                show(line, told)
            process.wait()
    if process.returncode:
        raise StudyError(told.trouble(log))
    return told


@contextlib.contextmanager
def _passed_on(process, log):
    """Pass an interruption on to the process and its jobs, and wait for their end."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        log.write(process.stdout.read())  # a full pipe would hold it up
        process.wait()
        raise Stopped from None
    finally:
        signal.signal(signal.SIGTERM, before)


class Told:
    """What Snakemake's output says: `jobs`, how many of each rule there are, how far it got, and what went wrong."""

    def __init__(self):
        self.done, self.total, self.now, self.idle = 0, None, "Planning", False
        self.jobs, self.failed, self._rule, self._last = {}, [], None, []

    def hear(self, line):
        """Take in one line."""
        if match := TOTAL.fullmatch(line):
            self.total = int(match[1])
        elif self.total is None and (match := COUNT.fullmatch(line)):
            self.jobs[match[1]] = int(match[2])
        elif match := DONE.fullmatch(line):
            self.done, self.total = int(match[1]), int(match[2])
        elif match := JOB.fullmatch(line):
            self.now = match[1]
        elif match := FAILED.fullmatch(line):
            self._rule = match[1]
            self.failed.append((self._rule, None))
        elif self._rule and (match := LOG.fullmatch(line)):
            self.failed[-1] = (self._rule, Path(match[1].split(", ")[0]))
            self._rule = None
        self.idle = self.idle or IDLE in line
        if WHY.fullmatch(line):
            self._last = []
        self._last.append(line.strip())

    def trouble(self, log):
        """What went wrong, in sentences: each failed job with its reason, else Snakemake's own."""
        again = f"Snakemake's log: {log}. What is done stays: the same command goes on from here."
        if self.failed:
            reasons = {}
            for rule, file in self.failed:
                reasons.setdefault((rule, _reason(file)), []).append(str(file or log))
            return "\n".join([*(_told(rule, reason, logs) for (rule, reason), logs in reasons.items()), again])
        if any(LOCKED in line for line in self._last):
            return (
                "Another Snakemake is at work on these files, or one was killed: wait for it to end; if there is none, "
                "give `closerlook run CONFIG -- --unlock` once."
            )
        return "\n".join([" ".join(filter(None, self._last)).removeprefix("Error: ")[:600], f"Snakemake's log: {log}."])


def _told(rule, reason, logs):
    """A sentence for the jobs of a rule that failed for the same reason."""
    more = f" and {len(logs) - 1} more" if len(logs) > 1 else ""
    return f"{rule}: {reason} ({logs[0]}{more})"


def _reason(file):
    """Why a job failed: the last error in its log, which is one sentence where the user can mend it."""
    lines = []
    if file and file.is_file():
        lines = [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    said = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")] or list(filter(None, lines))
    return said[-1] if said else "it ended without a message"


@contextlib.contextmanager
def _shown(verbose):
    """Yield the function that shows a line and what has been told so far."""
    console = Console(stderr=True)
    if verbose:
        yield lambda line, _: print(line, end="", flush=True)
    elif console.is_terminal:
        looks = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*looks, console=console, transient=True) as bar:
            task = bar.add_task("Planning", total=None)
            yield lambda _, told: bar.update(task, completed=told.done, total=told.total, description=told.now[:60])
    else:
        yield _Lines()


class _Lines:
    """A line now and then, for a file."""

    def __init__(self):
        self.last = time.monotonic()

    def __call__(self, _, told):
        if told.total and time.monotonic() - self.last > EVERY:
            self.last = time.monotonic()
            print(f"[{told.done} of {told.total}] {told.now}", file=sys.stderr, flush=True)


def read(config):
    """A config as YAML has it, for what the command itself has to know: the folder of results.

    Raises
    ------
    InputError
        A file that is not there or is not a config.
    """
    import yaml

    try:
        raw = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{config}: cannot be read ({error.strerror}): give a study's config.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{config}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise InputError(f"{config}: is not a config: it has no keys.")
    return raw


def results(raw):
    """The folder of a config's results."""
    places = raw.get("pathvars")
    return Path(places.get("results", "results") if isinstance(places, dict) else "results")
