"""The tutorials run as a reader types them, and the Python of every other page with what it presupposes.

What a page downloads comes from a stand-in here (`docs_fixtures.StandIn`): tiny models under the names that the pages
give, and a few questions in place of TREC's.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docs_fixtures import ALL, SESSION, TUTORIALS, blocks, named, serve
from encoders_fixtures import bert_tokenizer
from small_study import ROOT
from transformers import BertConfig, BertModel


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
