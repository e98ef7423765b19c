"""What goes into the report: decoded again, and compared with the files that it is from."""

import base64
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full

from closerlook.analysis.errors import BINS, errors
from closerlook.analysis.hulls import hulls
from closerlook.analysis.movement import measure_movement
from closerlook.analysis.plane import common_plane
from closerlook.analysis.similarity import COLUMNS as SIMILARITY
from closerlook.analysis.spaces import COLUMNS
from closerlook.analysis.trace import trace_run
from closerlook.figures import style
from closerlook.figures.catalog import FIGURES
from closerlook.figures.errors_by_distance import errors_by_distance
from closerlook.figures.hull_accuracy import hull_accuracy
from closerlook.figures.layer_distances import layer_distances
from closerlook.files import write_json
from closerlook.jobs.missing import missing_cells
from closerlook.probes.direct.geometry import measure
from closerlook.probes.hulls.distance import hull_distance
from closerlook.report import contents
from closerlook.report.costs import costs
from closerlook.report.explorer import POINTS, STEPS, explorer

NAMES = ["a", "b", "c"]
RUNS = full("m/t.seed0", "m/t.seed1")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One task of three labels; a run that was followed through 30 updates, and one that was not."""
    folder = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 60)
    before = {n: rng.normal(size=(180, 5)) + 3 * np.eye(3, 5)[y] for n in (0, 1)}
    after = {n: (1 + n) * X + np.eye(3, 5)[y] for n, X in before.items()}
    (folder / "movement/m").mkdir(parents=True)
    arrays = measure_movement(((n, before[n], after[n]) for n in before), y)
    for seed in (0, 1):
        np.savez(folder / f"movement/m/t.seed{seed}.npz", **arrays)
    views = {n: common_plane(before[n], after[n], y) for n in before}
    steps = [(u, {"train": {n: X + u / 30 * (after[n] - X) for n, X in before.items()}}) for u in range(31)]
    _, run = trace_run(steps, {"train": y}, planes=views, shown=arrays["sample"])
    (folder / "trajectories/m").mkdir(parents=True)
    np.savez(folder / "trajectories/m/t.seed0.npz", **run)
    direct = []
    for state, spaces in (("original", before), ("t.seed1", after)):
        for n, X in spaces.items():
            path = folder / "probes/direct/m" / state / "t/train" / f"layer{n}.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **measure(X, y)[1])
            direct.append(path)
    labels = {"t": {"names": NAMES, "train": y.tolist()}}
    return folder, y, before, after, views, direct, labels


def decoded(run, name, kind, *shape):
    array = np.frombuffer(base64.b64decode(run[name]), kind)
    return array.reshape(len(run["updates"]), len(run["layers"]), *shape)


@pytest.fixture(scope="module")
def runs(study):
    folder, *_, direct, labels = study
    return explorer(
        sorted(folder.glob("movement/m/*.npz")), [folder / "trajectories/m/t.seed0.npz"], direct, labels, RUNS
    )


def test_a_followed_run_is_shown_step_by_step_and_others_at_their_ends(runs):
    assert [(run["run"], run["followed"]) for run in runs] == [("seed 0", True), ("seed 1", False)]
    assert len(runs[0]["updates"]) == STEPS and runs[0]["updates"][0] == 0 and runs[0]["updates"][-1] == 30
    assert runs[1]["updates"] == [0, 1] and runs[0]["labels"] == NAMES
    assert Counter(runs[0]["point_labels"]) == dict.fromkeys(range(len(NAMES)), min(60, POINTS // len(NAMES)))
    looks = style.looks(NAMES)
    assert [colour for colour, _ in runs[0]["looks"]] == [looks[name]["color"] for name in NAMES]


def test_points_and_centroids_are_where_the_plane_has_them(study, runs):
    _, y, before, after, views, *_ = study
    for run in runs:
        scale = np.array(run["scale"])[:, None, None] / 32767
        centroids = decoded(run, "centroids", "<i2", 3, 2) * scale
        points = decoded(run, "points", "<i2", len(run["point_labels"]), 2) * scale
        for layer in (0, 1):
            for at, X in ((0, before[layer]), (-1, after[layer])):
                expected = views[layer].project(np.stack([X[y == c].mean(0) for c in range(3)]))
                np.testing.assert_allclose(centroids[at, layer], expected, atol=2e-4 * run["scale"][layer])
            seen = views[layer].project(before[layer])
            nearest = np.abs(points[0, layer][:, None] - seen[None]).sum(2).argmin(1)
            assert (y[nearest] == run["point_labels"]).all()


def test_distances_are_those_to_the_nearest_label(study, runs):
    *_, direct, _ = study
    for run in runs:
        distance = decoded(run, "distance", "<f4", 3)
        nearest = decoded(run, "nearest", "<i2", 3)
        with np.load(direct[0]) as arrays:
            ab, ac, bc = arrays["distance_vector"]
            if len(arrays["labels"]) and len(arrays["cluster_classes"]) == 3:
                np.testing.assert_allclose(distance[0, 0], [min(ab, ac), min(ab, bc), min(ac, bc)], rtol=5e-3)
                assert nearest[0, 0].tolist() == [1 if ab < ac else 2, 0 if ab < bc else 2, 0 if ac < bc else 1]
        assert (np.isnan(distance) == (nearest < 0)).all() and np.isfinite(distance[-1]).all()


def test_a_space_without_distances_has_none(study):
    folder, *_, labels = study
    run = explorer([folder / "movement/m/t.seed1.npz"], [], [], labels, RUNS)[0]
    assert np.isnan(decoded(run, "distance", "<f4", 3)).all() and (decoded(run, "nearest", "<i2", 3) == -1).all()
    assert run["overlapping"] == [[3, 3], [3, 3]]


def test_a_label_of_nothing_but_conflicts_hides_no_other(tmp_path):
    """All points of "c" are points of "a" too: "a" and "b" are as far apart as they are without it."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(20, 4)), rng.normal(size=(20, 4)) + 9, np.zeros((3, 4))])
    y = np.repeat([0, 1, 2], (20, 20, 3))
    X[40:] = X[:3]
    arrays = measure_movement([(0, X, 2 * X)], y)
    (tmp_path / "movement/m").mkdir(parents=True)
    np.savez(tmp_path / "movement/m/t.seed1.npz", **arrays)
    direct = []
    for state, space in (("original", X), ("t.seed1", 2 * X)):
        direct.append(tmp_path / "probes/direct/m" / state / "t/train/layer0.npz")
        direct[-1].parent.mkdir(parents=True)
        np.savez(direct[-1], **measure(space, y)[1])
    labels = {"t": {"names": NAMES, "train": y.tolist()}}
    (run,) = explorer([tmp_path / "movement/m/t.seed1.npz"], [], direct, labels, RUNS)
    apart = hull_distance(X[3:20], X[20:40]).distance
    np.testing.assert_allclose(decoded(run, "distance", "<f4", 3)[:, 0, :2], [[apart] * 2, [2 * apart] * 2], rtol=2e-3)
    assert decoded(run, "nearest", "<i2", 3).tolist() == [[[1, 0, -1]], [[1, 0, -1]]]
    assert run["overlapping"] == [[1], [1]]


def test_every_error_is_in_the_bin_of_its_pair(tmp_path):
    rng = np.random.default_rng(1)
    k, cell = 6, ("m", "t.seed0", "t")
    vector = rng.random(10)  # of five labels; the sixth is absent from the training split
    path = tmp_path / "probes/direct" / "/".join(cell) / "train/layer2.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, classes=np.array([0, 1, 2, 4, 5]), distance_vector=vector)
    confusions = [[i, j, int(rng.integers(1, 9))] for i in range(k) for j in range(k) if i != j]
    result = tmp_path / "probes/classifier" / "/".join(cell) / "layer2.json"
    result.parent.mkdir(parents=True)
    write_json(result, {"confusions": confusions})
    table = errors([result], [], [path], {"t": list("abcdef")}, RUNS).set_index("bin")
    assert table.pairs.tolist() == [5] + [2] * BINS and table.errors.sum() == sum(n for *_, n in confusions)
    assert table.share.sum() == pytest.approx(1) and (table.probe == "classifier").all()
    assert table.errors[0] == sum(n for i, j, n in confusions if 3 in (i, j))
    order = np.argsort(vector)
    i, j = np.array([0, 1, 2, 4, 5])[np.triu_indices(5, 1)[0]], np.array([0, 1, 2, 4, 5])[np.triu_indices(5, 1)[1]]
    closest = {(i[p], j[p]) for p in order[:2]}
    assert table.errors[1] == sum(n for a, b, n in confusions if (min(a, b), max(a, b)) in closest)
    assert table.low[1] == vector.min() and table.high[BINS] == vector.max()
    bars = errors_by_distance(table.reset_index(), ["m"], ["t"]).axes[0].patches
    shares = [patch.get_height() / 100 for patch in bars if hasattr(patch, "get_height") and patch.get_width() < 1]
    assert sorted(s for s in shares if s > 0) == pytest.approx(sorted(table.share.iloc[1:]))


def test_hulls_stand_beside_the_classifier_probe(tmp_path):
    rows = []
    for state, tuned, seed in (("original", None, None), ("t.seed0", "t", 0)):
        path = tmp_path / "probes/hulls/m" / state / "t/layer2.json"
        path.parent.mkdir(parents=True)
        write_json(path, {"accuracy": 50.0 + 20 * (tuned is not None), "inside": 1, "mean_distance": 2.5})
        rows.append(
            {
                "model": "m",
                "state": state,
                "task": "t",
                "layer": 2,
                "accuracy": 60.0,
                "tuned_on": tuned,
                "seed": seed,
                "majority": 30.0,
            }
        )
    scores = sorted(tmp_path.glob("probes/hulls/m/*/t/*.json"))
    spaces = pd.DataFrame(rows, columns=list(COLUMNS))
    table = hulls(scores, spaces, RUNS)
    assert table.hull_accuracy.tolist() == [50, 70] and table.accuracy.tolist() == [60, 60]
    assert table.majority.tolist() == [30, 30]
    shown, empty = hull_accuracy(table, spaces, ["m"], ["t", "not run"]).axes
    assert [30, 30] in [list(line.get_ydata()) for line in shown.lines] and not empty.lines


def test_the_best_layer_is_marked():
    rows = [
        {"model": "m", "task": "t", "tuned_on": None, "layer": n, "accuracy": a, "min_distance": n / 10}
        for n, a in enumerate((50, 80, 70))
    ]
    above, below = layer_distances(pd.DataFrame(rows, columns=list(COLUMNS)), "m", ["t"]).axes
    assert [1, 1] in [list(line.get_xdata()) for line in below.lines]
    assert [0, 0.1, 0.2] in [list(line.get_ydata()) for line in above.lines]


def test_the_reason_is_the_last_error(tmp_path):
    for name, text in {
        **{f"probe_classifier/m/t.seed0/t/layer{n}.log": "starting\nError: a.tsv:3: no label\n" for n in (0, 1)},
        "probe_direct/m/t.seed0/t/train/layer1.log": "10 %\n",
        "finetune/m/t.seed1.log": "Traceback (most recent call last):\n  File ...\nnumpy.linalg.LinAlgError: no\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    paths = [f"probes/classifier/m/t.seed0/t/layer{n}.json" for n in (0, 1)]
    paths += [
        "probes/direct/m/t.seed0/t/train/layer1.json",
        "movement/m/t.seed1.npz",
        "probes/hulls/m/original/t/layer1.json",
    ]
    table = missing_cells(paths, tmp_path)
    assert table.cell.tolist() == ["m / t.seed0 / t", "m / t.seed0 / t / train", "m / t.seed1", "m / original / t"]
    assert table.step.tolist() == ["classifier probe", "DirectProbe", "movement", "nearest hull"]
    assert table.status.tolist() == ["failed", "failed", "not run", "not run"]
    assert table.reason.fillna("").tolist() == [
        "Error: a.tsv:3: no label",
        "stopped, or its result was removed",
        "numpy.linalg.LinAlgError: no",
        "",
    ]
    assert table.layers.tolist() == ["0, 1", "1", "", "1"]
    assert len(missing_cells([], tmp_path)) == 0


@pytest.mark.parametrize(
    ("log", "cell"),
    [
        ("bring_run/m/t.theirs.log", "probes/direct/m/t.theirs.step5/u/train/layer1.json"),
        ("embed/m/t.theirs/u.log", "probes/classifier/m/t.theirs/u/layer1.json"),
        ("make_task/u.log", "probes/hulls/m/original/u/layer1.json"),
        ("pin_model/m.log", "runs/m/t.theirs/metrics.json"),
    ],
)
def test_what_was_not_run_has_the_reason_of_the_job_that_it_waits_for(tmp_path, log, cell):
    (tmp_path / log).parent.mkdir(parents=True)
    (tmp_path / log).write_text("Error: it broke\n")
    (row,) = missing_cells([cell], tmp_path).itertuples()
    assert (row.status, row.reason) == ("not run", "Error: it broke")


def test_costs_are_summed_by_rule(tmp_path):
    (tmp_path / "embed").mkdir()
    for name, seconds, memory in (("embed/a", 2, 100), ("embed/b", 5, "-"), ("table7", 1, 50)):
        (tmp_path / f"{name}.tsv").write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:0{seconds}\t{memory}\n")
    table = costs(tmp_path)
    assert table.rule.tolist() == ["embed", "table7"] and table.jobs.tolist() == [2, 1]
    assert (
        table.seconds.tolist() == [7, 1] and table.longest.tolist() == [5, 1] and table.memory_mb.tolist() == [100, 50]
    )
    assert len(costs(tmp_path / "nothing")) == 0
    contents.making("a: 1", {}, [0], costs(tmp_path / "nothing"), *contents.span(tmp_path / "nothing"))


def test_figures_are_found_with_title_caption_model_and_task():
    files = ["r/figures/layers.png", "r/figures/directions/m.t.png"]
    drawn = [{"kind": "layers"}, {"kind": "directions", "model": "m", "task": "t"}]
    found = contents.figures(files, drawn, {"t": {"n_labels": 4}})
    assert [(f["file"], f["title"], f["model"], f["task"]) for f in found] == [
        (files[0], FIGURES["layers"].title, None, None),
        (files[1], FIGURES["directions"].title, "m", "t"),
    ]
    assert found[1]["caption"] == FIGURES["directions"].caption and len({f["id"] for f in found}) == 2


def test_figures_over_pairs_of_labels_are_left_out_where_there_is_one(tmp_path):
    names = ("layers", "errors_by_distance", "layer_similarity")
    files, drawn = [f"r/figures/{name}.png" for name in names], [{"kind": name} for name in names]

    def shown(*sizes):
        return {f["id"] for f in contents.figures(files, drawn, {str(k): {"n_labels": k} for k in sizes})}

    assert shown(2) == shown(2, 3) == {"layers"} and shown(2, 9) == set(names)


NONE = pd.DataFrame(columns=list(SIMILARITY))


def test_notes_tell_of_all_that_was_not_measured_or_not_learned():
    rows = [{"model": "m", "task": "t", "state": "original", "layer": n, "status": "constant" if n == 0 else "ok",
             "n_labels": 2, "accuracy": 20.0 + n} for n in range(3)]  # fmt: skip
    spaces = pd.DataFrame(rows, columns=list(COLUMNS))
    behind = spaces[1:2].assign(lead=60.0, linear_accuracy=81.0, reason="a linear readout is ahead")
    learned, constant, few = contents.notes(behind, spaces.assign(depth=2), NONE)
    assert "in 1 of 3 spaces" in learned and "t, m, layer 1, original: 21.0 instead of 81.0 %" in learned
    assert (
        constant.startswith("All vectors are equal")
        and "t (layer 0)" in constant
        and few.startswith("t: with fewer than four labels")
    )
    alone = contents.notes(behind.assign(linear_accuracy=None, lead=None), spaces, NONE)[0]
    assert "One is t, m, layer 1, original: 21.0 %." in alone
    enough = spaces[1:].assign(n_labels=4, depth=2)
    assert contents.notes(behind[:0], enough, NONE) == []
    (higher,) = contents.notes(behind[:0], enough.assign(depth=12), NONE)
    assert higher == "m: the last layer that was looked at is 2 of 12; *last* means this one."


@pytest.mark.parametrize(
    ("layers", "said"),
    [([], "."), ([3], "; layer 3."), ([0, 12], "; layers 0, 12."), ([0, 1, 2], "; layers 0 to 2.")],
)
def test_a_summary_counts_what_the_study_is_of(layers, said):
    assert contents.summary(["m"], ["t", "u"], [0], 0, layers) == f"1 model, 2 tasks, 1 seed{said}"
    assert contents.summary(["m"], ["t"], [0], 0, layers, ["full"]) == f"1 model, 1 task, 1 seed{said}"
    tuned = contents.summary(["m"], ["t"], [0], 0, layers, ["full", "lora"])
    assert tuned == f"1 model, 1 task, 1 seed; tuned by full and lora{said}"
    assert contents.summary(["m"], ["t"], [], 2, layers) == f"1 model, 1 task, 2 brought runs{said}"


def test_layers_are_counted_over_runs_whether_or_not_they_say_their_seed():
    row = {"model": "m", "task": "t", "layer": 1, "n_clusters": 3}
    rows = [
        row | {"accuracy": 50.0},
        *(row | {"tuned_on": "t", "run": r, "accuracy": a} for r, a in (("x", 60), ("y", 80))),
    ]
    spaces = pd.DataFrame(rows, columns=list(COLUMNS))
    nothing = pd.DataFrame(columns=["fine_tuned_on", "probed_on"])
    (shown,) = [t for t in contents.tables(spaces[:0], spaces[:0], nothing, spaces, ["m"], ["t"]) if not t["main"]]
    assert shown["frame"]["seeds"].tolist() == [0, 2] and shown["frame"]["accuracy"].tolist() == [50, 70]


def test_the_explorer_calls_a_run_by_what_tells_it_from_others(study):
    folder, *_, labels = study
    file = folder / "movement/m/t.seed0.npz"
    for about, called in (
        ({"recipe": "full", "seed": 0}, "seed 0"),
        ({"recipe": "brought", "seed": 3}, "seed0 (seed 3)"),
        ({"recipe": "seed0", "seed": None}, "seed0"),
    ):
        (run,) = explorer([file], [], [], labels, {"m/t.seed0": about})
        assert run["run"] == called
