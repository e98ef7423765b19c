"""The package as others get it: files, version, types; and what its continuous integration is."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from test_environments import LOCK, canonical

import closerlook

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CLIENT = ROOT / "tests/typed_client.py"


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def tracked():
    """The files of the project, as git has them or would."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    return sorted(set(run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A copy of the project, with its source distribution and the wheel that is made of this."""
    if not importlib.util.find_spec("build"):
        pytest.skip("no `build`: pip install 'closerlook[dev]'")
    folder = tmp_path_factory.mktemp("package") / "closerlook"
    for name in tracked():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run(sys.executable, "-m", "build", "--no-isolation", folder)
    return folder


def contents(wheel):
    """What is in a wheel; its list of checksums, in whatever order, follows from the rest."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


@pytest.mark.slow
def test_the_source_distribution_has_every_file_and_makes_the_wheel_that_the_checkout_makes(built):
    (source,), (wheel,) = built.glob("dist/*.tar.gz"), built.glob("dist/*.whl")
    with tarfile.open(source) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert not {name for name in tracked() if (ROOT / name).is_file()} - packed
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", built / "direct", built)
    (direct,) = built.glob("direct/*.whl")
    assert contents(wheel) == contents(direct)
    files = set(contents(wheel))
    for name in tracked():
        if name.startswith(("workflow/", "config/", "profiles/", "envs/")):
            assert f"closerlook/_project/{name}" in files, name
        if name.startswith("closerlook/"):
            assert name in files, name
    assert "closerlook/py.typed" in files and not {name for name in files if "__pycache__" in name}
    if importlib.util.find_spec("twine"):
        run(sys.executable, "-m", "twine", "check", "--strict", *built.glob("dist/*"))


@pytest.mark.slow
def test_the_wheel_alone_gives_library_command_and_workflow(built, tmp_path):
    (wheel,) = built.glob("dist/*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    home = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # what it depends on is taken from here; this environment's own closerlook is not, as a .pth file names only folders
    (home / "others.pth").write_text(sysconfig.get_path("purelib"))
    empty, env = tmp_path / "empty", {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    empty.mkdir()
    probe = "import closerlook as c; print(c.DirectProbe().fit([[0.], [1.]], ['a', 'b']).n_clusters_, c.__file__)"
    found, file = run(python, "-c", probe, cwd=empty, env=env).split()
    assert found == "2" and Path(file).is_relative_to(home)
    command = tmp_path / "venv/bin/closerlook"
    assert run(command, "--version", cwd=empty, env=env).split()[-1] == closerlook.__version__
    assert "--label" in run(command, "compare", "--help", cwd=empty, env=env | {"COLUMNS": "200"})
    assert re.search(r"\d+ jobs|pretrain", run(command, "run", "demo", "-n", cwd=empty, env=env))


def test_the_version_stands_in_one_place_and_the_citation_agrees():
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "closerlook.version.__version__"}
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == closerlook.__version__
    assert closerlook.__version__ in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1].split()


def test_a_new_version_reruns_no_job():
    from closerlook.jobs.fingerprint import closure

    for script in (ROOT / "workflow/scripts").glob("*.py"):
        assert not [line for line in closure(script) if line.startswith("closerlook/version.py")]


def test_type_checkers_see_the_names_that_the_package_has():
    tree = ast.parse((ROOT / "closerlook/__init__.pyi").read_text())
    seen = {alias.asname: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == closerlook.__all__
    for name, module in seen.items():
        assert getattr(importlib.import_module(module), name) is getattr(closerlook, name)


@pytest.mark.slow
def test_a_typed_program_finds_complete_types_and_its_mistakes_are_found():
    """Its `type: ignore`s are errors that must be found: an unused one is an error itself."""
    if not importlib.util.find_spec("mypy"):
        pytest.skip("no mypy: pip install 'closerlook[dev]'")
    assert "Success" in run(sys.executable, "-m", "mypy", CLIENT, cwd=ROOT)  # from what `make lint` has cached


def test_hooks_have_the_versions_of_the_lock_file():
    repos = {
        repo["repo"].rpartition("/")[2]: repo
        for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    }
    for tool, repo in {"ruff": "ruff-pre-commit", "snakefmt": "snakefmt"}.items():
        assert repos[repo]["rev"] == f"v{LOCK[canonical(tool)]}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_do_only_what_its_jobs_need(file):
    flow = yaml.safe_load(file.read_text())
    assert flow["permissions"] == {} and flow["concurrency"]["group"]
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] <= 120 and job["permissions"], name
        writes = {key for key, value in job["permissions"].items() if value == "write"}
        assert not writes or flow[True].keys() == {"push"} or job["if"].startswith("github.ref == 'refs/heads/main'"), (
            name
        )
        for step in job["steps"]:
            assert re.fullmatch(r"[\w./-]+@(v\d+|release/v\d+)|docker://[\w./-]+:[\d.]+", step.get("uses", "a@v1"))


def test_workflows_use_the_pythons_that_the_package_names():
    named = [text.split()[-1] for text in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"
    tests = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    assert tests["jobs"]["fast"]["strategy"]["matrix"]["python"] == [named[0], named[-1]]


def test_actionlint_finds_nothing(tmp_path):
    if not (actionlint := shutil.which("actionlint")):
        pytest.skip("no actionlint")
    run(actionlint, *WORKFLOWS)
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("matrix.os }}", "matrix.oss }}"))
    assert subprocess.run([actionlint, wrong], capture_output=True).returncode == 1


def test_a_report_of_a_bug_comes_with_version_config_and_log():
    forms = {file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")}
    asked = {part["id"]: part for part in forms["bug"]["body"]}
    assert all(asked[name]["validations"]["required"] for name in ("version", "config", "log", "command"))
    for name in ("bug", "feature"):
        assert {"name", "description", "body"} <= set(forms[name])
        assert all(part["type"] in ("textarea", "input", "checkboxes") for part in forms[name]["body"])


def test_what_contributing_names_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    paths = {p for p in re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:md|cff|lock))`", text) if "NAME" not in p}
    assert len(paths) > 15 and not [path for path in paths if not (ROOT / path).exists()]
    for module, names in {
        "closerlook.figures.catalog": ["FIGURES"], "closerlook.analysis.catalog": ["TABLES"],
        "closerlook.corpora.formats": ["FORMATS"], "closerlook.recipes": ["ONLY"],
        "closerlook.encoders.methods": ["prepare", "merged"], "closerlook.layout": ["of_probe"],
        "closerlook.config": ["Probes", "Section"], "closerlook.corpora.example": ["Example"],
        "closerlook.files": ["staged"],
    }.items():  # fmt: skip
        for name in names:
            assert name in text and hasattr(importlib.import_module(module), name), (module, name)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([\w-]+)", text)) - {"it"} <= targets
