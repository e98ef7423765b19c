"""Intervals, tests and claims, against simulation, enumeration and made-up studies whose truth is known."""

import functools
import itertools
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from closerlook.analysis import claims as module
from closerlook.analysis import labels as label_rows
from closerlook.analysis import movement as movement_rows
from closerlook.analysis import spaces as space_rows
from closerlook.analysis.claim_pairs import CLAIMS, Study, claim_pairs
from closerlook.analysis.claims import more_cells
from closerlook.analysis.clusters import clusters
from closerlook.config import SmallestEffects
from closerlook.figures.claims import claims as draw
from closerlook.statistics.intervals import interval, over_seeds
from closerlook.statistics.tests import holm, sign_flips

SMALLEST = SmallestEffects().model_dump()
claims = functools.partial(module.claims, smallest=SMALLEST)


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_an_interval_covers_the_mean_as_often_as_it_says(n):
    rng = np.random.default_rng(n)
    found = [interval(rng.normal(3, 2, n)) for _ in range(600)]
    covered = np.mean([f["low"] <= 3 <= f["high"] for f in found])
    assert 0.9 < covered < 0.985


def test_one_value_has_no_spread_and_missing_ones_do_not_count():
    one = interval([2.0, np.nan])
    assert one["mean"] == 2 and one["n"] == 1 and np.isnan([one["std"], one["low"], one["high"]]).all()
    assert interval([])["n"] == 0 and np.isnan(interval([])["mean"])
    same = interval([4.0, 4.0, 4.0])
    assert same["std"] == 0 and np.isnan([same["low"], same["high"]]).all()


def test_an_interval_ends_where_its_values_must_and_covers_as_often():
    rng = np.random.default_rng(0)
    samples = 1 - 0.4 * rng.random((600, 4)) ** 3  # correlations near 1, mean 0.9
    whole, cut = ([interval(x, within=w) for x in samples] for w in [(-np.inf, np.inf), (-1, 1)])
    assert max(f["high"] for f in whole) > 1 >= max(f["high"] for f in cut)
    covers = [[f["low"] <= 0.9 <= f["high"] for f in found] for found in (whole, cut)]
    assert covers[0] == covers[1] and {f["mean"] for f in whole} == {f["mean"] for f in cut}
    frame = pd.DataFrame({"model": "m", "run": ["seed0", "seed1"], "accuracy": [99.0, 90.0], "x": [99.0, 90.0]})
    table = over_seeds(frame, ["model"], {"accuracy": "accuracy", "x": "x"}).iloc[0]
    assert table.accuracy_high == 100 < table.x_high and table.x_low < 50 < 90 < table.accuracy


def test_over_seeds_is_a_summary_of_each_group():
    frame = pd.DataFrame({"model": ["m", "m", "n"], "run": ["seed0", "seed1", "seed0"], "x": [1.0, 3.0, 5.0]})
    table = over_seeds(frame, ["model"], {"x": "y"}).set_index("model")
    low, high = stats.t.interval(0.95, 1, loc=2, scale=1)
    assert table.loc["m"].tolist() == pytest.approx([2, 0, 2, np.sqrt(2), low, high])
    assert table.y["n"] == 5 and table.seeds["n"] == 1 and np.isnan(table.y_seed_std["n"])


@pytest.mark.parametrize("n", [2, 5, 8])
def test_sign_flips_are_those_of_all_signs(n):
    x = np.random.default_rng(n).normal(0.8, 1, n)
    means = [np.mean(np.multiply(s, x)) for s in itertools.product((1, -1), repeat=n)]
    assert sign_flips(x) == pytest.approx(np.mean(np.abs(means) >= abs(x.mean()) - 1e-12))
    assert np.isnan(sign_flips(x[:1]))


def test_holm_adjusts_for_how_many_there_are():
    assert holm([0.01, 0.04, 0.03, np.nan]).tolist() == pytest.approx([0.03, 0.06, 0.06, np.nan], nan_ok=True)
    assert holm([0.6, 0.9]).tolist() == [1, 1]
    rng = np.random.default_rng(0)  # the chance of any false alarm among seven true null hypotheses
    assert np.mean([(holm(rng.random(7)) < 0.05).any() for _ in range(2000)]) < 0.065


def make(effect=1.0, tasks=4, seeds=3, layers=4):
    """A study of one model in which all that the paper says holds (or, with a negative effect, its opposite)."""
    rng = np.random.default_rng(0)
    rows, labels, moves = [], [], []
    names = [f"t{i}" for i in range(tasks)]
    for task in names:
        states = ["original", *(f"{task}.seed{s}" for s in range(seeds))]
        states += [f"{other}.seed{s}" for other in names if task == "t0" and other != "t0" for s in range(seeds)]
        for state in states:
            tuned = None if state == "original" else state.split(".")[0]
            run = None if tuned is None else state.split(".")[1]
            own = (tuned == task) * effect
            helps = {"t1": 3, "t2": -3}.get(tuned, 0) * effect
            for layer in range(layers + 1):
                rows.append({
                    "model": "m", "task": task, "state": state, "tuned_on": tuned, "run": run, "layer": layer,
                    "depth": layers, "n_labels": 3, "fewest_clusters": 3,
                    "accuracy": 70 + 5 * own + helps + rng.normal(0, 0.1),
                    "n_clusters": 12 * 2.0 ** -round(own), "is_linear": True, "test_is_linear": True,
                    "train_test_similarity": 0.8 - 0.2 * own + rng.normal(0, 0.01),
                    "original_similarity": None if tuned is None else 0.5 + 0.3 * own, "original_pairs": 6,
                })  # fmt: skip
                for label in "abc":
                    cell = {"model": "m", "task": task, "state": state, "tuned_on": tuned, "run": run, "layer": layer}
                    labels.append(cell | {"label": label, "min_distance": 2.0**own * rng.uniform(0.9, 1.1)})
                if tuned == task:
                    far = layer if effect > 0 else layers - layer
                    cell = {"model": "m", "task": task, "run": run, "layer": layer, "label": "a"}
                    moves.append(cell | {"relative_length": 0.1 + far})
    return Study(
        pd.DataFrame(rows, columns=list(space_rows.COLUMNS)),
        pd.DataFrame(labels, columns=list(label_rows.COLUMNS)),
        pd.DataFrame(moves, columns=list(movement_rows.COLUMNS)),
        [["t1", "t0"]],
        [["t2", "t0"]],
    )


def parts(study):
    """What the tables of claims are made from."""
    return study.spaces, study.labels, study.movement, study.related, study.opposing


def test_what_holds_is_supported():
    study = parts(make(tasks=8))
    table, pairs = claims(*study), claim_pairs(*study)
    by = table.set_index("claim")
    assert set(by.verdict.drop("transfer")) == {"supported"} and (by.share == 1).all()
    assert by.effect["accuracy"] == pytest.approx(5, abs=0.2) and by.n["accuracy"] == 24 and by.cells["accuracy"] == 8
    assert by.effect["clusters"] == -1 and by.effect["label_distances"] == pytest.approx(1, abs=0.1)
    assert by.n["label_distances"] == 8 * 3 and by.effect["layers"] == pytest.approx(1)
    assert by.effect["geometry"] == pytest.approx(0.3)
    assert by.effect["transfer"] == pytest.approx(6, abs=0.3) and by.n["transfer"] == 3
    assert by.verdict["transfer"] == "undecided"  # seeds of one model and task are no independent evidence
    known = by.dropna(subset=["ci_low"])
    assert len(known) >= 3 and ((known.ci_low < known.effect) & (known.effect < known.ci_high)).all()
    assert not by.exceptions.map(len).any() and len(pairs) == by.n.sum()
    assert by.p_cells.drop("transfer").tolist() == [2 / 2**8] * 6
    cells = pairs[pairs.claim == "accuracy"].groupby("task").value.mean()
    assert by.p["accuracy"] == pytest.approx(2 * stats.t.sf(cells.mean() / stats.sem(cells), 7))


def test_the_opposite_is_contradicted_and_its_exceptions_are_named():
    table = claims(*parts(make(-1.0, tasks=8, seeds=1)))
    by = table.set_index("claim")
    assert set(by.verdict.drop("transfer")) == {"contradicted"} and (by.share == 0).all()
    assert [name[:6] for name in sorted(by.exceptions["accuracy"])] == [f"m / t{i}" for i in range(8)]
    *named, more = by.exceptions["label_distances"]
    assert len(set(named)) == 12 and more == "and 12 more"
    assert all(re.fullmatch(r"m / t[0-7] / [abc] \(-[\d.]+\)", name) for name in named)


@pytest.mark.parametrize("together", [0.05, 0.44])
def test_labels_that_move_together_are_no_independent_evidence(together, monkeypatch):
    """Without an effect over tasks, whatever the correlation within one, verdict and interval are seldom wrong."""
    monkeypatch.setattr(module, "CLAIMS", [claim for claim in CLAIMS if claim.name == "label_distances"])
    rng, sizes, n = np.random.default_rng(0), {"a": 17, "b": 44, "c": 40, "d": 46, "e": 50}, 300
    spaces = [{"model": "m", "task": task, "layer": 2, "depth": 2} for task in sizes]
    spaces = pd.DataFrame(spaces, columns=list(space_rows.COLUMNS))
    wrong = covered = 0
    for _ in range(n):
        rows = []
        for task, k in sizes.items():
            change = rng.normal() * np.sqrt(together) + rng.normal(size=k) * np.sqrt(1 - together)
            row = {"model": "m", "task": task, "layer": 2, "label": [f"l{i}" for i in range(k)]}
            rows.append(pd.DataFrame(row | {"tuned_on": None, "min_distance": 1.0}))
            rows.append(pd.DataFrame(row | {"tuned_on": task, "run": "seed0", "min_distance": 2.0**change}))
        (found,) = claims(spaces, pd.concat(rows), None, [], []).itertuples()
        wrong += found.verdict in ("supported", "contradicted")
        covered += found.ci_low <= 0 <= found.ci_high
    error = 3 * np.sqrt(0.05 * 0.95 / n)
    assert wrong / n < 0.05 + error and abs(covered / n - 0.95) < error


@pytest.mark.parametrize("tasks", [1, 2])
def test_few_pairs_are_too_little_data(tasks):
    """However alike they are: with two tasks, every p value would be below 0.05."""
    table = claims(*parts(make(tasks=tasks, seeds=3)))
    assert set(table.verdict) == {"undecided"} and table.p.isna().all()
    assert table.set_index("claim").n["accuracy"] == 3 * tasks


def test_an_effect_that_surely_does_not_matter_is_none():
    spaces, labels, movement, *pairs = parts(make())
    rng = np.random.default_rng(0)
    gain = dict(zip(spaces.task.unique(), rng.normal(0.1, 0.3, spaces.task.nunique())))
    old = spaces[spaces.tuned_on.isna()].set_index(["model", "task", "layer"]).accuracy
    own = spaces.tuned_on == spaces.task
    spaces.loc[own, "accuracy"] = [old[r.model, r.task, r.layer] + gain[r.task] for r in spaces[own].itertuples()]
    row = claims(spaces, labels, movement, *pairs).set_index("claim").loc["accuracy"]
    low, high = stats.ttest_1samp(list(gain.values()), 0).confidence_interval()
    assert (
        row.verdict == "no effect" and (row.ci_low, row.ci_high) == pytest.approx((low, high)) and pd.isna(row.decides)
    )
    finer = SMALLEST | {"accuracy": 0.9 * max(high, -low)}
    assert module.claims(spaces, labels, movement, *pairs, finer).set_index("claim").verdict["accuracy"] != "no effect"


def test_a_label_that_lost_its_distance_is_no_lack_of_effect():
    """However little the other labels moved."""
    study = make()
    after = study.labels.tuned_on == study.labels.task
    before = study.labels[study.labels.tuned_on.isna()].set_index(["model", "task", "layer", "label"]).min_distance
    where = pd.MultiIndex.from_frame(study.labels.loc[after, ["model", "task", "layer", "label"]])
    jitter = 1 + 0.001 * np.random.default_rng(0).normal(size=after.sum())
    study.labels.loc[after, "min_distance"] = before.reindex(where).to_numpy() * jitter
    assert claims(*parts(study)).set_index("claim").verdict["label_distances"] == "no effect"
    lost = after & (study.labels.task == "t1") & (study.labels.label == "a")
    study.labels.loc[lost, ["min_distance", "overlapping"]] = [np.nan, 1]
    row = claims(*parts(study)).set_index("claim").loc["label_distances"]
    assert (
        row.verdict == "undecided"
        and pd.isna(row.decides)
        and any("meets another label after" in why for why in row.exceptions)
    )


@pytest.mark.parametrize("effect, std", [(0.5, 1.0), (0.0, 1.0), (2.0, 0.1), (0.9, 2.0)])
def test_that_many_more_cells_decide(effect, std):
    """Of as many cells as it takes, with this mean and deviation, the interval decides; of one fewer, it does not."""
    total = 3 + more_cells(effect, std, 3, 1.0)
    decided = []
    for n in (total - 1, total):
        values = stats.zscore(np.arange(n), ddof=1) * std + effect
        low, high = stats.ttest_1samp(values, 0).confidence_interval()
        decided.append(low > 0 or high < 0 or (low > -1 and high < 1))
    assert decided[1] and (not decided[0] or total == 4)
    assert more_cells(0.01, 100.0, 3, 0.1) is None


def test_an_undecided_claim_says_what_would_decide_it():
    few = claims(*parts(make(tasks=1, seeds=3))).set_index("claim").decides
    assert few["accuracy"] == "at least 2 more cells (models × tasks)"
    table = claims(*parts(make()))
    assert table.decides[table.verdict != "undecided"].isna().all()


def test_what_was_not_measured_is_no_pair():
    study = make()
    study.spaces.loc[study.spaces.task == "t1", "accuracy"] = None
    study.spaces.loc[study.spaces.task == "t2", "test_is_linear"] = False
    study.spaces.loc[study.spaces.state == "original", "n_clusters"] = 3  # no more than labels
    table = claims(*parts(study)).set_index("claim")
    assert table.cells["accuracy"] == 3 and table.cells["train_test_similarity"] == 3
    assert table.n["clusters"] == 0 and table.verdict["clusters"] == "undecided"


def test_an_empty_study_has_verdicts_and_a_figure():
    study = make(tasks=0)
    table, pairs = claims(*parts(study)), claim_pairs(*parts(study))
    assert list(table.claim) == [c.name for c in CLAIMS] and set(table.verdict) == {"undecided"} and not len(pairs)
    draw(table, pairs)


def test_conflicts_excuse_clusters():
    study = make()
    study.spaces["fewest_clusters"] = 11  # three labels, and eight points that another label has too
    study.spaces.loc[study.spaces.state == "original", "n_clusters"] = 11
    assert claims(*parts(study)).set_index("claim").n["clusters"] == 0


def test_labels_that_meet_another_are_exceptions_with_a_reason_and_no_infinity():
    study = make(seeds=2)
    before, after = study.labels.tuned_on.isna(), study.labels.tuned_on == study.labels.task

    def meets(rows, label, distance):
        study.labels.loc[rows & (study.labels.task == "t1") & (study.labels.label == label), "min_distance"] = distance

    meets(before, "a", np.nan)
    meets(after & (study.labels.run == "seed1"), "b", 0.0)  # in one seed of two, and as a distance of zero
    meets(before | after, "c", np.nan)
    table, pairs = claims(*parts(study)), claim_pairs(*parts(study))
    row = table.set_index("claim").loc["label_distances"]
    assert row.n == 9 and np.isfinite([row.effect, row.ci_low, row.ci_high, row.p]).all()
    assert row.exceptions == ["m / t1 / b (meets another label after fine-tuning, and none before)"]
    assert [text.split(" (")[0] for text in row.undefined] == ["m / t1 / a", "m / t1 / c"]
    assert np.isfinite(pairs.value.astype(float)).all()


def test_a_run_that_collapsed_does_not_support_what_the_others_do():
    """All labels of one task in four meet afterwards: without them, the other three would be as good as certain."""
    study = make(tasks=4, seeds=1)
    rest = claims(study.spaces, study.labels[study.labels.task != "t3"], study.movement, [], [])
    assert rest.set_index("claim").verdict["label_distances"] == "supported"
    gone = (study.labels.tuned_on == "t3") & (study.labels.task == "t3")
    study.labels.loc[gone, "min_distance"] = np.nan
    row = claims(*parts(study)).set_index("claim").loc["label_distances"]
    assert row.verdict != "supported" and len(row.exceptions) == 3


def test_the_figure_shows_every_pair_and_verdict():
    study = parts(make())
    table, pairs = claims(*study), claim_pairs(*study)
    figure = draw(table, pairs)
    for row, axis in zip(table.itertuples(), figure.axes):
        shown = axis.collections[0].get_offsets()[:, 0]
        assert sorted(shown) == pytest.approx(sorted(pairs[pairs.claim == row.claim].value))
        assert any(text.get_text() == row.verdict for text in axis.texts)


def test_clusters_stand_where_there_were_more_than_labels():
    study = make(tasks=2)
    spaces = study.spaces.astype({"n_clusters": float})
    spaces.loc[(spaces.task == "t1") & spaces.tuned_on.isna(), "n_clusters"] = 3
    table = clusters(spaces, ["m"], ["t1", "t0"])
    assert table.task.tolist() == ["t0"] and table.original.tolist() == [12] and table.fine_tuned.tolist() == [6]
    assert table.seeds.tolist() == [3] and table.fine_tuned_seed_std.tolist() == [0]
    assert not len(clusters(spaces[:0], ["m"], ["t0"]))
