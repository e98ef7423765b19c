"""The pages of the documentation: every command in them is run, or checked by what would run it; links, pictures, site.

What a page downloads comes from a stand-in here (`docs_fixtures.StandIn`): tiny models under the names that the pages
give, and a few questions in place of TREC's.
"""

import ast
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
import typer
import yaml
from docs_fixtures import FENCE, PAGES, SESSION, TUTORIALS, blocks, serve
from encoders_fixtures import bert_tokenizer
from small_study import ROOT
from snakemake.cli import get_argument_parser
from transformers import BertConfig, BertModel

from closerlook.command.app import app
from closerlook.figures.catalog import FIGURES

REASONS = {  # programs in the pages that are not this project's, and why they are not run
    "cp": "copies a report that a study has left",
    "embedding-atlas": "is not installed here; docs/export.md says which version it was tried with",
    "git": "needs the address of the repository",
    "hf": "downloads from the hub",
    "tensorboard": "is not installed here, and does not end by itself",
}
MAKE = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)}
ALL = [block for page in PAGES for block in blocks(page)]


def named(block):
    return f"{block.page}:{block.line}"


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


@pytest.mark.parametrize("block", CONFIGS, ids=named)
def test_a_config_in_a_page_has_keys_that_exist(block):
    raw = yaml.safe_load(block.text.replace("…", "a" * 64))  # in place of a checksum
    jsonschema.validate(raw, SCHEMA if block.title else PART)


# ---------------------------------------------------------------------------------------------------------------------
# The tutorials, as a reader types them


def tiny(folder, layers):
    """A BERT with the depth of the one that a page names."""
    size = bert_tokenizer(folder)
    shape = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 128}
    BertModel(BertConfig(vocab_size=size, num_hidden_layers=layers, **shape)).save_pretrained(folder)
    return folder


def questions(n):
    """Questions as TREC has them."""
    kinds = [("NUM:count", "How many cats sat ?"), ("HUM:ind", "Who barked ?"), ("LOC:city", "Where is the mat ?")]
    return "".join(f"{kind} {text} {'the ' * (i % 5)}\n" for i in range(n) for kind, text in [kinds[i % 3]]).encode()


TREC = "https://cogcomp.seas.upenn.edu/Data/QA/QC"
SHORTER = {  # one tutorial's study is run to its report, figures and all; the others without, which saves minutes
    r"^closerlook run mine\.yaml\ncat .*$": "closerlook run mine.yaml -n",  # another seed: test_reruns has it
    r"^(closerlook run [a-z]+\.yaml)$": r"\1 -- --omit-from plot",
    r"^(closerlook compare .* --layers 0,3,6)$": r"\1 -n",  # what comes after it does the same, and follows the run
}


PART_OF_GRID = {"models": ["bert-tiny", "bert-mini"], "tasks": ["pos", "trec-50"]}


def cut(text):
    """A part of the paper's grid, in place of what the pages call `config`: the whole takes half a minute to plan."""
    raw = yaml.safe_load(text)
    raw |= {key: {name: raw[key][name] for name in names} for key, names in PART_OF_GRID.items()}
    return raw | {"seeds": [0, 1], "trajectories": {}, "cross_tasks": [], "related_tasks": [], "opposing_tasks": []}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Run the blocks of a page in order, in a folder of its own; the folder, and what was said."""
    home = tmp_path_factory.mktemp("docs")
    models = {
        "sentence-transformers/all-MiniLM-L6-v2": tiny(home / "minilm", 6),
        "google/bert_uncased_L-2_H-128_A-2": tiny(home / "tiny", 2),
    }
    server, address = serve(models, {"train_5500.label": questions(60), "TREC_10.label": questions(30)})
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = clean | {"HF_ENDPOINT": address, "HF_HOME": str(home / "hub"), "PATH": path, "PYTHONPATH": str(ROOT)}

    def here(text):
        text = re.sub(r"^pip install .*\n", "", text, flags=re.M)  # is done
        text = text.replace(TREC, f"{address}/files")
        for command, shorter in SHORTER.items():
            text = re.sub(command, shorter, text, flags=re.M)
        return re.sub(r"^ +sha256: .*\n", "", text, flags=re.M)  # of the files themselves, which these are not

    def run(page, folder=None, steps=None, prepared=()):
        folder = folder or home / page.stem
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(yaml.safe_dump(cut(here((ROOT / "config/config.yaml").read_text()))))
        steps = steps or [
            (named(block), block.language, block.title, here(block.text))
            for block in blocks(page)
            if block.title or block.language in ("sh", "python")
        ]
        (folder / "steps.json").write_text(json.dumps([*prepared, *steps]))
        done = subprocess.run(
            [sys.executable, "-c", SESSION, "steps.json"], cwd=folder, env=env, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:]
        return SimpleNamespace(folder=folder, said=done.stdout)

    yield run
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def study(session):
    return session(ROOT / "docs/tutorials/study.md")


def test_there_is_a_test_of_every_tutorial():
    tested = {*re.findall(r'docs/tutorials/(\w+\.md)"', Path(__file__).read_text())}
    assert {page.name for page in TUTORIALS} == tested


@pytest.mark.slow
def test_the_tutorial_on_two_checkpoints(session):
    done = session(ROOT / "docs/tutorials/checkpoints.md")
    assert "--text COLUMN" in done.said and "jobs would run" in done.said and "Held out 119 of 600 rows" in done.said
    assert "- Accuracy " in done.said
    results = done.folder / "closerlook/out-reviews/results"
    assert (results / "report.html").is_file() and (results / "figures/label_distances.png").is_file()
    trajectory = (results / "tables/trajectory.csv").read_text().splitlines()
    assert len(trajectory) > 1


@pytest.mark.slow
def test_the_tutorial_on_a_whole_study(study):
    results = study.folder / "results/mine"
    assert "minilm | mood | fine-tuned" in " ".join((results / "tables/table7.md").read_text().split())
    assert study.said.count("jobs would run: 1 finetune, 1 embed,") == 2  # all that a second seed needs to be trained


@pytest.mark.slow
def test_the_tutorial_on_vectors(session):
    done = session(ROOT / "docs/tutorials/vectors.md")
    assert "10 clusters; every pair of labels separable: True" in done.said
    assert (done.folder / "digits.html").is_file()
    assert any(line.startswith("| mlp   | digits | fine-tuned") for line in done.said.splitlines())


@pytest.mark.slow
def test_the_tutorial_on_the_paper(session):
    done = session(ROOT / "docs/tutorials/paper.md")
    table = (done.folder / "results/paper/tables/replication.csv").read_text().splitlines()
    assert len(table) > 2 and all(",bert-tiny," in row for row in table[1:])
    (rest,) = re.findall(r"jobs would run: (.*)", done.said)
    counted = dict(reversed(item.split()) for item in rest.split(", "))
    assert counted["pin_model"] == counted["fetch_corpus"] == "1"  # of two: the slice's are there
    assert counted["finetune"] == "7" and "trace_run" not in counted  # of two models, tasks and seeds


# ---------------------------------------------------------------------------------------------------------------------
# Python in the other pages


PYTHON = [block for block in ALL if block.language == "python" and "/tutorials/" not in block.page]
ALONE = {"docs/directprobe.md", "docs/explanation/directprobe.md", "docs/classifier.md"}  # need nothing before them
MODELS = """
import numpy as np, pandas as pd
from transformers import AutoModel, AutoTokenizer
texts, texts_t = ([f"{w} the cat sat {i}" for i in range(n) for w in ("is", "on")] for n in (30, 10))
labels, labels_t = (np.array(["HUM", "LOC", "NUM"] * n)[: len(t)] for n, t in ((20, texts), (7, texts_t)))
model = "models/minilm"
"""
READS = {  # what each page calls the files and names of the tutorial's study
    "docs/examples.md": {"results/examples/minilm/trec-50": "results/mine/examples/minilm/mood"},
    "docs/export.md": {"sst2": "mood"},
    "docs/howto.md": {"bert/ner": "minilm/mood"},
    "docs/vectors.md": {"animals": "mood"},
}


def test_python_in_every_page_is_run():
    assert {block.page for block in PYTHON} == ALONE | READS.keys() | {"README.md", "docs/python.md"}


@pytest.mark.parametrize("page", sorted(ALONE))
@pytest.mark.slow
def test_python_that_needs_nothing_before_it(page, session, tmp_path):
    session(ROOT / page, tmp_path / "a", [(named(b), "python", None, b.text) for b in PYTHON if b.page == page])


@pytest.mark.parametrize("page", sorted(READS))
@pytest.mark.slow
def test_python_that_reads_a_study(page, session, study):
    steps = []
    for block in PYTHON:
        if block.page == page:
            text = block.text
            for said, meant in READS[page].items():
                assert said in text
                text = text.replace(said, meant)
            steps.append((named(block), "python", None, text))
    session(ROOT / page, study.folder, steps)


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
@pytest.mark.slow
def test_python_that_compares_models(page, session, tmp_path):
    folder = tmp_path / "a"
    for name in ("models/minilm", "out/trec", "bert-base-uncased", "out/sst2"):
        tiny(folder / name, 6 if page == "docs/python.md" else 1)  # where it looks at layer 6
    texts = {named(b): b.text.replace('device="cuda"', 'device="cpu"') for b in PYTHON if b.page == page}
    steps = [(where, "python", None, text) for where, text in texts.items()]
    loaded = "encoder, tokenizer = (c.from_pretrained('models/minilm') for c in (AutoModel, AutoTokenizer))"
    session(ROOT / page, folder, steps, [("before", "python", None, MODELS + loaded)])


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "python"], ids=named)
def test_python_in_a_page_is_python_and_imports_what_exists(block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, name.name) for name in node.names)


# ---------------------------------------------------------------------------------------------------------------------
# Links, pictures, the site

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
