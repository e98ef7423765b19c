"""From the probes' files to the tables."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full
from scipy import stats

from closerlook.analysis.label_similarity import label_vector
from closerlook.analysis.memorisation import memorisation
from closerlook.analysis.predictions import standard_error
from closerlook.analysis.spaces import spaces
from closerlook.analysis.table7 import PAPER, markdown, table7
from closerlook.analysis.unlearned import AHEAD, GUESSES, unlearned
from closerlook.files import write_json
from closerlook.probes.condensed import square


def direct(folder, cell, vector, classes, n_clusters, **more):
    """Write one result of DirectProbe."""
    path = folder.joinpath("probes/direct", *cell[:3], cell[4], f"layer{cell[3]}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {"status": "ok", "n_clusters": n_clusters, "is_linear": n_clusters == len(classes), "seconds": 1.0}
    write_json(path, {**result, "conflicts": 0, **more})
    least = np.nanmin(square(vector, len(classes)), 0)
    arrays = {"distance_vector": np.array(vector), "classes": np.array(classes), "min_distances": least}
    np.savez(path.with_suffix(".npz"), **arrays)
    return path


def classifier(folder, cell, accuracies, shape):
    """Write one result of the classifier probe."""
    path = folder.joinpath("probes/classifier", *cell[:3], f"layer{cell[3]}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    best = {"hidden_layer_sizes": shape, "alpha": 1e-3}
    scores = {"accuracies": accuracies, "accuracy": np.mean(accuracies), "accuracy_std": np.std(accuracies)}
    write_json(path, {"status": "ok", **scores, "best": best, "majority": 40.0, "seconds": 2.0})
    return path


@pytest.fixture
def found(tmp_path):
    """A study of one model of one layer and one task of four labels: the original, and two seeds."""
    d, c = [], []
    for state, tuned in (("original", 0), ("t.seed0", 10), ("t.seed1", 14)):
        for layer in (0, 1):
            cell = ["m", state, "t", layer]
            last = layer * tuned
            linear = [0, 1, 2, 3], 4 if layer or tuned else 7
            d.append(direct(tmp_path, [*cell, "train"], [1 + last, 2.0, 3.0, 4.0, 5.0, 6.0], *linear))
            d.append(direct(tmp_path, [*cell, "test"], [2.0, 4.0, 6.5, 7.0, 1.0, 3.0], [0, 1, 2, 3], 4))
            c.append(classifier(tmp_path, cell, [60 + last, 62 + last], [8, layer + 1]))
    arrays = [path.with_suffix(".npz") for path in d]
    return d, arrays, c, [], [], {"t": ["a", "b", "c", "d"]}, {"m": 1}, full("m/t.seed0", "m/t.seed1")


def test_a_row_per_space(found):
    frame = spaces(*found)
    assert len(frame) == 6 and not frame.duplicated(["model", "state", "task", "layer"]).any()
    row = frame[(frame.state == "t.seed1") & (frame.layer == 1)].iloc[0]
    assert (row.tuned_on, row.run, row.recipe, row.seed) == ("t", "seed1", "full", 1)
    assert (row.accuracy, row.n_clusters, row.n_labels, row.depth) == (75, 4, 4, 1)
    rest = [2, 3, 4, 5, 6]
    assert row.train_test_similarity == pytest.approx(np.corrcoef([15, *rest], [2, 4, 6.5, 7, 1, 3])[0, 1])
    assert row.original_similarity == pytest.approx(np.corrcoef([15, *rest], [1, *rest])[0, 1])
    assert row.original_pairs == 6
    assert frame[frame.state == "original"].original_similarity.isna().all()
    assert row.min_distance == 2 and row.mean_distance == pytest.approx(35 / 6)
    assert row.direct_seconds == 2


def test_what_was_not_measured_is_missing_and_not_zero(found):
    d, arrays, c, *rest = found
    frame = spaces(d, arrays, c[:-1], *rest)
    row = frame[(frame.state == "t.seed1") & (frame.layer == 1)].iloc[0]
    assert pd.isna(row.accuracy) and pd.isna(row.best_alpha) and row.n_clusters == 4
    frame = spaces([], [], c, *rest)
    assert frame.n_clusters.isna().all() and frame.train_test_similarity.isna().all() and len(frame) == 6


def test_similarity_is_over_the_labels_that_both_splits_have(tmp_path):
    a = label_vector([0, 1, 2, 3], [1, 2, 3, 4, 5, 6], 4)
    b = label_vector([0, 2, 3], [2, 1, 7], 4)
    both = ~np.isnan(a) & ~np.isnan(b)
    assert a[both].tolist() == [2, 3, 6] and b[both].tolist() == [2, 1, 7]


def test_spaces_in_which_the_probe_learned_nothing_are_told(found):
    frame = spaces(*found)
    assert unlearned(frame).empty  # no readout, and better than the 40 % of the most frequent label
    frame = frame.assign(n_test=100, linear_accuracy=frame.accuracy + 1, linear_lead=1.0, linear_lead_error=0.4)
    assert unlearned(frame).empty  # ahead by two and a half errors
    worst = (frame.state == "t.seed1") & (frame.layer == 0)
    frame.loc[worst, ["accuracy", "linear_accuracy", "linear_lead"]] = 50.0, 90.0, 40.0
    guess = (frame.state == "original") & (frame.layer == 1)  # separable, and 45 of 100 right where 40 are by chance
    frame.loc[guess, ["accuracy", "linear_lead"]] = 45.0, 0.5
    table = unlearned(frame)
    assert list(zip(table.state, table.layer)) == [("t.seed1", 0), ("original", 1)]
    assert table.reason.tolist() == [AHEAD, GUESSES]
    frame.loc[guess, "is_linear"] = False
    assert len(unlearned(frame)) == 1


def test_fewer_than_six_pairs_of_labels_have_no_similarity(tmp_path):
    """Two vectors of three pairs are mostly alike, or opposite, by chance: the number is there, the correlation not."""
    cells = [("original", [1.0, 2.0, 3.0]), ("t.seed0", [2.0, 3.0, 5.0])]
    d = [direct(tmp_path, ["m", s, "t", 1, split], v, [0, 1, 2], 3) for s, v in cells for split in ("train", "test")]
    arrays = [path.with_suffix(".npz") for path in d]
    frame = spaces(d, arrays, [], [], [], {"t": ["a", "b", "c"]}, {"m": 1}, full("m/t.seed0"))
    assert frame.train_test_similarity.isna().all() and frame.similarity_pairs.tolist() == [3, 3]
    assert frame.original_similarity.isna().all() and frame.original_pairs.tolist() == [pd.NA, 3]


def test_table7_has_the_papers_columns_and_the_spread_over_seeds(found):
    table = table7(pd.read_csv(io.StringIO(spaces(*found).to_csv(index=False))), ["m"], ["t"], 6)
    assert list(table.columns[: len(PAPER)]) == PAPER
    before, after = table.iloc[0], table.iloc[1]
    assert (before.state, before.accuracy, before.seeds) == ("original", 61, 0)
    assert pd.isna(before.accuracy_seed_std)
    assert (after.state, after.accuracy, after.seeds, after.is_linear) == ("fine-tuned", 73, 2, "Y")
    assert after.accuracy_seed_std == pytest.approx(np.std([71, 75], ddof=1), abs=5e-5)  # four digits
    assert after.best_hidden_layers == "(8, 2)" and after.min_cluster_size == 6


def test_an_interval_of_an_accuracy_ends_where_accuracies_end(found):
    frame = spaces(*found)
    frame.loc[frame.state == "t.seed0", "accuracy"] = 100.0
    ends = table7(frame, ["m"], ["t"]).iloc[1]
    assert (ends.accuracy, ends.accuracy_low, ends.accuracy_high) == (87.5, 0, 100)  # Student's: -71 to 246


def test_an_interval_of_an_accuracy_knows_of_the_test_set(found):
    """Without seeds it is that of the examples alone; with seeds it is longer than either."""
    table = table7(frame := spaces(*found).assign(accuracy_error=2.1, n_test=457), ["m"], ["t"])
    low, high = stats.t.interval(0.95, 456, loc=61, scale=2.1)
    assert (table.accuracy_low[0], table.accuracy_high[0]) == pytest.approx((low, high), abs=5e-5)
    seeds = table7(frame.assign(accuracy_error=None), ["m"], ["t"])
    assert pd.isna(seeds.accuracy_low[0])
    half = [(t.accuracy_high[1] - t.accuracy_low[1]) / 2 for t in (table, seeds)]
    assert half[0] == pytest.approx(np.hypot((high - low) / 2, half[1]), abs=5e-3)
    assert "56.9 to 65.1" in markdown(table)


def test_a_standard_error_counts_sentences_and_is_never_zero():
    correct = np.random.default_rng(0).random((3, 400)) < 0.7
    each = 100 * correct.mean(0)
    assert standard_error(correct) == pytest.approx(np.sqrt(each.var(ddof=1) / 400 + 2 * (100 / 400) ** 2))
    double = np.repeat(correct, 2, axis=1)  # every sentence has two examples, both right or both wrong
    assert standard_error(double, np.repeat(np.arange(400), 2)) == pytest.approx(standard_error(correct), rel=0.05)
    assert standard_error(np.ones((2, 40), bool)) == pytest.approx(100 * np.sqrt(2) / 40)


def test_similarity_stands_only_where_every_label_is_one_cluster(found):
    frame = spaces(*found)
    frame.loc[frame.state == "t.seed0", "is_linear"] = False
    table = table7(frame, ["m"], ["t"])
    assert table.is_linear.tolist() == ["Y", "1/2"]
    only = frame[(frame.state == "t.seed1") & (frame.layer == 1)].train_test_similarity.iloc[0]
    assert table.train_test_similarity.iloc[1] == pytest.approx(only, abs=5e-5)  # four digits


def test_the_markdown_is_a_rectangle_that_parses(found):
    text = markdown(table7(spaces(*found), ["m"], ["t"]))
    lines = text.splitlines()
    assert len({len(line) for line in lines}) == 1 and len(lines) == 4
    cells = next(csv.reader([lines[3].strip("| ")], delimiter="|"))
    assert cells[3].strip() == "73.00 ±2.83"  # over seeds, not over the probe's repeats
    original = next(csv.reader([lines[2].strip("| ")], delimiter="|"))
    assert not any("±" in cell for cell in [*original, lines[0]])  # it has no seeds


def test_the_markdown_names_what_stands_beside_an_accuracy_and_what_collapsed(found):
    frame = spaces(*found)
    beside = {"macro_f1": 40.0, "linear_accuracy": 70.0, "shuffled_accuracy": 20.0}
    frame = frame.assign(**{name: value + frame.seed.fillna(0).astype(float) for name, value in beside.items()})
    table = table7(frame, ["m"], ["t"])
    for name, value in beside.items():
        assert table[name].tolist() == [value, value + 0.5]
        assert table[f"{name}_seed_std"][1] == pytest.approx(np.sqrt(0.5), abs=5e-5)  # four digits
    header, _, before, after = ([c.strip() for c in line.split("|")[1:-1]] for line in markdown(table).splitlines())
    for name, texts in {"macro-F1": ("40.00", "40.50 ±0.71"), "linear readout": ("70.00", "70.50 ±0.71"),
                        "shuffled labels": ("20.00", "20.50 ±0.71"), "seeds": ("0", "2")}.items():  # fmt: skip
        assert (before[header.index(name)], after[header.index(name)]) == texts
    frame.loc[frame.run == "seed1", "collapsed"] = True
    one = markdown(table7(frame, ["m"], ["t"])).splitlines()[3]
    assert one.split("|")[-2].strip() == "2 (1 collapsed)" and "±" not in one


def test_a_probes_curves_are_averaged_over_repeats(tmp_path):
    path = tmp_path / "probes/classifier/m/t.seed1/t/layer2.json"
    path.parent.mkdir(parents=True)
    curves = [
        {"loss": [1.0, 0.5], "subtrain": [50.0, 80.0], "subtest": [40.0, 60.0], "test": [30.0, 50.0]},
        {
            "loss": [1.0, 0.5, 0.4],
            "subtrain": [60.0, 70.0, 100.0],
            "subtest": [40.0, 50.0, 60.0],
            "test": [1.0, 2.0, 3.0],
        },
    ]
    write_json(path, {"memorisation": curves})
    without = tmp_path / "probes/classifier/m/original/t/layer2.json"
    without.parent.mkdir(parents=True)
    write_json(without, {})
    frame = memorisation([str(path), str(without)], full("m/t.seed1"))
    assert len(frame) == 9 and set(frame.state) == {"t.seed1"} and set(frame.seed) == {1}
    train = frame[frame.set == "subtrain"].set_index("epoch")
    assert list(train.accuracy) == [55, 75, 90]  # the first repeat keeps its 80
    assert list(train.accuracy_std) == [5, 5, 10] and set(train.repeats) == {2}
    assert memorisation([], {}).empty
