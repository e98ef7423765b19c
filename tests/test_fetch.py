"""What is fetched is whole and checked; otherwise one sentence says why, and nothing is left."""

import hashlib
import http.server
import socket
import threading

import pytest
import requests
from corpora_fixtures import table

from closerlook.corpora.fetch import fetch_corpus, fetch_file
from closerlook.corpora.sources import files_of, suffix_of
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
        if self.path.startswith("/table"):
            self.answer(b"text,label\nthe cat,x\na dog,y\n")
            return
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

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
        ("http://[corpora/a", "not a URL"),
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


# --- a corpus

SOURCE = {"path": None, "url": None, "type": None, "sha256": None, "split": None}


def corpus(train, test, format="table"):
    """Both splits of a corpus, each from a few keys, and the files that their paths stand for."""
    splits = {"train": SOURCE | train, "test": SOURCE | test}
    local = {split: files_of(source["path"], source["split"]) for split, source in splits.items()}
    return {"format": format, "name": None, "config_name": None, "revision": None, **splits}, local


@pytest.mark.parametrize(
    "query, key", [("/table.csv?download=true", {}), ("/table.CSV#top", {}), ("/table?file=a.tsv", {"type": "csv"})]
)
def test_a_url_may_have_a_query(server, tmp_path, query, key):
    source = {"url": url(server, query)} | key
    asked, local = corpus(source, source)
    fetched = fetch_corpus(asked, tmp_path, local)
    assert fetched["train"] == fetched["test"] and fetched["train"]["source"] == source["url"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.csv", "train.csv"]
    assert table(tmp_path / "train.csv")[0] == (["the", "cat"], [((), "x")])


@pytest.mark.parametrize("name", ["set#1", "what?", "a b", "100 %41", "x&y=z", "[1]", "http:"])
def test_a_path_is_a_path_whatever_is_in_it(tmp_path, name):
    (tmp_path / name).mkdir()
    path = tmp_path / name / f"{name}.TSV"
    path.write_text("text\tlabel\na b\tx\n")
    asked, local = corpus({"path": str(path)}, {"path": str(path)})
    fetched = fetch_corpus(asked, tmp_path / "files", local)
    assert fetched["train"]["source"] == str(path) and fetched["train"]["bytes"] == path.stat().st_size
    assert {p.name: p.read_bytes() for p in (tmp_path / "files").iterdir()} == dict.fromkeys(
        ["train.tsv", "test.tsv"], path.read_bytes()
    )


def test_the_checksum_of_either_split_is_checked(tmp_path):
    (tmp_path / "a.csv").write_bytes(TEXT)
    path = str(tmp_path / "a.csv")
    for train, test in (({}, {"sha256": SHA}), ({"sha256": SHA}, {}), ({"sha256": SHA}, {"sha256": SHA})):
        asked, local = corpus({"path": path} | train, {"path": path} | test)
        assert fetch_corpus(asked, tmp_path / "files", local)["test"]["sha256"] == SHA
    asked, local = corpus({"path": path}, {"path": path, "sha256": "0" * 64})
    with pytest.raises(InputError, match="the SHA-256 is"):
        fetch_corpus(asked, tmp_path / "files", local)


@pytest.mark.parametrize(
    "source, suffix",
    [
        ({"url": "https://x.org/d/train.csv?download=true"}, ".csv"),
        ({"url": "https://x.org/d/train.jsonl#L3"}, ".jsonl"),
        ({"url": "https://x.org/get?file=a.csv"}, ""),
        ({"url": "https://x.org/get?file=a.csv", "type": "parquet"}, ".parquet"),
        ({"path": "set#1/t.tsv"}, ".tsv"),
        ({"path": "a?b.csv"}, ".csv"),
        ({"path": "T.JSON"}, ".json"),
        ({"path": "a.txt", "type": "tsv"}, ".tsv"),
    ],
)
def test_the_type_of_a_table(source, suffix):
    assert suffix_of(**source) == suffix
