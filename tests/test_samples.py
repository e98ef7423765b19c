"""DirectProbe on samples: which points these are, and that what is found in them is what each by itself has."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

from closerlook import DirectProbe, compare, label_distances, spatial_similarity
from closerlook.analysis.clusters import clusters
from closerlook.analysis.hulls import hulls
from closerlook.analysis.labels import COLUMNS as OF_LABELS
from closerlook.analysis.labels import label_rows
from closerlook.analysis.spaces import SAMPLED, space_table
from closerlook.analysis.surroundings import measure_surroundings
from closerlook.analysis.table5 import table5
from closerlook.analysis.table7 import markdown, table7
from closerlook.analysis.trace import trace_run
from closerlook.config import load
from closerlook.errors import InputError
from closerlook.figures.layer_distances import layer_distances
from closerlook.figures.layers import layers
from closerlook.files import write_json
from closerlook.jobs.plan.work import Job, Study
from closerlook.layout import Space, State
from closerlook.probes.direct.geometry import measure, measure_samples
from closerlook.probes.direct.hull_classifier import score
from closerlook.probes.direct.samples import Sample, parts, shares
from closerlook.report.contents import tables

NO_LABELS = pd.DataFrame(columns=list(OF_LABELS))
COUNTS = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(COUNTS, st.data())
def test_shares_are_proportional_and_no_label_is_lost(counts, data):
    counts = np.array(counts)
    m = data.draw(st.integers(1, counts.sum()))
    found = shares(counts, m)
    assert found.sum() == m and (found >= 0).all() and (found <= counts).all()
    order = np.argsort(counts, kind="stable")
    assert (np.diff(found[order]) >= -1).all()  # up to rounding, a label with more points has more of them
    if m >= len(counts):
        assert found.min() >= 1
        over = np.maximum(1 - counts * m / counts.sum(), 0).sum()  # what rare labels have beyond their share
        assert (found - np.maximum(counts * m / counts.sum(), 1) < 1 + 1e-9).all()
        assert (counts * m / counts.sum() - found < 1 + over + 1e-9).all()


def test_shares_of_round_numbers():
    assert shares([60, 30, 10], 10).tolist() == [6, 3, 1]
    assert shares([98, 1, 1], 10).tolist() == [8, 1, 1]
    assert shares([5, 5, 90], 2).tolist() == [0, 0, 2]


def test_a_sample_depends_on_task_seed_repeat_and_labels_alone():
    y = np.random.default_rng(0).integers(0, 4, 500)
    rows = Sample(100, 3, task="pos").rows(y)
    assert rows.shape == (3, 100) and (np.diff(rows, axis=1) > 0).all()
    np.testing.assert_array_equal(rows, Sample(100, 3, task="pos").rows(y))
    np.testing.assert_array_equal(rows[:2], Sample(100, 2, task="pos").rows(y))  # more repeats change none
    others = [*rows, *Sample(100, 3, task="dep").rows(y), *Sample(100, 3, seed=1, task="pos").rows(y)]
    assert len({row.tobytes() for row in others}) == 9
    assert Sample(500).rows(y) is None and Sample(499).rows(y).shape == (5, 499)
    share = np.bincount(y) / 5
    for row in rows:
        assert np.abs(np.bincount(y[row]) - share).max() < 1
    assert np.mean([np.isin(np.arange(500), row) for row in Sample(100, 400).rows(y)], 0).std() < 0.03  # no favourites


def test_the_smallest_task_says_how_many_points():
    summaries = [{"splits": {"train": {"n_targets": n}, "test": {"n_targets": m}}} for n, m in ((900, 50), (300, 80))]
    asked = {"points": "smallest", "repeats": 2, "seed": 3}
    assert Sample.asked(asked, "pos", "train", summaries) == Sample(300, 2, 3, "pos")
    assert Sample.asked(asked, "pos", "test", iter(summaries)) == Sample(50, 2, 3, "pos")
    assert Sample.asked({"points": 7}, "pos", "test") == Sample(7, task="pos")
    assert Sample.asked(None, "pos", "train") is None


@pytest.fixture(scope="module")
def space():
    """Three labels, two of which overlap, and one far away."""
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1, 2, 3], [60, 50, 40, 2])
    centres = np.array([[0, 0, 0], [1.2, 0, 0], [9, 0, 0], [0, 9, 0]])
    return rng.normal(size=(len(y), 3)) + centres[y], y


@pytest.fixture(scope="module")
def sampled(space):
    X, y = space
    sample = Sample(70, 4, 5, "pos")
    return sample, *measure_samples(X, y, sample, verbose=False)


def test_each_sample_is_clustered_by_itself(space, sampled):
    (X, y), (sample, record, arrays) = space, sampled
    rows, found = sample.rows(y), []
    for row, part, repeat in zip(rows, parts(arrays), record["repeats"], strict=True):
        probe = DirectProbe(resolution=1e-5).fit(X[row], y[row])
        np.testing.assert_array_equal(part["points"], row)
        np.testing.assert_array_equal(part["labels"], probe.labels_)
        np.testing.assert_array_equal(part["cluster_classes"], probe.cluster_classes_)
        np.testing.assert_allclose(part["distance_vector"], probe.distance_vector_)
        assert repeat["n_clusters"] == probe.n_clusters_ and repeat["n_points"] == 70
        found.append(probe)
    counts = [probe.n_clusters_ for probe in found]
    assert len(set(counts)) > 1 and record["n_clusters"] == pytest.approx(np.mean(counts))
    assert record["sample"] == {"points": 70, "of": len(y), "repeats": 4, "seed": 5, "task": "pos"}
    assert record["status"] == "not_separable" and record["is_linear"] is False
    np.testing.assert_allclose(arrays["distance_vector"], np.mean([p.distance_vector_ for p in found], 0))
    assert record["merges"]["merged"] == sum(repeat["merges"]["merged"] for repeat in record["repeats"])
    proofs = sum(sum(how.values()) for how in record["verdicts"].values())
    assert proofs == 4 * 6  # every pair of labels in every sample


def test_a_space_with_no_more_points_is_taken_whole_once(space):
    X, y = space
    whole, arrays = measure(X, y, verbose=False)
    record, again = measure_samples(X, y, Sample(len(y)), verbose=False)
    drop = {"seconds": 0, "clustering_seconds": 0}
    assert record | drop == whole | drop and again.keys() == arrays.keys()
    for name in arrays:
        np.testing.assert_array_equal(arrays[name], again[name])


def test_labels_that_are_in_no_sample_are_told_of(space, caplog):
    X, y = space
    record, _ = measure_samples(X, y, Sample(3, 2), verbose=False)
    assert record["n_classes"] == 3 and "1 of the labels" in caplog.text


def test_where_all_points_are_equal_nothing_is_measured():
    record, arrays = measure_samples(np.ones((40, 2)), np.arange(40) % 2, Sample(10, 2), verbose=False)
    assert (record["status"], record["n_clusters"], record["is_linear"]) == ("constant", None, None)
    assert np.isnan(arrays["distance_vector"]).all() and arrays["radius"] == 0


def two_states(space):
    """A space and a tuned one, in which the labels are further apart: what DirectProbe found in samples of both."""
    X, y = space
    Z = X + 0.4 * np.array([[0, 0, 0], [1, 0, 0], [2, 1, 0], [0, 2, 0]])[y]
    for state, points in ((State(), X), (State("pos", "seed0"), Z)):
        record, arrays = measure_samples(points, y, Sample(70, 4, 5, "pos"), verbose=False)
        for split in ("train", "test"):
            yield Space("m", state, "pos", 1, split), record, arrays


def test_tables_have_means_over_samples_and_their_deviations(space):
    direct = list(two_states(space))
    runs = {"m/pos.seed0": {"recipe": "full", "seed": 0}}
    table = space_table(direct, [], {"pos": list("abcd")}, {"m": 1}, runs, {})
    assert len(table) == 2  # a row is a row, however many samples
    before, after = table[table.tuned_on.isna()].iloc[0], table[table.tuned_on.notna()].iloc[0]
    for row, (_, record, arrays) in ((before, direct[0]), (after, direct[2])):
        counts = [repeat["n_clusters"] for repeat in record["repeats"]]
        vectors = [part["distance_vector"] for part in parts(arrays)]
        assert row.n_clusters == pytest.approx(np.mean(counts))
        assert row.n_clusters_std == pytest.approx(np.std(counts, ddof=1))
        means = [np.nanmean(vector) for vector in vectors]
        assert row.mean_distance == pytest.approx(np.mean(means))
        assert row.mean_distance_std == pytest.approx(np.std(means, ddof=1))
        assert (row.samples, row.sample_points, row.sample_of) == (4, 70, len(space[1]))
        assert row.train_test_similarity is None or np.isnan(row.train_test_similarity)  # pairs that overlap: too few
    whole = [(of, *measure(space[0], space[1], verbose=False)) for of, *_ in direct]
    assert "samples" not in space_table(whole, [], {"pos": list("abcd")}, {"m": 1}, runs, {})


def test_a_similarity_is_that_of_samples_of_the_same_points(space):
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(5), 30)
    X = rng.normal(size=(150, 4)) + 12 * rng.normal(size=(5, 4))[y]
    Z = X + rng.normal(size=(5, 4))[y]
    sample = Sample(60, 3, task="pos")
    direct = [
        (Space("m", state, "pos", 1, "train"), *measure_samples(points, y, sample, verbose=False))
        for state, points in ((State(), X), (State("pos", "seed0"), Z))
    ]
    runs = {"m/pos.seed0": {"recipe": "full", "seed": 0}}
    table = space_table(direct, [], {"pos": list("abcde")}, {"m": 1}, runs, {})
    each = [
        spatial_similarity(*(label_distances(points[row], y[row], resolution=1e-5).vector for points in (X, Z)))[0]
        for row in sample.rows(y)
    ]
    row = table[table.tuned_on.notna()].iloc[0]
    assert row.original_similarity == pytest.approx(np.mean(each), abs=2e-3) and row.original_pairs == 10
    assert row.original_similarity_std == pytest.approx(np.std(each, ddof=1), rel=0.1)


def test_a_label_that_meets_another_in_one_sample_has_no_distance(space):
    direct = list(two_states(space))
    table = label_rows([(of, arrays) for of, _, arrays in direct if of.split == "train"], {"pos": list("abcd")},
                       {"m/pos.seed0": {"recipe": "full", "seed": 0}})  # fmt: skip
    for of, _, arrays in direct[::2]:
        rows = table[table.state == str(of.state)].set_index("label")
        least = np.array([part["min_distances"] for part in parts(arrays)])
        gone = np.isnan(least).any(0)
        assert rows.min_distance.isna().tolist() == gone.tolist() and 0 < gone.sum() < 4
        np.testing.assert_allclose(rows.min_distance[~gone], least[:, ~gone].mean(0))
        np.testing.assert_allclose(rows.min_distance_std[~gone], least[:, ~gone].std(0, ddof=1))
        radii = np.array([part["radius"] for part in parts(arrays)])
        np.testing.assert_allclose(rows.relative_distance[~gone], (least / radii[:, None])[:, ~gone].mean(0))
        assert rows.overlapping["a"] == np.mean([part["overlapping"][0] for part in parts(arrays)])


def test_the_nearest_hull_is_a_classifier_for_each_sample(space, sampled, tmp_path):
    (X, y), (_, _, arrays) = space, sampled
    rng = np.random.default_rng(2)
    Q, yq = X[::3] + rng.normal(scale=0.3, size=X[::3].shape), y[::3]
    record, predictions = score((X, y), (Q, yq), arrays)
    assert predictions.shape == (4, len(Q)) and len(record["accuracies"]) == 4
    for part, predicted in zip(parts(arrays), predictions):
        row = part["points"]
        np.testing.assert_array_equal(predicted, DirectProbe(resolution=1e-5).fit(X[row], y[row]).predict(Q))
    assert record["accuracy"] == pytest.approx(100 * (predictions == yq).mean())
    assert sum(n for *_, n in record["confusions"]) == (predictions != yq).sum()
    file = tmp_path / "probes/hulls/m/original/pos/layer1.json"
    write_json(file, record)
    spaces = pd.DataFrame({"model": ["m"], "state": ["original"], "task": ["pos"], "layer": [1], "accuracy": [1.0],
                           "majority": [1.0]})  # fmt: skip
    table = hulls([file], spaces, {})
    assert table.hull_accuracy_std[0] == pytest.approx(np.std(record["accuracies"], ddof=1))


def test_surroundings_are_those_of_the_first_sample(space, sampled):
    """An example that is not in it is looked at as if it were a test example."""
    (X, y), (_, _, arrays) = space, sampled
    first = parts(arrays)[0]
    points, others = first["points"], np.setdiff1d(np.arange(len(y)), first["points"])
    alone = {name: first[name] for name in ("labels", "cluster_classes", "radius")}
    found = measure_surroundings((X, y), (X[others], y[others]), arrays)
    within = measure_surroundings((X[points], y[points]), (X[others], y[others]), alone)
    for name in ("own", "rival", "rival_label", "hull", "cluster"):
        np.testing.assert_array_equal(found[f"train_{name}"][points], within[f"train_{name}"])
        np.testing.assert_array_equal(found[f"train_{name}"][others], within[f"test_{name}"])
        np.testing.assert_array_equal(found[f"test_{name}"], within[f"test_{name}"])
    assert found["train_neighbours"].max() > 70  # neighbours are looked for among all


def test_a_run_is_followed_through_the_same_samples(space):
    X, y = space
    sample = Sample(70, 3, task="pos")
    rows = {"train": sample.rows(y), "test": None}
    labels = {"train": y, "test": y[:90]}
    steps = [(0, X), (4, X + np.array([[0, 0, 0], [2, 0, 0], [0, 0, 0], [0, 3, 0]])[y])]
    spaces = [(u, {"train": {1: Z}, "test": {1: Z[:90]}}) for u, Z in steps]
    record, arrays = trace_run(iter(spaces), labels, rows=rows)
    assert arrays["train_each"].shape == (3, 2, 1, 6) and "test_each" not in arrays
    for u, (_, Z) in enumerate(steps):
        _, found = measure_samples(Z, y, sample, verbose=False)
        np.testing.assert_allclose(arrays["train_distances"][u, 0], found["distance_vector"], rtol=2e-3)
        assert record["n_overlapping"]["train"][u][0] == pytest.approx(found["n_overlapping"])


def test_compare_takes_samples(space):
    X, y = space
    Z = X + 0.5 * np.eye(4, 3)[y]
    given = {"probe": False, "progress": False, "threads": 1, "task": "pos"}
    study = compare(X, Z, y, test=(X[::2], Z[::2], y[::2]), sample={"points": 70, "repeats": 3}, seed=5, **given)
    record, _ = measure_samples(X, y, Sample(70, 3, 5, "pos"), verbose=False)
    assert study.table.clusters_before[0] == pytest.approx(record["n_clusters"])
    assert study.table.clusters_std_before[0] > 0 and "3 samples of 70 of the 152" in repr(study)
    assert study.made["sample"] == {"points": 70, "repeats": 3, "seed": 5}
    assert "clusters_std_before" not in compare(X, Z, y, **given).table
    for wrong in ({"points": 1}, {"repeats": 2}, {"points": 70.0}, {"points": 9, "size": 3}, 70):
        with pytest.raises(InputError, match="`sample`"):
            compare(X, Z, y, sample=wrong, **given)


@pytest.fixture(scope="module")
def table(space):
    """The table of spaces of two states, in samples."""
    runs = {"m/pos.seed0": {"recipe": "full", "seed": 0}}
    return space_table(two_states(space), [], {"pos": list("abcd")}, {"m": 1}, runs, {})


def whiskers(axis):
    """Where the upright lines of a panel stand, and their ends."""
    lines = [c for c in axis.collections if isinstance(c, LineCollection)]
    return {(round(x, 6), round(low, 6), round(high, 6)) for c in lines for (x, low), (_, high) in c.get_segments()}


@pytest.mark.parametrize("measure, draw", [("n_clusters", layers), ("min_distance", layer_distances)])
def test_figures_have_whiskers_over_samples_and_say_so(table, measure, draw):
    table = table.assign(min_distance=[2.0, 3.0], min_distance_std=[0.5, 0.25])
    place, model = (1, ["m"]) if draw is layers else (0, "m")
    figure = draw(table, model, ["pos"])
    ends = {
        (1.0, round(row[measure] - row[f"{measure}_std"], 6), round(row[measure] + row[f"{measure}_std"], 6))
        for _, row in table.iterrows()
    }
    said = "means over 4 samples of 70 points"
    assert ends <= whiskers(figure.axes[place]) and any(said in text.get_text() for text in figure.texts)
    figure = draw(table.drop(columns=list(SAMPLED)), model, ["pos"])
    assert not ends & whiskers(figure.axes[place]) and not any("samples" in text.get_text() for text in figure.texts)


def test_the_tables_of_the_paper_say_over_which_samples(table):
    whole, names = table.drop(columns=list(SAMPLED)), {"models": ["m"], "tasks": ["pos"]}
    seven = table7(table, **names)
    assert seven.n_clusters_std.tolist() == pytest.approx(table.n_clusters_std.tolist(), abs=1e-4)
    assert seven.sample_points.tolist() == [70, 70] and seven.samples.tolist() == [4, 4]
    assert "4 of 70" in markdown(seven) and "samples" not in markdown(table7(whole, **names))
    counted = clusters(table, **names)
    before, after = table[table.tuned_on.isna()].iloc[0], table[table.tuned_on.notna()].iloc[0]
    assert counted.original_std[0] == pytest.approx(before.n_clusters_std, abs=1e-4)
    assert counted.fine_tuned_std[0] == pytest.approx(after.n_clusters_std, abs=1e-4)
    assert "original_std" not in clusters(whole, **names)
    assert clusters(table.assign(collapsed=[False, True]), **names).collapsed.tolist() == [1]
    shown = tables(seven, counted, table5(table, NO_LABELS, **names), table, **names)
    assert all("clusters, over samples" in shown[i]["frame"] for i in (0, -1))


CONFIG = {
    "corpora": {"g": {"format": "grammar", "n_train": 300, "n_test": 100}, "h": {"format": "grammar", "n_train": 60}},
    "tasks": {name: {"corpus": corpus, "kind": "word", "label": "upos"} for name, corpus in (("a", "g"), ("b", "h"))},
    "models": {"m": {"hub": "x/y", "n_layers": 2}},
}


def test_the_plan_knows_how_few_points_are_looked_at():
    def seconds(sample, state="a.seed0"):
        probes = {"probes": {"direct": {"sample": sample}}} if sample else {}
        return Study(load(CONFIG | probes), []).seconds(Job("probe_direct", "m", "a", state, "train"))

    whole, start = seconds(None), seconds({"points": 2, "repeats": 1})
    points = 5 * 300  # guessed
    for n, repeats in ((100, 1), (100, 3), (200, 5)):
        share = (seconds({"points": n, "repeats": repeats}) - start) / (whole - start)
        assert share == pytest.approx(n * repeats / points, abs=0.01)
        of_few, of_all = (seconds(s, "original") - start for s in ({"points": n, "repeats": repeats}, None))
        assert of_few < share * of_all  # where labels meet, many points cost more than many times few
    assert seconds({"points": 10**6}) == whole
    assert seconds({"points": "smallest"}) == pytest.approx(seconds({"points": 5 * 60}))


@pytest.mark.parametrize("points", [1, 0, "all", 2.5, True, None])
def test_points_are_a_number_or_the_smallest(points):
    with pytest.raises(InputError, match=r"sample\.points: is .*; write how many points, 2 or more"):
        load(CONFIG | {"probes": {"direct": {"sample": {"points": points}}}})
