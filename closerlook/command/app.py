"""What `closerlook` offers on the command line."""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from closerlook.command import workflow
from closerlook.errors import InputError
from closerlook.version import __version__

FAILED, WRONG, INTERRUPTED = 1, 2, 130  # exit codes; the last is what shells report for Ctrl-C
DRY = {"-n", "--dry-run", "--dryrun"}

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)


class Kind(StrEnum):
    """What carries a label."""

    sentence = "sentence"
    word = "word"
    span = "span"
    pair = "pair"
    span_pair = "span_pair"
    sentence_pair = "sentence_pair"


class Split(StrEnum):
    """Which examples."""

    both = "both"
    train = "train"
    test = "test"


class Form(StrEnum):
    """Which tool's files."""

    parquet = "parquet"
    projector = "projector"


Config = Annotated[str, typer.Argument(help="A study's YAML file, or `demo`: a whole study in minutes.")]
More = Annotated[list[str] | None, typer.Argument(metavar="[-- SNAKEMAKE]", help="Arguments of Snakemake, after `--`.")]
Cores = Annotated[int | None, typer.Option(min=1, help="CPU cores to use; all by default.")]
Gpus = Annotated[int | None, typer.Option(min=0, help="GPUs to use; all by default.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Snakemake's log instead of a bar.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be run, and run nothing.")]


def run(arguments=None):
    """Run the command, and exit."""
    try:
        app(args=arguments, prog_name="closerlook")
    except InputError as error:
        _end(f"Error: {error}", WRONG)
    except workflow.StudyError as error:
        _end(f"Error: {error}", FAILED)
    except workflow.Stopped:
        _end("Stopped. What is done stays: the same command goes on from here.", INTERRUPTED)


def _end(text, status):
    print(text, file=sys.stderr)
    sys.exit(status)


@app.callback()
def closerlook(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, help="Say which version this is.", callback=lambda on: on and _tell()),
    ] = False,
) -> None:
    """What did fine-tuning do to this model?"""


def _tell():
    print(f"closerlook {__version__}")
    raise typer.Exit


@app.command()
def compare(
    model: Annotated[str, typer.Argument(help="The model before: a folder, or a name on the Hugging Face hub.")],
    run: Annotated[str, typer.Argument(help="The fine-tuned model: a folder, or a name on the hub.")],
    data: Annotated[Path, typer.Argument(help="Labelled text: .csv, .tsv, .jsonl, .parquet, or a saved data set.")],
    text: Annotated[str | None, typer.Option(help="The column with the text, or with a list of words.")] = None,
    label: Annotated[str | None, typer.Option(help="The column with the label.")] = None,
    kind: Annotated[Kind, typer.Option(help="What a label belongs to.")] = Kind.sentence,
    target: Annotated[
        str | None, typer.Option(help="For words, spans, pairs: the column with the position or positions, from 0.")
    ] = None,
    second: Annotated[
        str | None,
        typer.Option(help="For pairs of texts: the column with the second; it implies --kind sentence_pair."),
    ] = None,
    test: Annotated[Path | None, typer.Option(help="Test data; without it a fifth of DATA is held out.")] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(
            help="The run's checkpoints, as 'out/checkpoint-*' in quotes; on the hub: revisions, with commas."
        ),
    ] = None,
    layers: Annotated[
        str, typer.Option(help="`all`, or numbers with commas: 0 is the embedding layer, -1 the last.")
    ] = ("all"),
    seed: Annotated[int, typer.Option(min=0, help="Seeds the choice of what is held out.")] = 0,
    name: Annotated[str | None, typer.Option(help="The study's name; made from RUN and DATA by default.")] = None,
    out: Annotated[Path, typer.Option(help="The folder that studies go to.")] = Path("closerlook"),
    cores: Cores = None,
    gpus: Gpus = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Compare a model before and after fine-tuning.

    Writes a config, runs the study, and says what changed and where the report is. For example:

    closerlook compare bert-base-uncased out/mine data.csv --text text --label label

    Without --label it lists the table's columns. Given again, it goes on where it stopped.
    """
    from closerlook.command.study import Comparison  # here, like all that takes time to import: --help needs none of it

    if text is None or label is None:
        raise InputError(_choice(data, text, label))
    kind = Kind.sentence_pair if second and kind == Kind.sentence else kind
    asked = Comparison(
        model, run, data, text, label, target=target, second=second, kind=kind.value, test=test,
        checkpoints=checkpoints, layers=layers, seed=seed, name=name, out=out,
    )  # fmt: skip
    file, notes = asked.prepare()
    print(*notes, sep="\n", end="\n" * bool(notes))
    _study(file, cores, gpus, verbose, dry_run, summed_up=True)


def _choice(data, text, label):
    """What to add, and the columns to choose from."""
    from closerlook.command.data import columns

    found = columns(data)
    width = max(map(len, found))
    lacking = " and ".join(
        f"`--{option} COLUMN`" for option, value in (("text", text), ("label", label)) if value is None
    )
    listed = [f"  {name:{width}}  {', '.join(values)}" for name, values in found.items()]
    return "\n".join(
        [f"{data}: say which column is which: add {lacking}. The columns, with some of their values:", *listed]
    )


@app.command("run")
def run_study(
    config: Config,
    more: More = None,
    cores: Cores = None,
    gpus: Gpus = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Run the study of a config; given again, only what is missing or has changed."""
    _study(config, cores, gpus, verbose, dry_run, more)


@app.command()
def report(
    config: Config,
    more: More = None,
    cores: Cores = None,
    gpus: Gpus = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Make tables, figures and report from the results that exist so far."""
    more = list(more or [])
    if "--config" in more:
        more.insert(more.index("--config") + 1, "partial=true")
    else:
        more += ["--config", "partial=true"]
    _study(config, cores, gpus, verbose, dry_run, more)


@app.command()
def plan(
    config: Config,
    more: More = None,
    cores: Cores = None,
    gpus: Gpus = None,
    gpu_speed: Annotated[float, typer.Option(help="How many times faster jobs with a GPU are than past ones.")] = 1.0,
) -> None:
    """Say what a study will cost: jobs, hours, disk, time."""
    file, more = _file(config), more or []
    _read(file, more)
    script = [sys.executable, str(workflow.home() / "workflow/plan.py"), "--configfile", str(file)]
    limits = ["--cores", str(_cores(cores)), "--gpus", str(_gpus(gpus)), "--gpu-speed", str(gpu_speed)]
    done = subprocess.run([*script, *limits, *workflow.entry(more), *more])
    raise typer.Exit(FAILED if done.returncode else 0)


@app.command()
def export(
    config: Config,
    task: Annotated[str | None, typer.Option(help="A task; needed where there are several.")] = None,
    model: Annotated[str | None, typer.Option(help="A model; needed where there are several.")] = None,
    state: Annotated[
        str | None,
        typer.Option(help="`original` or TASK.RUN; by default the original and the runs on the task, each to a file."),
    ] = None,
    layer: Annotated[int | None, typer.Option(help="-1 is the last; by default the study's last.")] = None,
    split: Annotated[Split, typer.Option(help="Which examples.")] = Split.both,
    to: Annotated[Form, typer.Option(help="One Parquet file, or a folder for TensorBoard's projector.")] = Form.parquet,
    out: Annotated[Path | None, typer.Option(help="Where to write one space; else below the results.")] = None,
    texts: Annotated[bool, typer.Option(help="Write the texts, and the targets in them.")] = True,
    plane: Annotated[
        str | None,
        typer.Option(help="TASK.RUN: x and y as in the report's explorer; by default principal components."),
    ] = None,
) -> None:
    """Write vectors, labels, texts and a projection for Embedding Atlas, TensorBoard's projector, or a notebook."""
    from closerlook.config import load
    from closerlook.export import export as write

    file = _file(config)
    asked = {"task": task, "model": model, "state": state, "layer": layer, "out": out, "texts": texts, "plane": plane}
    for path in write(load(workflow.read(file), str(file)), split=split.value, to=to.value, origin=str(file), **asked):
        print(path)


def _study(config, cores, gpus, verbose, dry_run, more=None, summed_up=False):
    """Run a config's study, and say what it found, if that is wanted, and where its report is."""
    file, more = _file(config), [*(more or []), *["--dry-run"] * dry_run]
    folder = workflow.results(_read(file, more))
    log = folder / "logs" / ("plan.log" if DRY & {*more} else "snakemake.log")
    shown = verbose or bool(DRY & {*more}) and not dry_run
    told = workflow.run(workflow.command(file, _cores(cores), _gpus(gpus), more), log, shown)
    if told.idle:
        print(f"{workflow.IDLE}: everything is up to date.")
    elif dry_run:
        counts = {rule: n for rule, n in told.jobs.items() if rule != "all"}
        print(f"{sum(counts.values())} jobs would run:", ", ".join(f"{n} {rule}" for rule, n in counts.items()))
    if not DRY & {*more}:
        if summed_up:
            from closerlook.command.summary import summary

            print(*summary(folder), "", sep="\n")
        report = folder / "report.html"  # not made where something else was asked for
        print(f"{f'Report: {report}' if report.exists() else 'Done'} (Snakemake's log: {log})")


def _read(file, more):
    """A config as YAML has it, and checked, unless `--config` changes it, which Snakemake does first."""
    from closerlook.config import load

    raw = workflow.read(file)
    if "--config" not in more:
        load(raw, str(file))
    return raw


def _file(config):
    """The file that a config's name means: one here, or one that comes with the project."""
    shipped = workflow.home() / "config" / f"{config}.yaml"
    return shipped if not Path(config).exists() and shipped.is_file() else Path(config)


def _cores(cores):
    return cores or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))


def _gpus(gpus):
    return workflow.gpus() if gpus is None else gpus
