"""The paper's numbers beside ours: what is read, what is the paper's in a study, the table and the figure."""

import json
import subprocess
import sys
from importlib.resources import files

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
import yaml
from config_fixtures import SMALL
from small_study import ROOT

from closerlook.analysis.published import matching
from closerlook.analysis.replication import published
from closerlook.analysis.replication import replication as tabled
from closerlook.analysis.table5 import COLUMNS as TABLE5
from closerlook.analysis.table7 import PAPER, SPREAD
from closerlook.config import load
from closerlook.figures.replication import replication as drawn
from closerlook.grid import Grid

NAMES = {task: [str(i) for i in range(n)] for task, n in matching.LABELS.items()}
TINY, BASE = "google/bert_uncased_L-2_H-128_A-2", "google-bert/bert-base-uncased"


def test_the_published_numbers_are_the_papers_and_travel_with_the_package():
    assert {file.name for file in files("closerlook.analysis.published").iterdir() if file.name.endswith(".csv")} == {
        "table7.csv",
        "table5.csv",
    }
    table = published("table7").set_index(["model", "task", "state"]).sort_index()
    assert len(table) == 5 * 5 * 2 and not table.index.has_duplicates
    exception = table.loc["bert-small", "ps-fxn"]  # the one cell in which fine-tuning does not help
    assert exception.accuracy["fine-tuned"] == 85.08 < exception.accuracy["original"] == 86.26
    assert exception.train_test_similarity["fine-tuned"] == table.train_test_similarity.min() == 0.44
    lost = table.accuracy.unstack().query("`fine-tuned` < original")
    assert list(lost.index) == [("bert-small", "ps-fxn")]
    trec = table.xs(("trec-50", "fine-tuned"), level=("task", "state")).n_clusters
    assert set(trec) == {51, 52}
    linear = table[table.is_linear == "Y"]
    assert all(matching.LABELS[task] == n for (_, task, _), n in linear.n_clusters.items())
    cross = published("table5").set_index("fine_tuned_on")
    assert cross.loc["pos", ["labels_increased", "labels_decreased", "mean_min_distance_change"]].tolist() == [
        0,
        40,
        -1.68,
    ]
    same = table.loc["bert-base", "ps-fxn"].accuracy  # both tables give these two
    assert cross.accuracy[[np.nan, "ps-fxn"]].tolist() == same[["original", "fine-tuned"]].tolist()


def test_an_installation_has_the_published_numbers(tmp_path):
    pytest.importorskip("setuptools")
    build = ["setup.py", "-q", "egg_info", "--egg-base", tmp_path, "build_py", "--build-lib", tmp_path / "lib"]
    subprocess.run([sys.executable, *build], cwd=ROOT, capture_output=True, check=True)
    for name in ("table7.csv", "table5.csv"):
        installed = tmp_path / "lib/closerlook/analysis/published" / name
        assert installed.read_bytes() == files("closerlook.analysis.published").joinpath(name).read_bytes()


def study(models, tasks=("pos",), format="conllu", label=None, **more):
    """A study with some models, and with tasks that are called as the paper's."""
    corpus = {"format": format}
    if format == "grammar":
        corpora = {"g": corpus}
    else:
        splits = {"conllu": "https://a.org/a.conllu", "trec": "https://a.org/a.label"}
        url = splits.get(format, "https://a.org/a.tsv")
        corpora = {"g": corpus | {"train": {"url": url}, "test": {"url": url}}}
    asked = {"pos": ("word", "upos"), "dep": ("pair", "deprel"), "trec-50": ("sentence", "fine")}
    raw = {
        "corpora": corpora,
        "tasks": {name: {"corpus": "g", "kind": asked[name][0], "label": label or asked[name][1]} for name in tasks},
        "models": models,
    }
    return Grid(load(raw | more))


def folder(path, layers=2, size=128, vocabulary=30522, **more):
    path.mkdir(parents=True)
    config = {"num_hidden_layers": layers, "hidden_size": size, "vocab_size": vocabulary} | more
    (path / "config.json").write_text(json.dumps(config))
    return {"path": str(path)}


def test_models_of_the_hub_are_known_by_their_weights_whatever_the_config_calls_them():
    models = {
        "tiny": {"hub": TINY, "n_layers": 2},
        "mine": {"hub": BASE, "n_layers": 12},
        "old": {"hub": "bert-base-uncased", "n_layers": 12},
        "bert-small": {"hub": "google-bert/bert-base-cased", "n_layers": 12},  # only called so
        "bert-medium": {"hub": "me/bert-base-uncased", "n_layers": 12},
        "bert-mini": {"hub": TINY, "n_layers": 2, "weights": "random"},
        "like": {"like": "tiny", "weights": "random"},
    }
    assert matching.paper_models(study(models)) == {"tiny": "bert-tiny", "mine": "bert-base", "old": "bert-base"}


def test_published_numbers_stand_beside_runs_that_were_tuned_as_the_papers_were():
    tiny, lora = {"m": {"hub": TINY, "n_layers": 2}}, {"method": "lora"}
    assert matching.paper_models(study(tiny, recipes={"lora": lora, "full": {}})) == {"m (full)": "bert-tiny"}
    assert matching.paper_models(study(tiny, recipes={"lora": lora})) == {}
    assert matching.paper_models(study(tiny, finetune=lora)) == {}
    assert matching.paper_models(study(tiny | {"m": tiny["m"] | {"frozen": True}}, finetune=lora)) == {"m": "bert-tiny"}


def test_all_models_and_tasks_of_the_papers_grid_are_the_papers():
    grid = Grid(load(yaml.safe_load((ROOT / "config/config.yaml").read_text())))
    assert matching.paper_models(grid) == {name: name for name in published("table7").model.unique()}
    assert set(matching.paper_tasks(grid)) == set(published("table7").task)


def test_a_folder_needs_a_name_and_the_size(tmp_path):
    cache = tmp_path / "models--google--bert_uncased_L-2_H-128_A-2/snapshots/abc"
    models = {
        "a": folder(tmp_path / "bert_uncased_L-2_H-128_A-2"),
        "bert-tiny": folder(tmp_path / "weights"),
        "cached": folder(cache, model_type="bert"),
        "b": folder(tmp_path / "other"),
        "bert-mini": folder(tmp_path / "large", layers=4, size=512),
        "c": folder(tmp_path / "cased/bert-tiny", vocabulary=28996),
        "d": folder(tmp_path / "roberta/bert-tiny", model_type="roberta"),
    }
    assert matching.paper_models(study(models)) == dict.fromkeys(("a", "bert-tiny", "cached"), "bert-tiny")


def test_a_model_whose_last_layer_is_not_probed_has_nothing_to_compare():
    tiny = {"m": {"hub": TINY, "n_layers": 2}}
    assert matching.paper_models(study(tiny, layers=[0, 1])) == {}
    assert matching.paper_models(study(tiny, layers=[0, -1])) == {"m": "bert-tiny"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"tasks": ["pos", "dep"]}, ["pos", "dep"]),
        ({"label": "xpos"}, []),
        ({"format": "table", "label": "tag"}, ["pos"]),
        ({"format": "grammar"}, []),
        ({"tasks": ["trec-50"], "format": "trec"}, ["trec-50"]),
        ({"tasks": ["trec-50"], "format": "trec", "label": "coarse"}, []),
    ],
)
def test_a_task_needs_the_papers_name_kind_and_label(given, expected):
    grid = study({"m": {"hub": TINY, "n_layers": 2}}, **given)
    assert matching.paper_tasks(grid) == expected and bool(matching.paper_models(grid)) == bool(expected)


def test_a_model_that_takes_part_in_none_of_the_papers_tasks_is_left_out():
    raw = {**SMALL, "models": {"m": {"hub": TINY, "n_layers": 2}}}
    assert matching.paper_models(Grid(load(raw))) == {}


@pytest.fixture
def tables():
    """Ours: bert-tiny, called `t`, and bert-base, as published but for a few numbers; and a model of our own."""
    ours = published("table7").query("model in ['bert-tiny', 'bert-base']").replace({"model": {"bert-tiny": "t"}})
    tuned = ours.state == "fine-tuned"
    ours = ours.assign(seeds=np.where(tuned, 3, 0), accuracy=ours.accuracy + 0.25)
    ours["accuracy_low"], ours["accuracy_high"] = ((ours.accuracy + d).where(tuned) for d in (-0.5, 0.5))
    ours.loc[(ours.model == "t") & (ours.task == "dep") & tuned, ["accuracy", "accuracy_low", "accuracy_high"]] += 4
    ours.loc[(ours.model == "t") & (ours.task == "ps-role"), "train_test_similarity"] = np.nan
    other = ours[ours.model == "t"].assign(model="t (theirs)")
    table7 = pd.concat([ours, other, other.assign(model="own")]).reindex(columns=PAPER + SPREAD)
    table5 = published("table5").assign(seeds=[0, 3, 3, 3], mean_min_distance_change=[np.nan, 5.29, 2.02, -1.68])
    table5["mean_min_distance_change_low"] = table5.mean_min_distance_change - 0.5
    table5["mean_min_distance_change_high"] = table5.mean_min_distance_change + 0.5
    return table7, table5.reindex(columns=list(TABLE5))


MODELS = {"t": "bert-tiny", "bert-base": "bert-base"}


def test_each_published_number_stands_beside_ours(tables):
    table7, table5 = tables
    table = tabled(*tables, NAMES, MODELS, list(NAMES))
    keys = ["model", "task", "state"]
    ours, theirs = table7.set_index(keys), published("table7").set_index(keys)
    first = table[table.table == 7]
    assert set(first.model) == {"t", "bert-base"}  # neither what others tuned nor a model of one's own
    measured = table7[table7.model.isin(MODELS)][["accuracy", "n_clusters", "train_test_similarity"]].count()
    assert first.measure.value_counts().to_dict() == measured.to_dict()
    for row in first.itertuples():
        mine = ours.loc[(row.model, row.task, row.state)]
        paper = theirs.loc[(MODELS[row.model], row.task, row.state)]
        assert (row.paper_model, row.ours, row.published) == (MODELS[row.model], mine[row.measure], paper[row.measure])
        assert row.difference == pytest.approx(row.ours - row.published, abs=1e-4) and row.seeds == mine.seeds
        assert (row.fine_tuned_on == row.task) == (row.state == "fine-tuned")
        if row.measure == "accuracy":
            np.testing.assert_equal((row.low, row.high), (mine.accuracy_low, mine.accuracy_high))
            assert row.published_std == paper.accuracy_std and np.isnan(row.low) == (row.state == "original")
        else:
            assert np.isnan(row.published_std)
    second = table[table.table == 5].set_index(["fine_tuned_on", "measure"])
    assert len(second) == 4 + 3 * 3 and set(second.model) == {"bert-base"} and set(second.task) == {"ps-fxn"}
    change = second.loc[("ps-role", "mean_min_distance_change")]
    assert (change.published, change.ours, change.low, change.high, change.difference) == (1.02, 2.02, 1.52, 2.52, 1)
    assert second.ours[("pos", "labels_decreased")] == second.published[("pos", "labels_decreased")] == 40


def test_tasks_that_are_not_the_papers_are_left_out_of_both_tables(tables):
    assert set(tabled(*tables, NAMES, MODELS, ["pos", "dep"]).task) == {"pos", "dep"}
    table = tabled(*tables, NAMES, MODELS, ["ps-fxn"])
    assert set(table.fine_tuned_on.dropna()) == {"ps-fxn"}  # `pos` is called so, but is not the paper's
    assert not len(tabled(*tables, NAMES, {}, [])) and not len(tabled(*(t[:0] for t in tables), NAMES, MODELS, ["pos"]))


def marks(axis):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in axis.lines if line.get_marker() in ("o", "^", "v")]


def test_the_figure_has_a_mark_for_each_number_and_names_the_largest_deviations(tables):
    table = tabled(*tables, NAMES, MODELS, list(NAMES))
    figure = drawn(table)
    figure.canvas.draw()
    accuracy, n_clusters, _, _, change, labels = figure.axes
    assert sorted(point for axis in figure.axes for point in marks(axis)) == sorted(zip(table.published, table.ours))
    assert len(marks(accuracy)) == 20 and len(marks(labels)) == 6
    said = accuracy.get_xlabel().splitlines()
    assert said[1] == "1  t, dep, fine-tuned: 89.04, ours 93.29" and len(said) == 4
    assert change.get_xlabel().splitlines() == ["published", "1  bert-base, ps-role → ps-fxn: 1.02, ours 2.02"]
    assert n_clusters.get_xlabel() == "published" and n_clusters.get_xscale() == n_clusters.get_yscale() == "log"
    assert [t.get_text() for t in accuracy.texts] == [
        "20 numbers, median difference 0.25\n9 of 10 published ones within our interval", "1", "2", "3",
    ]  # fmt: skip
    assert n_clusters.texts[0].get_text() == "20 numbers, median difference 0, 20 equal\nno intervals here"
    hollow = {x for line in accuracy.lines if line.get_marker() == "o" and line.get_markerfacecolor() == "white"
              for x in line.get_xdata()}  # fmt: skip
    assert hollow == set(
        table.published[(table.measure == "accuracy") & (table.table == 7) & (table.state == "original")]
    )
    assert all(axis.get_xlim() == axis.get_ylim() for axis in figure.axes)


def test_whiskers_are_our_interval_and_the_published_standard_deviation(tables):
    table = tabled(*tables, NAMES, {"t": "bert-tiny"}, ["dep"])
    (row,) = table[(table.measure == "accuracy") & (table.state == "fine-tuned")].itertuples()
    found = [line.get_xydata().tolist() for line in drawn(table).axes[0].lines]
    assert [[row.published, row.low], [row.published, row.high]] in found
    ends = np.array([[row.published - row.published_std, row.ours], [row.published + row.published_std, row.ours]])
    assert any(np.shape(line) == (2, 2) and np.allclose(line, ends) for line in found)


def test_panels_without_numbers_are_left_out_and_another_number_of_labels_is_told(tables):
    figure = drawn(tabled(*tables, NAMES | {"pos": ["a", "b"]}, {"t": "bert-tiny"}, ["pos", "dep"]))
    assert [axis.get_title() for axis in figure.axes] == ["accuracy (%)", "number of clusters", "train-test similarity"]
    assert [text.get_text() for text in figure.texts] == ["pos: 2 labels here, 17 in the paper."]
    colours = {matplotlib.colors.to_hex(line.get_color()) for line in figure.axes[0].lines if line.get_marker() == "o"}
    assert len(colours) == 2
    (axis,) = drawn(tabled(*tables, NAMES, {}, [])).axes
    assert [text.get_text() for text in axis.texts] == ["not measured"]


def planned(folder, config):
    command = [sys.executable, ROOT / "workflow/planned.py", "--cores", "2", "--configfile", config]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def test_only_a_study_with_the_papers_models_and_tasks_has_the_table_and_the_figure(tmp_path):
    raw = {
        **yaml.safe_load((ROOT / "config/config.yaml").read_text()),
        "models": {"tiny": {"hub": TINY, "n_layers": 2}}, "seeds": [0], "trajectories": {},
    }  # fmt: skip
    made = {}
    for name, more in (("papers", {}), ("own", {"models": {"tiny": {"hub": "me/other", "n_layers": 2}}})):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(raw | more))
        jobs = planned(tmp_path, f"{name}.yaml")
        made[name] = {file for job in jobs for file in job["output"] if "replication" in file}
        (report,) = (job for job in jobs if job["rule"] == "report")
        assert any("replication" in file for file in report["input"]) == bool(made[name])
    results = "results/paper"
    files = {f"{results}/figures/replication.{suffix}" for suffix in ("pdf", "png")}
    assert made == {"papers": files | {f"{results}/tables/replication.csv"}, "own": set()}
