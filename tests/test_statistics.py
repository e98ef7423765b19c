"""Crossed estimates and what would decide a verdict, against statsmodels, scipy and simulation."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.formula.api import ols

from closerlook.statistics.crossed import Cell, Estimate, Part, beyond, in_grid
from closerlook.statistics.power import counted, decided, decides, enough, more

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import verdicts

RNG = np.random.default_rng


def anova(values, *names):
    """Mean squares of a full crossing by statsmodels, by factor."""
    places = np.indices(values.shape).reshape(values.ndim, -1)
    frame = pd.DataFrame({"y": values.ravel(), **dict(zip(names, places))})
    table = sm.stats.anova_lm(ols("y ~ " + " + ".join(f"C({name})" for name in names), frame).fit())
    return {name: table.mean_sq[f"C({name})"] for name in names} | {"error": table.mean_sq["Residual"]}


def test_seeds_and_examples_are_a_crossed_design():
    """Its variance components are those of the analysis of variance."""
    S, n = 4, 30
    values = RNG(0).normal(size=(S, 1)) + RNG(1).normal(size=(1, n)) + 0.5 * RNG(2).normal(size=(S, n))
    square, found = anova(values, "seed", "example"), in_grid([Cell(values[:, None])])
    assert found.mean == pytest.approx(values.mean()) and list(found.parts) == ["seeds", "test examples"]
    seeds, examples = found.parts.values()
    assert tuple(seeds) == pytest.approx((square["seed"] / (S * n), S - 1, S))
    assert tuple(examples) == pytest.approx(((square["example"] - square["error"]) / (S * n), n - 1, n))


def test_models_and_tasks_are_a_crossed_design():
    M, T = 4, 6
    values = RNG(0).normal(size=(M, 1)) + RNG(1).normal(size=(1, T)) + 0.5 * RNG(2).normal(size=(M, T))
    index = pd.MultiIndex.from_product([range(M), range(T)])
    square, found = anova(values, "model", "task"), beyond(pd.Series(values.ravel(), index))
    whole = {"models": square["model"] / (M * T), "tasks": square["task"] / (M * T)}
    assert sum(p.variance for p in found.parts.values()) == pytest.approx(
        sum(whole.values()) - square["error"] / (M * T)
    )
    assert {name: part.df for name, part in found.parts.items()} == {"tasks": T - 1, "models": M - 1}
    assert max(p.variance for p in found.parts.values()) == pytest.approx(max(whole.values()))


def test_sentences_are_clusters():
    """The variance is that of a cluster-robust regression on a constant."""
    sizes = RNG(0).integers(1, 6, 60)
    names = np.repeat([f"s{i}" for i in range(60)], sizes)
    values = np.repeat(RNG(1).normal(size=60), sizes) + RNG(2).normal(size=sizes.sum()) + 1
    peer = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(names, return_inverse=True)[1]}, use_t=True
    )
    found = in_grid([Cell(values[None, None], names)])
    assert found.parts["test examples"].variance == pytest.approx(peer.cov_params()[0, 0], rel=1e-6)
    assert found.interval() == pytest.approx(tuple(peer.conf_int()[0]), rel=1e-6)
    assert found.p() == pytest.approx(peer.pvalues[0], rel=1e-4)


def test_one_sentence_in_two_cells_is_one_piece_of_evidence():
    values = RNG(0).normal(size=100)
    names = np.array([f"s{i}" for i in range(100)])
    once, twice = Cell(values[None, None], names), [Cell(values[None, None], names)] * 2
    assert in_grid(twice).half() == pytest.approx(in_grid([once]).half())
    apart = [Cell(values[None, None], names), Cell(values[None, None], np.char.add("t", names))]
    assert in_grid(apart).half() == pytest.approx(in_grid([once]).half() / np.sqrt(2))


def test_initialisations_are_paired():
    """What two states have in common in every initialisation cancels; what they do not, counts."""
    noise, n = RNG(0).normal(size=(1, 5, 1)), 40
    same = in_grid([Cell(np.ones((1, 5, n)) + RNG(1).normal(size=n))])
    found = in_grid([Cell(np.ones((1, 5, n)) + RNG(1).normal(size=n) + noise)])
    assert same.parts["initialisations"].variance == 0
    assert tuple(found.parts["initialisations"]) == pytest.approx((noise.var(ddof=1) / 5, 4, 5))


def test_a_cell_with_one_seed_is_as_uncertain_as_the_others():
    values = RNG(0).normal(size=(3, 2))
    cells = [Cell(each[:, None, None]) for each in values]
    variance = values.var(1, ddof=1)
    assert in_grid(cells).parts["seeds"].variance == pytest.approx((variance / 2).sum() / 9)
    found = in_grid([*cells[:2], Cell(values[2, :1, None, None])])
    assert found.parts["seeds"].variance == pytest.approx((variance[:2].sum() / 2 + variance[:2].mean()) / 9)
    assert in_grid([Cell(values[0, :1, None, None])]).parts == {}
    assert np.isnan(in_grid([]).mean) and np.isnan(beyond(pd.Series(dtype=float)).half())


@pytest.mark.parametrize("dfs", [(1,), (2, 50), (1, 4, 400)])
def test_p_is_one_minus_the_level_whose_interval_ends_at_zero(dfs):
    estimate = Estimate(1.3, {f"part {i}": Part(0.02 * (i + 1), df, df + 1) for i, df in enumerate(dfs)})
    p = estimate.p()
    assert estimate.interval(1 - p)[0] == pytest.approx(0, abs=1e-4) and 0 < p < 1
    if len(dfs) == 1:
        assert p == pytest.approx(2 * stats.t.sf(1.3 / np.sqrt(0.02), dfs[0]), rel=1e-4)
    assert Estimate(0.0, estimate.parts).p() == 1


@pytest.mark.parametrize("mean, variance", [(0.5, 0.3), (0.0, 0.3), (2.0, 3.0), (0.9, 1.0)])
def test_that_many_more_seeds_decide(mean, variance):
    """Of as many as it takes, with this mean and deviation, the interval decides; of one fewer, it does not."""
    estimate = Estimate(mean, {"seeds": Part(variance, 2, 3)})
    n = 3 + enough(estimate, "seeds", 1.0)
    assert decided(more(estimate, "seeds", n), 1.0) and (n == 4 or not decided(more(estimate, "seeds", n - 1), 1.0))
    values = stats.zscore(np.arange(n), ddof=1) * np.sqrt(3 * variance) + mean
    ends = stats.ttest_1samp(values, 0).confidence_interval()
    assert ends.low > 0 or ends.high < 0 or (ends.low > -1 and ends.high < 1)
    assert enough(Estimate(0.01, {"seeds": Part(1e4, 2, 3)}), "seeds", 0.1) is None


def test_what_would_decide_is_what_is_in_doubt():
    few, sure = Part(4.0, 1, 2), Part(0.01, 499, 500)
    assert decides(Estimate(4.0, {"seeds": few, "test examples": sure}), 1.0).endswith("more seeds")
    wide = Estimate(4.0, {"seeds": Part(0.001, 4, 5), "test examples": Part(5.0, 499, 500)})
    assert decides(wide, 1.0) == "about 1.25 times as many test examples"
    both = Estimate(1.5, {"seeds": Part(5.0, 1, 2), "test examples": Part(5.0, 499, 500)})
    assert decides(both, 0.1) == "more seeds and test examples together"  # of either alone would not do
    assert decides(Estimate(0.01, {"tasks": Part(1e4, 2, 3)}), 0.1) == "more than 1,000 tasks"
    assert counted(1, "seeds") == "1 more seed" and counted(2, "tasks") == "2 more tasks"


@pytest.mark.parametrize("kind", verdicts.KINDS)
def test_verdicts_are_seldom_wrong(kind):
    """A small part of benchmarks/verdicts.py, whose table is in docs/analyses.md."""
    found = verdicts.table(300, [kind], ["normal"], cells=[5], seeds=[3], shares=[0.05, 0.5], seed=1)
    error = np.sqrt(0.05 * 0.95 / 300)
    assert len(found) and (found.wrong / 100 < 0.05 + 3.5 * error).all()
    assert found.power.max() > 30
