"""What the pages of `docs/` consist of, and a stand-in for what their commands fetch."""

import hashlib
import http.server
import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from hub_fixtures import Answers
from small_study import ROOT

TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "config/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```", re.S | re.M)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Block:
    """A fenced piece of a page: `title` is the file that a reader is asked to save it as."""

    page: str
    line: int
    language: str
    title: str | None
    text: str


def blocks(page):
    """Read the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent, language, more, body = match.groups()
        title = re.search(r'title="([^"]+)"', more)
        body = re.sub(f"^{indent}", "", body, flags=re.M)
        line = text[: match.start()].count("\n") + 1
        found.append(Block(str(page.relative_to(ROOT)), line, language, title and title[1], body))
    return found


ALL = [block for page in PAGES for block in blocks(page)]


def named(block):
    """Where a block stands."""
    return f"{block.page}:{block.line}"


class StandIn(Answers):
    """As much of the hub as a model's files need, and below `/files/` whatever else a page downloads."""

    models, files = {}, {}  # folder of each hub name; bytes of each file's name

    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        name = next((name for name in self.models if f"/{name}" in path), None)
        folder = Path(self.models.get(name, "."))
        names = sorted(file.name for file in folder.iterdir()) if name else []
        if path.startswith("/files/") and (asked := path.removeprefix("/files/")) in self.files:
            self.answer(200, self.files[asked])
        elif name and path.startswith("/api/models/"):
            siblings = [{"rfilename": file} for file in names]
            tree = [{"type": "file", "path": file, "size": 1, "oid": "0" * 40} for file in names]
            info = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False}
            self.answer(200, json.dumps(tree if "/tree/" in path else info).encode())
        elif name and "/resolve/" in path and (asked := path.rpartition("/")[2]) in names:
            body = (folder / asked).read_bytes()
            self.answer(200, body, {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": COMMIT})
        else:
            self.answer(404, b"{}", {"X-Error-Code": "EntryNotFound" if name else "RepoNotFound"})

    do_HEAD = do_GET


def serve(models, files):
    """Start a stand-in; return its server and its address."""
    handler = type("Here", (StandIn,), {"models": models, "files": files})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


SESSION = """
import json, os, pathlib, subprocess, sys
steps, names = json.load(open(sys.argv[1])), {"__name__": "__main__"}
for where, language, title, text in steps:
    print(f"== {where}", flush=True)
    if title:
        pathlib.Path(title).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(title).write_text(text)
    elif language == "python":
        exec(compile(text, where, "exec"), names)
    else:
        subprocess.run(["bash", "-euo", "pipefail", "-c", text], check=True)
"""  # in a process of its own: the blocks of a page, in order, as a reader types them
