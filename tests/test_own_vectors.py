"""Vectors that were extracted elsewhere: a study of them, beside the same vectors that the workflow extracts itself."""

import copy
import csv
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from corpora_fixtures import table, write
from encoders_fixtures import save_encoder, toy_rows
from small_study import ROOT, command
from transformers import AutoTokenizer, BertModel

from closerlook import embed
from closerlook.analysis.answers import answers
from closerlook.analysis.recipes import recipes
from closerlook.analysis.tables import read_table, write_table
from closerlook.analysis.tuning import tuning
from closerlook.config import load
from closerlook.errors import InputError
from closerlook.grid import Grid
from closerlook.jobs.missing import missing_cells
from closerlook.jobs.plan.work import Study, job_of
from closerlook.layout import Run, State
from closerlook.own_vectors import take_vectors

SIZES = {"train": 60, "test": 30}
LAYER = 3  # of four: the last of the tiny BERT's
STUDY = {
    "corpora": {"c": {"format": "table", "train": {"path": "train.csv"}, "test": {"path": "test.csv"}}},
    "tasks": {"t": {"corpus": "c", "kind": "sentence", "words": "text", "label": "label"}},
    "models": {
        "extracted": {"path": "bert", "frozen": True},
        "taken": {
            "vectors": {
                "original": {split: f"original_{split}.npy" for split in SIZES},
                "tuned": {split: f"tuned_{split}.npy" for split in SIZES},
            }
        },
    },
    "runs": {"tuned": {"model": "extracted", "task": "t", "path": "tuned"}},
    "layers": [-1],
    "seeds": [],
    "device": "cpu",
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 2, "max_iter": 20}},
}
TABLES = ("spaces", "labels", "movement", "similarity")
WANTED = [f"results/tables/{name}.csv" for name in TABLES]
SECONDS = ["direct_seconds", "classifier_seconds"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The tables of two models: one that the workflow reads itself, and one of which it is given the vectors."""
    folder = tmp_path_factory.mktemp("own")
    save_encoder(folder / "bert", "bert")
    tokenizer, models = AutoTokenizer.from_pretrained(folder / "bert"), {}
    for state in ("original", "tuned"):
        models[state] = BertModel.from_pretrained(folder / "bert")
    with torch.no_grad():
        for weight in models["tuned"].parameters():
            weight.add_(torch.randn_like(weight), alpha=0.05)
    models["tuned"].save_pretrained(folder / "tuned")
    for seed, (split, n) in enumerate(SIZES.items()):
        texts, labels = zip(*((" ".join(words), label[0]) for words, _, label in toy_rows("sentence", n, seed)))
        rows = [("text", "label"), *((text, f"class {label}") for text, label in zip(texts, labels))]
        with open(folder / f"{split}.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)
        for state, encoder in models.items():
            vectors = embed((encoder, tokenizer), list(texts), threads=1, device="cpu", progress=False)
            np.save(folder / f"{state}_{split}.npy", vectors)
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    arguments = command("--cores", "2", "--workflow-profile", ROOT / "profiles/default", *WANTED)
    run = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, env=os.environ)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_of_given_vectors_what_it_says_of_those_that_the_workflow_extracted(study, name):
    found = pd.read_csv(study / f"results/tables/{name}.csv")
    rows = {model: own.drop(columns=["model", *SECONDS], errors="ignore").reset_index(drop=True)
            for model, own in found.groupby("model")}  # fmt: skip
    assert len(rows["taken"]) and set(found.layer) == {LAYER}
    pd.testing.assert_frame_equal(rows["taken"], rows["extracted"], check_exact=True)


@pytest.mark.slow
def test_what_is_said_of_runs_goes_without_metrics(study, tmp_path):
    """Runs that consist of vectors have none, and here there are no others."""
    tables = {name: read_table(study / f"results/tables/{name}.csv") for name in TABLES}
    tables = {name: table[table.model == "taken"] for name, table in tables.items()}
    write_table(tmp_path / "tuning.csv", tuning([], {}))
    tables["tuning"] = read_table(tmp_path / "tuning.csv")
    del tables["similarity"], tables["labels"]
    found = recipes(**tables, order=["tuned"])
    assert found.recipe.dropna().tolist() == ["tuned"] and found.displacement.notna().sum() == 1
    assert found[["trained_parameters", "weight_change"]].isna().all(axis=None)
    tables["labels"] = read_table(study / "results/tables/labels.csv")
    no_claims = pd.DataFrame(columns=["claim", "model", "task"])
    told = answers(**tables, claim_cells=no_claims, models=["taken"], tasks=["t"])
    assert len(told) == 1 and told[0]["sentences"]


def planned(folder, *arguments):
    """The jobs that would run."""
    more = ["--cores", "2", "--configfile", "study.yaml", "--workflow-profile", ROOT / "profiles/default", *arguments]
    run = subprocess.run(
        [sys.executable, ROOT / "workflow/planned.py", *more], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def of_models(jobs):
    """Rule, model, state or run, and split of those jobs that are about a model."""
    return {
        (job["rule"], of["model"], of.get("state") or of.get("run"), of.get("split"))
        for job in jobs
        if "model" in (of := job["wildcards"])
    }


@pytest.mark.slow
def test_a_changed_file_reruns_what_is_made_of_its_state_and_nothing_else(study):
    file = study / "tuned_test.npy"
    vectors = np.load(file)
    file.touch()
    assert not planned(study, *WANTED)
    np.save(file, vectors + 1)
    try:
        assert of_models(planned(study, *WANTED)) == {
            ("take_vectors", "taken", "t.tuned", None), ("probe_direct", "taken", "t.tuned", "test"),
            ("probe_direct", "taken", "t.tuned", "train"), ("probe_classifier", "taken", "t.tuned", None),
            ("measure_movement", "taken", "tuned", None), ("measure_similarity", "taken", "tuned", None),
        }  # fmt: skip
    finally:
        np.save(file, vectors)


@pytest.mark.slow
def test_a_study_without_encoders_has_every_probe_figure_and_a_report(tmp_path):
    """Of two models: one with a run in four layers, one as it is in a single layer."""
    rng, config = np.random.default_rng(0), copy.deepcopy(STUDY) | {"runs": {}, "layers": "all"}
    for split, n in SIZES.items():
        write(tmp_path, f"{split}.csv", "text,label\n" + "a,b\n" * n)
        for name, shape in (("original", (4, n, 8)), ("tuned", (4, n, 8)), ("other", (n, 5))):
            np.save(tmp_path / f"{name}_{split}.npy", rng.normal(size=shape))
    config["models"]["other"] = {"vectors": {"original": {split: f"other_{split}.npy" for split in SIZES}}}
    del config["models"]["extracted"]
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    jobs = planned(tmp_path)
    found = of_models(jobs)
    probes = {"probe_direct", "probe_classifier", "probe_hulls"}
    taking = {"take_vectors_0_to_3", "take_vectors_0"}
    compared = {"measure_movement", "measure_similarity", "measure_surroundings", "gather_examples"}
    assert {rule for rule, *_ in found} == probes | taking | compared
    assert {(rule, state) for rule, model, state, _ in found if model == "other"} == {
        (rule, "original") for rule in (*probes, "take_vectors_0")
    }
    drawn = {job["wildcards"]["figure"] for job in jobs if job["rule"] == "plot"}
    assert {"layers", "directions/taken.t", "layer_distances/other"} <= drawn
    assert {"report", "explorer", "missing"} <= {job["rule"] for job in jobs}


KINDS = {
    "float16": np.arange(24, dtype=np.float16).reshape(2, 4, 3),
    "float64": np.linspace(0, 1, 24).reshape(2, 4, 3),
    "int8": np.arange(-12, 12, dtype=np.int8).reshape(2, 4, 3),
    "uint16": np.arange(24, dtype=np.uint16).reshape(2, 4, 3),
    "big-endian": np.arange(24, dtype=">f4").reshape(2, 4, 3),
    "Fortran's order": np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 4, 3)),
    "one layer": np.arange(12, dtype=np.float32).reshape(4, 3),
}


def take(folder, array, layers, n=4):
    """Take layers of an array, which is both splits; what was written for the test split."""
    np.save(folder / "x.npy", array)
    out = {split: {layer: folder / f"{split}{layer}.npy" for layer in layers} for split in SIZES}
    take_vectors(dict.fromkeys(SIZES, folder / "x.npy"), out, dict.fromkeys(SIZES, [0] * n))
    return {layer: np.load(path) for layer, path in out["test"].items()}


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_every_kind_are_taken_without_loss(tmp_path, kind):
    array = KINDS[kind]
    last = len(array) - 1 if array.ndim == 3 else 0
    found = take(tmp_path, array, [last])
    assert found.keys() == {last}
    expected = array[last] if array.ndim == 3 else array
    assert found[last].tolist() == expected.tolist()
    assert found[last].dtype == (np.float32 if array.dtype.kind == "f" and array.dtype.itemsize < 8 else np.float64)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_named_and_nothing_is_left(tmp_path, value):
    array = np.zeros((3, 4, 2), np.float16)
    array[2, 1, 0] = value
    with pytest.raises(
        InputError, match=r"^\S+x\.npy: vector 1 of layer 2 \(both counted from 0\) has a NaN or an inf"
    ):
        take(tmp_path, array, [0, 2])
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
    assert take(tmp_path, array, [0, 1]).keys() == {0, 1}  # a layer that nobody looks at


def test_a_number_of_vectors_other_than_that_of_targets_is_said(tmp_path):
    with pytest.raises(InputError, match=r"x\.npy: has 4 vectors in each layer, but the train split .* has 5 targets"):
        take(tmp_path, np.zeros((3, 4, 2)), [0], n=5)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with good vectors, and a function that checks a config with some of its keys changed."""
    monkeypatch.chdir(tmp_path)
    for split in SIZES:
        write(tmp_path, f"{split}.csv", "text,label\na,b\n")
    for name in "abcd":
        for split, n in SIZES.items():
            np.save(f"{name}_{split}.npy", np.zeros((4, n, 6), np.float32))

    def checked(change=lambda raw, model: None, **vectors):
        raw = copy.deepcopy(STUDY) | {"runs": {}}
        states = {"original": pair("a"), "tuned": pair("b")} | vectors
        raw["models"] = {"m": {"vectors": {name: of for name, of in states.items() if of}}}
        change(raw, raw["models"]["m"])
        return load(raw)

    return SimpleNamespace(checked=checked, folder=tmp_path)


def pair(name, **more):
    return {split: f"{name}_{split}.npy" for split in SIZES} | more


def says(checked, sentence, *change, **vectors):
    with pytest.raises(InputError) as error:
        checked(*change, **vectors)
    assert len(str(error.value).splitlines()) == 1 and sentence in str(error.value), str(error.value)


def two_tasks(raw, model):
    raw["tasks"]["u"] = raw["tasks"]["t"]


ARRAYS = {
    "complex": (np.zeros((4, 60, 6), complex), "x.npy: holds complex128; give floats of 16, 32 or 64 bits"),
    "text": (np.full((60, 6), "a"), "x.npy: holds <U1; give floats"),
    "flags": (np.zeros((60, 6), bool), "x.npy: holds bool; give floats"),
    "longer floats": (np.zeros((60, 6), np.longdouble), "x.npy: holds float128; give floats"),
    "one axis": (np.zeros(60), "x.npy: has the shape (60,); give (n, dim), or (layers, n, dim)"),
    "four axes": (np.zeros((1, 4, 60, 6)), "x.npy: has the shape (1, 4, 60, 6); give"),
    "nothing": (np.zeros((4, 0, 6)), "x.npy: has the shape (4, 0, 6); give"),
    "fewer": (
        np.zeros((4, 59, 6)),
        "x.npy has 59 vectors in each layer, but a_train.npy has 60; give those of the same",
    ),
    "layers": (np.zeros((5, 60, 6)), "x.npy has layers x dimensions 5 x 6, but a_train.npy has 4 x 6; give the same"),
    "dimensions": (
        np.zeros((4, 60, 7)),
        "x.npy has layers x dimensions 4 x 7, but a_train.npy has 4 x 6; give the same",
    ),
    "a single layer": (np.zeros((60, 6)), "x.npy has layers x dimensions 1 x 6, but a_train.npy has 4 x 6"),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_an_array_that_cannot_be_used_is_said_before_anything_runs(files, kind):
    array, sentence = ARRAYS[kind]
    np.save("x.npy", array)
    says(files.checked, f"models.m.vectors.tuned.train: {sentence}", tuned=pair("b", train="x.npy"))


def test_splits_of_the_original_that_do_not_fit_each_other_are_said(files):
    np.save("x.npy", np.zeros((4, 30, 5)))
    says(
        files.checked,
        "models.m.vectors.original.test: x.npy has layers x",
        original=pair("a", test="x.npy"),
        tuned=None,
    )


@pytest.mark.parametrize("kind", ["objects", "archive", "text", "empty", "cut", "absent", "folder"])
def test_a_file_that_is_not_an_array_is_said_before_anything_runs(files, kind):
    sentence = "x.npy: is not a single array as `numpy.save` writes it, or is cut short: write it again"
    path = files.folder / "x.npy"
    if kind == "objects":
        np.save(path, np.array([[{}]], dtype=object), allow_pickle=True)
    elif kind == "archive":
        with open(path, "wb") as file:
            np.savez(file, a=np.zeros((60, 6)))
    elif kind == "cut":
        path.write_bytes((files.folder / "a_train.npy").read_bytes()[:500])
    elif kind == "folder":
        path.mkdir()
        sentence = "x.npy: cannot be read (Is a directory)"
    elif kind == "absent":
        sentence = f"x.npy: there is no such file; give a path relative to {files.folder}"
    else:
        path.write_text("1,2\n" if kind == "text" else "")
    says(files.checked, f"models.m.vectors.tuned.train: {sentence}", tuned=pair("b", train="x.npy"))


MISTAKES = {
    "no original": ({"original": None}, "models.m.vectors.original: is missing; give the vectors before"),
    "a seed of the original": ({"original": pair("a", seed=1)}, "models.m.vectors.original.seed: is for a run; take"),
    "one split": ({"tuned": {"train": "b_train.npy"}}, "models.m.vectors.tuned.test: is missing; The file of the test"),
    "a recipe alone": ({"tuned": pair("b", recipe="x")}, "tuned.seed: is missing; a run of a `recipe`"),
    "the same seed": (
        {"tuned": pair("b", seed=1), "c": pair("c", seed=1)},
        "models.m.vectors.c.seed: is 1, like that of tuned, a run of the same model and task; take one out",
    ),
    "a name of the workflow's": ({"seed0": pair("c")}, "models.m.vectors.seed0: the workflow gives this name"),
    "a recipe's name": ({"c": pair("c", seed=0, recipe="tuned")}, "c.recipe: tuned is the name of a run too; choose"),
    "the workflow's recipe": ({"c": pair("c", seed=0, recipe="brought")}, "c.recipe: the workflow gives the name"),
    "a dot": ({"a.b": pair("c")}, "models.m.vectors.a.b: a name has letters, digits"),
    "steps": ({"tuned": pair("b", steps=[1])}, "models.m.vectors.tuned.steps: unknown key"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_in_the_states_is_one_sentence_with_its_key(files, kind):
    vectors, sentence = MISTAKES[kind]
    says(files.checked, sentence, **vectors)


def model(**keys):
    return lambda raw, own: own.update(keys)


def top(**keys):
    return lambda raw, own: raw.update(keys)


def beside(**models):
    return lambda raw, own: raw["models"].update(models)


WHOLE = "is for `hub`, `like`, `path` and `pretrain` only; take it out"
OTHERS = {
    "finetune": (model(finetune={"epochs": 1}), f"models.m.finetune: {WHOLE}"),
    "recipes": (model(recipes=["x"]), f"models.m.recipes: {WHOLE}"),
    "frozen": (model(frozen=True), f"models.m.frozen: {WHOLE}"),
    "weights": (model(weights="random"), "models.m.weights: is for `hub`, `like` and `path` only"),
    "a second source": (model(path="bert"), "models.m: give exactly one of `hub`, `path`, `pretrain`, `like`, `v"),
    "a layer": (model(layers=[4]), "models.m.layers: m has no layer 4; its layers are 0 to 3"),
    "a task": (model(tasks=["u"]), "models.m.tasks: 'u' is not a task"),
    "which of several tasks": (two_tasks, "m.tasks: is missing; name the task that the vectors are of, one of t, u"),
    "like": (
        beside(r={"like": "m", "weights": "random"}, h={"hub": "a/b", "n_layers": 1}),
        "models.r.like: 'm' consists of vectors, without a network; choose h",
    ),
    "runs": (
        top(runs={"x": {"model": "m", "task": "t", "hub": "a/b"}}),
        "runs.x.model: m consists of vectors; give those of a run in models.m.vectors",
    ),
    "trajectories": (
        top(trajectories={"models": ["m"]}),
        "trajectories.models: m consists of vectors, so it has no steps; take it out",
    ),
    "the name of a recipe": (top(recipes={"tuned": {}}), "models.m.vectors.tuned: is the name of a recipe too; choose"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_what_makes_no_sense_for_vectors_is_one_sentence_with_its_key(files, kind):
    change, sentence = OTHERS[kind]
    says(files.checked, sentence, change)


def test_several_tasks_of_one_model_are_refused(files):
    def change(raw, own):
        two_tasks(raw, own)
        own["tasks"] = ["t", "u"]

    says(files.checked, "models.m.tasks: is a list of several; vectors are of one task", change)


def test_states_are_runs_by_their_keys_and_seeds_of_a_recipe_where_they_say_so(files):
    vectors = {"c": pair("c", seed=0, recipe="adapter"), "d": pair("d", seed=1, recipe="adapter")}
    grid = Grid(files.checked(**vectors))
    assert grid.depth("m") == 3 and grid.layers("m") == [3] and grid.tuned("m") == [] and grid.followed() == []
    assert grid.runs() == grid.taken() == [Run("m", "t", name) for name in ("tuned", "c", "d")]
    assert grid.states("m", "t") == [State(), *(State("t", name) for name in ("tuned", "c", "d"))]
    assert grid.about() == {
        "m/t.tuned": {"recipe": "tuned", "seed": None},
        "m/t.c": {"recipe": "adapter", "seed": 0},
        "m/t.d": {"recipe": "adapter", "seed": 1},
    }
    assert list(grid.subjects()) == ["m", "m (adapter)"]


def test_names_of_runs_are_those_of_one_model(files):
    def change(raw, own):
        raw["models"]["n"] = copy.deepcopy(own)
        raw["models"]["h"] = {"hub": "a/b", "n_layers": 2}
        raw["runs"] = {"tuned": {"model": "h", "task": "t", "hub": "c/d", "seed": 5}}

    about = Grid(files.checked(change)).about()
    assert {name: run["seed"] for name, run in about.items()} == {"m/t.tuned": None, "n/t.tuned": None, "h/t.tuned": 5}


def test_a_study_of_vectors_alone_needs_no_seeds(files):
    assert files.checked(tuned=None).seeds == []


def test_the_plan_knows_the_size_of_vectors(files):
    study = Study(files.checked(), [])
    size = study.encoders["m"]
    assert (size.depth, size.width, size.parameters, size.known) == (3, 6, 0, True) and study.guessed() == ["t"]
    assert job_of("take_vectors_0_to_3", {"model": "m", "state": "original", "task": "t"}).kind == "take_vectors"
    for rule in ("take_vectors", "probe_direct", "probe_classifier", "measure_movement"):
        assert study.seconds(job_of(rule, {"model": "m", "state": "t.tuned", "task": "t"})) > 0


def test_what_waits_for_vectors_that_could_not_be_taken_says_why(tmp_path):
    log = tmp_path / "take_vectors/m/t.tuned/t.log"
    log.parent.mkdir(parents=True)
    log.write_text("Error: x.npy: has 4 vectors in each layer\n")
    found = missing_cells(["probes/direct/m/t.tuned/t/train/layer0.json", "movement/m/t.tuned.npz"], tmp_path)
    assert found.status.tolist() == ["not run"] * 2
    assert set(found.reason) == {"Error: x.npy: has 4 vectors in each layer"}


NAMES = ["img/1 a.png", "img/1 a.png", "007.wav", "图.png", "17"]


def test_a_table_may_name_its_examples_by_files_and_numbers(tmp_path):
    """A name may occur again, and is then an example again."""
    lines = [f"{name},{'ab'[i % 2]}" for i, name in enumerate(NAMES)]
    path = write(tmp_path, "a.csv", "\n".join(["file,label", *lines]) + "\n")
    assert [" ".join(words) for words, _ in table(path, words="file")] == NAMES
    rows = [json.dumps({"file": 2**60 + i // 2, "label": "ab"[i % 2]}) for i in range(4)]
    path = write(tmp_path, "b.jsonl", "\n".join(rows) + "\n")
    assert [words for words, _ in table(path, words="file")] == [[str(2**60 + i // 2)] for i in range(4)]
    with pytest.raises(InputError, match="word 0 .* is 17: give it a text"):
        table(
            write(tmp_path, "c.jsonl", json.dumps({"file": 17, "at": 0, "label": "a"})),
            "word",
            words="file",
            target="at",
        )
