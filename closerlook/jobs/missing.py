"""Which results of a study are missing, and why."""

import re
from pathlib import Path

import pandas as pd

from closerlook.layout import RESULTS, State, match, names_of

COLUMNS = ("cell", "step", "layers", "status", "reason")
STEPS = {  # what the table calls the rule that makes a result
    "finetune": "fine-tuning", "bring_run": "bringing a run", "measure_movement": "movement",
    "measure_similarity": "similarity", "trace_run": "trajectory", "probe_classifier": "classifier probe",
    "probe_direct": "DirectProbe", "probe_hulls": "nearest hull",
    "measure_surroundings": "surroundings", "gather_examples": "examples",
}  # fmt: skip


def missing_cells(paths, logs, brought=()):
    """Look for the reason why results are missing.

    Parameters
    ----------
    paths : list of str
        The results, relative to the study's folder.
    logs : path
        The folder with the logs of its jobs.
    brought : collection of str
        The runs that somebody else made.

    Returns
    -------
    DataFrame
        A row per `cell` (such as `model / state / task`) and `step`, with the `layers` that are missing for one reason;
        `status`, `failed` where the job left a log, else `not run`; and `reason`: the last error in its log, or else in
        those of the jobs that it waits for.
    """
    rows = {}
    for path in paths:
        rule, names = _job(path, brought)
        log = f"{rule}/{names_of(rule).format(**names)}.log"
        failed = (Path(logs) / log).exists()
        reason = next(filter(None, (_error(Path(logs) / name) for name in (log, *_before(names)))), None)
        if failed and reason is None:
            reason = "stopped, or its result was removed"
        if "run" in names:
            cell = f"{names['model']} / {names['task']}.{names['run']}"
        else:
            cell = " / ".join(value for key, value in names.items() if key != "layer")
        row = cell, STEPS.get(rule, rule), "failed" if failed else "not run", reason
        rows.setdefault(row, []).append(names.get("layer"))
    layers = [", ".join(filter(None, found)) for found in rows.values()]
    return pd.DataFrame(list(rows), columns=["cell", "step", "status", "reason"]).assign(layers=layers)[list(COLUMNS)]


def _job(path, brought):
    """The rule that makes a result, and the names of its job."""
    for rule, pattern in RESULTS.items():
        if (names := match(pattern, path)) is not None:
            if rule == "probe":
                rule = f"probe_{names.pop('probe')}"
            if rule == "metrics":
                rule = "bring_run" if names["run"] in brought else "finetune"
            return rule, names
    raise ValueError(f"{path} is not a result of a known step.")


def _before(names):
    """The logs of the jobs that a job waits for."""
    state = State.parse(names["state"]) if "state" in names else State(names["task"], names["run"])
    of = {"model": names["model"], "state": str(state), "task": names["task"]}
    yield from (f"{rule}/{names_of(rule).format(**of)}.log" for rule in ("embed", "take_vectors"))
    if state.run:
        run = names_of("finetune").format(model=names["model"], task=state.task, run=state.run)
        yield from (f"{rule}/{run}.log" for rule in ("finetune", "bring_run"))
    yield f"make_task/{names['task']}.log"
    yield from (f"{rule}/{names['model']}.log" for rule in ("pin_model", "pretrain"))


def _error(log):
    """The last error that a log reports, in one line, or None."""
    if not log.exists():
        return None
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if re.match(r"([\w.]*Error\b|Interrupted|Killed)", line)), None)
