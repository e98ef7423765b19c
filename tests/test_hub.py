"""Data sets of the hub, against a server with as much of its interface as is asked for."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from hub_fixtures import Answers

from closerlook.corpora.hub import fetch_hub
from closerlook.corpora.reading import read_examples
from closerlook.errors import InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONVERTED = "f" * 40  # what refs/convert/parquet means
README = b"---\nlicense: mit\n---\n"
FILES = {  # (data set, commit) -> its files
    ("me/tiny", COMMIT): {
        "README.md": README,
        "data/train.csv": b"text,label\nthe cat,1\na dog,0\n",
        "data/test.csv": b"text,label\nthe dog,1\n",
    },
    ("me/old", COMMIT): {"README.md": README, "old.py": b"class Old: ...\n"},
    ("me/old", CONVERTED): {  # a folder a configuration
        "plain/train/0000.csv": b"text,label\nplain cat,1\n",
        "other/train/0000.csv": b"text,label\nother cat,1\n",
    },
}


class Hub(Answers):
    """As much of the hub's interface as `datasets` asks for."""

    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        name = next((name for name, _ in FILES if name in path), None)
        commit = CONVERTED if CONVERTED in path or "refs/convert/parquet" in path else COMMIT
        files, inside = FILES.get((name, commit), {}), path.partition(commit)[2].strip("/")
        below = {p[len(inside) :].strip("/"): p for p in files if p.startswith(inside)}
        if "/tree/" in path and below:
            deep = "recursive=true" in self.path.lower()
            folders = {rest.rpartition("/")[0] if deep else rest.split("/")[0] for rest in below if "/" in rest}
            entries = [{"type": "directory", "path": f"{inside}/{f}".strip("/"), "oid": "0" * 40} for f in folders]
            entries += [self.entry(p, files) for rest, p in below.items() if deep or "/" not in rest]
            self.answer(200, json.dumps(entries).encode())
        elif name and "/tree/" not in path and path.startswith("/api/datasets/"):
            siblings = [{"rfilename": p} for p in files]
            self.answer(200, json.dumps({"id": name, "sha": commit, "siblings": siblings, "tags": []}).encode())
        elif "/resolve/" in path and inside in files:
            oid = self.entry(inside, files)["oid"]
            self.answer(200, files[inside], {"ETag": f'"{oid}"', "X-Repo-Commit": commit})
        else:
            code = "EntryNotFound" if "/resolve/" in path or "/tree/" in path else "RepoNotFound"
            self.answer(404, b"{}", {"X-Error-Code": code})

    do_HEAD = do_GET

    def entry(self, path, files):
        return {"type": "file", "path": path, "size": len(files[path]), "oid": hashlib.sha1(files[path]).hexdigest()}


def in_a_process(code, home, **env):
    """Run code in its own process, since the hub's address is read at import; its last line of output as JSON."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", **env},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def hub():
    """The address of the hub."""
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_the_hub(hub, tmp_path):
    code = f"""if True:
        import json
        from closerlook.corpora.fetch import fetch_hub
        found = [fetch_hub("me/tiny", "main", "train", {str(tmp_path / "new/train.parquet")!r})]
        for name, split, config in [("me/none", "train", None), ("me/tiny", "dev", None), ("me/tiny", "train", "odd")]:
            try:
                fetch_hub(name, None, split, {str(tmp_path / "new/no.parquet")!r}, config_name=config)
            except ValueError as error:
                found.append(f"{{type(error).__name__}} {{error}}")
        print(json.dumps(found))
    """
    made, *errors = in_a_process(code, tmp_path / "home", HF_ENDPOINT=hub)
    path = tmp_path / "new/train.parquet"
    assert made == {
        "source": "hub:me/tiny",
        "config_name": None,
        "split": "train",
        "revision": COMMIT,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
    }
    examples = read_examples("table", path, kind="sentence", label="label", columns={"words": "text"})
    assert [(e.words, e.labels) for e in examples] == [(["the", "cat"], ["1"]), (["a", "dog"], ["0"])]
    for error, what in zip(errors, ("me/none train: ", "me/tiny dev: ", "me/tiny odd train: "), strict=True):
        assert error.startswith(f"InputError hub data set {what}")
        assert "local `path:`" in error
    assert [p.name for p in path.parent.iterdir()] == ["train.parquet"]


@pytest.mark.parametrize("env", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_no_hub_in_reach(tmp_path, env):
    code = f"""if True:
        import json, time
        import datasets
        from closerlook.corpora.fetch import fetch_hub
        start = time.monotonic()
        try:
            fetch_hub("me/tiny", None, "train", {str(tmp_path / "new/train.parquet")!r})
        except ValueError as error:
            print(json.dumps([f"{{type(error).__name__}} {{error}}", time.monotonic() - start]))
    """
    error, seconds = in_a_process(code, tmp_path / "home", NO_PROXY="127.0.0.1", **env)
    assert error.startswith("InputError hub data set me/tiny train: ")
    assert "give its files as a local `path:`" in error
    assert seconds < 10
    assert not list((tmp_path / "new").iterdir())


def test_a_data_set_with_a_loading_script(hub, tmp_path):
    """The sentence says what to do, and that works."""
    code = f"""if True:
        import json
        from closerlook.corpora.fetch import fetch_hub
        try:
            fetch_hub("me/old", None, "train", {str(tmp_path / "no.parquet")!r}, config_name="plain")
        except ValueError as error:
            found = [f"{{type(error).__name__}} {{error}}"]
        revision = found[0].partition("`revision: ")[2].partition("`")[0]
        for name in ("plain", "other"):
            found.append(fetch_hub("me/old", revision, "train", {str(tmp_path)!r} + f"/{{name}}.parquet", name))
        print(json.dumps(found))
    """
    error, *made = in_a_process(code, tmp_path / "home", HF_ENDPOINT=hub)
    assert error.startswith(
        "InputError hub data set me/old plain train: it is distributed as a loading script, old.py, "
    )
    for name, one in zip(("plain", "other"), made, strict=True):
        assert (one["config_name"], one["revision"], one["split"]) == (name, CONVERTED, "train")
        path = tmp_path / f"{name}.parquet"
        examples = read_examples("table", path, kind="sentence", label="label", columns={"words": "text"})
        assert [(e.words, e.labels) for e in examples] == [([name, "cat"], ["1"])]


def test_a_folder_is_not_a_data_set_of_the_hub(tmp_path):
    with pytest.raises(InputError, match=f"hub data set {tmp_path}: is a folder on this machine; give it as `path:`"):
        fetch_hub(str(tmp_path), None, "train", tmp_path / "train.parquet")
    assert not list(tmp_path.iterdir())
