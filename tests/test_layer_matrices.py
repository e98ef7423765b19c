"""Layer by layer matrices of similarity: their values, the table, the figure, and which run a run is compared with."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from runs_fixtures import full
from small_study import BERT, ROOT

from closerlook.analysis.layer_matrices import COLUMNS, gram, layer_matrices, matrices
from closerlook.analysis.similarity import linear_cka
from closerlook.figures import style
from closerlook.figures.layer_matrices import layer_matrices as draw


@pytest.fixture(scope="module")
def spaces():
    """Three layers at three ends; the first layer of the original does not vary, as that of [CLS]."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(70, 9))
    found = {
        n: {end: X @ rng.normal(size=(9, 5)) + n * rng.normal(size=(70, 5)) for end in ("before", "after", "peer")}
        for n in (0, 1, 4)
    }
    found[0]["before"] = np.ones((70, 5))
    return found


@pytest.fixture(scope="module")
def found(spaces):
    return matrices({n: {end: gram(X) for end, X in ends.items()} for n, ends in spaces.items()})


def test_every_cell_is_the_cka_of_its_two_layers(spaces, found):
    assert found["layers"] == [0, 1, 4]
    for name, (rows, columns) in {"original": ("before", "after"), "peer": ("after", "peer")}.items():
        for i, layer in enumerate(spaces):
            for j, other in enumerate(spaces):
                expected = linear_cka(spaces[layer][rows], spaces[other][columns])
                if np.isnan(expected):
                    assert found[name][i][j] is None and (name, layer) == ("original", 0)
                else:
                    assert found[name][i][j] == pytest.approx(expected, abs=1e-6)


def test_a_space_is_itself_and_equally_far_points_have_nothing(spaces):
    one = {"before": gram(spaces[1]["after"]), "after": gram(spaces[1]["after"])}
    assert matrices({1: one}) == {"layers": [1], "original": [[pytest.approx(1, abs=1e-6)]], "peer": None}
    assert gram(np.eye(6)) is None and gram(spaces[1]["after"][:3]) is None


def test_of_many_points_the_same_1500_stand_for_all():
    X, Y = np.random.default_rng(0).normal(size=(2, 1700, 3))
    some = np.random.default_rng(0).choice(1700, 1500, replace=False)
    value = matrices({0: {"before": gram(X), "after": gram(X + Y)}})["original"][0][0]
    assert value == pytest.approx(linear_cka(X[some], (X + Y)[some]), abs=1e-6)


@pytest.fixture
def table(found, tmp_path):
    (tmp_path / "similarity/m").mkdir(parents=True)
    alone = found | {"peer": None}
    for run, peer, of in (("seed0", "seed1", found), ("seed1", "seed0", found), ("mine", None, alone)):
        path = tmp_path / f"similarity/m/t.{run}.json"
        path.write_text(json.dumps({"layers": {}, "peer": peer, "matrices": of}))
    runs = full("m/t.seed0", "m/t.seed1") | {"m/t.mine": {"recipe": "mine", "seed": None}}
    return layer_matrices(sorted(tmp_path.glob("similarity/m/*.json")), runs)


def test_the_table_has_a_row_per_pair_of_layers(table, found):
    assert list(table.columns) == list(COLUMNS) and len(table) == 9 * (2 + 2 + 1)
    assert set(zip(table.run, table["with"])) == {
        ("seed0", "original"), ("seed0", "seed1"), ("seed1", "original"), ("seed1", "seed0"), ("mine", "original")
    }  # fmt: skip
    own = table[(table.run == "seed0") & (table["with"] == "seed1")]
    expected = {(a, b): found["peer"][i][j] for i, a in enumerate((0, 1, 4)) for j, b in enumerate((0, 1, 4))}
    assert dict(zip(zip(own.layer, own.other_layer), own.cka)) == pytest.approx(expected, abs=1e-6)
    assert table[(table["with"] == "original") & (table.layer == 0)].cka.isna().all()


def pictures(figure):
    return [axis.images[0] for axis in figure.axes if axis.images and axis.get_xlabel()]


def test_the_figure_shows_means_over_runs_on_one_scale(table, found):
    table.loc[table.run == "seed1", "cka"] += 0.1
    left, right = pictures(draw(table[table.recipe == "full"], "m", "t"))
    np.testing.assert_allclose(left.get_array()[1:], np.array(found["original"][1:]) + 0.05, atol=1e-6)
    np.testing.assert_allclose(right.get_array(), np.array(found["peer"]) + 0.05, atol=1e-6)
    assert left.get_array().mask[0].all() and left.get_clim() == right.get_clim() == (0, 1)
    texts = [text.get_text() for text in left.axes.texts]
    assert texts[:3] == ["–"] * 3 and texts[3:] == [f"{value:.2f}" for value in left.get_array()[1:].ravel()]
    assert left.axes.get_xlabel() == "layer after fine-tuning" and left.axes.get_ylabel() == "layer of the original"


def test_one_run_has_one_matrix_and_none_is_said_to_be_missing(table, tmp_path):
    assert len(pictures(draw(table[table.run == "mine"], "m", "t"))) == 1
    figure = draw(table, "m", "another")
    style.save(figure, [tmp_path / "figure.png"])
    assert not pictures(figure) and [text.get_text() for text in figure.axes[0].texts] == ["not measured"]


def test_many_layers_fit_and_have_no_numbers():
    rows = [
        {"model": "m", "task": "t", "run": "seed0", "with": "original", "layer": a, "other_layer": b, "cka": 0.5}
        for a in range(33) for b in range(33)
    ]  # fmt: skip
    figure = draw(pd.DataFrame(rows, columns=list(COLUMNS)), "m", "t")
    (picture,) = pictures(figure)
    assert not picture.axes.texts and len(picture.axes.get_xticks()) <= 16 and figure.get_figwidth() < 6


def study(seeds, **more):
    """The smallest study of one task."""
    return {
        "corpora": {"g": {"format": "grammar", "n_train": 60, "n_test": 40, "n_text": 200}},
        "tasks": {"role": {"corpus": "g", "kind": "word", "label": "misc.Role"}},
        "models": {"m": {"pretrain": {**BERT, "steps": 10}}},
        "seeds": seeds,
        "layers": [-1],
    } | more


def peers(folder, config):
    """The runs whose vectors the similarity job of each run reads, beside its own and those of the original."""
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    asked = [sys.executable, ROOT / "workflow/planned.py", "--cores", "1", "--configfile", "study.yaml"]
    run = subprocess.run(asked, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    jobs = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    found = {}
    for job in (job for job in jobs if job["rule"] == "measure_similarity"):
        own = job["wildcards"]["run"]
        of = [path.split("/m/")[1].split("/") for path in job["input"]]
        assert len({tuple(parts) for parts in of}) == len(of) and {parts[1] for parts in of} == {"role"}
        others = {state for state, *_ in of} - {"original", f"role.{own}"}
        assert all(sum(parts[0] == state for parts in of) == 2 for state in others)  # both splits of the last layer
        found[own] = {state.removeprefix("role.") for state in others}
    return found


def test_a_runs_peer_is_the_next_of_its_recipe(tmp_path):
    assert peers(tmp_path, study([0])) == {"seed0": set()}
    assert peers(tmp_path, study([4, 2])) == {"seed4": {"seed2"}, "seed2": {"seed4"}}
    assert peers(tmp_path, study([0, 1, 2])) == {"seed0": {"seed1"}, "seed1": {"seed2"}, "seed2": {"seed0"}}


def test_brought_runs_are_peers_where_they_say_their_seeds(tmp_path):
    runs = {
        name: {"model": "m", "task": "role", "hub": f"a/{name}", "revision": "0" * 40} | more
        for name, more in {"one": {"seed": 1}, "two": {"seed": 2}, "lone": {}}.items()
    }
    found = peers(tmp_path, study([0], runs=runs))
    assert found == {"seed0": set(), "one": {"two"}, "two": {"one"}, "lone": set()}
