"""What goes into the report: decoded again, and compared with the files that it is from."""

import base64

import numpy as np
import pandas as pd
import pytest

from closerlook.analysis.errors import BINS, errors
from closerlook.analysis.hulls import hull_table
from closerlook.jobs.missing import missing_cells
from closerlook.analysis.movement import movement
from closerlook.analysis.plane import common_plane
from closerlook.analysis.spaces import COLUMNS
from closerlook.analysis.trajectory import trajectory
from closerlook.figures import style
from closerlook.figures.depth import layer_distances
from closerlook.figures.errors import errors_by_distance
from closerlook.figures.hulls import hull_accuracy
from closerlook.files import write_json
from closerlook.probes.direct.geometry import measure
from closerlook.probes.hulls.distance import hull_distance
from closerlook.report import contents
from closerlook.report.costs import costs
from closerlook.report.explorer import POINTS, STEPS, explorer

NAMES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One task of three labels; a run that was followed through 30 updates, and one that was not."""
    folder = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 60)
    before = {n: rng.normal(size=(180, 5)) + 3 * np.eye(3, 5)[y] for n in (0, 1)}
    after = {n: (1 + n) * X + np.eye(3, 5)[y] for n, X in before.items()}
    (folder / "m").mkdir()
    arrays = movement(((n, before[n], after[n]) for n in before), y)
    for seed in (0, 1):
        np.savez(folder / f"m/t.seed{seed}.npz", **arrays)
    views = {n: common_plane(before[n], after[n], y) for n in before}
    steps = [(u, {"train": {n: X + u / 30 * (after[n] - X) for n, X in before.items()}}) for u in range(31)]
    _, run = trajectory(steps, {"train": y}, planes=views, sample=arrays["sample"])
    (folder / "followed/m").mkdir(parents=True)
    np.savez(folder / "followed/m/t.seed0.npz", **run)
    direct = []
    for state, spaces in (("pretrained", before), ("t.seed1", after)):
        for n, X in spaces.items():
            path = folder / "direct/m" / state / "t/train" / f"layer{n}.npz"
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
    return explorer(sorted(folder.glob("m/*.npz")), [folder / "followed/m/t.seed0.npz"], direct, labels)


def test_a_followed_run_is_shown_step_by_step_and_others_at_their_ends(runs):
    assert [(run["seed"], run["followed"]) for run in runs] == [(0, True), (1, False)]
    assert len(runs[0]["updates"]) == STEPS and runs[0]["updates"][0] == 0 and runs[0]["updates"][-1] == 30
    assert runs[1]["updates"] == [0, 1] and runs[0]["labels"] == NAMES
    assert len(runs[0]["point_labels"]) == POINTS
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
    run = explorer([folder / "m/t.seed1.npz"], [], [], labels)[0]
    assert np.isnan(decoded(run, "distance", "<f4", 3)).all() and (decoded(run, "nearest", "<i2", 3) == -1).all()
    assert run["overlapping"] == [[3, 3], [3, 3]]


def test_a_label_of_nothing_but_conflicts_hides_no_other(tmp_path):
    """All points of "c" are points of "a" too: "a" and "b" are as far apart as they are without it."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(20, 4)), rng.normal(size=(20, 4)) + 9, np.zeros((3, 4))])
    y = np.repeat([0, 1, 2], (20, 20, 3))
    X[40:] = X[:3]
    arrays = movement([(0, X, 2 * X)], y)
    (tmp_path / "m").mkdir()
    np.savez(tmp_path / "m/t.seed1.npz", **arrays)
    direct = []
    for state, space in (("pretrained", X), ("t.seed1", 2 * X)):
        direct.append(tmp_path / "direct/m" / state / "t/train/layer0.npz")
        direct[-1].parent.mkdir(parents=True)
        np.savez(direct[-1], **measure(space, y)[1])
    (run,) = explorer([tmp_path / "m/t.seed1.npz"], [], direct, {"t": {"names": NAMES, "train": y.tolist()}})
    apart = hull_distance(X[3:20], X[20:40]).distance
    np.testing.assert_allclose(decoded(run, "distance", "<f4", 3)[:, 0, :2], [[apart] * 2, [2 * apart] * 2], rtol=2e-3)
    assert decoded(run, "nearest", "<i2", 3).tolist() == [[[1, 0, -1]], [[1, 0, -1]]]
    assert run["overlapping"] == [[1], [1]]


def test_every_error_is_in_the_bin_of_its_pair(tmp_path):
    rng = np.random.default_rng(1)
    k, cell = 6, ("m", "t.seed0", "t")
    vector = rng.random(10)  # of five labels; the sixth is absent from the training split
    path = tmp_path / "direct" / "/".join(cell) / "train/layer2.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, classes=np.array([0, 1, 2, 4, 5]), distance_vector=vector)
    confusions = [[i, j, int(rng.integers(1, 9))] for i in range(k) for j in range(k) if i != j]
    result = tmp_path / "classifier" / "/".join(cell) / "layer2.json"
    result.parent.mkdir(parents=True)
    write_json(result, {"confusions": confusions})
    table = errors({"classifier": [result], "hulls": []}, [path], {"t": k}).set_index("bin")
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
    for state, tuned, seed in (("pretrained", None, None), ("t.seed0", "t", 0)):
        path = tmp_path / "hulls/m" / state / "t/layer2.json"
        path.parent.mkdir(parents=True)
        write_json(path, {"accuracy": 50.0 + 20 * (tuned is not None), "inside": 1, "mean_distance": 2.5})
        rows.append(
            {"model": "m", "state": state, "task": "t", "layer": 2, "accuracy": 60.0, "tuned_on": tuned, "seed": seed}
        )
    table = hull_table(sorted(tmp_path.glob("hulls/m/*/t/*.json")), pd.DataFrame(rows, columns=list(COLUMNS)))
    assert table.hull_accuracy.tolist() == [50, 70] and table.accuracy.tolist() == [60, 60]
    hull_accuracy(table, ["m"], ["t", "not run"])


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
        "probe_classifier/m.t.seed0.t.log": "starting\nError: a.tsv:3: no label\n",
        "probe_direct/m.t.seed0.t.train.log": "10 %\n",
        "finetune/m.t.seed1.log": "Traceback (most recent call last):\n  File ...\nnumpy.linalg.LinAlgError: no\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    paths = [f"probes/classifier/m/t.seed0/t/layer{n}.json" for n in (0, 1)]
    paths += [
        "probes/direct/m/t.seed0/t/train/layer1.json",
        "movement/m/t.seed1.npz",
        "probes/hulls/m/pretrained/t/layer1.json",
    ]
    table = missing_cells(paths, tmp_path)
    assert table.cell.tolist() == ["m / t.seed0 / t", "m / t.seed0 / t / train", "m / t.seed1", "m / pretrained / t"]
    assert table.step.tolist() == ["classifier probe", "DirectProbe", "movement", "nearest hull"]
    assert table.status.tolist() == ["failed", "failed", "not run", "not run"]
    assert table.reason.fillna("").tolist() == [
        "Error: a.tsv:3: no label",
        "stopped, or its result was removed",
        "numpy.linalg.LinAlgError: no",
        "",
    ]
    assert len(missing_cells([], tmp_path)) == 0


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
    captions = {name: f"About\n{name}.\n" for name in ("layers", "directions")}
    files = ["r/figures/directions/m.t.png", "r/figures/layers.png"]
    found = contents.figures(files, captions, {"t": {"n_labels": 4}})
    assert [(f["title"], f["model"], f["task"]) for f in found] == [
        (contents.TITLES["layers"], None, None),
        (contents.TITLES["directions"], "m", "t"),
    ]
    assert found[1]["caption"] == "About directions." and len({f["id"] for f in found}) == 2


def test_figures_over_pairs_of_labels_are_left_out_where_there_is_one(tmp_path):
    captions = dict.fromkeys(("layers", "errors_by_distance", "layer_similarity"), "About.")
    files = [f"r/figures/{name}.png" for name in captions]

    def shown(*sizes):
        return {f["id"] for f in contents.figures(files, captions, {str(k): {"n_labels": k} for k in sizes})}

    assert shown(2) == shown(2, 3) == {"layers"} and shown(2, 9) == set(captions)


def test_notes_tell_of_all_that_was_not_measured_or_not_learned():
    rows = [{"model": "m", "task": "t", "state": "pretrained", "layer": n, "status": "constant" if n == 0 else "ok",
             "n_labels": 2, "accuracy": 20.0 + n} for n in range(3)]  # fmt: skip
    spaces = pd.DataFrame(rows, columns=list(COLUMNS))
    behind = spaces[1:2].assign(lead=60.0, linear_accuracy=81.0, reason="a linear readout is ahead")
    learned, constant, few = contents.notes(behind, spaces)
    assert "in 1 of 3 spaces" in learned and "t, m, layer 1, original: 21.0 instead of 81.0 %" in learned
    assert (
        constant.startswith("All vectors are equal")
        and "t (layer 0)" in constant
        and few.startswith("t: with fewer than four labels")
    )
    alone = contents.notes(behind.assign(linear_accuracy=None, lead=None), spaces)[0]
    assert "One is t, m, layer 1, original: 21.0 %." in alone
    assert contents.notes(behind[:0], spaces[1:].assign(n_labels=4)) == []
