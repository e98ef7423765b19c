"""The rules that bring corpora and make tasks, on data as people have them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value
from small_study import ROOT, command

pytestmark = pytest.mark.slow

RESULTS = Path("res#1/a?b c")
COLUMNS = "-DOCSTART- O\n\nAda B-PER\nleft O\nParis B-LOC\n\n"
ROWS = [{"tokens": ["Ada", "left"], "tags": [1, 0]}, {"tokens": ["Brook", "left", "?"], "tags": [1, 0, -100]}]
TASKS = ("sentences", "spans", "saved", "named")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "set#1").mkdir()
    for split in ("train", "test"):
        (folder / f"set#1/{split}?.tsv").write_text('text\tlabel\n"a ""good"" film"\tpos\n\tpos\nbad\tneg\n')
        (folder / f"{split}.conll").write_text(COLUMNS)
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    (folder / "names.json").write_text('["O", "B-PER"]')
    features = Features({"tokens": Sequence(Value("string")), "tags": Sequence(ClassLabel(names=["O", "B-PER"]))})
    made = Dataset.from_list(ROWS, features)
    DatasetDict(train=made, valid=made).save_to_disk(folder / "saved")
    config = {
        "pathvars": {"results": str(RESULTS)},
        "corpora": {
            "paths": {"format": "table", "train": {"path": "set#1/train?.tsv"}, "test": {"path": "set#1/test?.tsv"}},
            "columns": {"format": "conll", "fields": ["word", "ner"], "train": {"path": "train.conll"},
                        "test": {"path": "test.conll"}},
            "saved": {"format": "table", "train": {"path": "saved", "split": "train"},
                      "test": {"path": "saved", "split": "valid"}},
            "lines": {"format": "table", "train": {"path": "train.jsonl"}, "test": {"path": "test.jsonl"}},
        },
        "tasks": {
            "sentences": {"corpus": "paths", "kind": "sentence", "words": "text", "label": "label"},
            "spans": {"corpus": "columns", "kind": "span", "label": "ner"},
            "saved": {"corpus": "saved", "kind": "word", "words": "tokens", "label": "tags", "drop_conflicts": True},
            "named": {"corpus": "lines", "kind": "word", "words": "tokens", "label": "tags", "names": "names.json"},
        },
        "models": {"m": {"hub": "a/b", "n_layers": 1}},
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    run = snakemake(folder, *(RESULTS / f"tasks/{task}/summary.json" for task in TASKS), "--config", "seeds=[0]")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def snakemake(folder, *arguments):
    whole = command("--cores", "2", "--workflow-profile", ROOT / "profiles/default", *arguments)
    return subprocess.run(whole, cwd=folder, capture_output=True, text=True)


def summary(study, task):
    return json.loads((study / RESULTS / f"tasks/{task}/summary.json").read_text())


def test_tasks_are_made_of_what_lies_there(study):
    train = {task: summary(study, task)["splits"]["train"] for task in TASKS}
    assert train["sentences"]["labels"] == {"pos": 1, "neg": 1}
    assert train["sentences"]["left_out"] == {"sentences without a word": 1}
    assert summary(study, "spans")["kind"] == "span" and train["spans"]["labels"] == {"PER": 1, "LOC": 1}
    assert train["saved"]["labels"] == train["named"]["labels"] == {"B-PER": 2, "O": 2}
    assert train["named"]["left_out"] == {"words without a label": 1}
    assert summary(study, "saved")["dropped_conflicts"]["total"] == 0


def test_warnings_are_in_the_jobs_log(study):
    warnings = summary(study, "sentences")["warnings"]
    log = (study / RESULTS / "logs/make_task/sentences.log").read_text()
    assert warnings and all(f"WARNING {warning}" in log for warning in warnings)


def test_the_config_beside_the_results_has_what_the_command_line_said(study):
    assert yaml.safe_load((study / RESULTS / "config.yaml").read_text())["seeds"] == [0]


def test_every_file_that_is_read_is_an_input(study):
    """An edit of one reruns what is made of it, and nothing else."""
    wanted = [RESULTS / f"tasks/{task}/summary.json" for task in TASKS]

    def jobs():
        run = snakemake(study, *wanted, "--dry-run", "--quiet", "rules", "--config", "seeds=[0]")
        assert run.returncode == 0, run.stdout + run.stderr
        lines = [line.split() for line in run.stdout.splitlines() if line.startswith(("fetch_corpus ", "make_task "))]
        return {rule: int(count) for rule, count in lines}

    assert jobs() == {}
    for file, text, expected in (
        ("names.json", '["O", "B-ORG"]', {"make_task": 1}),
        ("saved/valid/state.json", None, {"fetch_corpus": 1, "make_task": 1}),
        ("set#1/train?.tsv", "text\tlabel\n", {"fetch_corpus": 1, "make_task": 1}),
    ):
        before, times = (study / file).read_text(), (study / file).stat()
        (study / file).write_text(text or before + "\n")
        os.utime(study / file, ns=(times.st_atime_ns, times.st_mtime_ns))  # its bytes count, not its time
        assert jobs() == expected
        (study / file).write_text(before)
        assert jobs() == {}


def test_a_bad_line_is_that_of_the_users_own_file(study):
    """Not of the copy that the workflow has made."""
    file, task = study / "train.conll", RESULTS / "tasks/spans/summary.json"
    before = file.read_text()
    file.write_text(before + "Ada B-PER extra\n")
    run = snakemake(study, task, "--config", "seeds=[0]")
    file.write_text(before)
    assert run.returncode and "train.conll:7: 3 columns" in run.stdout + run.stderr
    assert str(RESULTS / "corpora/columns/files") + "/train.conll:7" not in run.stdout + run.stderr
    assert snakemake(study, task, "--config", "seeds=[0]").returncode == 0
    assert "train.conll:" in json.dumps(json.loads((study / task).read_text())["overlap_first"])


def test_braces_in_the_config_are_no_wildcards(study):
    changes = "tasks={sentences: {label: '{a}', words: '<b>', where: {text: '{c}*'}}}"
    run = snakemake(study, "--dry-run", "--quiet", "rules", "--config", changes)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "report " in run.stdout


MISTAKES = {
    "seeds=[x]": "--config: seeds.0: is 'x'",
    "pathvars={results: a<b>}": "--config: pathvars.results: 'a<b>' has < and >",
    "pathvars={results: 'a{b}'}": "--config: pathvars.results: 'a{b}' has { and }",
    "device=gpu": "--config: device: is 'gpu'",
}


@pytest.mark.parametrize("given, says", MISTAKES.items())
def test_a_mistake_on_the_command_line_is_said_of_it(study, given, says):
    run = snakemake(study, "--dry-run", "--config", given)
    assert run.returncode != 0
    assert says in run.stdout + run.stderr and "Traceback" not in run.stdout + run.stderr
