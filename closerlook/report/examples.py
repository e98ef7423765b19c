"""What the report shows of single examples: their texts, task by task, and what became of them, run by run."""

import numpy as np
from numpy.typing import ArrayLike

from closerlook.analysis.examples import ENDS
from closerlook.layout import SPLITS, Run
from closerlook.vectors import NONE

ROWS = 90_000  # that all runs and layers show together: 7 MB of the page. But of each at least, and at most ...
DRAWN = 200, 3000  # ... so many that are drawn,
LISTED = 50, 200  # so many of each split in each list; twice as many that look mislabelled
ITEMS, LETTERS = 30_000, 3_000_000  # examples and characters of a task up to which all are on the page
AT_ENDS = ("linear", "hull", "own_distance", "rival_distance", "rival", "neighbours", "cluster_size",
           "own_neighbours", "x", "y")  # fmt: skip
COLUMNS = ("layer", "split", "example", "label", "displacement", "shared_neighbours", "first_right", "forgotten",
           *(f"{name}_{end}" for end in ENDS for name in AT_ENDS))  # fmt: skip


def examples(files, names, kinds, suspects, texts=True):
    """Choose the examples that the page has, and say what became of them.

    Parameters
    ----------
    files : list of path
        What `closerlook.analysis.examples.write_examples` wrote of each run.
    names : dict of str to list of str
        The labels of each task.
    kinds : dict of str to str
        The kind of each task.
    suspects : DataFrame
        As `closerlook.analysis.suspects.suspects` returns them.
    texts : bool
        Whether the page may have the examples' texts.

    Returns
    -------
    tasks : list of dict
        Per task `task`, `kind`, `names`, `texts`, `n` (examples of each split), `sentences`, `items` (columns of equal
        length: `split`, 0 or 1; `example`, its row there; `label`, a place in `names`; `sentence`, a place in
        `sentences` or -1; `marks`, where the target's parts begin and end in it, in UTF-16 units), `suspects` by
        model, and `suspected`, how many there are in all.
    looked : dict of Run to list of dict
        Per layer `layer`; `items`, places in the task's, of those that are drawn or listed; and of these in the same
        order: `places` (2, m, 2), before and after, in the plane of the run's layer; `before` and `after`: `probe`,
        what most of its repeats predict (-1 for training examples), and the share that does so (`sure`, %);
        `linear`, `hull`, the labels by the two; `own`, `other`, distances to the nearest hulls, and `rival`, the label
        of the latter; `cluster`, its size; `share`, neighbours with the same label; `neighbours`, items or -1;
        `displacement`; `shared`, neighbours that stay; `first_right`, `forgotten`. `k`: neighbours looked at; `lists`:
        places in `items` of what was fixed and broken, of what moved most and what changed company, the first of either
        split; `totals`: how many of each there are, by split.
    """
    found = {Run.of(file): file for file in files}
    tasks, looked = [], {}
    for task in dict.fromkeys(run.task for run in found):
        of_task = {run: file for run, file in found.items() if run.task == task}
        runs = {run: _read(file, names[task]) for run, file in of_task.items()}
        doubted = suspects[suspects.task == task]
        several = len(found) * max((len(layers) for layers in runs.values()), default=1)
        told, of_runs = _task(task, runs, list(of_task.values()), names[task], doubted, texts, several)
        tasks.append({"kind": kinds[task]} | told)
        looked |= of_runs
    return tasks, looked


def _read(file, names):
    """The columns of a run's examples as arrays, by layer; labels as places in the names, -1 for none."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    schema = pq.read_schema(file)
    probes = {end: [name for name in schema.names if name.startswith(f"probe_{end}_")] for end in ENDS}
    table = pq.read_table(file, columns=[*COLUMNS, *probes["before"], *probes["after"]])
    every = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name == "split":
            every[name] = pc.index_in(column.cast(pa.string()), pa.array(SPLITS)).to_numpy()
        elif pa.types.is_dictionary(column.type):
            ids = pc.index_in(column.cast(pa.string()), pa.array(names))
            every[name] = ids.fill_null(NONE).to_numpy(zero_copy_only=False)
        elif pa.types.is_list(column.type):
            every[name] = _matrix(column)
        else:
            every[name] = column.to_numpy(zero_copy_only=False)
    for end, columns in probes.items():
        every[f"probe_{end}"], every[f"sure_{end}"] = _vote(
            [every.pop(name) for name in columns], len(table), len(names)
        )
    layers = every.pop("layer")
    return {
        int(layer): {name: values[layers == layer] for name, values in every.items()} for layer in np.unique(layers)
    }


def _matrix(column):
    """Lists as rows, which end with -1 where one is shorter."""
    lengths = np.diff(column.offsets.to_numpy())
    rows = np.full((len(column), lengths.max(initial=0)), NONE, np.int32)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = column.flatten().to_numpy()
    return rows


def _vote(each, n, k):
    """What most repeats of the probe predict, and the share of those that do (%); -1 where none predicts."""
    votes = np.zeros((n, k), np.int32)
    for predicted in each:
        known = np.flatnonzero(predicted >= 0)
        votes[known, predicted[known]] += 1
    total, most = votes.sum(1), votes.max(1, initial=0)
    share = np.divide(100 * most, total, out=np.full(n, -1.0), where=total > 0)
    return np.where(total > 0, votes.argmax(1), NONE), share.round().astype(int)


def right(columns, end):
    """Whether anything is read off each example, by the probe or else by the linear readout, and whether its label."""
    predicted = np.where(columns[f"probe_{end}"] >= 0, columns[f"probe_{end}"], columns[f"linear_{end}"])
    return predicted >= 0, predicted == columns["label"]


def lists(columns):
    """The rows that fine-tuning fixed, broke, moved most, and gave other neighbours, the clearest cases first."""
    (known, before), (known_after, after) = (right(columns, end) for end in ENDS)
    known = known & known_after
    gained = columns["own_neighbours_after"] - columns["own_neighbours_before"]
    moved = np.nan_to_num(columns["displacement"])
    shared = columns["shared_neighbours"]
    chosen = {
        "fixed": (known & ~before & after, (-gained, -moved)),
        "broken": (known & before & ~after, (gained, -moved)),
        "moved": (moved > 0, (-moved,)),
        "company": (shared < (columns["neighbours_before"] >= 0).sum(1), (shared, -moved)),
    }
    found = {}
    for name, (part, keys) in chosen.items():
        rows = np.flatnonzero(part)
        found[name] = rows[np.lexsort([key[rows] for key in reversed(keys)])]
    return found


def stratified(labels, most, seed=0):
    """Rows that stand for all: as many of each label as its share demands, but at least one; sorted."""
    labels = np.asarray(labels)
    if len(labels) <= most:
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    rank = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        rank[rows] = np.arange(len(rows)) / len(rows)  # the first of each label come before all others
    return np.sort(order[np.argsort(rank[order], kind="stable")][:most])


def _sizes(several):
    """How many examples each of several runs draws (layers count too), and lists of a split: a page stays small."""
    listed = min(max(ROWS // several // 24, LISTED[0]), LISTED[1])
    return min(max(ROWS // several - 10 * listed, DRAWN[0]), DRAWN[1]), listed


def _task(task, runs, files, names, suspects, texts, several):
    """What the page has of a task, and of each of its runs."""
    some = next(iter(next(iter(runs.values())).values()))
    splits, n = some["split"], len(some["split"])  # the same rows in every run and layer: training, then test examples
    most, listed = _sizes(several)
    drawn = np.concatenate([
        rows[stratified(some["label"][rows], max(round(most * len(rows) / n), 1))]
        for rows in (np.flatnonzero(splits == split) for split in range(len(SPLITS)))
    ])  # fmt: skip
    every = {run: {layer: lists(columns) for layer, columns in layers.items()} for run, layers in runs.items()}
    groups = suspects.groupby("model", sort=False)
    doubtful = {model: _suspects(rows[: 2 * listed], names) for model, rows in groups}
    wanted: list[ArrayLike] = [drawn, *([row["item"] for row in rows] for rows in doubtful.values())]
    found = {run: {layer: _first(of, splits, listed) for layer, of in of_run.items()} for run, of_run in every.items()}
    wanted += [rows for layers in found.values() for of in layers.values() for rows in of.values()]
    told, letters = _texts(files[0]) if texts else ([], 0)
    items = np.arange(n) if n <= ITEMS and letters <= LETTERS else np.unique(np.concatenate(wanted).astype(int))
    place = np.full(n + 1, NONE)
    place[items] = np.arange(len(items))
    doubted = {model: np.array([row["item"] for row in rows], int) for model, rows in doubtful.items()}
    for row in (row for rows in doubtful.values() for row in rows):
        row["item"] = int(place[row["item"]])
    head = {"task": task, "names": names, "texts": texts, "suspects": doubtful,
            "suspected": suspects.model.value_counts().to_dict(),
            "n": _counts(splits),
            "items": {key: some[key][items].tolist() for key in ("split", "example", "label")}}  # fmt: skip
    head["sentences"], sentence, marks = _sentences([told[i] for i in items] if texts else [("", [])] * len(items))
    head["items"] |= {"sentence": sentence if texts else [NONE] * len(items), "marks": marks}
    shown = {run: np.append(drawn, doubted.get(run.model, drawn[:0])) for run in runs}
    return head, {run: [
        _looked(layer, of, found[run][layer], shown[run], place)
        | {"totals": {name: _counts(splits[rows]) for name, rows in every[run][layer].items()}}
        for layer, of in layers.items()
    ] for run, layers in runs.items()}  # fmt: skip


def _first(found, splits, most):
    """The first rows of each split in lists, in their order."""

    def cut(rows):
        return rows[np.isin(rows, np.concatenate([rows[splits[rows] == i][:most] for i in range(len(SPLITS))]))]

    return {name: cut(rows) for name, rows in found.items()}


def _suspects(rows, names):
    """The training examples that look mislabelled in a model, as the page has them."""
    return [
        {"item": int(row.example), "label": names.index(row.suggested), "score": round(float(row.score), 4),
         "runs": int(row.runs), "of": int(row.of), "why": row.why}
        for row in rows.itertuples()
    ]  # fmt: skip


def _texts(file):
    """The text of each example and where its target stands in it, and how many characters the texts have together."""
    import pyarrow.parquet as pq

    layer = pq.read_table(file, columns=["layer"])["layer"][0].as_py()  # each has the same examples
    table = pq.read_table(file, columns=["text", "spans"], filters=[("layer", "=", layer)])
    told = list(zip(table["text"].to_pylist(), table["spans"].to_pylist()))
    return told, sum(map(len, {text for text, _ in told}))


def _sentences(told):
    """Each text once; of every example the place of its text, and where its target is in it, in UTF-16 units."""
    places = {text: i for i, text in enumerate(dict.fromkeys(text for text, _ in told))}

    def units(text, at):
        return at if text.isascii() else len(text[:at].encode("utf-16-le")) // 2

    marks = [[units(text, at) for span in spans for at in span] for text, spans in told]
    return list(places) if any(places) else [], [places[text] for text, _ in told], marks


def _looked(layer, columns, listed, drawn, place):
    """What became of the examples of a run in a layer, of those that the page shows."""
    rows = np.unique(np.concatenate([drawn, *listed.values()]))
    ends = {end: _end(columns, end, rows, place) for end in ENDS}
    places = np.stack([np.stack([columns[f"{axis}_{end}"][rows] for axis in "xy"], 1) for end in ENDS])
    return {
        "layer": layer, "items": place[rows].tolist(), "places": places, **ends,
        "displacement": _numbers(columns["displacement"][rows]), "shared": columns["shared_neighbours"][rows].tolist(),
        "k": max(columns[f"neighbours_{end}"].shape[1] for end in ENDS),
        "first_right": _whole(columns["first_right"][rows], columns["forgotten"][rows]),
        "forgotten": _whole(columns["forgotten"][rows], columns["forgotten"][rows]),
        "lists": {name: np.searchsorted(rows, of).tolist() for name, of in listed.items()},
    }  # fmt: skip


def _counts(splits):
    return {split: int((splits == i).sum()) for i, split in enumerate(SPLITS)}


def _end(columns, end, rows, place):
    return {
        "probe": columns[f"probe_{end}"][rows].tolist(), "sure": columns[f"sure_{end}"][rows].tolist(),
        "linear": columns[f"linear_{end}"][rows].tolist(), "hull": columns[f"hull_{end}"][rows].tolist(),
        "own": _numbers(columns[f"own_distance_{end}"][rows]),
        "other": _numbers(columns[f"rival_distance_{end}"][rows]), "rival": columns[f"rival_{end}"][rows].tolist(),
        "cluster": _whole(columns[f"cluster_size_{end}"][rows]),
        "share": columns[f"own_neighbours_{end}"][rows].tolist(),
        "neighbours": [place[near[near >= 0]].tolist() for near in columns[f"neighbours_{end}"][rows]],
    }  # fmt: skip


def _numbers(values):
    """To three decimals, or as many digits of less than one; None for what is not finite."""
    return [float(f"{v:.3f}" if abs(v) >= 1 else f"{v:.3g}") if np.isfinite(v) else None for v in values]


def _whole(values, known=None):
    """Whole numbers; None where one is not known, -1 where it is missing although something else is known."""
    values = np.asarray(values, float)
    known = values if known is None else np.asarray(known, float)
    return [None if np.isnan(k) else NONE if np.isnan(v) else int(v) for v, k in zip(values, known)]
