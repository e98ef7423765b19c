"""The DAG: which jobs a study plans, and a whole study, as small as one can be."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_study import BERT, ROOT, command

from closerlook.layout import Run, Space

pytestmark = pytest.mark.slow

TINY = {
    "corpora": {"g": {"format": "grammar", "n_train": 60, "n_test": 40, "n_text": 200}},
    "tasks": {
        "role": {"corpus": "g", "kind": "word", "label": "misc.Role"},
        "dep": {"corpus": "g", "kind": "pair", "label": "deprel"},
    },
    "models": {
        "m": {
            "pretrain": {**BERT, "steps": 10},
            "finetune": {"steps": "every 2"},
        },
        "r": {"like": "m", "weights": "random", "frozen": True, "tasks": ["role"]},
    },
    "seeds": [0],
    "finetune": {"epochs": 1},
    "cross_tasks": [["dep", "role"]],
    "trajectories": {"models": ["m"], "tasks": ["dep", "role"], "keep_steps": True},
    "probes": {
        "classifier": {
            "hidden_layer_sizes": [[4], []],
            "alphas": [1e-4],
            "cv": 1,
            "repeats": 2,
            "max_iter": 5,
            "selectivity": True,
            "shuffled": True,
            "description_length": True,
            "memorisation": True,
        }
    },
}


# What is made of the results of every probe, of the classifier probe, of DirectProbe; of runs; of kept steps. Tables
# and figures by their names: all of either are made by one rule.
def tables(*names):
    return {f"table {name}" for name in names}


def figures(*names):
    return {f"plot {name}" for name in names}


SPACES = tables("spaces", "table7", "clusters", "table5", "claims", "claim_cells", "claim_pairs", "hulls", "recipes")
SPACES |= figures("layers", "layer_distances", "transfer", "similarity", "claims", "hull_accuracy", "memorisation")
SPACES |= {"print_table7", "missing", "report"}
CLAIMS = tables("claims", "claim_cells", "claim_pairs") | figures("claims")
ERRORS = tables("errors") | figures("errors_by_distance")
EXAMPLES = tables("suspects") | {"gather_examples", "explorer"}
LOOKED = tables("suspects") | {"measure_surroundings", "gather_examples"}  # example by example: on a run's own task
CLASSIFIED = SPACES | ERRORS | EXAMPLES | tables("memorisation")
MEASURED = SPACES | ERRORS | EXAMPLES | tables("labels") | {"probe_hulls", "measure_surroundings"}
MOVED = tables("movement", "directions", "similarity", "layer_matrices", "recipes") | figures(
    "directions", "movement_lengths", "similarity", "layer_matrices", "claims"
)
MOVED |= {"measure_movement", "measure_similarity"}
STEPS = tables("trajectory", "label_distances", "centroid_paths") | EXAMPLES | {"trace_run", "report"}
STEPS |= figures("label_distances", "layer_similarity", "centroid_paths")
TUNED = {"finetune"} | tables("tuning", "recipes")
PROBED = {"embed", "probe_direct", "probe_classifier"} | CLASSIFIED | MEASURED


FIGURES = {"layers", "claims", "similarity", "errors_by_distance", "hull_accuracy", "memorisation", "transfer"}
FIGURES |= {"label_distances", "layer_similarity", "centroid_paths", "layer_distances/m", "layer_distances/r"}
PER_CELL = ("directions", "movement_lengths", "layer_matrices")
FIGURES |= {f"{kind}/m.{task}" for kind in PER_CELL for task in ("role", "dep")}


def snakemake(folder, *arguments, config="study.yaml", **environment):
    """Run Snakemake on the project's Snakefile in a folder of its own."""
    whole = command("--cores", "2", "--workflow-profile", ROOT / "profiles/default", *arguments, config=config)
    return subprocess.run(whole, cwd=folder, capture_output=True, text=True, env=os.environ | environment)


def write(folder, config):
    (folder / "study.yaml").write_text(yaml.safe_dump(config))


def planned(run):
    """Jobs per rule, from a dry run's output."""
    lines = run.stdout.splitlines()
    table = lines[max(i for i, line in enumerate(lines) if line.startswith("job  ")) + 2 :]
    return {line.split()[0]: int(line.split()[1]) for line in table[: table.index("")]}


def jobs_of(folder, *arguments, config="study.yaml"):
    """What would run: rules, and tables and figures by their names."""
    command = [sys.executable, ROOT / "workflow/planned.py", "--cores", "2", "--configfile", config, *arguments]
    command += ["--workflow-profile", ROOT / "profiles/default"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    jobs = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    named = {"table": "table", "plot": "figure"}
    names = [(job["rule"], job["wildcards"].get(named.get(job["rule"]), "").partition("/")[0]) for job in jobs]
    return {" ".join(filter(None, each)) for each in names}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A finished study, made with two GPUs that are only pretended: torch finds none and takes the CPU."""
    folder = tmp_path_factory.mktemp("study")
    write(folder, TINY)
    run = snakemake(folder, "--resources", "gpu=2", CUDA_VISIBLE_DEVICES="4,7")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_the_papers_grid_is_planned_whole(tmp_path):
    run = snakemake(tmp_path, "--dry-run", "--quiet", "rules", config=str(ROOT / "config/config.yaml"))
    assert run.returncode == 0, run.stderr
    jobs = planned(run)
    layers = [3, 5, 5, 9, 13]
    assert jobs["trace_run"] == 5 * 3
    assert jobs["finetune"] == 5 * 5 * 3  # models x tasks x seeds
    spaces = 5 * (1 + 3) + 2 * 3  # tasks x (original and seeds), and two crossings x seeds
    assert sum(n for rule, n in jobs.items() if rule.startswith("embed")) == 5 * spaces
    assert len([rule for rule in jobs if rule.startswith("embed")]) == len(set(layers))
    assert jobs["probe_classifier"] == spaces * sum(layers) and jobs["probe_direct"] == 2 * spaces * sum(layers)
    assert (jobs["fetch_corpus"], jobs["make_task"], jobs["pin_model"]) == (3, 5, 5)


def test_a_mistake_in_the_config_stops_before_anything_runs(tmp_path):
    write(tmp_path, {**TINY, "sedes": [1]})
    run = snakemake(tmp_path)
    assert run.returncode != 0
    assert "study.yaml: sedes: unknown key, did you mean `seeds`?" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert not (tmp_path / "results").exists()


def test_a_study_ends_with_its_tables_and_figure(study):
    results = study / "results"
    lines = (results / "tables/table7.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 2 + 1  # tasks x both states of m, and the original of r on one
    assert (results / "tables/table7.md").read_text().count("\n") == 1 + len(lines)
    assert (results / "figures/layers.pdf").read_bytes().startswith(b"%PDF")
    assert (results / "figures/layers.png").read_bytes().startswith(b"\x89PNG")
    figures = {str(path.relative_to(results / "figures")) for path in results.glob("figures/**/*.png")}
    assert figures == {f"{name}.png" for name in FIGURES}
    assert set(pd.read_csv(results / "tables/trajectory.csv")["update"]) == {0, 2}  # 60 sentences are two updates
    spaces = (results / "tables/spaces.csv").read_text().splitlines()
    assert len(spaces) == 1 + (2 * 2 + 1 + 1) * 2  # (tasks x states of m, one of r, and one crossing) x layers
    beside = pd.read_csv(results / "tables/spaces.csv")[["macro_f1", "shuffled_accuracy", "majority"]]
    assert beside.notna().all(axis=None) and beside.stack().between(0, 100).all()
    table = pd.read_csv(results / "tables/spaces.csv").set_index(["model", "state", "task", "layer"])
    for probe, column in (("classifier", table.accuracy), ("hulls", None)):
        for file in results.glob(f"probes/{probe}/*/*/*/*.parquet"):
            frame, space = pd.read_parquet(file), Space.of(file)
            right = [100 * (frame[name] == frame.label).mean() for name in frame if name.startswith("prediction_")]
            found = json.loads(file.with_suffix(".json").read_text())["accuracy"]
            assert found == pytest.approx(sum(right) / len(right)), file
            if column is not None:
                assert column[space.model, str(space.state), space.task, space.layer] == pytest.approx(found)
    for file in results.glob("examples/m/*.parquet"):
        frame, run = pd.read_parquet(file), Run.of(file)
        tested = frame[frame.split == "test"]
        for state, end in (("original", "before"), (str(run.state), "after")):
            each = [100 * (tested[f"probe_{end}_{i}"] == tested.label).mean() for i in range(2)]
            last = table.accuracy[run.model, state, run.task, 1]
            assert last == pytest.approx(sum(each) / 2) and set(frame.layer) == {1}
        assert frame.first_right.isin([0, 2]).any() and frame.forgotten.between(0, 2).all()
        marked = [text[a:b] for text, ((a, b), *_) in zip(frame.text, frame.spans)]
        assert marked == [target.partition(" … ")[0] for target in frame.target]
    assert len(list(results.glob("examples/m/*.parquet"))) == 2
    crossed = [line.split(",") for line in (results / "tables/table5.csv").read_text().splitlines()]
    assert [line[1:3] for line in crossed if "" not in line[1:3] and line[1] != line[2]] == [
        ["fine_tuned_on", "probed_on"],
        ["dep", "role"],
    ]


def test_jobs_that_ask_for_a_gpu_get_one_of_those_that_there_are(study):
    """That jobs of one moment get different ones is in `test_gpus.py`: here they need not overlap."""
    found = {}
    for log in (study / "results/logs").rglob("*.log"):
        if devices := re.findall(r"INFO GPU (\S+)$", log.read_text(), re.MULTILINE):
            found.setdefault(log.relative_to(study / "results/logs").parts[0], set()).update(devices)
            assert len(devices) == 1
    assert set(found) == {"pretrain", "finetune", "embed", "trace_run"}
    assert set.union(*found.values()) <= {"4", "7"}


def test_a_finished_study_has_nothing_to_do(study):
    run = snakemake(study)
    assert run.returncode == 0 and "Nothing to be done" in run.stdout + run.stderr


def plan(folder, *configs):
    asked = [sys.executable, ROOT / "workflow/plan.py", "--cores", "2", "--configfile", *configs]
    run = subprocess.run(asked, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_plan_learns_from_the_finished_study(study):
    assert plan(study, "study.yaml") == "Nothing to be done.\n"
    (study / "more.yaml").write_text(yaml.safe_dump(TINY | {"seeds": [0, 1]}))
    told = plan(study, "more.yaml")
    (row,) = (line for line in told.splitlines() if line.startswith("finetune"))
    assert row.split()[2] == "2" and row.endswith("model, task and state alike")


def test_snakemakes_own_report_holds_the_figures(study):
    run = snakemake(study, "--report", "archive.html")
    assert run.returncode == 0, run.stdout + run.stderr
    page = (study / "archive.html").read_text()
    assert all(f"{Path(name).name}.png" in page for name in FIGURES)


def test_nothing_is_left_half_written(study):
    assert not list(study.rglob("*.part*")) and not list((study / "results").rglob("*.checkpoints"))


def test_a_kept_step_can_be_embedded_and_probed(study):
    kept = json.loads((study / "results/runs/m/dep.seed0.steps/steps.json").read_text())["kept"]
    assert kept[0] == 2
    cell = f"results/probes/direct/m/dep.seed0.step{kept[0]}/dep/test/layer1.json"
    run = snakemake(study, cell)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads((study / cell).read_text())
    assert found["n_clusters"] >= found["n_classes"] > 1
    assert found["status"] == ("ok" if found["is_linear"] else "not_separable")


def test_a_step_that_was_not_kept_is_named(study):
    run = snakemake(study, "results/probes/direct/m/dep.seed0.step3/dep/test/layer1.json")
    assert run.returncode != 0
    log = (study / "results/logs/embed/m/dep.seed0.step3/dep.log").read_text()
    assert "Error: " in log and "step3 was not kept" in log and "Traceback" not in log


@pytest.mark.parametrize(
    "key, value, rules",
    [
        (["seeds"], [0, 1], TUNED | PROBED | MOVED | STEPS),
        (["finetune", "learning_rate"], 1e-3, TUNED | PROBED | MOVED | STEPS),
        (["probes", "classifier", "max_iter"], 6, {"probe_classifier"} | CLASSIFIED),
        (["probes", "direct", "tol"], 1e-2, {"probe_direct"} | MEASURED | STEPS),
        (["trajectories", "layers"], [-1], STEPS),
        (["related_tasks"], [["dep", "role"]], CLAIMS | {"report"}),
        (["report", "texts"], False, {"explorer", "report"}),
        (["examples", "layers"], [0], EXAMPLES | {"measure_surroundings"}),
        (["cross_tasks"], [["dep", "role"], ["role", "dep"]], PROBED - LOOKED),
    ],
)
def test_an_edit_of_the_config_reruns_what_used_the_key(study, key, value, rules):
    config = json.loads(json.dumps(TINY))
    section = config
    for part in key[:-1]:
        section = section.setdefault(part, {})
    section[key[-1]] = value
    (study / "edited.yaml").write_text(yaml.safe_dump(config))
    assert jobs_of(study, config="edited.yaml") == rules | {"report"}  # which shows the config


def test_a_partial_study_is_made_from_what_exists_and_says_what_is_missing(study, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(study, folder, symlinks=True)
    results = folder / "results"
    for name in ("probes/classifier/m/role.seed0", "probes/direct/m/dep.seed0/dep", "trajectories"):
        shutil.rmtree(results / name)
    (results / "logs/probe_classifier/m/role.seed0/role/layer1.log").write_text("Error: out of patience\n")
    for log in results.glob("logs/trace_run/*/*"):
        log.unlink()
    run = snakemake(folder, "--config", "partial=true")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not (results / "trajectories").exists() and not (results / "probes/classifier/m/role.seed0/role").exists()
    missing = pd.read_csv(results / "tables/missing.csv").set_index(["cell", "step"])
    failed = missing[missing.status == "failed"].loc[[("m / role.seed0 / role", "classifier probe")]]
    assert dict(zip(failed.layers.astype(str), failed.reason))["1"] == "Error: out of patience"
    assert set(missing.loc[[("m / dep.seed0", "trajectory")]].status) == {"not run"}
    assert {step for _, step in missing.index} == {"classifier probe", "DirectProbe", "trajectory"}
    table = pd.read_csv(results / "tables/table7.csv").set_index(["model", "task", "state"])
    assert pd.isna(table.accuracy[("m", "role", "fine-tuned")]) and table.n_clusters[("m", "role", "fine-tuned")] > 0
    assert pd.isna(table.n_clusters[("m", "dep", "fine-tuned")]) and table.accuracy[("m", "dep", "fine-tuned")] > 0
    page = (results / "report.html").read_text()
    assert "Error: out of patience" in page and "not run" in page
    run = snakemake(folder, *(f"results/tables/{name}.csv" for name in ("missing", "table7")))
    assert run.returncode == 0, run.stdout + run.stderr
    assert not len(pd.read_csv(results / "tables/missing.csv"))
    assert (results / "tables/table7.csv").read_bytes() == (study / "results/tables/table7.csv").read_bytes()


def test_a_broken_corpus_is_named_with_file_and_line(tmp_path):
    for split in ("train", "test"):
        (tmp_path / f"{split}.tsv").write_text("text\tlabel\nA good one .\tyes\nA bad one .\tno\nA third one .\n")
    config = {
        "corpora": {"c": {"format": "table", "train": {"path": "train.tsv"}, "test": {"path": "test.tsv"}}},
        "tasks": {"t": {"corpus": "c", "kind": "sentence", "words": "text", "label": "label"}},
        "models": {"m": {"hub": "a/b", "n_layers": 1}},
    }
    write(tmp_path, config)
    run = snakemake(tmp_path, "results/tasks/t/summary.json")
    assert run.returncode != 0
    assert "train.tsv:4: " in run.stdout + run.stderr
    assert "Traceback" not in (tmp_path / "results/logs/make_task/t.log").read_text()
    assert not (tmp_path / "results/tasks/t").exists() or not list((tmp_path / "results/tasks/t").iterdir())


def test_the_real_study_is_planned_the_same_from_the_web_and_from_copies(tmp_path):
    downloaded = snakemake(tmp_path, "--dry-run", "--quiet", "rules", config=ROOT / "config/real.yaml")
    assert downloaded.returncode == 0, downloaded.stdout + downloaded.stderr
    (tmp_path / "minilm").mkdir()
    (tmp_path / "minilm/config.json").write_text('{"num_hidden_layers": 6}')
    local = {"models": {"minilm": {"hub": None, "revision": None, "path": "minilm"}}, "corpora": {}}
    for name, of in yaml.safe_load((ROOT / "config/real.yaml").read_text())["corpora"].items():
        copies = {split: Path(of[split]["url"]).name for split in ("train", "test")}
        for copy in copies.values():
            (tmp_path / copy).touch()
        local["corpora"][name] = {split: {"url": None, "path": copy} for split, copy in copies.items()}
    (tmp_path / "overlay.yaml").write_text(yaml.safe_dump(local))
    both = ["--configfile", ROOT / "config/real.yaml", "overlay.yaml"]
    run = subprocess.run([*command("-n", "-q", "rules")[:-2], *both], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert planned(run) == planned(downloaded) and planned(run)["finetune"] == 5 * 2
    told = plan(tmp_path, *both[1:])
    (row,) = (line for line in told.splitlines() if line.startswith("finetune"))
    assert row.split()[2] == "10"
