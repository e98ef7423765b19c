"""What the report's explorer shows: labels and points of every run, in a plane, step by step."""

import base64

import numpy as np

from closerlook.analysis.plane import planes_of
from closerlook.analysis.runs import described
from closerlook.analysis.samples import each_of
from closerlook.figures.colours import look
from closerlook.layout import FULL, Run, Space, State, run_name
from closerlook.probes.condensed import nearest

STEPS = 21  # of a run that are shown at most
POINTS = 200  # of a space that are shown at all steps and in all layers, at most


def explorer(movements, traces, clusters, labels, runs, tasks=(), looked=None):
    """Gather the runs, as values that go into JSON.

    Parameters
    ----------
    movements : list of path
        What `closerlook.analysis.movement.measure_movement` found.
    traces : list of path
        What `closerlook.analysis.trace.trace_run` found; these runs are shown step by step, the others before and after
        fine-tuning.
    clusters : list of path
        DirectProbe's arrays of the training split.
    labels : dict of str to dict
        Of each task the `names` of its labels, and under `train` the label id of each training point.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.
    tasks, looked
        As `closerlook.report.examples.examples` returns them.

    Returns
    -------
    list of dict
        Per run `model`, `task`, `run`, `followed`, `layers`, `updates` (0 is the original, and 1 what fine-tuning made
        of it where the run was not followed), `labels`, their `looks` (of each what `closerlook.figures.colours.look`
        returns: it looks the same as in the figures), `classes` (their places among the task's), `point_labels` (places
        in `labels`), `point_items` (places among the task's items, or -1), `looked` (as `examples` returns it); the
        planes' `scale` and `explained`, a row per layer; and arrays in base64: `centroids` (updates, layers, k, 2) and
        `points` (updates, layers, m, 2) as int16, in units of scale / 32767; `distance` (updates, layers, k) to the
        nearest label as float32, NaN where there is none, and `nearest`, its place in `labels` as int16, or -1;
        `overlapping` (updates, layers): pairs of labels without a distance. Little-endian, C order.
    """
    looked, items = looked or {}, {task["task"]: _rows(task) for task in tasks}
    distances = {Space.of(path)._replace(split=None): path for path in clusters}
    single = {run: {"looked": looked.get(run, ()), "items": items.get(run.task)} for run in map(Run.of, movements)}
    shown = {Run.of(path): _followed(path, labels, single.get(Run.of(path), {})) for path in traces}
    for path in movements:
        if Run.of(path) not in shown:
            shown[Run.of(path)] = _ends(path, labels, distances, single[Run.of(path)])
    order = sorted(shown, key=lambda run: (run.model, run.task, described(run, runs)["recipe"] != FULL, run.run))
    return [_named(run, runs) | shown[run] for run in order]


def _named(run, runs):
    """What the explorer calls a run: its seed, where only that distinguishes it from others of its recipe."""
    about = described(run, runs)
    seed, made = f"seed {about['seed']}", run.run == run_name(about["recipe"], about["seed"])
    if made:
        named = seed if about["recipe"] == FULL else f"{about['recipe']}, {seed}"
    else:
        named = run.run if about["seed"] is None else f"{run.run} ({seed})"
    return {"model": run.model, "task": run.task, "run": named}


def _rows(task):
    """The item that each training example of a task is, -1 where it is none."""
    rows = np.full(task["n"]["train"], -1)
    items = task["items"]
    for item, (split, example) in enumerate(zip(items["split"], items["example"])):
        if split == 0:
            rows[example] = item
    return rows


def _followed(path, labels, single):
    with np.load(path, allow_pickle=False) as arrays:
        updates = arrays["updates"]
        kept = np.unique(np.linspace(0, len(updates) - 1, min(STEPS, len(updates))).round().astype(int))
        classes, layers = arrays["train_classes"], arrays["layers"]
        planes = list(planes_of(arrays).values())
        whole = arrays["train_centroids"][kept]
        centroids = np.stack([plane.project(whole[:, i]) for i, plane in enumerate(planes)], 1)
        shown = _thin(len(arrays["sample"]))
        distances = arrays["train_distances"][kept]
        place, *_ = nearest(distances, len(classes))
        _, least, _ = nearest(each_of(arrays, "train")[:, kept], len(classes))
        found = {
            "centroids": centroids, "points": arrays["sample_points"][kept][:, :, shown], "place": place,
            "least": least.mean(0), "overlapping": np.isnan(distances).sum(2), "sample": arrays["sample"][shown],
        }  # fmt: skip
    return _run(Run.of(path), labels, True, layers, updates[kept], classes, planes, **found, **single)


def _ends(path, labels, clusters, single):
    """A run of which only both ends are known."""
    run = Run.of(path)

    def space(state, layer):
        if file := clusters.get(Space(run.model, state, run.task, layer)):
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)

    with np.load(path, allow_pickle=False) as arrays:
        return both_ends(run, dict(arrays), labels, space, single)


def both_ends(run, arrays, labels, space, single=None):
    """The spaces before and after, as `explorer` gives them of a run that was not followed.

    Parameters
    ----------
    run : Run
    arrays : dict of array
        What `closerlook.analysis.movement.measure_movement` returned; what has a row per layer may also be a list, of
        layers that differ in dimension.
    labels : dict of str to dict
        As in `explorer`.
    space : callable
        `space(state, layer)`: DirectProbe's arrays of the training split, or None.
    single : dict, optional
        `looked`, as `closerlook.report.examples.examples` returns it of the run, and `items`, the item that each
        training example is.

    Returns
    -------
    dict
        Except for the run's name.
    """
    layers, classes = arrays["layers"], arrays["classes"]
    planes = list(planes_of(arrays).values())
    shown = _thin(len(arrays["sample"]))
    ends = [[plane.project(arrays[end][i]) for i, plane in enumerate(planes)] for end in ("before", "after")]
    points = np.stack([arrays["sample_before"], arrays["sample_after"]])[:, :, shown]
    k = len(classes)
    place, least = np.full((2, len(layers), k), -1), np.full((2, len(layers), k), np.nan)
    overlapping = np.full((2, len(layers)), k * (k - 1) // 2)
    for at, state in enumerate((State(), run.state)):
        for i, layer in enumerate(layers):
            found = space(state, int(layer))
            if found is not None and len(found["classes"]) == k:  # else of other data
                known = ~np.isnan(found["min_distances"])
                place[at, i], *_ = nearest(found["distance_vector"], k, known)
                least[at, i] = found["min_distances"]
                overlapping[at, i] = np.ceil(found["n_overlapping"])  # zero: in none of several samples
    found = {"centroids": np.array(ends), "points": points, "place": place, "least": least}
    found |= {"overlapping": overlapping, "sample": arrays["sample"][shown]}
    return _run(run, labels, False, layers, [0, 1], classes, planes, **found, **(single or {}))


def _thin(n):
    """Places of at most so many of n points, evenly."""
    return np.unique(np.linspace(0, n - 1, min(n, POINTS)).round().astype(int)) if n else np.zeros(0, int)


def _run(
    run, labels, followed, layers, updates, classes, planes, *,
    centroids, points, place, least, overlapping, sample, looked=(), items=None,
):  # fmt: skip
    task = run.task
    scale = np.maximum(abs(centroids).max((0, 2, 3)), abs(points).max((0, 2, 3), initial=0)) + 1e-12  # (layers,)
    looked = [one for one in looked if one["layer"] in layers]
    at = [int(np.flatnonzero(np.asarray(layers) == one["layer"])[0]) for one in looked]
    for i, one in zip(at, looked):
        scale[i] = max(scale[i], abs(one["places"]).max(initial=0))
    ids = np.asarray(labels[task]["train"])[sample]
    return {
        "followed": followed, "layers": [int(n) for n in layers], "updates": [int(n) for n in updates],
        "labels": [labels[task]["names"][c] for c in classes],
        "looks": [list(look(int(c))) for c in classes],
        "classes": [int(c) for c in classes], "point_labels": np.searchsorted(classes, ids).tolist(),
        "point_items": [-1] * len(sample) if items is None else items[sample].tolist(),
        "looked": [one | {"places": _packed(one["places"] / scale[i] * 32767, "<i2")} for i, one in zip(at, looked)],
        "scale": [float(f"{s:.6g}") for s in scale],
        "explained": [[None if np.isnan(e) else round(float(e), 4) for e in plane.explained] for plane in planes],
        "centroids": _packed(centroids / scale[:, None, None] * 32767, "<i2"),
        "points": _packed(points / scale[:, None, None] * 32767, "<i2"),
        "distance": _packed(least, "<f4"), "nearest": _packed(place, "<i2"),
        "overlapping": overlapping.tolist(),
    }  # fmt: skip


def _packed(array, kind):
    array = np.round(array) if kind == "<i2" else array
    return base64.b64encode(np.ascontiguousarray(array.astype(kind)).tobytes()).decode()
