"""Which results of a study are missing, and why."""

import re
from pathlib import Path

import pandas as pd

COLUMNS = ("cell", "step", "status", "reason")
KINDS = {  # the results of a step: where they are, and the log of their job
    "fine-tuning": (r"finetuned/([^/]+)/([^/]+)/metrics", "finetune/{}.{}.log"),
    "movement": (r"movement/([^/]+)/([^/]+)\.npz", "movement/{}.{}.log"),
    "similarity": (r"similarity/([^/]+)/([^/]+)\.json", "similarity/{}.{}.log"),
    "trajectory": (r"trajectories/([^/]+)/([^/]+)\.npz", "trajectory/{}.{}.log"),
    "classifier probe": (r"probes/classifier/([^/]+)/([^/]+)/([^/]+)/layer", "probe_classifier/{}.{}.{}.log"),
    "DirectProbe": (r"probes/direct/([^/]+)/([^/]+)/([^/]+)/([^/]+)/layer", "probe_direct/{}.{}.{}.{}.log"),
    "nearest hull": (r"probes/hulls/([^/]+)/([^/]+)/([^/]+)/layer", "probe_hulls/{}.{}.{}.log"),
}


def missing_cells(paths, logs):
    """Look for the reason why results are missing.

    Parameters
    ----------
    paths : list of str
        The results, relative to the study's folder.
    logs : path
        The folder with the logs of its jobs.

    Returns
    -------
    DataFrame
        A row per job: its `cell` (such as `model / state / task`) and `step`; `status`, `failed` where it left a log,
        else `not run`; and `reason`: the last error in its log, or else in those of the jobs that it waits for.
    """
    rows = {}
    for path in paths:
        step, names, log = _job(path)
        model, state, *rest = names
        task = rest[0] if rest else state.partition(".")[0]
        before = [f"embed/{model}.{state}.{task}.log", f"finetune/{model}.{state}.log", f"make_task/{task}.log"]
        before += [f"{rule}/{model}.log" for rule in ("pin_model", "pretrain")]
        failed = (Path(logs) / log).exists()
        reason = next(filter(None, (_error(Path(logs) / name) for name in (log, *before))), None)
        if failed and reason is None:
            reason = "stopped, or its result was removed"
        status = "failed" if failed else "not run"
        rows[names, step] = {"cell": " / ".join(names), "step": step, "status": status, "reason": reason}
    return pd.DataFrame(list(rows.values()), columns=list(COLUMNS))


def _job(path):
    """The step that a result is from, the names in its path, and its job's log."""
    for step, (pattern, log) in KINDS.items():
        if found := re.match(pattern, path):
            return step, found.groups(), log.format(*found.groups())
    raise ValueError(f"{path} is no result of a known step.")


def _error(log):
    """The last error that a log tells of, in one line, or None."""
    if not log.exists():
        return None
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if re.match(r"([\w.]*Error\b|Interrupted|Killed)", line)), None)
