"""Intervals, tests and claims, against simulation, enumeration and made-up studies whose truth is known."""

import dataclasses
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
from closerlook.analysis.claim_cells import cell_table
from closerlook.analysis.claim_pairs import CLAIMS, Study, claim_pairs, study_of
from closerlook.analysis.claims import claim_table
from closerlook.analysis.clusters import clusters
from closerlook.analysis.collapsed import has_collapsed
from closerlook.config import SmallestEffects
from closerlook.figures import claims as draws
from closerlook.figures.claims import claims as draw
from closerlook.layout import Space, State
from closerlook.statistics.intervals import interval, over_seeds
from closerlook.statistics.tests import holm, sign_flips

SMALLEST = SmallestEffects().model_dump()


def claims(study, scope="beyond", smallest=SMALLEST):
    """The claims' verdicts in one scope."""
    table = claim_table(study, smallest)
    return table[table.scope == scope].set_index("claim", drop=False)


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
                    "original_similarity": None if tuned is None else 0.5 + 0.3 * own + rng.normal(0, 0.01),
                    "original_pairs": 6, "original_floor": 0.2, "original_ceiling": 0.8,
                })  # fmt: skip
                for label in "abc":
                    cell = {"model": "m", "task": task, "state": state, "tuned_on": tuned, "run": run, "layer": layer}
                    labels.append(cell | {"label": label, "relative_distance": 2.0**own * rng.uniform(0.9, 1.1)})
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
    """What the table of pairs is made from."""
    return study.spaces, study.labels, study.movement, study.related, study.opposing


def test_what_holds_is_supported():
    study = make(tasks=8)
    by, pairs = claims(study).drop("recipes"), claim_pairs(*parts(study))
    assert set(by.verdict.drop("transfer")) == {"supported"} and (by.share == 1).all()
    assert by.effect["accuracy"] == pytest.approx(5, abs=0.2) and by.n["accuracy"] == 24 and by.cells["accuracy"] == 8
    assert by.effect["clusters"] == -1 and by.effect["label_distances"] == pytest.approx(1, abs=0.1)
    assert by.n["label_distances"] == 8 * 3 * 3 and by.effect["layers"] == pytest.approx(1)
    assert by.effect["geometry"] == pytest.approx(0.3, abs=0.01)
    assert by.effect["transfer"] == pytest.approx(6, abs=0.3) and by.n["transfer"] == 3
    assert by.verdict["transfer"] == "undecided"  # seeds of one model and task are no independent evidence
    known = by.dropna(subset=["ci_low"])
    assert len(known) >= 3 and ((known.ci_low < known.effect) & (known.effect < known.ci_high)).all()
    assert not by.exceptions.map(len).any() and len(pairs) == by.n.sum()
    assert by.p_flips.drop("transfer").tolist() == [2 / 2**8] * 6 and set(by.over.drop("transfer")) == {"tasks"}
    cells = pairs[pairs.claim == "accuracy"].groupby("task").value.mean()
    assert by.p["accuracy"] == pytest.approx(2 * stats.t.sf(cells.mean() / stats.sem(cells), 7))


def test_the_opposite_is_contradicted_and_its_exceptions_are_named():
    by = claims(make(-1.0, tasks=8, seeds=2)).drop("recipes")
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
            rows.append(pd.DataFrame(row | {"tuned_on": None, "relative_distance": 1.0}))
            rows.append(pd.DataFrame(row | {"tuned_on": task, "run": "seed0", "relative_distance": 2.0**change}))
        (found,) = claims(Study(spaces, pd.concat(rows), None, [], [])).itertuples()
        wrong += found.verdict in ("supported", "contradicted")
        covered += found.ci_low <= 0 <= found.ci_high
    error = 3 * np.sqrt(0.05 * 0.95 / n)
    assert wrong / n < 0.05 + error and abs(covered / n - 0.95) < error


@pytest.mark.parametrize("tasks", [1, 2])
def test_few_tasks_say_nothing_of_others(tasks):
    """However alike they are: with two tasks, every p value would be below 0.05."""
    by = claims(make(tasks=tasks, seeds=3))
    assert set(by.verdict) == {"undecided"} and by.p.isna().all() and set(by.over) == {""}
    assert by.n["accuracy"] == 3 * tasks
    assert by.decides["accuracy"] == ("at least 2 more tasks" if tasks == 1 else "at least 1 more task")


def test_one_cell_has_a_verdict_of_its_own():
    """Of other seeds; Student's test over them is the reference."""
    study = make(tasks=1, seeds=4)
    by, pairs = claims(study, "grid"), claim_pairs(*parts(study))
    for name in ("accuracy", "train_test_similarity", "geometry", "label_distances"):
        values = pairs[pairs.claim == name].groupby("run").value.mean()
        peer = stats.ttest_1samp(values, 0)
        ends = peer.confidence_interval()
        assert by.verdict[name] == "supported" and by.over[name] == "seeds" and by.p[name] == pytest.approx(peer.pvalue)
        assert by.effect[name] == pytest.approx(values.mean())
        assert (by.ci_low[name], by.ci_high[name]) == pytest.approx((ends.low, ends.high))
    # four equal values may be chance; with five claims that have a p value, eight are not
    assert by.verdict["layers"] == "undecided" and by.p["layers"] == 2 / 2**4
    assert re.fullmatch(r"about 4 more seeds, .*", by.decides["layers"])


def test_one_seed_says_nothing_of_others():
    by = claims(make(tasks=5, seeds=1), "grid")
    assert set(by.verdict) == {"undecided"} and by.p.isna().all()
    assert set(by.decides.drop(["transfer", "geometry", "recipes"])) == {"at least 1 more seed"}


def test_labels_that_differ_do_not_hide_what_every_seed_says():
    """Labels are not drawn at random: with each seed at +0.05 and labels that differ by 1, the seeds decide."""
    study = make(tasks=1, seeds=3)
    rng = np.random.default_rng(0)
    own = study.labels.tuned_on == study.labels.task
    by_label, by_seed = {"a": -1, "b": 0.05, "c": 1.1}, dict(zip(["seed0", "seed1", "seed2"], rng.normal(0, 0.001, 3)))
    change = study.labels.label.map(by_label) + study.labels.run.map(by_seed).fillna(0)
    study.labels["relative_distance"] = 2.0 ** change.where(own, 0)
    row = claims(study, "grid", SMALLEST | {"label_distances": 0.01}).loc["label_distances"]
    assert row.verdict == "supported" and row.effect == pytest.approx(0.05, abs=0.002)


def test_an_effect_that_surely_does_not_matter_is_none():
    study = make()
    rng = np.random.default_rng(0)
    gain = dict(zip(study.spaces.task.unique(), rng.normal(0.1, 0.3, study.spaces.task.nunique())))
    old = study.spaces[study.spaces.tuned_on.isna()].set_index(["model", "task", "layer"]).accuracy
    own = study.spaces.tuned_on == study.spaces.task
    study.spaces.loc[own, "accuracy"] = [
        old[r.model, r.task, r.layer] + gain[r.task] for r in study.spaces[own].itertuples()
    ]
    row = claims(study).loc["accuracy"]
    ends = stats.ttest_1samp(list(gain.values()), 0).confidence_interval()
    assert row.verdict == "no effect" and (row.ci_low, row.ci_high) == pytest.approx((ends.low, ends.high))
    assert pd.isna(row.decides)
    finer = SMALLEST | {"accuracy": 0.9 * max(ends.high, -ends.low)}
    assert claims(study, smallest=finer).verdict["accuracy"] != "no effect"


def test_a_study_in_which_nothing_happened_says_so():
    study = make(seeds=2)
    study.spaces["recipe"] = "full"
    keys = ["model", "task", "layer"]
    for frame, columns in (
        (study.spaces, ["accuracy", "n_clusters", "train_test_similarity"]),
        (study.labels, ["relative_distance"]),
    ):
        for column in columns:
            frame[column] = frame.groupby(keys + ["label"] * (frame is study.labels))[column].transform("first")
    tuned = study.spaces.tuned_on.notna()
    study.spaces.loc[tuned, ["original_similarity", "original_ceiling"]] = 1.0
    study.movement["relative_length"] *= 1e-7  # rounding
    for scope in ("grid", "beyond"):
        by = claims(study, scope)
        assert set(by.verdict[["accuracy", "train_test_similarity", "label_distances"]]) == {"no effect"}, scope
        assert by.n["layers"] == 0 and by.effect["geometry"] == pytest.approx(0.4)
    by = claims(study, "grid")
    assert by.verdict["clusters"] == "no effect"  # eight equal counts
    assert by.verdict["geometry"] == "supported"  # which is kept


def test_a_label_that_lost_its_distance_is_no_lack_of_effect():
    """However little the other labels moved."""
    study = make()
    after = study.labels.tuned_on == study.labels.task
    keys = ["model", "task", "layer", "label"]
    before = study.labels[study.labels.tuned_on.isna()].set_index(keys).relative_distance
    where = pd.MultiIndex.from_frame(study.labels.loc[after, keys])
    jitter = 1 + 0.001 * np.random.default_rng(0).normal(size=after.sum())
    study.labels.loc[after, "relative_distance"] = before.reindex(where).to_numpy() * jitter
    for scope in ("grid", "beyond"):
        assert claims(study, scope).verdict["label_distances"] == "no effect"
    lost = after & (study.labels.task == "t1") & (study.labels.label == "a")
    study.labels.loc[lost, ["relative_distance", "overlapping"]] = [np.nan, 1]
    for scope in ("grid", "beyond"):
        row = claims(study, scope).loc["label_distances"]
        assert row.verdict != "no effect" and pd.isna(row.decides)
        assert any("meets another label after" in why for why in row.exceptions)


def test_an_undecided_claim_says_what_would_decide_it():
    table = claim_table(make(), SMALLEST)
    assert table.decides[table.verdict != "undecided"].isna().all()
    study = make(tasks=3, seeds=3)
    own = study.spaces.tuned_on == study.spaces.task
    study.spaces.loc[own, "accuracy"] += np.random.default_rng(1).normal(0, 8, own.sum())
    row = claims(study, "grid").loc["accuracy"]
    assert row.verdict == "undecided" and re.fullmatch(r"about \d+ more seeds?, if they are like these", row.decides)


def by_example(study, n=200, repeats=2, share=0.5, seed=0):
    """The study, with predictions by test example whose means are its accuracies."""
    rng, correct = np.random.default_rng(seed), {}
    hard = {task: rng.random(n) for task in study.spaces.task.unique()}
    for row in study.last.itertuples():
        some = rng.random((repeats, n)) < share + 0.4 * (1 - hard[row.task])
        correct[Space(row.model, State.parse(row.state), row.task, row.layer)] = some
        where = (study.spaces.state == row.state) & (study.spaces.task == row.task) & (study.spaces.layer == row.layer)
        study.spaces.loc[where, "accuracy"] = 100 * some.mean()
    sentences = {task: [f"{task}{i}" for i in range(n)] for task in hard}
    return dataclasses.replace(study, spaces=study.spaces, correct=correct, sentences=sentences)


def test_one_run_has_a_verdict_from_its_test_examples():
    """Student's paired interval is the reference, with one example that changed more; a sentence is one example."""
    study = by_example(make(tasks=1, seeds=1), repeats=1)
    row = claims(study, "grid").loc["accuracy"]
    old, new = (study.correct[Space("m", state, "t0", 4)] for state in (State(), State("t0", "seed0")))
    values = 100.0 * (new[0].astype(float) - old[0])

    def half(values):
        return stats.t.isf(0.025, len(values) - 1) * np.sqrt(stats.sem(values) ** 2 + (100 / 200) ** 2)

    assert row.over == "test examples" and row.effect == pytest.approx(values.mean())
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(half(values))
    (cell,) = cell_table(study).query("claim == 'accuracy'").itertuples()
    assert (cell.ci_low, cell.ci_high, cell.runs) == pytest.approx((row.ci_low, row.ci_high, 1))
    pairs = claims(dataclasses.replace(study, sentences={"t0": [f"{i // 2}" for i in range(200)]}), "grid")
    row = pairs.loc["accuracy"]
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(half(values.reshape(100, 2).mean(1)))


def test_no_test_set_says_that_nothing_at_all_changed():
    """Of 40 examples all are right before and after: of others, some might not be."""
    study = by_example(make(tasks=1, seeds=1), n=40)
    same = {space: np.ones_like(correct) for space, correct in study.correct.items()}
    study.spaces["accuracy"] = 100.0
    row = claims(dataclasses.replace(study, correct=same), "grid").loc["accuracy"]
    assert row.verdict == "undecided" and -8 < row.ci_low < -4 < 4 < row.ci_high < 8
    assert re.fullmatch(r"about \d+ times as many test examples, if they are like these", row.decides)


def test_examples_count_beside_seeds():
    """With them an interval is longer than over seeds alone, and a test set is one for all models of a task."""
    study = by_example(make(tasks=3, seeds=3))
    with_examples, alone = claims(study, "grid"), claims(dataclasses.replace(study, correct={}), "grid")
    for name in ("accuracy", "transfer"):
        assert with_examples.over[name] == "seeds, initialisations, test examples" and alone.over[name] == "seeds"
        width = [by.ci_high[name] - by.ci_low[name] for by in (with_examples, alone)]
        assert width[0] > width[1] and with_examples.effect[name] == pytest.approx(alone.effect[name])


def test_runs_of_two_recipes_are_no_seeds_of_one():
    """What differs between recipes is not chance: each is a cell of its own, with half of the task's share."""
    study = make(tasks=1, seeds=4)
    study.spaces["recipe"] = study.spaces.run.map(
        dict.fromkeys(["seed0", "seed1", "seed2"], "full") | {"seed3": "lora"}
    )
    study.spaces.loc[study.spaces.recipe == "lora", "accuracy"] += 30
    row, pairs = claims(study, "grid").loc["accuracy"], claim_pairs(*parts(study))
    value = pairs[pairs.claim == "accuracy"].set_index("run").value
    full = value[["seed0", "seed1", "seed2"]]
    assert row.effect == pytest.approx((full.mean() + value.seed3) / 2) and row.cells == 1 and row.runs == 4
    # the single run is taken to be as uncertain as one of the others
    half = stats.t.isf(0.025, 2) * np.sqrt(full.var(ddof=1) * (1 / 3 + 1) / 4)
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(half)
    apart = dataclasses.replace(study, spaces=study.spaces.assign(recipe=study.spaces.run))
    row = claims(apart, "grid").loc["accuracy"]
    assert row.over == "" and row.decides == "at least 1 more seed of one of the recipes"


def test_what_was_not_measured_is_no_pair():
    study = make()
    study.spaces.loc[study.spaces.task == "t1", "accuracy"] = None
    study.spaces.loc[study.spaces.task == "t2", "test_is_linear"] = False
    study.spaces.loc[study.spaces.state == "original", "n_clusters"] = 3  # no more than labels
    by = claims(study)
    assert by.cells["accuracy"] == 3 and by.cells["train_test_similarity"] == 3
    assert by.n["clusters"] == 0 and by.verdict["clusters"] == "undecided"


def test_an_empty_study_has_verdicts_and_a_figure():
    study = make(tasks=0)
    table, pairs = claim_table(study, SMALLEST), claim_pairs(*parts(study))
    assert (
        list(table.claim) == [c.name for c in CLAIMS for _ in range(2)]
        and set(table.verdict) == {"undecided"}
        and not len(pairs)
    )
    draw(table, pairs)


def test_conflicts_excuse_clusters():
    study = make()
    study.spaces["fewest_clusters"] = 11  # three labels, and eight points that another label has too
    study.spaces.loc[study.spaces.state == "original", "n_clusters"] = 11
    assert claims(study).n["clusters"] == 0


def test_labels_that_meet_another_are_exceptions_with_a_reason_and_no_infinity():
    study = make(seeds=2)
    before, after = study.labels.tuned_on.isna(), study.labels.tuned_on == study.labels.task

    def meets(rows, label, distance):
        study.labels.loc[rows & (study.labels.task == "t1") & (study.labels.label == label), "relative_distance"] = (
            distance
        )

    meets(before, "a", np.nan)
    meets(after & (study.labels.run == "seed1"), "b", 0.0)  # in one seed of two, and as a distance of zero
    meets(before | after, "c", np.nan)
    table, pairs = claims(study), claim_pairs(*parts(study))
    row = table.loc["label_distances"]
    assert row.n == 18 and np.isfinite([row.effect, row.ci_low, row.ci_high, row.p]).all()
    assert row.exceptions == ["m / t1 / b (meets another label after fine-tuning, and none before)"]
    assert [text.split(" (")[0] for text in row.undefined] == ["m / t1 / a", "m / t1 / c"]
    assert np.isfinite(pairs.value.astype(float)).all()


def test_a_run_that_collapsed_does_not_support_what_the_others_do():
    """All labels of one task in four meet afterwards: without them, the other three would be as good as certain."""
    study = make(tasks=4, seeds=1)
    rest = claims(dataclasses.replace(study, labels=study.labels[study.labels.task != "t3"]))
    assert rest.verdict["label_distances"] == "supported"
    gone = (study.labels.tuned_on == "t3") & (study.labels.task == "t3")
    study.labels.loc[gone, "relative_distance"] = np.nan
    row = claims(study).loc["label_distances"]
    assert row.verdict != "supported" and len(row.exceptions) == 3


def test_a_run_that_collapsed_is_named_and_left_out():
    study = make(tasks=3, seeds=3)
    spaces = study.spaces.assign(majority=20.0, n_test=400, linear_accuracy=None, recipe="full")
    spaces.loc[spaces.state == "t1.seed1", "accuracy"] = 20.0
    spaces["collapsed"] = has_collapsed(spaces, spaces[spaces.layer == 4])
    left = study_of(spaces, study.labels, study.movement, [], [])
    table, pairs = claims(left), claim_pairs(spaces, study.labels, study.movement, [], [])
    assert left.fallen == [("m", "t1", "seed1")] and table.n["accuracy"] == 8 and table.runs["label_distances"] == 8
    assert ("m / t1 / seed1 (collapsed, and left out)") in table.undefined["accuracy"]
    assert not ((pairs.task == "t1") & (pairs.run == "seed1")).any() and table.effect["accuracy"] > 4


def by_recipes(moved, gained, tasks=4, seeds=3):
    """A study in which LoRA moves the last layer `moved` times as far as full tuning does, for `gained` points."""
    study = make(tasks=tasks, seeds=seeds)
    frames, rng = {}, np.random.default_rng(1)
    for name in ("spaces", "labels", "movement"):
        table = getattr(study, name)
        table = table.assign(recipe=np.where(table.run.notna(), "full", None), seed=table.run.str[4:].astype(float))
        more = table[table.run.notna()]
        more = more.assign(run="lora-" + more.run.astype(str), recipe="lora")
        if name == "movement":
            more["relative_length"] *= moved * 2.0 ** rng.normal(0, 0.02, len(more))
        if name == "spaces":
            more["accuracy"] += gained
        frames[name] = pd.concat([table, more], ignore_index=True)
    return dataclasses.replace(study, **frames, contrasts=[["full", "lora"]])


@pytest.mark.parametrize(("moved", "verdict"), [(0.25, "supported"), (4.0, "contradicted"), (1.0, "no effect")])
def test_recipes_that_are_as_good_are_compared_by_how_far_they_move_the_space(moved, verdict):
    for scope in ("grid", "beyond"):
        row = claims(by_recipes(moved, 0.5), scope).loc["recipes"]
        assert row.verdict == verdict and row.n == 12 and row.cells == 4
        assert row.effect == pytest.approx(-np.log2(moved), abs=0.05)


def test_recipes_that_are_not_as_good_are_not_compared():
    row = claims(by_recipes(0.25, -5.0)).loc["recipes"]
    assert row.n == 0 and row.verdict == "undecided"
    assert row.undefined == [f"m / t{i} / full and lora (accuracy differs by -5.0 points)" for i in range(4)]
    still = claims(by_recipes(0.0, 0.0)).loc["recipes"]
    assert still.n == 0 and all(text.endswith("(moves nothing)") for text in still.undefined)
    assert claims(make()).n["recipes"] == 0


def test_recipes_are_compared_in_the_layer_that_the_probe_reads():
    """Trajectories may look at a higher one."""
    study = by_recipes(0.25, 0.5)
    top = study.movement[study.movement.layer == study.movement.layer.max()]
    above = top.assign(layer=top.layer + 1, relative_length=1.0)
    study = dataclasses.replace(study, movement=pd.concat([study.movement, above], ignore_index=True))
    assert claims(study).loc["recipes"].effect == pytest.approx(2, abs=0.05)


def test_the_figure_shows_every_pair_and_verdict():
    study = make()
    table, pairs = claim_table(study, SMALLEST), claim_pairs(*parts(study))
    figure = draw(table, pairs)
    for (name, rows), axis in zip(table.groupby("claim", sort=False), figure.axes, strict=True):
        shown = axis.collections[0].get_offsets()[:, 0]
        assert sorted(shown) == pytest.approx(sorted(pairs[pairs.claim == name].value))
        words = [text.get_text() for text in axis.texts]
        assert [word for word in words if word in draws.COLOUR] == rows.verdict.tolist()
        bars = [tuple(line.get_xdata()) for line in axis.lines if line.get_linewidth() in (1, 3.2)]
        known = rows.dropna(subset=["ci_low"])
        assert bars == list(zip(known.ci_low, known.ci_high))


def test_clusters_stand_where_there_were_more_than_labels():
    study = make(tasks=2)
    spaces = study.spaces.astype({"n_clusters": float})
    spaces.loc[(spaces.task == "t1") & spaces.tuned_on.isna(), "n_clusters"] = 3
    table = clusters(spaces, ["m"], ["t1", "t0"])
    assert table.task.tolist() == ["t0"] and table.original.tolist() == [12] and table.fine_tuned.tolist() == [6]
    assert table.seeds.tolist() == [3] and table.fine_tuned_seed_std.tolist() == [0]
    assert not len(clusters(spaces[:0], ["m"], ["t0"]))
