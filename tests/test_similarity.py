"""Similarities of representations: their closed forms, and what they are invariant to."""

import json

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full
from scipy.spatial import procrustes
from scipy.stats import ortho_group, spearmanr
from sklearn.neighbors import NearestNeighbors

from closerlook.analysis.similarity import (
    FLOORS,
    WITHOUT,
    dominated,
    linear_cka,
    measure_similarity,
    neighbours,
    procrustes_similarity,
    rsa,
    similarity,
    similarity_rows,
)
from closerlook.analysis.spaces import COLUMNS
from closerlook.analysis.tables import read_table, write_table
from closerlook.errors import InputError
from closerlook.figures.similarity import similarity as draw
from closerlook.layout import Run

MEASURES = [linear_cka, procrustes_similarity, rsa, neighbours]
NAMES = dict(zip(("cka", "procrustes", "rsa", "neighbours"), MEASURES))


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6)) * [4, 2, 1, 1, 1, 1]
    return X, X @ rng.normal(size=(6, 6)) + rng.normal(size=(40, 6))


def u_centred(X):
    """The Gram matrix without its diagonal, centred so that products of two estimate without bias (Szekely and Rizzo,
    2014)."""
    K, n = X @ X.T, len(X)
    np.fill_diagonal(K, 0)
    K = K - (K.sum(0) + K.sum(1)[:, None]) / (n - 2) + K.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(K, 0)
    return K


def test_cka_is_that_of_the_u_centred_gram_matrices(pair):
    for X, Y in (pair, [Z[:4] for Z in pair]):
        K, L = map(u_centred, (X, Y))
        assert linear_cka(X, Y) == pytest.approx((K * L).sum() / np.sqrt((K * K).sum() * (L * L).sum()))


def test_cka_of_spaces_that_have_nothing_in_common_is_zero_on_average():
    rng = np.random.default_rng(0)
    values = [linear_cka(*rng.normal(size=(2, 60, 50))) for _ in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(200) and np.mean(values) < 0.01 < np.max(values)
    X, Y = (Z - Z.mean(0) for Z in rng.normal(size=(2, 457, 384)))
    plain = np.linalg.norm(X.T @ Y) ** 2 / np.linalg.norm(X.T @ X) / np.linalg.norm(Y.T @ Y)
    assert abs(linear_cka(X, Y)) < 0.01 and plain > 0.4


def test_cka_is_missing_where_only_chance_is_left(pair):
    assert np.isnan(linear_cka(*(Z[:3] for Z in pair)))
    assert np.isnan(linear_cka(np.eye(5), np.eye(5)))  # all points equally far from each other


def test_procrustes_is_the_best_rotation(pair):
    X, Y = ((Z - Z.mean(0)) / np.linalg.norm(Z - Z.mean(0)) for Z in pair)
    best = procrustes_similarity(*pair)
    tried = [np.trace(X.T @ Y @ ortho_group.rvs(6, random_state=s)) for s in range(200)]
    assert max(tried) <= best + 1e-12 and best == pytest.approx(np.sqrt(1 - procrustes(*pair)[2]))


def test_rsa_is_a_rank_correlation_of_distances(pair):
    X, Y = pair
    i, j = np.triu_indices(40, 1)
    expected = spearmanr(np.linalg.norm(X[i] - X[j], axis=1), np.linalg.norm(Y[i] - Y[j], axis=1)).statistic
    assert rsa(X, Y) == pytest.approx(expected)


@pytest.mark.parametrize("n", [3, 8, 40])
def test_neighbours_are_those_of_another_library(pair, n):
    k = {3: 1, 8: 3, 40: 10}[n]  # ten, or half of the others
    kept = [NearestNeighbors(n_neighbors=k).fit(Z[:n]).kneighbors(return_distance=False) for Z in pair]
    expected = np.mean([len({*a} & {*b}) / k for a, b in zip(*kept)])
    assert neighbours(*(Z[:n] for Z in pair)) == pytest.approx(expected)


def test_of_equally_near_neighbours_the_first_are_taken():
    X = np.zeros((9, 1))
    X[8] = 1  # the first eight share a place: the four nearest of each are the first four others
    first = [[j for j in range(9) if j != i][:4] for i in range(9)]
    Y = np.random.default_rng(0).normal(size=(9, 2))
    kept = NearestNeighbors(n_neighbors=4).fit(Y).kneighbors(return_distance=False)
    assert neighbours(X, Y) == pytest.approx(np.mean([len({*a} & {*b}) / 4 for a, b in zip(first, kept)]))
    assert neighbours(X, X) == 1


def test_neighbours_of_two_points_say_nothing():
    assert np.isnan(neighbours(np.eye(2), np.eye(2))) and np.isnan(neighbours(np.eye(5), np.eye(5)))


@pytest.mark.parametrize("shape", [(400, 20), (90, 200)])
def test_floors_are_what_spaces_with_nothing_in_common_give(shape):
    """None, where there is no bias; k / (n - 1) neighbours; of Procrustes, what fresh noise of the same shape gives."""
    rng, (n, d) = np.random.default_rng(0), shape
    X = rng.normal(size=shape)
    found = measure_similarity(X, X + 0.1 * rng.normal(size=shape))
    assert all(found[name] > 0.9 for name in ("cka", "procrustes", "rsa")) and found["neighbours"] > 0.5
    assert abs(found["cka_floor"]) < 0.02 and abs(found["rsa_floor"]) < 0.06
    draws = rng.hypergeometric(10, n - 11, 10, (1000, 5 * n)).mean(1) / 10  # of 10 others, how many are the right 10
    assert abs(found["neighbours_floor"] - 10 / (n - 1)) < 5 * draws.std()
    fresh = [np.sqrt(1 - procrustes(*rng.normal(size=(2, n, d)))[2]) for _ in range(20)]
    assert abs(found["procrustes_floor"] - np.mean(fresh)) < 5 * np.std(fresh)


def test_a_floor_is_the_mean_over_orders_of_the_points(pair):
    X, Y = pair
    rng = np.random.default_rng(1)
    found = measure_similarity(X, Y)
    for name, measure in NAMES.items():
        values = [measure(X, Y[rng.permutation(len(Y))]) for _ in range(200)]
        assert abs(found[f"{name}_floor"] - np.mean(values)) < 4 * np.std(values) / np.sqrt(5)
    assert found == measure_similarity(X, Y) and found != measure_similarity(X, Y, seed=1)


def test_a_ceiling_is_the_similarity_of_two_runs(pair):
    X, Y = pair
    peer = Y + 0.1 * np.random.default_rng(2).normal(size=Y.shape)
    alone, found = measure_similarity(X, Y), measure_similarity(X, Y, peer=peer)
    for name, measure in NAMES.items():
        assert found[f"{name}_ceiling"] == pytest.approx(measure(Y, peer)) and alone[f"{name}_ceiling"] is None
    assert {key: value for key, value in found.items() if "ceiling" not in key} == {
        key: value for key, value in alone.items() if "ceiling" not in key
    }


def outlying(dims=(3,), width=12):
    """Two spaces that have nothing in common but a few very large dimensions."""
    X, Y = np.random.default_rng(0).normal(size=(2, 300, width))
    X[:, dims] *= 30
    Y[:, dims] = X[:, dims]
    return X, Y


@pytest.mark.parametrize("dims", [(3,), (2, 7)])
def test_what_a_few_dimensions_dominate_is_measured_without_them_too(dims):
    X, Y = outlying(dims)
    found = measure_similarity(X, Y)
    assert found["dominant"] == list(dims) and found["cka"] > 0.99 and abs(found["cka_without"]) < 0.05
    shares = [(Z.var(0) / Z.var(0).sum())[list(dims)].sum() for Z in (X, Y)]
    assert found["dominant_share"] == pytest.approx(max(shares)) and max(shares) > 0.9
    for name, measure in NAMES.items():
        expected = measure(np.delete(X, dims, 1), np.delete(Y, dims, 1))
        assert found[f"{name}_without"] == pytest.approx(expected)


def test_dimensions_that_dominate_one_space_only_are_left_out_of_both():
    X, Y = np.random.default_rng(0).normal(size=(2, 300, 12))
    X[:, 5] *= 20
    found = measure_similarity(X, Y)
    assert found["dominant"] == [5] and found["dominant_share"] > 0.9
    assert found["cka_without"] == pytest.approx(linear_cka(np.delete(X, 5, 1), np.delete(Y, 5, 1)))


def test_no_dimension_dominates_where_five_share_or_there_are_few_or_they_differ_or_nothing_varies(pair):
    five = outlying((1, 3, 5, 7, 9))
    few = outlying(width=9)
    X, Y = outlying()
    still = np.full_like(X, 0.1) + 1e-10 * X
    for spaces in (five, few, (X, Y[:, :11]), (still, still), pair):
        found = measure_similarity(*spaces)
        assert found["dominant"] is None and found["dominant_share"] is None
        assert all(found[name] is None for name in WITHOUT)


def test_what_a_few_dimensions_dominate_is_said_in_a_sentence_a_model(tmp_path):
    plain, large = (
        measure_similarity(*np.random.default_rng(0).normal(size=(2, 50, 12))),
        measure_similarity(*outlying()),
    )
    runs = [Run(model, "t", "seed0") for model in ("m", "other", "third")]
    layers = [{0: plain, 1: large, 2: large, 3: large}, {0: plain}, {0: large, 2: large}]
    frame = similarity_rows(
        [(run, {"test": of}) for run, of in zip(runs, layers)], full(*map("{0.model}/{0.state}".format, runs))
    )
    said = dominated(frame)
    share = f"{100 * large['dominant_share']:.0f} %"
    assert len(said) == 2 and all(share in line and f"{large['cka_without']:.2f} without" in line for line in said)
    assert said[0].startswith("m: in layers 1 to 3 ") and said[1].startswith("third: in layers 0, 2 ")
    write_table(tmp_path / "similarity.csv", frame)
    table = read_table(tmp_path / "similarity.csv")
    assert dominated(table) == said and dominated(table[table.model == "other"]) == []
    assert [json.loads(dims) for dims in table.dominant.dropna()] == [[3]] * 5


@pytest.mark.parametrize("measure", MEASURES)
def test_invariances(pair, measure):
    X, Y = pair
    R = ortho_group.rvs(6, random_state=1)
    value = measure(X, Y)
    assert measure(X, X) == pytest.approx(1) and 0 < value < 0.999
    assert measure(X, 7 * Y @ R + 5) == pytest.approx(value)
    assert measure(0.1 * X @ R - 2, Y) == pytest.approx(value)
    assert measure(X, Y * [9, 1, 1, 1, 1, 1]) != pytest.approx(value, abs=1e-3)  # not under any linear map
    assert measure(X, Y) == pytest.approx(measure(Y, X))


@pytest.mark.parametrize("measure", MEASURES)
def test_what_does_not_vary_has_no_similarity(measure):
    other = np.random.default_rng(0).normal(size=(457, 3))
    for constant in (np.ones((457, 3)), np.full((457, 3), 0.1), np.full((457, 3), 0.1) + 1e-9 * other):
        assert np.isnan(measure(constant, other)) and np.isnan(measure(constant, constant[::-1].copy()))


def test_many_points_are_compared_by_a_sample():
    X, noise = np.random.default_rng(0).normal(size=(2, 2000, 3))
    found = measure_similarity(X, X + 0.1 * noise)
    assert found["n_points"] == 2000 and found == measure_similarity(X, X + 0.1 * noise)
    assert json.loads(json.dumps(found)) == found and all(0.9 < found[m] <= 1 for m in ("cka", "procrustes", "rsa"))
    assert 0.3 < found["neighbours"] < 1 and all(abs(found[name]) < 0.1 for name in FLOORS)


def test_the_table_and_its_figure(tmp_path):
    (tmp_path / "similarity/m").mkdir(parents=True)
    for seed in (0, 1):
        cells = {
            str(n): {"cka": 0.9 - n / 10 - seed / 50, "procrustes": 0.8, "rsa": None, "n_points": 9} for n in (0, 1)
        }
        (tmp_path / f"similarity/m/t.seed{seed}.json").write_text(
            json.dumps({"layers": {"train": cells, "test": cells}})
        )
    frame = similarity(sorted(tmp_path.glob("similarity/m/*.json")), full("m/t.seed0", "m/t.seed1"))
    assert len(frame) == 2 * 2 * 2 and frame.rsa.isna().all()
    row = {"model": "m", "task": "t", "tuned_on": "t", "original_similarity": 0.7}
    rows = [row | {"layer": n, "run": f"seed{s}", "seed": s} for n in (0, 1) for s in (0, 1)]
    spaces = pd.DataFrame(rows, columns=list(COLUMNS))
    lines = draw(frame, spaces, ["m"], ["t"]).axes[0].lines
    drawn = [list(line.get_ydata()) for line in lines]
    assert [pytest.approx([0.89, 0.79])] == [d for d in drawn if d[:1] == [pytest.approx(0.89)]]
    assert [0.7, 0.7] in drawn


def test_the_figure_shows_floor_and_ceiling_of_a_measure_in_its_colour():
    cells = {n: {"cka": 0.6, "cka_floor": 0.01 * n, "cka_ceiling": 0.9 - n / 10} for n in (0, 1, 2)}
    runs = ("m/t.seed0", "m/t.seed1")
    results = [(Run("m", "t", run[-5:]), {"train": cells}) for run in runs]
    axis = draw(similarity_rows(results, full(*runs)), pd.DataFrame(columns=list(COLUMNS)), ["m"], ["t"]).axes[0]
    (own,) = (line for line in axis.lines if list(line.get_ydata()) == [0.6] * 3)
    lines = {line.get_linestyle(): line for line in axis.lines if line.get_color() == own.get_color()}
    assert lines["--"].get_ydata() == pytest.approx([0.9, 0.8, 0.7])
    assert lines[":"].get_ydata() == pytest.approx([0, 0.01, 0.02])
    assert [t.get_text() for t in axis.figure.legends[0].get_texts() if t.get_text()[:3] in ("cei", "flo")] == [
        "ceiling: two seeds", "floor: nothing in common"]  # fmt: skip


def test_spaces_of_other_points_are_not_compared():
    X = np.random.default_rng(0).normal(size=(9, 3))
    with pytest.raises(InputError, match="these have 9 and 8"):
        measure_similarity(X, X[1:])
