"""The workflow in other people's hands: in their Snakefiles and folders, deployed, and where something is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from deployment_fixtures import (
    HOSTED,
    LOCAL,
    SITE,
    STUDY,
    URL,
    hosted,
    interpreter,
    module,
    planned,
    snakemake,
    snakemakes_packages,
    write_study,
)
from small_study import ONE_THREAD, ROOT

DEMO = ["--configfile", ROOT / "config/demo.yaml"]
SENTENCE = "pip install 'closerlook[workflow]', or in a checkout of it pip install '.[workflow]'"
SUMMARIES = ["results/tasks/role/summary.json", "results/tasks/mine/summary.json"]
DEPLOY = shutil.which("snakedeploy") or shutil.which("snakedeploy", path=Path(sys.executable).parent)


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """An interpreter with all packages but this library."""
    return interpreter(tmp_path_factory.mktemp("without") / "venv", SITE)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """An interpreter with Snakemake alone."""
    folder = tmp_path_factory.mktemp("alone")
    return interpreter(folder / "venv", snakemakes_packages(folder / "packages"))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The environment in which GitHub has a release of this project."""
    return hosted(tmp_path_factory.mktemp("hosted"))


@pytest.fixture
def checkout(tmp_path):
    """The project's files without its library."""
    for part in ("workflow", "config", "profiles", "envs"):
        shutil.copytree(ROOT / part, tmp_path / "checkout" / part)
    shutil.copy(ROOT / "Snakefile", tmp_path / "checkout")
    return tmp_path / "checkout"


def test_the_catalogue_finds_what_it_looks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"].items() >= {"conda": True, "apptainer": True}.items() and usage["report"]
    assert (ROOT / "workflow/Snakefile").is_file() and (ROOT / "config/README.md").is_file()


def test_lint_is_clean_with_snakemake_alone(alone):
    packages = subprocess.run([alone, "-I", "-c", "import numpy"], capture_output=True, text=True)
    assert "ModuleNotFoundError" in packages.stderr
    for config in ([], DEMO):
        run = snakemake(alone, ROOT, "--lint", *config)
        assert run.returncode == 0 and "in a good condition" in run.stdout, run.stdout


def test_where_jobs_lack_packages_a_plan_is_made_and_a_run_ends_with_a_sentence(alone, tmp_path):
    entry = ["-s", ROOT / "workflow/Snakefile", *DEMO]
    assert planned(snakemake(alone, tmp_path, "-n", "-q", "rules", *entry))["finetune"] == 4
    run = snakemake(alone, tmp_path, "-c", "1", *entry)
    assert run.returncode and run.stdout.count(SENTENCE) == 1 and "Jobs need numba, " in run.stdout
    assert "Traceback" not in run.stdout and not (tmp_path / "results").exists()


def test_where_the_library_is_missing_lint_is_clean_and_all_else_ends_with_a_sentence(without, checkout):
    assert "in a good condition" in snakemake(without, checkout, "--lint").stdout
    for asked in (["-n"], ["-c", "1"], ["-c", "1", "results/paper/tables/table7.csv"]):
        run = snakemake(without, checkout, *asked)
        assert run.returncode and run.stdout.count(SENTENCE) == 1, run.stdout
        assert "No module named 'closerlook'" in run.stdout and "Traceback" not in run.stdout


def test_jobs_take_the_library_beside_the_workflow_even_if_another_is_installed(tmp_path):
    other = tmp_path / "other/closerlook"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise RuntimeError('the other one')")
    python = interpreter(tmp_path / "venv", other.parent, SITE)
    imported = subprocess.run([python, "-I", "-c", "import closerlook"], capture_output=True, text=True)
    assert "the other one" in imported.stderr
    run = snakemake(python, tmp_path, "results/demo/corpora/grammar/fetched.json", "-c", "1", "-s", LOCAL[1:-1], *DEMO)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("entry", ["Snakefile", "workflow/Snakefile"])
def test_it_runs_from_anywhere_in_any_folder(without, tmp_path, entry):
    folder = write_study(tmp_path / "study", "")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    somewhere = ["-s", ROOT / entry, "--directory", "../study", "--configfile", "../study/study.yaml"]
    (tmp_path / "here").mkdir()
    run = snakemake(without, tmp_path / "here", SUMMARIES[1], "-c", "2", *somewhere)
    assert run.returncode == 0, run.stdout
    assert (folder / SUMMARIES[1]).is_file() and not list((tmp_path / "here").iterdir())


@pytest.fixture(scope="module")
def direct(without, tmp_path_factory):
    """The jobs of the study where nobody imports the workflow."""
    folder = write_study(tmp_path_factory.mktemp("direct") / "study", "")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    entry = ["-s", ROOT / "Snakefile", "--configfile", "study.yaml"]
    return planned(snakemake(without, folder, "-n", "-q", "rules", *entry))


def test_a_snakefile_of_ones_own_imports_it_with_a_prefix(without, tmp_path, direct):
    folder = write_study(tmp_path / "study", 'configfile: "config.yaml"\n\n' + module(LOCAL, 'prefix: "theirs"'))
    found = planned(snakemake(without, folder, "-n", "-q", "rules"))
    assert found == {f"cl_{rule}": n for rule, n in direct.items()} and found["cl_finetune"] == 2
    files = [f"theirs/{file}" for file in SUMMARIES]
    run = snakemake(without, folder, "-c", "2", *files)
    assert run.returncode == 0, run.stdout
    assert all((folder / file).is_file() for file in files) and not (folder / "results").exists()
    (folder / "data/names.json").write_text('["bad", "good"]')  # a file of theirs is an input, wherever results go
    assert planned(snakemake(without, folder, "-n", *files)) == {"cl_make_task": 1}


OWN = """
rule all:
    input:
        "mine.txt"


"""
MINE = """
rule mine:
    input:
        rules.cl_report.output
    output:
        "mine.txt"
    shell:
        "cp {input} {output}"
"""


@pytest.mark.parametrize("own", ["", OWN])
def test_the_default_target_is_the_importers_if_there_is_one(without, tmp_path, own, direct):
    folder = write_study(tmp_path / "study", 'configfile: "config.yaml"\n\n' + own + module(LOCAL) + MINE)
    found = planned(snakemake(without, folder, "-n", "-q", "rules"))
    whole = {f"cl_{rule}": n for rule, n in direct.items()}
    if not own:
        assert found == whole
    else:
        assert found["mine"] == 1 and set(whole) - set(found) == {
            "cl_print_table7"
        }  # which their rule does not ask for


def test_a_module_that_lacks_packages_says_so(alone, tmp_path):
    folder = write_study(tmp_path / "study", 'configfile: "config.yaml"\n\n' + module(LOCAL))
    run = snakemake(alone, folder, "-n", "-q", "rules")
    assert planned(run)["cl_finetune"] == 2 and run.stdout.count(SENTENCE) == 1


@pytest.mark.slow
def test_a_whole_study_of_an_imported_workflow(without, tmp_path):
    snakefile = 'configfile: "config.yaml"\n\n' + OWN + module(LOCAL, 'prefix: "theirs"') + MINE
    folder = write_study(tmp_path / "study", snakefile)
    least = STUDY | {"tasks": {"mine": STUDY["tasks"]["mine"]}, "layers": [-1]}
    (folder / "config.yaml").write_text(yaml.safe_dump({"closer": least}))
    threads = [f"cl_{part}" if "=" in part else part for part in ONE_THREAD]
    run = snakemake(without, folder, "-c", "2", *threads)
    assert run.returncode == 0, run.stdout[-3000:]
    assert "A closer look: theirs" in (folder / "mine.txt").read_text()
    table = pd.read_csv(folder / "theirs/results/tables/table7.csv")
    assert set(table.task) == {"mine"} and table.accuracy.notna().all()
    assert {path.name for path in folder.iterdir()} == {
        "Snakefile", "config.yaml", "data", "mine.txt", "theirs", ".snakemake",
    }  # fmt: skip
    assert "Nothing to be done" in snakemake(without, folder, "-c", "2", *threads).stdout
    run = snakemake(without, folder, "--report", "archive.html")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "layers.png" in (folder / "archive.html").read_text()


def test_a_release_on_github_is_imported_where_the_library_is_installed(without, tmp_path, release):
    folder = write_study(tmp_path / "study", 'configfile: "config.yaml"\n\n' + module(HOSTED))
    run = snakemake(without, folder, "-n", **release)
    assert run.returncode and SENTENCE in run.stdout and "Traceback" not in run.stdout
    installed = release | {"PYTHONPATH": str(ROOT)}
    run = snakemake(without, folder, "-c", "2", *SUMMARIES, **installed)
    assert run.returncode == 0 and all((folder / file).is_file() for file in SUMMARIES), run.stdout
    (folder / "Snakefile").write_text('configfile: "config.yaml"\n\n' + module(LOCAL))  # the same scripts, elsewhere
    assert "Nothing to be done" in snakemake(without, folder, "-n", *SUMMARIES, "--rerun-triggers", "params").stdout


@pytest.mark.slow
@pytest.mark.skipif(not DEPLOY, reason="no snakedeploy: pip install snakedeploy")
def test_snakedeploy_makes_a_folder_that_runs(without, tmp_path, release):
    folder, environment = tmp_path / "deployed", {"PATH": "/usr/bin:/bin", **release}
    command = [DEPLOY, "deploy-workflow", URL, folder, "--tag", "v0.1.0"]
    deployed = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert deployed.returncode == 0, deployed.stderr
    assert 'tag="v0.1.0"' in (folder / "workflow/Snakefile").read_text()
    installed = release | {"PYTHONPATH": str(ROOT)}
    run = snakemake(without, folder, "results/paper/tasks/pos/summary.json", "-n", "-q", "rules", **installed)
    assert planned(run) == {"fetch_corpus": 1, "make_task": 1}  # of the paper's grid, as config/config.yaml has it
    shutil.copy(folder / "config/demo.yaml", folder / "config/config.yaml")  # edited
    summary = "results/demo/tasks/role/summary.json"
    run = snakemake(without, folder, "-c", "2", summary, **installed)
    assert run.returncode == 0 and (folder / summary).is_file(), run.stdout
