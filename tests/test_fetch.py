"""What is fetched is whole and checked; otherwise one sentence says why, and nothing is left."""

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from closerlook.corpora.fetch import fetch_file
from closerlook.errors import InputError

TEXT = "1\tcafé\n".encode() * 30000  # several chunks
SHA = hashlib.sha256(TEXT).hexdigest()
FAST = (0, 0)  # two more attempts, at once


class Corpora(http.server.BaseHTTPRequestHandler):
    """Serves TEXT, with a mishap that the path names; `asked` counts the requests for each path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = self.server.asked
        asked[self.path] = asked.get(self.path, 0) + 1
        first = asked[self.path] == 1
        status = {"/missing": 404, "/denied": 403, "/down": 503, "/busy-once": 503 if first else 200}.get(
            self.path, 200
        )
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.close_connection = True
        self.send_response(status)
        if self.path == "/chunked-half":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + TEXT[:1000])
            return
        self.send_header("Content-Length", str(len(TEXT)))
        self.end_headers()
        if self.path == "/silent" or (self.path == "/silent-once" and first):
            self.server.over.wait(5)
            return
        half = self.path == "/half" or (self.path == "/half-once" and first)
        self.wfile.write(TEXT[: len(TEXT) // 2] if half else TEXT)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Corpora)
    made.asked, made.over = {}, threading.Event()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.over.set()
    made.shutdown()
    made.server_close()


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy between the test and its server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def url(server, path):
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.mark.parametrize("path, asked", [("/good", 1), ("/moved", 1), ("/busy-once", 2), ("/half-once", 2)])
def test_download(server, tmp_path, path, asked):
    server.asked.clear()
    source = url(server, path)
    assert fetch_file(source, tmp_path / "new/a.txt", SHA.upper(), waits=FAST) == {
        "source": source,
        "sha256": SHA,
        "bytes": len(TEXT),
    }
    assert (tmp_path / "new/a.txt").read_bytes() == TEXT
    assert server.asked[path] == asked
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_an_answer_that_does_not_come_is_asked_for_again(server, tmp_path):
    assert fetch_file(url(server, "/silent-once"), tmp_path / "a", timeout=0.3, waits=FAST)["sha256"] == SHA


@pytest.mark.parametrize(
    "path, attempts, says",
    [
        ("/missing", 1, "the server answers 404 Not Found: correct the URL"),
        ("/denied", 1, "the server answers 403 Forbidden"),
        ("/down", 3, "the server answers 503 Service Unavailable: try again later"),
        ("/half", 3, f"the download broke off after {len(TEXT) // 2} of {len(TEXT)} bytes: try again later"),
        ("/chunked-half", 3, "the download broke off half-way: try again later"),
        ("/silent", 3, "no "),
    ],
)
def test_a_download_that_fails(server, tmp_path, path, attempts, says):
    server.asked.clear()
    (tmp_path / "a.txt").write_text("as it was")
    with pytest.raises(InputError) as error:
        fetch_file(url(server, path), tmp_path / "a.txt", timeout=0.2, waits=FAST)
    assert str(error.value).startswith(f"{url(server, path)}: {says}")
    assert "local `path:`" in str(error.value)
    assert server.asked[path] == attempts
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "as it was")]


def test_half_a_download_that_no_library_minds(server, tmp_path, monkeypatch):
    monkeypatch.setattr(requests.Response, "iter_content", lambda self, size: iter([TEXT[:1000]]))
    with pytest.raises(InputError, match=f"broke off after 1000 of {len(TEXT)} bytes"):
        fetch_file(url(server, "/good"), tmp_path / "a.txt", waits=FAST)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("remote", [True, False])
def test_a_wrong_checksum(server, tmp_path, remote):
    (tmp_path / "source").write_bytes(TEXT)
    source, other = url(server, "/good") if remote else tmp_path / "source", "0" * 64
    with pytest.raises(InputError) as error:
        fetch_file(source, tmp_path / "a.txt", other)
    assert str(error.value).startswith(f"{source}: the SHA-256 is {SHA}, expected {other}: ")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_nobody_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(InputError, match=f"http://127.0.0.1:{port}/a: no connection .*refused.*: try again later"):
        fetch_file(f"http://127.0.0.1:{port}/a", tmp_path / "a", waits=FAST)
    assert not list(tmp_path.iterdir())


def test_no_network(tmp_path, monkeypatch):
    def no_name(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    with pytest.raises(InputError, match=r"http://corpora.example/a: no connection \(Name or service not known\)"):
        fetch_file("http://corpora.example/a", tmp_path / "a", waits=FAST)


@pytest.mark.parametrize(
    "source, says",
    [
        ("ftp://corpora.example/a", "cannot fetch from ftp://: use http, https or file"),
        ("http://", "cannot be fetched"),
        ("http://[corpora/a", "no URL"),
        ("http://127.0.0.1:99999/a", "cannot be fetched"),
        ("nowhere/a.txt", "cannot be read (No such file or directory): correct the path"),
        (".", "cannot be read (Is a directory): correct the path"),
    ],
)
def test_a_source_that_is_none(tmp_path, source, says):
    with pytest.raises(InputError) as error:
        fetch_file(source, tmp_path / "a", waits=FAST)
    assert str(error.value).startswith(f"{source}: {says}")
    assert not list(tmp_path.iterdir())


def test_local_files(tmp_path):
    path = tmp_path / "a name: with 100 %.txt"
    path.write_bytes(TEXT)
    for source in (path, str(path), path.as_uri()):
        assert fetch_file(source, tmp_path / "copy", SHA) == {"source": str(source), "sha256": SHA, "bytes": len(TEXT)}
        assert (tmp_path / "copy").read_bytes() == TEXT


# --- the hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "data/train.csv": b"text,label\nthe cat,1\na dog,0\n",
    "data/test.csv": b"text,label\nthe dog,1\n",
}


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub's interface as `datasets` asks for, with one data set, me/tiny."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        inside = path.partition(COMMIT)[2].strip("/")
        if "/tree/" in path:
            below = {p[len(inside) :].strip("/"): p for p in FILES if p.startswith(inside)}
            folders = {rest.split("/")[0] for rest in below if "/" in rest}
            entries = [{"type": "directory", "path": f, "oid": "0" * 40, "size": 0} for f in folders]
            entries += [self.entry(p) for rest, p in below.items() if "/" not in rest]
            self.answer(200, json.dumps(entries).encode())
        elif path.startswith("/api/datasets/me/tiny"):
            siblings = [{"rfilename": p} for p in FILES]
            self.answer(200, json.dumps({"id": "me/tiny", "sha": COMMIT, "siblings": siblings, "tags": []}).encode())
        elif "/resolve/" in path and inside in FILES:
            self.answer(200, FILES[inside], {"ETag": f'"{self.entry(inside)["oid"]}"', "X-Repo-Commit": COMMIT})
        else:
            code = "EntryNotFound" if "/resolve/" in path else "RepoNotFound"
            self.answer(404, b"{}", {"X-Error-Code": code})

    do_HEAD = do_GET

    def entry(self, path):
        return {"type": "file", "path": path, "size": len(FILES[path]), "oid": hashlib.sha1(FILES[path]).hexdigest()}

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": len(body), **dict(headers)}.items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


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


def test_the_hub(tmp_path):
    from closerlook.corpora.reading import read_examples

    hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
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
    made, *errors = in_a_process(code, tmp_path / "home", HF_ENDPOINT=f"http://127.0.0.1:{hub.server_port}")
    hub.shutdown()
    hub.server_close()
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
