"""After an edit exactly the affected jobs run: each edit is made on a copy of the project, with a finished demo."""

import functools
import json
import modulefinder
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("Snakefile", "workflow", "closerlook", "config", "profiles", "envs")
FOLDERS = re.compile(r"/(files|train|test|\w+\.[\w-]+\.steps)$")  # outputs that are folders
PER_CELL = "layer_distances|directions|movement_lengths|layer_matrices"  # figures of a model, or of one of its tasks
COMMAND = ["--cores", "2", "--configfile", "config/demo.yaml"]


def plan(project, *more):
    """The jobs of `snakemake -n` in a project folder."""
    command = [sys.executable, "workflow/planned.py", *COMMAND, *more]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "."})
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def name(job):
    return (job["rule"], *(f"{key}={value}" for key, value in sorted(job["wildcards"].items())))


def with_all_below(jobs, roots):
    """The names of some jobs, given by a condition, and of all that read what they write."""
    chosen = [job for job in jobs if roots(job)]
    assert chosen
    found = {}
    while chosen:
        found |= {name(job): job for job in chosen}
        written = {file for job in chosen for file in job["output"]}
        chosen = [job for job in jobs if name(job) not in found and not written.isdisjoint(job["input"])]
    return set(found)


def imported(job):
    """The modules that a job imports, directly or not."""
    of = job["wildcards"]
    looked_up = {"table": f"analysis.{of.get('table')}", "plot": f"figures.{of.get('figure', '').partition('/')[0]}"}
    return imported_by(job["rule"], looked_up.get(job["rule"]))


@functools.cache
def imported_by(script, module=None):
    """The modules that a script imports, and one that it looks up by its name, as the standard library sees it."""
    finder = modulefinder.ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(ROOT / f"workflow/scripts/{script}.py"))
    if module:
        finder.import_hook(f"closerlook.{module}")
    return set(finder.modules)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project with a finished demo, and its jobs: empty files, which Snakemake takes note of as of made ones."""
    return finish(copied(tmp_path_factory.mktemp("finished")))


def copied(project, **how):
    """The project's files, with a demo of two seeds in all layers, on all pairs of tasks."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, project / part, **how)
        else:
            how.get("copy_function", shutil.copy)(ROOT / part, project / part)
    smaller = {"seeds": [0, 1], "cross_tasks": "all", "layers": "all"}
    smaller["trajectories"] = {"models": ["small"], "keep_steps": True}
    set_config(project, lambda config: config.update(smaller))
    return project


def finish(project):
    jobs = plan(project)
    make(project, jobs)
    touch(project, "--forceall")
    return project, jobs


def make(project, jobs):
    """Make the outputs of jobs, empty."""
    for file in (file for job in jobs for file in job["output"]):
        path = project / file
        (path if FOLDERS.search(file) else path.parent).mkdir(parents=True, exist_ok=True)
        if not FOLDERS.search(file):
            path.touch()


def touch(project, *more):
    """Make Snakemake take note of files as of made ones."""
    command = [sys.executable, "-m", "snakemake", "--touch", "--quiet", "all", *more, *COMMAND]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "."})
    assert run.returncode == 0, run.stderr


@pytest.fixture
def demo(finished, tmp_path):
    """A copy of the finished project to edit, and the jobs of its whole run."""
    project, jobs = finished
    copy = tmp_path / "project"
    shutil.copytree(project, copy, symlinks=True)
    return copy, jobs


def edit(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new))


def set_config(project, change):
    config = yaml.safe_load((project / "config/demo.yaml").read_text())
    change(config)
    (project / "config/demo.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def names(jobs):
    return {name(job) for job in jobs}


def test_nothing_edited_runs_nothing(demo):
    project, _ = demo
    assert plan(project) == []


def test_a_comment_a_blank_line_or_a_docstring_runs_nothing(demo):
    project, _ = demo
    edit(project / "closerlook/analysis/spaces.py", "import numpy as np\n", "# a comment\n\nimport numpy as np\n")
    edit(project / "closerlook/probes/direct/clusters.py", '"""DirectProbe', '"""Said differently: DirectProbe')
    edit(project / "workflow/scripts/table.py", "\nwith logged", "\n\n# a comment\nwith logged")
    assert plan(project) == []


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("closerlook/analysis/spaces.py", "import numpy as np\n", "import numpy as np\n\nX = 1\n"),
        ("closerlook/probes/direct/hull_classifier.py", "import numpy as np\n", "import numpy as np\n\nX = 1\n"),
        ("closerlook/encoders/alignment.py", "\n\ndef ", "\n\nX = 1\n\n\ndef "),
        ("closerlook/probes/hulls/interior.py", "import numpy as np\n", "import numpy as np\n\nX = 1\n"),
    ],
)
def test_an_edit_of_the_library_runs_its_importers_and_what_depends_on_them(demo, file, old, new):
    project, jobs = demo
    text = (project / file).read_text()
    (project / file).write_text(text.replace(old, new, 1))
    module = file.removesuffix(".py").replace("/", ".")
    assert names(plan(project)) == with_all_below(jobs, lambda job: module in imported(job))


def test_an_edit_of_a_script_runs_its_jobs_and_what_depends_on_them(demo):
    project, jobs = demo
    edit(project / "workflow/scripts/measure_movement.py", "\nwith logged", "\nX = 1\nwith logged")
    assert names(plan(project)) == with_all_below(jobs, lambda job: job["rule"] == "measure_movement")


def test_a_figures_style_draws_that_figure_and_the_report(demo):
    project, _ = demo
    path = project / "closerlook/figures/memorisation.py"
    path.write_text(path.read_text() + "\n\nLINE_WIDTH = 2\n")
    assert names(plan(project)) == {("plot", "figure=memorisation"), ("report",)}


def test_a_caption_draws_its_figure_and_writes_the_report_and_the_pages_style_only_that(demo):
    project, _ = demo
    with (project / "closerlook/report/page.css").open("a") as text:
        text.write("\n")
    assert names(plan(project)) == {("report",)}
    edit(project / "closerlook/figures/catalog.py", "has memorised the training data", "knows the training data")
    assert names(plan(project)) == {("plot", "figure=memorisation"), ("report",)}


def tables(jobs, *but):
    """All tables and figures of the whole study, and what the report is made of; but some."""
    whole = {name(job) for job in jobs if not job["wildcards"] or job["rule"] == "table"}
    return {each for each in whole | drawn(jobs, "[a-z_]+$") if each[1:] not in [(one,) for one in but]}


def drawn(jobs, figures):
    """The figures whose names match."""
    return {name(job) for job in jobs if job["rule"] == "plot" and re.match(figures, job["wildcards"]["figure"])}


def test_a_seed_more_runs_the_new_cells_and_all_tables(demo):
    project, before = demo
    set_config(project, lambda config: config.update(seeds=[0, 1, 2]))
    after, new, layers = plan(project), set(), [f"layer={n}" for n in range(4)]
    for task in ("role", "question"):
        run = ("model=small", "run=seed2", f"task={task}")
        new |= {(rule, *run) for rule in ("finetune", "measure_movement", "measure_similarity", "trace_run")}
        new |= {("gather_examples", *run)}
        new |= {("measure_similarity", "model=small", "run=seed1", f"task={task}")}  # it has another peer now
        new |= {("measure_surroundings", layers[-1], "model=small", f"state={task}.seed2", f"task={task}")}
        for state in ("state=role.seed2", "state=question.seed2"):
            cell = ("model=small", state, f"task={task}")
            new |= {("embed", *cell)} | {("probe_classifier", layer, *cell) for layer in layers}
            new |= {("probe_hulls", layers[-1], *cell)}
            new |= {("probe_direct", layer, "model=small", f"split={split}", *cell[1:])
                    for layer in layers for split in ("train", "test")}  # fmt: skip
    assert names(after) == new | tables(before) | drawn(before, PER_CELL)


def test_a_task_more_runs_its_cells_and_all_tables(demo):
    project, before = demo
    task = {"corpus": "grammar", "kind": "pair", "label": "deprel"}
    set_config(project, lambda config: config["tasks"].update(dep=task))
    after = plan(project)
    new = {name(job) for job in after if re.search(r"\bdep\b", " ".join(name(job)))}
    assert new.isdisjoint(names(before))
    assert names(after) == new | tables(before) | drawn(before, PER_CELL)
    for state, probed in (("state=dep.seed0", "task=role"), ("state=role.seed1", "task=dep")):  # cross_tasks: all
        assert ("embed", "model=small", state, probed) in new
        assert ("probe_direct", "layer=3", "model=small", "split=test", state, probed) in new
    assert ("probe_direct", "layer=3", "model=random", "split=test", "state=original", "task=dep") in new


def test_a_model_more_runs_its_cells_and_the_tables_of_spaces(demo):
    project, before = demo
    set_config(project, lambda config: config["models"].update(other={"like": "small", "weights": "random", "seed": 1,
                                                                      "frozen": True}))  # fmt: skip
    after = plan(project)
    new = {("pin_model", "model=other"), ("plot", "figure=layer_distances/other")}
    for task in ("role", "question"):
        cell = ("model=other", "state=original", f"task={task}")
        new |= {("embed", *cell), ("probe_hulls", "layer=3", *cell)}
        new |= {("probe_classifier", f"layer={n}", *cell) for n in range(4)}
        new |= {("probe_direct", f"layer={n}", "model=other", f"split={split}", *cell[1:])
                for n in range(4) for split in ("train", "test")}  # fmt: skip
    assert names(after) >= new and new.isdisjoint(names(before))
    again = names(after) - new
    # it has no runs and no kept steps: what is made of those only is not made again
    runs = {"tuning", "movement", "directions", "similarity", "layer_matrices", "trajectory", "label_distances",
            "centroid_paths"}  # fmt: skip
    assert again.isdisjoint({("table", f"table={each}") for each in runs})
    assert {("table", "table=spaces"), ("table", "table=table7"), ("report",), ("explorer",)} <= again
    assert {each[0] for each in again} == {"table", "plot", "report", "explorer", "missing", "print_table7"}


@pytest.mark.parametrize("change", [{"probes": {"direct": {"layers": [1, 2, 3]}}}, {"layers": [1, 2, 3]}])
def test_fewer_layers_make_no_space_again(demo, change):
    """They are there; what is made of them together is made again."""
    project, _ = demo
    set_config(project, lambda config: config.update(probes={**config["probes"], **change.pop("probes", {})}, **change))
    rules = {job["rule"] for job in plan(project)}
    assert rules <= {"measure_movement", "measure_similarity", "trace_run", "gather_examples", "table", "plot",
                     "report", "explorer", "missing", "print_table7"}  # fmt: skip
    assert {"table", "plot", "report"} <= rules


def test_one_models_learning_rate_runs_its_fine_tuning_and_what_is_below(demo):
    project, jobs = demo
    set_config(project, lambda config: config["models"]["small"].update(finetune={"learning_rate": 5e-4}))
    expected = with_all_below(jobs, lambda job: job["rule"] in ("finetune", "report"))
    assert names(plan(project)) == expected
    assert not [each for each in expected if "state=original" in each or "model=random" in each]


def test_recipes_more_tune_nothing_again_and_an_edit_of_one_tunes_its_own_runs(tmp_path):
    project, recipes = copied(tmp_path), {"full": {}, "lora-8": {"method": "lora"}, "head": {"method": "head"}}
    few = {"seeds": [0], "cross_tasks": [], "layers": [-1]}
    set_config(project, lambda config: config.update(few))
    finish(project)
    set_config(project, lambda config: config.update(recipes=recipes))
    _, jobs = finish(project)
    experiments = [job for job in jobs if job["rule"] in ("finetune", "embed", "trace_run", "probe_direct")]
    assert {re.findall(r"lora-8-seed0|head-seed0", str(job["wildcards"]))[0] for job in experiments} == {
        "lora-8-seed0", "head-seed0"
    }  # fmt: skip
    recipes["lora-8"]["rank"] = 4
    set_config(project, lambda config: config.update(recipes=recipes))
    again = [job for job in plan(project) if {"model", "figure"} & set(job["wildcards"]) == {"model"}]
    assert len(again) > 10 and all("lora-8-seed0" in str(job["wildcards"]) for job in again)


def test_a_probes_grid_runs_that_probe_and_what_is_below(demo):
    project, jobs = demo
    set_config(project, lambda config: config["probes"]["classifier"].update(alphas=[1e-3]))
    assert names(plan(project)) == with_all_below(jobs, lambda job: job["rule"] == "probe_classifier")


def test_studies_with_one_folder_of_results_share_what_is_the_same(demo):
    """Another config makes its own cells, and its tables and pages; then only these are made again for the first."""
    project, _ = demo
    first, pages = (project / "config/demo.yaml").read_text(), {"table", "plot", "report", "explorer", "missing"}
    pages |= {"print_table7"}
    set_config(project, lambda config: (config.update(seeds=[5], trajectories={}, related_tasks=[]),
                                        config["tasks"].pop("question")))  # fmt: skip
    cells = [job for job in plan(project) if job["rule"] not in pages]
    assert {"finetune", "embed", "probe_direct", "probe_classifier"} <= {job["rule"] for job in cells}
    assert all("seed5" in str(job["wildcards"]) for job in cells)  # no corpus, task, model, nor a space of the original
    make(project, plan(project))
    touch(project)
    assert plan(project) == []
    (project / "config/demo.yaml").write_text(first)
    assert {job["rule"] for job in plan(project)} <= pages


@pytest.mark.parametrize("points", [100, "smallest"])
def test_samples_run_direct_probe_the_followed_runs_and_what_is_below(demo, points):
    """Not embeddings, nor movement, nor the classifier; which task is the smallest, their summaries say."""
    project, jobs = demo
    set_config(project, lambda config: config["probes"].update(direct={"sample": {"points": points}}))
    expected = with_all_below(jobs, lambda job: job["rule"] in ("probe_direct", "trace_run"))
    assert names(again := plan(project)) == expected
    probed = next(job for job in again if job["rule"] == "probe_direct")
    sizes = [file for file in probed["input"] if file.endswith("summary.json")]
    assert len(sizes) == (2 if points == "smallest" else 0)
    set_config(project, lambda config: config["probes"].pop("direct"))
    assert plan(project) == []


@pytest.fixture(scope="module")
def with_own_model(tmp_path_factory):
    """A finished study of a model in a folder of one's own, in shards, and of a random one like it."""
    project = copied(tmp_path_factory.mktemp("own"))
    (project / "mine").mkdir()
    (project / "mine/config.json").write_text('{"num_hidden_layers": 2}')
    for name in (
        "model-1.safetensors",
        "model-2.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "README",
    ):
        (project / "mine" / name).write_text(name)
    models = {"own": {"path": "mine"}, "like": {"like": "own", "weights": "random", "frozen": True}}
    more = {"models": models, "trajectories": {}, "finetune": {}, "seeds": [0]}
    set_config(project, lambda config: config.update(more))
    return finish(project)


@pytest.mark.parametrize(
    "name", ["model-2.safetensors", "model.safetensors.index.json", "tokenizer.json", "config.json", "vocab.txt"]
)
def test_another_content_of_a_models_file_pins_it_again_and_runs_all_below(with_own_model, tmp_path, name):
    project, jobs = with_own_model
    shutil.copytree(project, tmp_path / "project", symlinks=True)
    file = tmp_path / "project/mine" / name
    old = file.stat() if file.exists() else None
    file.write_text(file.read_text()[::-1] if name.endswith("s") else '{"num_hidden_layers": 2 }')  # as many bytes
    if old:
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))  # and the old time, as some ways of copying give it
    assert names(plan(tmp_path / "project")) == with_all_below(jobs, lambda job: job["rule"] == "pin_model")


def test_a_tokenizer_from_elsewhere_is_an_input_and_the_models_own_is_not(with_own_model, tmp_path):
    copy = tmp_path / "project"
    shutil.copytree(with_own_model[0], copy, symlinks=True)
    (copy / "words").mkdir()
    (copy / "words/tokenizer.json").write_text("words")
    set_config(copy, lambda config: config["models"]["own"].update(tokenizer="words"))
    _, jobs = finish(copy)
    (copy / "mine/tokenizer.json").write_text("other")
    assert plan(copy) == []
    (copy / "words/tokenizer.json").write_text("sdrow")
    assert names(plan(copy)) == with_all_below(jobs, lambda job: job["rule"] == "pin_model")


def test_a_models_files_touched_and_others_beside_them_run_nothing(with_own_model, tmp_path):
    project, _ = with_own_model
    shutil.copytree(project, tmp_path / "project", symlinks=True)
    for file in (tmp_path / "project/mine").iterdir():
        file.touch()
    (tmp_path / "project/mine/README").write_text("more")
    (tmp_path / "project/mine/pytorch_model.bin").write_text("not read beside safetensors")
    assert plan(tmp_path / "project") == []


def test_threads_resources_and_where_gpus_are_run_nothing(demo):
    project, _ = demo
    more = ["--set-threads", "finetune=1", "probe_direct=2", "--set-resources", "finetune:mem_mb=9000"]
    assert plan(project, "--resources", "gpu=2", *more) == []


def test_a_fresh_clone_onto_existing_results_runs_nothing(finished, tmp_path):
    project, _ = finished
    clone = tmp_path / "clone"
    clone.mkdir()
    copied(clone, copy_function=shutil.copyfile)  # with new times, those of a checkout
    for part in ("results", ".snakemake"):
        shutil.copytree(project / part, clone / part, symlinks=True)
    assert (clone / "Snakefile").stat().st_mtime > (clone / "results/demo/report.html").stat().st_mtime
    assert plan(clone) == []
