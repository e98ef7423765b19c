"""Comparing vectors in memory: the workflow's numbers, closed forms, and arguments that cannot be used."""

import re
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal

from closerlook import compare
from closerlook.analysis.directions import directions
from closerlook.analysis.errors import errors
from closerlook.analysis.labels import labels
from closerlook.analysis.movement import measure_movement, movement
from closerlook.analysis.similarity import measure_similarity, similarity
from closerlook.analysis.spaces import spaces
from closerlook.errors import InputError
from closerlook.figures.catalog import FIGURES
from closerlook.files import write_json
from closerlook.layout import CLUSTERS, DIRECT, MOVEMENT, PREDICTIONS, SIMILARITY, Run, State, of_probe
from closerlook.probes.direct.geometry import measure
from closerlook.probes.mlp.classifier import probe
from closerlook.probes.predictions import write_predictions
from closerlook.study.comparing import DIRECT as OPTIONS
from closerlook.study.comparing import PROBE
from closerlook.study.figures import NAMES as DRAWN

QUICK = {"hidden_layer_sizes": [[8]], "alphas": [1e-3], "repeats": 2, "max_iter": 30}
NAMES = ["alpha", "beta", "gamma", "delta", "epsilon"]


def cloud(n, layers=3, dim=6, k=5, seed=0, pull=1.0):
    """Vectors of `n` examples with `k` labels, which lie apart by `pull` times the layer, and the labels' ids."""
    rng = np.random.default_rng(seed)
    y, means = np.arange(n) % k, np.random.default_rng(9).normal(size=(k, dim))
    X = rng.normal(size=(layers, n, dim)) + pull * np.arange(layers)[:, None, None] * means[y]
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def given():
    (before, y), (test, yt) = cloud(100), cloud(40, seed=1)
    after, test_after = (cloud(n, seed=s, pull=2.5)[0] for n, s in ((100, 0), (40, 1)))
    return before, after, y, test, test_after, yt


@pytest.fixture(scope="module")
def study(given):
    before, after, y, test, test_after, yt = given
    test = test, test_after, np.array(NAMES)[yt]
    return compare(before, after, np.array(NAMES)[y], test=test, probe=QUICK, progress=False)


def written(folder, given):
    """What the workflow's jobs leave of the same vectors, as files."""
    before, after, y, test, test_after, yt = given
    ids = np.argsort(np.argsort(NAMES))  # names are sorted
    y, yt = ids[y], ids[yt]
    run, files = Run("model", "task", "tuned"), {"direct": [], "clusters": [], "classifier": [], "predictions": []}

    def place(pattern, **names):
        path = folder / pattern.format(**run._asdict() | names)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    for state, X, Xt in ((State(), before, test), (run.state, after, test_after)):
        for layer in range(len(X)):
            for split, of, label in (("train", X, y), ("test", Xt, yt)):
                record, arrays = measure(of[layer], label)
                at = {"state": state, "split": split, "layer": layer}
                files["direct"].append(place(DIRECT, **at))
                files["clusters"].append(place(CLUSTERS, **at))
                write_json(files["direct"][-1], record)
                np.savez(files["clusters"][-1], **arrays)
            files["classifier"].append(place(of_probe("classifier"), state=state, layer=layer))
            found = probe((X[layer], y), (Xt[layer], yt), **PROBE | QUICK, predictions=True)
            predicted = [found.pop(name) for name in ("predictions", "linear_predictions")]
            write_json(files["classifier"][-1], found)
            at = {"state": state, "layer": layer}
            files["predictions"].append(place(of_probe("classifier", PREDICTIONS), **at))
            write_predictions(files["predictions"][-1], yt, *predicted)
    files["movement"] = [place(MOVEMENT)]
    np.savez(files["movement"][0], **measure_movement(zip(range(9), before, after), y))
    found = {
        split: {n: measure_similarity(*pair) for n, pair in enumerate(zip(*both))}
        for split, both in (("train", (before, after)), ("test", (test, test_after)))
    }
    files["similarity"] = [place(SIMILARITY)]
    write_json(files["similarity"][0], {"layers": found})
    return files


def test_numbers_are_those_of_the_workflow_to_the_last_digit(given, study, tmp_path):
    files, names = written(tmp_path, given), {"task": sorted(NAMES)}
    about = names, {"model/task.tuned": {"recipe": "tuned", "seed": None}}
    same = {"check_exact": True, "check_dtype": False}
    probed = (files[name] for name in ("direct", "clusters", "classifier", "predictions"))
    there = spaces(*probed, [], names, {"model": 2}, about[1])
    seconds = ["direct_seconds", "classifier_seconds"]
    assert_frame_equal(study.spaces.drop(columns=seconds), there.drop(columns=seconds), **same)
    assert there.accuracy.notna().all() and there.original_similarity.notna().any()
    train = [path for path in files["clusters"] if path.parent.name == "train"]
    own = study.labels.set_index(["layer", "label"])
    for row in labels(train, *about).itertuples():
        end, mine = "after" if row.tuned_on else "before", own.loc[row.layer, row.label]
        assert mine[f"clusters_{end}"] == row.clusters and mine[f"overlapping_{end}"] == row.overlapping
        np.testing.assert_array_equal(mine[f"min_distance_{end}"], row.min_distance)
    assert_frame_equal(study.movement, movement(files["movement"], *about), **same)
    assert_frame_equal(study.directions, directions(files["movement"], *about), **same)
    assert_frame_equal(study.similarity, similarity(files["similarity"], about[1]), **same)
    confused = errors(files["classifier"], [], train, *about)
    own = study.errors.sort_values(["state", "layer", "bin"], ignore_index=True)
    assert_frame_equal(own, confused, **same)
    assert len(confused)


def test_the_table_has_a_row_per_layer_and_what_the_frames_have(study):
    assert study.table.layer.tolist() == [0, 1, 2]
    after = study.spaces[study.spaces.state == "task.tuned"]
    np.testing.assert_array_equal(study.table.accuracy_after, after.accuracy)
    np.testing.assert_array_equal(study.table.clusters_after, after.n_clusters)
    np.testing.assert_allclose(study.table.movement, study.movement.groupby("layer").relative_length.mean())
    assert study.table.accuracy_std_before.notna().all() and study.table.linear_lead_error_after.notna().all()


def test_a_shift_of_each_label_is_its_displacement_and_a_rotation_no_change_of_geometry():
    X, y = cloud(60, layers=2)
    shift = np.arange(5)[:, None] * np.eye(6)[0]
    moved = compare(X, X + shift[y], y, probe=False, progress=False).labels
    np.testing.assert_allclose(moved.displacement, np.tile(np.arange(5.0), 2), atol=1e-5)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(6, 6)))[0]
    table = compare(X, 3 * X @ turn, y, probe=False, progress=False).table
    np.testing.assert_allclose(table[["cka", "procrustes", "rsa"]], 1, atol=1e-5)
    np.testing.assert_array_equal(table.clusters_before, table.clusters_after)
    np.testing.assert_allclose(table.min_distance_after, 3 * table.min_distance_before, rtol=3e-3)


def test_an_examples_row_says_what_happened_to_it(study, given):
    yt = given[-1]
    assert len(study.examples) == 3 * len(yt)
    last = study.examples[study.examples.layer == 2]
    assert last.label.tolist() == [NAMES[c] for c in yt] and last.example.tolist() == list(range(len(yt)))
    expected = {(True, True): "stays right", (False, True): "becomes right", (True, False): "becomes wrong"}
    for row in study.examples.itertuples():
        assert row.change == expected.get((row.before == row.label, row.after == row.label), "stays wrong")
    assert {"stays right", "becomes right", "stays wrong"} <= set(study.examples.change)
    for end in ("before", "after"):  # the share of repeats is the accuracy
        shares = 100 * study.examples.groupby("layer")[f"{end}_right"].mean()
        np.testing.assert_allclose(shares, study.table[f"accuracy_{end}"])


def test_without_test_examples_a_stratified_fifth_is_held_out_and_this_is_said():
    X, y = cloud(100, layers=1)
    study = compare(X, X + 1, y, probe=QUICK, seed=3, progress=False)
    rows = study.examples.example.to_numpy()
    assert len(rows) == 20 and (np.bincount(y[rows]) == 4).all()
    assert study.examples.label.tolist() == [str(c) for c in y[rows]]
    assert study.labels.points.tolist() == [16] * 5
    assert any("a stratified fifth" in note and "20 of 100" in note for note in study.notes)
    kept = np.setdiff1d(np.arange(100), rows)
    test = X[:, rows], X[:, rows] + 1, y[rows]
    same = compare(X[:, kept], X[:, kept] + 1, y[kept], test=test, probe=QUICK, seed=3, progress=False)
    assert_frame_equal(study.table, same.table)
    assert not any("fifth" in note for note in same.notes)


def test_spaces_of_other_dimensions_have_all_but_movement_and_the_reason_is_said():
    (X, y), (Z, _) = cloud(60, layers=2), cloud(60, layers=2, dim=4, seed=5)
    study = compare(list(X), [X[0], Z[1]], y, probe=False, progress=False)
    assert study.table.movement.notna().tolist() == [True, False]
    assert study.table[["cka", "clusters_before", "clusters_after"]].notna().all(axis=None)
    assert study.labels.displacement.isna().tolist() == [False] * 5 + [True] * 5
    assert any("6 dimensions before and 4 after" in note for note in study.notes)
    none = compare(X[1], Z[1], y, probe=False, progress=False)
    with pytest.raises(InputError, match="6 dimensions before and 4 after"):
        none.plot("movement")
    assert "6 dimensions" in repr(none)


@pytest.mark.parametrize("form", ["list", "torch", "double", "half", "one layer", "frame", "integers"])
def test_vectors_come_in_any_form(form):
    X, y = cloud(50, layers=1)
    X = np.round(X * 4)  # exact in each of them
    forms = {
        "list": lambda Z: [Z[0].tolist()], "torch": torch.tensor, "double": np.float64, "half": np.float16,
        "one layer": lambda Z: Z[0], "frame": lambda Z: pd.DataFrame(Z[0]), "integers": lambda Z: Z.astype(int),
    }  # fmt: skip
    tables = [
        compare(make(X), make(X + 2), some, probe=False, progress=False).table
        for make, some in ((np.float32, y), (forms[form], pd.Series(y) if form == "frame" else list(y)))
    ]
    assert_frame_equal(*tables, rtol=1e-6)


def test_layers_are_chosen_by_their_place(study, given):
    before, after, y, test, test_after, yt = given
    y, yt = np.array(NAMES)[y], np.array(NAMES)[yt]
    some = compare(before, after, y, test=(test, test_after, yt), layers=[-1, 0], probe=QUICK, progress=False)
    assert_frame_equal(some.table, study.table[study.table.layer != 1].reset_index(drop=True))


def test_what_changed_is_said_in_words(study):
    text = repr(study)
    assert text.startswith("Study of 100 training and 40 test examples, 5 labels, 3 layers")
    last = study.table.iloc[-1]
    ends = f"{last.accuracy_before:.1f}", f"{last.accuracy_after:.1f}"
    assert ("from {} to {} %".format(*ends) if ends[0] != ends[1] else f"stayed at {ends[0]} %") in text
    assert "clusters" in text or "separable" in text
    page = study._repr_html_()
    assert "<table" in page and f"{last.cka:.4g}" in page


def test_vectors_that_did_not_change_are_said_to():
    X, y = cloud(50, layers=2)
    assert "Nothing changed" in repr(compare(X, X.copy(), y, probe=False, progress=False))
    Z = X.copy()
    Z[0] += 1
    notes = compare(X, Z, y, probe=False, progress=False).notes
    assert any("last layer are the same" in note for note in notes)


def test_names_are_text_on_the_page_and_in_a_notebook(tmp_path):
    X, y = cloud(50, layers=1)
    study = compare(X, X + 1, np.array(["<b>", "$a$", "c&d", "e", "f"])[y], probe=False, progress=False, task="<i>")
    assert "<i>" not in study._repr_html_().replace("&lt;i&gt;", "")
    text = study.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in text and "<b>," not in text


def test_labels_that_only_test_examples_have_are_errors(given):
    before, after, y, test, test_after, yt = given
    new = np.where(np.arange(40) < 4, "new", np.array(NAMES)[yt])
    study = compare(before, after, np.array(NAMES)[y], test=(test, test_after, new), probe=QUICK, progress=False)
    assert any("label new" in note for note in study.notes)
    assert (study.examples.change[study.examples.label == "new"] == "stays wrong").all()
    assert "new" not in set(study.labels.label)


def test_figures_leave_pyplot_as_it_was(study):
    settings, backend, drawn = dict(matplotlib.rcParams), matplotlib.get_backend(), plt.get_fignums()
    for name in DRAWN:
        figure = study.plot(name)
        assert isinstance(figure, matplotlib.figure.Figure) and figure.axes
    assert matplotlib.get_backend() == backend and plt.get_fignums() == drawn
    assert dict(matplotlib.rcParams) == settings
    with pytest.raises(InputError, match="layers, layer_distances, similarity, movement_lengths"):
        study.plot("movements")


def test_lines_of_a_figure_are_the_tables_columns(study):
    accuracy, clusters = study.plot("layers").axes
    for axis, column in ((accuracy, "accuracy"), (clusters, "clusters")):
        drawn = [tuple(line.get_ydata()) for line in axis.lines]
        for end in ("before", "after"):
            assert tuple(study.table[f"{column}_{end}"].astype(float)) in drawn


def test_the_page_has_everything_and_fetches_nothing(study, tmp_path):
    path = study.report(tmp_path / "sub" / "page.html")
    text = path.read_text(encoding="utf-8")
    assert text.count("<figure") == len(DRAWN) and 'class="run"' in text
    for name in DRAWN:
        assert FIGURES[name].title in text.replace("&#39;", "'")
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)  # plotly's code has links in it
    assert not re.search(r"(src|href)=.https?:", outside) and len(outside) > 20_000
    for sentence in study.answers[0]["sentences"]:
        assert sentence in text.replace("&#39;", "'")
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


WITHOUT_TORCH = """
import sys
from closerlook import compare, embed
assert not {"torch", "matplotlib", "sklearn"} & set(sys.modules)

class Gone:
    def find_spec(name, path, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Gone)
import numpy as np
X, y = np.random.default_rng(0).normal(size=(1, 40, 4)), np.arange(40) % 4
study = compare(X, 2 * X, y, probe=False, progress=False)
study.plot("layers")
print(study)
try:
    compare(X, X, y)
except Exception as error:
    print(type(error).__name__, error)
"""


def test_importing_it_imports_no_torch_and_probe_false_needs_none():
    found = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True)
    assert "A linear readout reads" in found.stdout
    assert "InputError The classifier probe needs torch" in found.stdout


def test_help_shows_the_arguments_and_what_they_are():
    import closerlook

    shown = subprocess.run([sys.executable, "-c", "import closerlook; help(closerlook.compare)"], capture_output=True,
                           text=True, check=True).stdout  # fmt: skip
    assert re.search(r"test: '\S.*' = None", shown) and "a stratified fifth" in shown
    assert "_Buffer" not in shown  # what numpy's `ArrayLike` is made of
    assert callable(closerlook.compare) and callable(closerlook.embed)
    import closerlook.study.comparing

    assert callable(closerlook.compare)


X, Y = cloud(30, layers=2)
NAN = X.copy()
NAN[1, 7, 0] = np.nan
WRONG = {
    "fewer vectors": ((X, X[:, :20], Y), {}, "`after` has 20 vectors in layer 0, but there are 30 labels"),
    "fewer labels": ((X, X, Y[:20]), {}, "`before` has 30 vectors in layer 0, but there are 20 labels"),
    "fewer layers": ((X, X[:1], Y), {}, "`after` has 1 layer, but `before` has 2"),
    "a NaN": ((X, NAN, Y), {}, "`after` has a NaN or an infinity in row 7 of layer 1"),
    "a label alone": ((X, X, ["a"] * 30), {}, "`labels` has one label only, 'a'"),
    "no label": ((X, X, [None, *Y[1:]]), {}, "`labels` has none in row 0"),
    "mixed labels": ((X, X, ["a", *Y[1:].tolist()]), {}, "`labels` are of several kinds"),
    "one-hot labels": ((X, X, np.eye(5)[Y]), {}, "`labels` must be a list with one label for each example"),
    "labels of another kind": ((X, X, Y), {"test": (X, X, Y.astype(str))}, "`labels` are of several kinds"),
    "a flat array": ((X[0, 0], X, Y), {}, "`before` has the shape"),
    "texts": ((["a"] * 30, X, Y), {}, r"`before\[0\]` is not an array of numbers"),
    "ragged": (([[1.0, 2.0], [1.0]], X, Y), {}, "`before` cannot be read as an array"),
    "masked": ((np.ma.masked_equal(X, X[0, 0, 0]), X, Y), {}, "`before` has masked values"),
    "empty": ((X[:, :0], X[:, :0], Y[:0]), {}, "`before` is empty"),
    "a gradient": ((torch.tensor(X, requires_grad=True), X, Y), {}, "`before` cannot be read as an array"),
    "a test of two": ((X, X, Y), {"test": (X, Y)}, "`test` must be"),
    "test dimensions": ((X, X, Y), {"test": (X[:, :, :3], X, Y)}, "`test before` has 3 dimensions in layer 0"),
    "test sizes": ((X, X, Y), {"test": (X[:, :9], X, Y)}, "`test before` has 9 vectors"),
    "a layer too many": ((X, X, Y), {"layers": [2]}, "`layers` names 2: the vectors have the layers 0 to 1"),
    "a mask of layers": ((X, X, Y), {"layers": [True, False]}, "`layers` names True"),
    "an option": ((X, X, Y), {"probe": {"alpha": 1}}, "`probe` has no option 'alpha'; it has hidden_layer_sizes"),
    "another option": ((X, X, Y), {"direct": {"tolerance": 1}}, "`direct` has no option 'tolerance'"),
    "a seed": ((X, X, Y), {"seed": -1}, "`seed` is -1"),
    "a value": ((X, X, Y), {"probe": {"alphas": [-1]}}, "`probe`: alphas="),
    "a name of two lines": ((X, X, Y), {"model": "a\nb"}, "`model` is"),
    "a name": ((X, X, Y), {"task": ""}, "`task` is ''"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_argument_that_cannot_be_used_is_named(case):
    args, options, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        compare(*args, **{"probe": False, "progress": False} | options)
    assert str(caught.value).count("\n") == 0


def test_the_defaults_of_directprobe_are_its_own():
    import inspect

    own = {name: p.default for name, p in inspect.signature(measure).parameters.items()}
    assert {name: own[name] for name in OPTIONS} == OPTIONS
