"""Files are complete or absent; fingerprints change with the code's meaning and with nothing else."""

import errno
import modulefinder
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from closerlook.analysis.catalog import TABLES
from closerlook.errors import InputError
from closerlook.figures.catalog import FIGURES
from closerlook.files import alone, read_json, staged, writable, write_json
from closerlook.jobs import fingerprint
from closerlook.vectors import read_vectors

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


@pytest.mark.parametrize("umask", [0o022, 0o007, 0o077])
def test_files_have_the_mode_that_the_umask_gives(tmp_path, umask):
    before = os.umask(umask)
    try:
        with staged(tmp_path / "file") as part:
            part.touch(mode=0o600)
        with staged(tmp_path / "folder") as part:
            (part / "below").mkdir(parents=True)
            save_file({"x": np.zeros(3)}, part / "below" / "weights")
        (tmp_path / "plain").write_text("")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {(tmp_path / "plain").stat().st_mode}


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


def modules(lines):
    """The modules of a closure."""
    files = [line.split()[0] for line in lines]
    return {f.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for f in files if "/" in f}


def test_cpu_scripts_depend_on_no_torch():
    """What the import closure names is what the job would import; none of it may pull in torch."""
    scripts = ("probe_direct", "probe_hulls", "measure_movement", "measure_similarity", "missing", "explorer")
    names = set().union(*(modules(fingerprint.closure(ROOT / f"workflow/scripts/{script}.py")) for script in scripts))
    for script, kind, rows in (("table", "analysis", TABLES), ("plot", "figures", FIGURES)):
        looked_up = [f"closerlook.{kind}.{name}" for name in rows]
        names |= modules(fingerprint.closure(ROOT / f"workflow/scripts/{script}.py", *looked_up))
    assert {"closerlook.analysis.claims", "closerlook.figures.directions", "closerlook.probes.hulls"} <= names
    heavy = ("torch", "transformers", "datasets")
    code = f"import sys, {', '.join(names)}; sys.exit(', '.join(m for m in {heavy} if m in sys.modules) or 0)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0 and not found.stderr, found.stderr


def test_a_script_depends_on_what_it_looks_up_by_name():
    script = ROOT / "workflow/scripts/table.py"
    plain, more = (fingerprint.closure(script, *names) for names in ((), ("closerlook.analysis.claims",)))
    added = modules(more) - modules(plain)
    assert set(plain) < set(more) and added >= {"closerlook.analysis.claims", "closerlook.analysis.claim_pairs"}


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


def job(tmp_path, block, before=""):
    """Run a block inside of `logged`, as a script does: its exit status, its log, and what the terminal shows."""
    code = f"""
import errno, os, signal, sys, time
from closerlook.jobs.joblog import logged
{before}
with logged({str(tmp_path / "log")!r}):
    {block}
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, (tmp_path / "log").read_text(), done.stdout + done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_leaves_one_line_in_the_log(tmp_path, name):
    assert job(tmp_path, f"os.kill(os.getpid(), signal.{name}); time.sleep(5)") == (130, "Interrupted.\n", "")


def test_an_interruption_that_clearing_up_stumbles_over_is_one(tmp_path):
    block = """
    try:
        os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)
    finally:
        raise RuntimeError"""
    assert job(tmp_path, block) == (130, "Interrupted.\n", "")


@pytest.mark.parametrize(
    "error, says",
    [
        ("OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'a/b')", "No space left on device: a/b: free some space"),
        ("ValueError('I/O error: No space left on device (os error 28)')", "No space left on device: {}: free some"),
        ("OSError(errno.EROFS, os.strerror(errno.EROFS), 'a/b')", "Read-only file system: a/b: make it writable"),
        ("OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), 'a/b')", "Disk quota exceeded: a/b: free some space"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(tmp_path, error, says):
    for block in (f"raise {error}", f"raise RuntimeError from {error}"):
        status, log, terminal = job(tmp_path, block)
        assert (status, terminal, log.count("\n")) == (1, "", 1)
        assert log.startswith("Error: " + says.format(tmp_path)) and log.endswith("give the same command again.\n")


def test_other_errors_leave_their_traceback(tmp_path):
    status, log, terminal = job(tmp_path, "raise OSError(errno.EIO, os.strerror(errno.EIO))")
    assert (status, terminal) == (1, "") and log.startswith("Traceback") and log.endswith("Input/output error\n")


def test_a_log_that_cannot_be_written_leaves_the_error_to_the_terminal(tmp_path):
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))"  # bytes of a file
    before += "; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    status, log, terminal = job(tmp_path, "raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'a')", before)
    assert status and len(log) <= 8 and terminal.startswith("Error: No space left on device: a: ")


def test_a_job_ends_with_the_process_that_started_it(tmp_path):
    """Its files are complete or absent then, too."""
    child = f"""
import time
from pathlib import Path
from closerlook.files import staged
from closerlook.jobs.joblog import logged
with logged({str(tmp_path / "log")!r}), staged({str(tmp_path / "out")!r}) as part:
    part.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_for(lambda: (tmp_path / "log").exists() and "ready" in (tmp_path / "log").read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: (tmp_path / "log").read_text() == "ready\nInterrupted.\n")
    wait_for(lambda: [path.name for path in tmp_path.iterdir()] == ["log"])


def wait_for(condition):
    over = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < over
        time.sleep(0.01)


HOLDS = """
import sys, time
from closerlook.files import alone, staged
with alone(sys.argv[1]), staged(sys.argv[1]) as part:
    part.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that has a path to itself, and has begun to write there."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "x")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_path_is_one_process_s_until_it_ends_however_it_ends(tmp_path, holder):
    with pytest.raises(InputError, match=rf"/x: process {holder.pid} on \S+ is at work there, .* same command again"):
        with alone(tmp_path / "x"):
            raise AssertionError
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with alone(tmp_path / "x"):
        pass
    with alone(tmp_path / "x"), pytest.raises(InputError, match=f"process {os.getpid()} "), alone(tmp_path / "x"):
        raise AssertionError
    assert not list(tmp_path.glob(".*lock"))


def test_a_lock_that_was_removed_while_it_was_waited_for_is_none(tmp_path, monkeypatch):
    """The process before ended, and removed its lock, after this one had opened it."""
    import closerlook.files

    taken, flock = [], closerlook.files.fcntl.flock

    def late(file, how):
        if not taken:
            (tmp_path / ".x.lock").unlink()
        taken.append(file)
        flock(file, how)

    monkeypatch.setattr(closerlook.files.fcntl, "flock", late)
    with alone(tmp_path / "x"):
        assert len(taken) == 2 and taken[0].closed
        with pytest.raises(InputError), alone(tmp_path / "x"):
            raise AssertionError


def test_where_files_cannot_be_locked_work_goes_on(tmp_path, monkeypatch):
    import closerlook.files

    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(closerlook.files.fcntl, "flock", refuse)
    with alone(tmp_path / "x"):
        pass


def test_what_a_killed_process_had_begun_is_removed_and_what_a_living_one_has_is_not(tmp_path, holder):
    def parts():
        return [path.name for path in tmp_path.glob(".x.part*")]

    assert parts() == [f".x.part{holder.pid}"]
    write_json(tmp_path / "x", 1)
    assert parts() == [f".x.part{holder.pid}"]
    holder.kill()
    holder.wait()
    write_json(tmp_path / "x", 1)
    assert not parts()


def test_a_full_disk_is_told_with_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left on device: '.*/new/a'"), staged(tmp_path / "new/a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    writable(tmp_path / "new/er")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(InputError, match=f"^{tmp_path}: cannot be written to: make it writable"):
        writable(tmp_path / "new/er")


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_vectors_that_are_not_finite_are_named(tmp_path, value):
    vectors = np.zeros((5, 3), np.float32)
    np.save(tmp_path / "a.npy", vectors)
    np.testing.assert_array_equal(read_vectors(tmp_path / "a.npy"), vectors)
    vectors[3, 1] = value
    np.save(tmp_path / "a.npy", vectors)
    with pytest.raises(InputError, match=r"a\.npy: vector 3 .*: delete the file .* weights .* precision"):
        read_vectors(tmp_path / "a.npy")


@pytest.mark.parametrize("left", [0, 50, 150])
def test_vectors_of_which_a_part_is_missing_are_damaged(tmp_path, left):
    np.save(tmp_path / "a.npy", np.zeros((5, 3), np.float32))
    os.truncate(tmp_path / "a.npy", left)
    with pytest.raises(InputError, match=r"a\.npy: is damaged .*: delete the file"):
        read_vectors(tmp_path / "a.npy")
