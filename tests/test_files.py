"""Files are complete or absent; fingerprints change with the code's meaning and with nothing else."""

import modulefinder
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from closerlook import fingerprint
from closerlook.files import read_json, staged, write_json

ROOT = Path(__file__).resolve().parent.parent


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, {"x": 1})
    with pytest.raises(RuntimeError), staged(file) as part:
        part.write_text("half")
        raise RuntimeError
    assert read_json(file) == {"x": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), staged(tmp_path / "out") as part:
        part.mkdir()
        (part / "weights").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_files_and_subfolders_of_an_older_one(tmp_path):
    out = tmp_path / "out"
    for text in ("old", "new"):
        with staged(out) as part:
            (part / "sub").mkdir(parents=True)
            (part / "sub" / text).write_text(text)
            (part / "file").write_text(text)
    assert (out / "file").read_text() == "new"
    assert [f.name for f in (out / "sub").iterdir()] == ["new"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_json_is_refused(tmp_path, value):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"x": value})
    assert list(tmp_path.iterdir()) == []


def test_importing_the_package_imports_neither_torch_nor_numpy():
    code = "import sys, closerlook; sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'sklearn')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    "script",
    ["probe_direct", "spaces", "table7", "layers", "probe_curves", "memorisation", "trajectories", "label_distances",
     "layer_similarity"],
)  # fmt: skip
def test_cpu_scripts_depend_on_no_torch(script):
    """What the import closure names is what the job would import; none of it may pull in torch."""
    files = [line.split()[0] for line in fingerprint.closure(ROOT / f"workflow/scripts/{script}.py")]
    modules = [f for f in files if f != f"{script}.py"]
    names = [m.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for m in modules]
    heavy = ("torch", "transformers", "datasets")
    code = f"import sys, {', '.join(names)}; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package and of a script, to edit."""
    shutil.copytree(ROOT / "closerlook", tmp_path / "closerlook", ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "script.py"
    script.write_text("from closerlook.analysis.table7 import table7\n")
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    fingerprint._read.cache_clear()
    fingerprint._file.cache_clear()


def closure_after(package, file, edit):
    path = package / file
    path.write_text(edit(path.read_text()))
    forget()
    return fingerprint.closure(package / "script.py")


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# why\n\n" + text,
        lambda text: text.replace('"""', '"""Said differently. ', 1),
        lambda text: text.replace("    return", "\n    # why\n    return", 1),
    ],
)
def test_a_comment_a_blank_line_or_a_docstring_changes_no_fingerprint(package, edit):
    before = fingerprint.closure(package / "script.py")
    text = (package / "closerlook/analysis/table7.py").read_text()
    assert edit(text) != text and any(line.startswith("closerlook/analysis/table7.py ") for line in before)
    assert closure_after(package, "closerlook/analysis/table7.py", edit) == before


@pytest.mark.parametrize("script", sorted(path.stem for path in (ROOT / "workflow/scripts").glob("*.py")))
def test_the_closure_is_what_the_standard_library_finds(script):
    path = ROOT / f"workflow/scripts/{script}.py"
    finder = modulefinder.ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(path))
    files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    found = {str(file.relative_to(ROOT)) for file in files if file.is_relative_to(ROOT / "closerlook")}
    assert {line.split()[0] for line in fingerprint.closure(path)} == found | {path.name}


def test_code_changes_the_fingerprint_of_its_importers_only(package):
    before = fingerprint.closure(package / "script.py")
    assert closure_after(package, "closerlook/config.py", lambda s: s + "\nX = 1\n") == before
    for file in ("closerlook/analysis/table7.py", "script.py"):
        after = closure_after(package, file, lambda s: s + "\nX = 1\n")
        assert {line.split()[0] for line in set(before) ^ set(after)} == {file}
        before = after


def test_an_interruption_leaves_one_line_in_the_log(tmp_path):
    code = f"""
import os, signal, time
from closerlook.joblog import logged
with logged({str(tmp_path / "log")!r}):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 130
    assert (tmp_path / "log").read_text() == "Interrupted.\n"
