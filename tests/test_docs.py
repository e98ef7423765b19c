"""The pages of the documentation: their commands, configs and Python exist as they stand there; links, pictures, site.

What is run of them, the tutorials first, is in `test_tutorials.py`.
"""

import ast
import importlib
import json
import re
import shlex
import subprocess
import sys

import jsonschema
import pytest
import typer
import yaml
from docs_fixtures import ALL, FENCE, PAGES, named
from small_study import ROOT
from snakemake.cli import get_argument_parser
from snakemake.utils import update_config

from closerlook.command.app import app
from closerlook.figures.catalog import FIGURES

REASONS = {  # programs in the pages that are not this project's, and why they are not run
    "cp": "copies a report that a study has left",
    "apptainer": "is not installed here; tests/test_software.py has a stand-in",
    "embedding-atlas": "is not installed here; docs/export.md says which version it was tried with",
    "podman": "builds the image from the registries, for many minutes",
    "tensorboard": "is not installed here, and does not end by itself",
}
MAKE = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)}


def commands(text):
    """The commands of a piece of shell, as lists of words."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words:
            n = next((i for i, word in enumerate(words) if word in ("&&", "||", ";", "|")), len(words))
            one, words = words[:n], words[n + 1 :]
            while one and re.fullmatch(r"[A-Z_]+=.*", one[0]):
                one = one[1:]
            if one and one != ["true"]:
                yield one


def check(words):
    """Whether what a command asks for exists, by the program's own parser."""
    program, *arguments = words
    if program == "closerlook":
        root = typer.main.get_command(app)
        if not {"--version", "--help", "--install-completion"} & {*arguments}:
            command = root.commands[arguments[0]]
            command.make_context(arguments[0], arguments[1:])
    elif program == "snakemake":
        get_argument_parser().parse_args(arguments)
        for option, folder in zip(arguments, arguments[1:]):
            assert option != "--profile" or (ROOT / folder).is_dir(), folder
    elif program == "make":
        assert {word for word in arguments if "=" not in word} <= MAKE, arguments
        for word in arguments:
            assert "=" not in word or word.partition("=")[0] in (ROOT / "Makefile").read_text(), word
    elif program == "python":
        if arguments[0] == "-m":
            assert importlib.util.find_spec(arguments[1]), arguments
        else:
            assert (ROOT / arguments[0]).exists(), arguments
    elif program == "pip":
        extras = {extra for word in arguments for extra in re.findall(r"\[(\w+)\]", word)}
        assert extras <= {*re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(), re.M)}, arguments
    else:
        assert program in REASONS, f"{program}: run it in a test, or say in REASONS why not"


SHELL = [block for block in ALL if block.language in ("sh", "bash", "shell", "console")]


@pytest.mark.parametrize("block", [b for b in SHELL if "/tutorials/" not in b.page], ids=named)
def test_a_command_in_a_page_is_one_that_its_program_takes(block):
    assert block.language == "sh"
    found = list(commands(block.text))
    assert found
    for words in found:
        check(words)


def test_there_is_a_reason_only_where_one_is_needed():
    assert {words[0] for block in SHELL for words in commands(block.text)} >= REASONS.keys()


def test_commands_within_the_text_are_taken_too():
    said = set()
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        said |= {*re.findall(r"`((?:closerlook|snakemake|make) [^`\n]*)`", text)}
    whole = [command for command in said if not re.search("…|COMMAND|^closerlook [a-z]+$", command)]
    assert len(whole) > 10
    for command in whole:
        for words in commands(command):
            check(words)
    named = {command.split()[1] for command in said if re.fullmatch("closerlook [a-z]+", command)}
    assert named <= typer.main.get_command(app).commands.keys()


@pytest.mark.parametrize(
    "wrong",
    ["closerlook compare a b", "closerlook run a --core 3", "make dem", "make run KONFIG=a", "snakemake --corez 2",
     "snakemake --profile profiles/none", "python benchmarks/none.py", "pip install '.[none]'", "rm -rf /"],
)  # fmt: skip
def test_a_wrong_command_would_be_found(wrong):
    with pytest.raises((AssertionError, SystemExit, typer.BadParameter.__base__)):
        for words in commands(wrong):
            check(words)


SCHEMA = json.loads((ROOT / "config/schema.json").read_text())
PART = {key: value for key, value in SCHEMA.items() if key != "required"}  # of a config
CONFIGS = [block for block in ALL if block.language == "yaml" and not block.text.startswith("{")]


def kept(raw):
    """A config without the keys that a second one has taken away with `null`."""
    return {key: kept(value) for key, value in raw.items() if value is not None} if isinstance(raw, dict) else raw


@pytest.mark.parametrize("block", CONFIGS, ids=named)
def test_a_config_in_a_page_has_keys_that_exist(block):
    raw = yaml.safe_load(block.text.replace("…", "a" * 64))  # in place of a checksum
    if ": null" in block.text:  # it is read after another one
        whole = yaml.safe_load((ROOT / "config/real.yaml").read_text())
        update_config(whole, raw)
        raw = kept(whole)
    jsonschema.validate(raw, SCHEMA if block.title else PART)


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "python"], ids=named)
def test_python_in_a_page_is_python_and_imports_what_exists(block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, name.name) for name in node.names)


CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.S | re.M)
LINK = re.compile(r"(!?)\[([^]]*)\]\(([^)]+)\)")
LINKED = [*PAGES, ROOT / "results/README.md", ROOT / "CHANGELOG.md"]


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere_and_pictures_say_what_they_show(page):
    text = CODE.sub(lambda code: "" if "\n" in code[0] else "`code`", page.read_text(encoding="utf-8"))
    for picture, words, target in LINK.findall(text):
        assert not picture or len(words.split()) > 3, f"{target}: what does it show?"
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


GALLERY = re.findall(
    r"^## ([^\n]*)\n\n`(\w+)` · ([^\n]*)\n\n!\[([^]]+)\]\(([^)]+)\)\n\n(.*?)(?=^## |\Z)",
    (ROOT / "docs/gallery.md").read_text(encoding="utf-8"), re.S | re.M,
)  # fmt: skip


def test_the_gallery_has_every_figure_in_the_reports_order():
    assert [(name, title) for title, name, *_ in GALLERY] == [(name, figure.title) for name, figure in FIGURES.items()]
    for _, name, extent, _, picture, text in GALLERY:
        assert (ROOT / "docs" / picture).is_file()
        assert extent.startswith({"study": "one for the study", "model": "one for each model",
                                  "cell": "one for each model and task"}[FIGURES[name].per])  # fmt: skip
        assert re.match(r"[^.]+\?.+\.", text, re.S), f"{name}: which question does it answer, and how?"


def test_the_pictures_are_small():
    assert sum(file.stat().st_size for file in (ROOT / "docs/images").rglob("*.png")) < 2.5e6


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_asks_nobody_else(tmp_path):
    for module in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(module, reason="the site needs pip install '.[docs]'")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = {str(page.relative_to(tmp_path / "site")): page.read_text() for page in (tmp_path / "site").rglob("*.html")}
    for name, text in pages.items():
        loaded = re.findall(r"<(?:script|img|link)[^>]*(?:src|href)=[\"']?([^\"' >]+)", text)
        assert loaded and not [address for address in loaded if "//" in address], name
    text = {name: re.sub(r"<[^>]+>", "", page) for name, page in pages.items()}
    assert "Overrides the top-level layers." in text["reference/config/index.html"]
    assert "--checkpoints" in text["reference/command/index.html"]
    assert "min_distances_" in text["reference/python/index.html"]
    index = json.loads((tmp_path / "site/search/search_index.json").read_text())
    assert any("halving" in entry["text"] for entry in index["docs"])


def test_links_of_the_repository_become_links_of_the_site():
    pytest.importorskip("mkdocs", reason="the site needs pip install '.[docs]'")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        moved = importlib.import_module("hooks").moved
    finally:
        sys.path.pop(0)
    site = {"config/README.md": "reference/config.md", "docs/data.md": "data.md", "docs/vectors.md": "vectors.md"}
    config = ("reference/config.md", "config/README.md", site)
    assert moved("[a](../docs/data.md#words)", *config) == "[a](../data.md#words)"
    assert moved("[`demo`](demo.yaml) [s](#x)", *config) == "`demo` [s](#x)"  # is not on the site
    assert moved("[a](none.md)", *config) == "[a](none.md)"  # mkdocs will say so
    code = "`[a](../docs/data.md)`\n```\n[a](demo.yaml)\n```"
    assert moved(code, *config) == code
    assert moved("[a](../config/README.md)", "data.md", "docs/data.md", site) == "[a](reference/config.md)"
    assert moved("[a](https://b.org/c.md)", "data.md", "docs/data.md", site) == "[a](https://b.org/c.md)"
