"""A study's jobs with their costs, ready for the simulation, and what to say of them."""

from pathlib import PurePath

import pandas as pd

from closerlook.jobs.plan.costs import LEVELS
from closerlook.jobs.plan.schedule import Task, simulate
from closerlook.jobs.plan.sizes import kept_steps
from closerlook.jobs.plan.work import job_of
from closerlook.layout import ENCODER

OVERHEAD = 0.15  # seconds that Snakemake takes to start and to end a job
CORES_PER_GPU = 8  # of a cluster's node, in the simulations
REST = "tables, figures, report"
AMONG_REST = ("table", "print_table7", "plot", "missing", "explorer", "report")
PATH = 4  # kinds of jobs to name of the longest chain


def estimate(jobs, study, costs, gpu_speed=1.0):
    """What each job will cost and need.

    Parameters
    ----------
    jobs : list of dict
        `rule`, `wildcards`, `input`, `output`, `temporary`, `threads`, `priority` and `gpu`, as Snakemake plans them.
    study : Study
    costs : Costs
    gpu_speed : float
        How many times faster the jobs that ask for a GPU are than past ones were.

    Returns
    -------
    list of Task, list of int
        In the order of `jobs`; and for each how its cost is known, an index of `LEVELS`.
    """
    writer = {file: number for number, job in enumerate(jobs) for file in job["output"]}
    tasks, levels = [], []
    for job in jobs:
        what = job_of(job["rule"], job["wildcards"])
        seconds, level = costs.seconds(what, study, len(job["input"]))
        reads = {file for file in job["input"] if file in writer}
        size = {file: _bytes(file, what, study) for file in job["output"]}
        tasks.append(Task(
            what.kind, seconds / (gpu_speed if job["gpu"] else 1) + OVERHEAD, job["threads"], job["gpu"],
            job["priority"], {writer[file] for file in reads}, size,
            set(job["temporary"]), reads,
        ))  # fmt: skip
        levels.append(level)
    return tasks, levels


def _bytes(file, job, study):
    """The size of a file that a job writes."""
    path, of = PurePath(file), study.encoders.get(job.model)
    if path.suffix == ".npy":
        task = study.tasks[job.task]
        size = 2 if study.cfg.embedding.store == "float16" else 4
        return task.targets[path.parent.name] * task.bags * of.width * size
    if path.name == ENCODER["weights"]:
        return of.parameters * 4
    if path.suffix == ".steps":
        return kept_steps(study.grid, job.run, study.tasks[job.task]) * of.parameters * 4
    return 1e6 if path.suffix in (".npz", ".pdf", ".html") else 3e4


def tell(tasks, levels, study, costs, cores, gpus):
    """The plan, as text.

    Parameters
    ----------
    tasks, levels
        As `estimate` returns them.
    study : Study
    costs : Costs
    cores, gpus : int
        Of this machine; without GPUs, jobs that would use one need cores only.
    """
    if not tasks:
        return "Nothing to be done."
    rows = [(REST if t.kind in AMONG_REST else t.kind, t.seconds, t.gpu > 0, level) for t, level in zip(tasks, levels)]
    table = pd.DataFrame(rows, columns=["kind", "seconds", "gpu", "level"])
    lines = [f"{'jobs of':<24}{'jobs':>6}{'each':>11}{'together':>11}   known from"]
    rows = table.groupby("kind").agg(jobs=("seconds", "size"), each=("seconds", "mean"), total=("seconds", "sum"),
                                     gpu=("gpu", "any"), level=("level", "max"))  # fmt: skip
    for kind, row in rows.sort_values("total", ascending=False).iterrows():
        name = f"{kind} (GPU)" if row.gpu else kind
        lines.append(f"{name:<24}{row.jobs:>6}{span(row.each):>11}{span(row.total):>11}   {LEVELS[row.level]}")
    on_gpu, on_cpu = table.seconds[table.gpu].sum() / 3600, table.seconds[~table.gpu].sum() / 3600
    here = simulate(tasks, cores, gpus or None)
    left = sum(size for task in tasks for file, size in task.writes.items() if file not in task.temporary)
    lines += [
        f"{'all':<24}{len(tasks):>6}{'':>11}{span(table.seconds.sum()):>11}   {costs.n} past jobs",
        "",
        f"GPU hours {on_gpu:.2f}, CPU hours {on_cpu:.2f}"
        + ("" if gpus else "; without a GPU the first are CPU hours too"),
        f"Disk: {here.peak / 1e9:.1f} GB at the peak, {left / 1e9:.1f} GB in the end",
        f"On {_count(cores, 'core')}{' and ' + _count(gpus, 'GPU') if gpus else ''}: {span(here.seconds)}",
        "",
        "GPUs  cores       time   GPUs busy  cores busy   where the time goes",
    ]
    for n in (1, 8, 64):
        k = max(cores, n * CORES_PER_GPU)
        on = simulate(tasks, k, n)
        shares = [f"{kind} {seconds / on.seconds:.0%}" for kind, seconds in list(on.path.items())[:PATH]]
        lines.append(f"{n:>4}{k:>7}{span(on.seconds):>11}{on.busy['gpu'] / on.seconds / n:>12.0%}"
                     f"{on.busy['cores'] / on.seconds / k:>12.0%}   {', '.join(shares)}")  # fmt: skip
    if guessed := study.guessed():
        lines += ["", f"Not downloaded or read yet, so of guessed size: {', '.join(guessed)}.",
                  "After `snakemake … --until make_task pin_model` their sizes are known."]  # fmt: skip
    if (worst := max(levels)) >= LEVELS.index("any job"):
        kinds = ", ".join(sorted(rows.index[rows.level == worst]))
        lines += [
            "",
            f"No past job of {kinds} was found; `make demo`, or one run of yours, gives this machine's costs.",
        ]
    return "\n".join(lines)


def span(seconds):
    """A duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d}"


def _count(n, what):
    return f"{n} {what}{'s' if n != 1 else ''}"
