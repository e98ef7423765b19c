"""Similarities of representations: their closed forms, and what they are invariant to."""

import json

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full
from scipy.spatial import procrustes
from scipy.stats import ortho_group, spearmanr

from closerlook.analysis.similarity import linear_cka, measure_similarity, procrustes_similarity, rsa, similarity
from closerlook.analysis.spaces import COLUMNS
from closerlook.errors import InputError
from closerlook.figures.similarity import similarity as draw

MEASURES = [linear_cka, procrustes_similarity, rsa]


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


def test_spaces_of_other_points_are_not_compared():
    X = np.random.default_rng(0).normal(size=(9, 3))
    with pytest.raises(InputError, match="these have 9 and 8"):
        measure_similarity(X, X[1:])
