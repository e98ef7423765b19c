"""The command `closerlook`: what it asks for, what it writes, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import Dataset, DatasetDict
from small_study import BERT, ROOT
from transformers import BertConfig

from closerlook.command import main, workflow
from closerlook.command.data import columns, hold_out
from closerlook.command.study import Comparison, short
from closerlook.command.workflow import Told
from closerlook.corpora.table import reader
from closerlook.errors import InputError


def closerlook(*arguments, **options):
    """The command as a process of its own."""
    code = "from closerlook.command import main; main()"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(ROOT)}, **options,
    )  # fmt: skip


def ends(capsys, *arguments):
    """Exit status of the command in this process, and all that it says."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, arguments)])
    said = capsys.readouterr()
    return end.value.code or 0, said.out + said.err


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a table of 50 rows, of three labels and a text that occurs twice, and two models of two layers."""
    monkeypatch.chdir(tmp_path)
    labels = ["yes"] * 25 + ["no"] * 20 + ["maybe"] * 5
    texts = [f"text number {i}, and more" for i in range(49)] + ["text number 30, and more"]
    pd.DataFrame({"id": range(50), "sentence": texts, "label": labels}).to_csv("data.csv", index=False)
    for name in ("base", "out/tuned"):
        BertConfig(num_hidden_layers=2).save_pretrained(name)
    return tmp_path


def asked(**changes):
    """A comparison on the table of `here`."""
    given = {"model": "base", "run": "out/tuned", "data": Path("data.csv"), "text": "sentence", "label": "label"}
    return Comparison(**given | changes)


@pytest.mark.parametrize("given", ([], ["--text", "sentence"], ["--label", "label"]))
def test_without_a_column_the_columns_are_listed_with_values(here, capsys, given):
    status, said = ends(capsys, "compare", "base", "out/tuned", "data.csv", *given)
    assert status == 2 and not Path("closerlook").exists()
    assert {"--text": "`--text COLUMN`" in said, "--label": "`--label COLUMN`" in said} == {
        option: option not in given for option in ("--text", "--label")
    }
    assert re.search(r"^  id +'0', '1', '2'$", said, re.M) and re.search(r"^  label +'yes', 'no', 'maybe'$", said, re.M)


def test_the_columns_of_every_format_are_the_same(here):
    frame = pd.read_csv("data.csv", dtype=str)
    frame.to_csv("a.tsv", sep="\t", index=False)
    frame.to_json("a.jsonl", orient="records", lines=True)
    frame.to_parquet("a.parquet")
    Dataset.from_pandas(frame).save_to_disk("saved")
    expected = columns(Path("data.csv"))
    assert list(expected) == list(frame) and expected["label"] == ["'yes'", "'no'", "'maybe'"]
    for name in ("a.tsv", "a.jsonl", "a.parquet", "saved"):
        assert columns(Path(name)) == expected


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--text", "sentence", "--label", "lable"], r"data.csv: there is no column 'lable': use one of id, .*label"),
        (["--text", "sentence", "--label", "label", "--test", "t.csv"], r"t.csv: there is no such file"),
        (["--text", "sentence", "--label", "id"], r"data.csv: 50 rows with 50 labels in column 'id' are too few"),
        (["--text", "sentence", "--label", "label", "--kind", "pair"], r"--kind pair: give with --target"),
        (["--text", "sentence", "--label", "label", "--target", "id"], r"--target: a sentence has none"),
        (["--text", "sentence", "--label", "label", "--layers", "a"], r"--layers: 'a': write `all` or numbers"),
        (["--text", "sentence", "--label", "label", "--name", "a b"], r"--name: 'a b' is not a name"),
        (["--text", "sentence", "--label", "label", "--checkpoints", "x-*"], r"--checkpoints x-\*: matches nothing"),
        (["--text", "sentence", "--label", "label", "--kind", "letter"], r"'letter' is not one of"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_left_behind(here, capsys, arguments, sentence):
    status, said = ends(capsys, "compare", "base", "out/tuned", "data.csv", *arguments)
    assert status == 2 and re.search(sentence, said) and "Traceback" not in said
    assert not Path("closerlook").exists()


@pytest.mark.parametrize("model, run, sentence", [
    ("./nothing", "out/tuned", "./nothing: is not a folder"),
    ("base", "out/a/b", "out/a/b: is not a folder"),
    ("base", "data.csv", "data.csv: is not a folder"),
    ("out", "out/tuned", "out: has no config.json"),
    ("out/adapter", "out/tuned", "out/adapter: is an adapter: give first the model"),
])  # fmt: skip
def test_a_model_that_is_not_there_is_said_not_to_be(here, capsys, model, run, sentence):
    Path("out/adapter").mkdir()
    Path("out/adapter/adapter_config.json").write_text("{}")
    status, said = ends(capsys, "compare", model, run, "data.csv", "--text", "sentence", "--label", "label")
    assert status == 2 and sentence in said


def test_a_folder_of_studies_inside_a_checkout_is_not_its_package(here, capsys):
    Path("closerlook").mkdir()
    Path("closerlook/__init__.py").touch()
    status, said = ends(capsys, "compare", "base", "out/tuned", "data.csv", "--text", "sentence", "--label", "label")
    assert status == 2 and "--out studies" in said


def test_a_fifth_of_each_label_is_held_out_and_equal_texts_stay_together(here):
    counts = hold_out(Path("data.csv"), here / "s", "sentence", "label", [], False, 0)
    parts = {name: [json.loads(line) for line in open(f"s/{name}.jsonl") if line.strip()] for name in counts}
    assert counts == {name: len(rows) for name, rows in parts.items()} and sum(counts.values()) == 50
    held = Counter(row["label"] for row in parts["test"])
    assert held["yes"] == 5 and held["maybe"] in (1, 2) and held["no"] in (4, 5)
    assert not {row["sentence"] for row in parts["train"]} & {row["sentence"] for row in parts["test"]}
    frame = pd.read_csv("data.csv")
    assert sorted((r["sentence"], r["label"]) for rows in parts.values() for r in rows) == sorted(
        zip(frame.sentence, frame.label)
    )


def test_a_row_keeps_its_line(here):
    Path("data.csv").write_text(
        "sentence,label\n" + "".join(f'"text {i}\nof two lines",{i % 2}\n\n' for i in range(20)), encoding="utf-8"
    )
    hold_out(Path("data.csv"), here / "s", "sentence", "label", [], False, 0)
    lines = dict(reader(Path("data.csv"))(Path("data.csv"), ["sentence", "label"]))
    for name in ("train", "test"):
        part = dict(reader(Path(f"s/{name}.jsonl"))(Path(f"s/{name}.jsonl"), ["sentence", "label"]))
        assert part and part.items() <= lines.items()


def test_the_split_is_made_again_when_the_table_or_the_seed_changes_and_only_then(here):
    def split(seed=0):
        hold_out(Path("data.csv"), here / "s", "sentence", "label", [], False, seed)
        test = Path("s/test.jsonl")
        return test.read_text(), test.stat().st_mtime_ns

    first = split()
    assert split() == first
    os.utime("data.csv")
    assert split() == first
    assert split(seed=1)[0] != first[0]
    assert split()[0] == first[0]
    Path("data.csv").write_text(Path("data.csv").read_text().replace("and more", "and less"))
    assert "and less" in split()[0]


def test_rows_without_a_label_are_not_held_out_and_lists_count_as_one_label(here):
    rows = [{"words": ["a", str(i)], "tags": ["X", "O"]} for i in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), "t.parquet")
    assert hold_out(Path("t.parquet"), here / "t", "words", "tags", [], True, 0) == {"train": 8, "test": 2}
    frame = pd.read_csv("data.csv")
    frame.loc[:24, "label"] = None
    frame.to_csv("data.csv", index=False)
    hold_out(Path("data.csv"), here / "s", "sentence", "label", [], False, 0)
    assert {json.loads(line)["label"] for line in open("s/test.jsonl") if line.strip()} == {"no", "maybe"}


@pytest.mark.parametrize("given, name", [
    ("bert-base-uncased", "bert-base-uncased"), ("me/my.model_v2", "my-model_v2"), ("out/sst2/", "sst2"),
    ("out/sst2/checkpoint-500", "sst2-checkpoint-500"), ("../../x", "x"), ("/", "here"), ("modèle é", "modele-e"),
])  # fmt: skip
def test_names_are_the_last_part_in_plain_letters(given, name):
    assert short(given) == name


@pytest.mark.parametrize("style", [lambda label: [label], lambda label: str([label])])
def test_a_label_in_a_list_is_held_out_as_the_label(here, style):
    rows = [{"text": f"t{i}", "label": style("ab"[i % 2])} for i in range(20)]
    Path("t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    hold_out(Path("t.jsonl"), here / "t", "text", "label", [], False, 0)
    held = [json.loads(line)["label"] for line in open("t/test.jsonl") if line.strip()]
    assert sorted(map(str, held)) == sorted(str(style(label)) for label in "aabb")


def test_two_texts_are_compared_as_a_pair(here, capsys):
    frame = pd.read_csv("data.csv").assign(other=lambda frame: "of " + frame.sentence)
    frame.to_parquet("pairs.parquet")
    given = ("compare", "base", "out/tuned", "pairs.parquet", "--text", "sentence", "--label", "label")
    asked(data=Path("pairs.parquet"), second="other", kind="sentence_pair").prepare()
    (folder,) = Path("closerlook").iterdir()
    config = yaml.safe_load((folder / "config.yaml").read_text())
    expected = {"corpus": "pairs", "kind": "sentence_pair", "words": "sentence", "label": "label", "second": "other"}
    assert config["tasks"]["pairs"] == expected
    held = [json.loads(line) for line in open(folder / "test.jsonl") if line.strip()]
    assert held and all(row["other"] == "of " + row["sentence"] for row in held)
    for more, says in (
        (["--kind", "sentence_pair"], "--second: give with --kind sentence_pair"),
        (["--kind", "word", "--second", "other"], "--second: give with --kind sentence_pair"),
        (["--kind", "span_pair"], "--kind span_pair: give with --target"),
        (["--second", "none"], "there is no column 'none'"),
    ):
        status, said = ends(capsys, *given, *more)
        assert status == 2 and says in said


def test_the_config_says_what_was_asked(here):
    file, notes = asked(layers="0,-1").prepare()
    config = yaml.safe_load(file.read_text())
    assert file == Path("closerlook/tuned-data/config.yaml") and "Held out" in notes[0]
    assert config["models"] == {"base": {"path": "base", "n_layers": 2, "frozen": True}}
    assert config["runs"] == {"tuned": {"model": "base", "task": "data", "path": "out/tuned"}}
    assert config["tasks"] == {"data": {"corpus": "data", "kind": "sentence", "words": "sentence", "label": "label"}}
    assert config["corpora"]["data"]["test"] == {"path": "closerlook/tuned-data/test.jsonl"}
    assert config["layers"] == [0, -1] and config["seeds"] == [] and config["trajectories"] == {"models": []}


@pytest.mark.parametrize("given", ("checkpoint-*", "out/tuned/checkpoint-*"))
def test_checkpoints_are_named_from_the_run_or_from_here(here, given):
    Path("out/tuned/checkpoint-5").mkdir()
    config = yaml.safe_load(asked(checkpoints=given).prepare()[0].read_text())
    assert config["runs"]["tuned"]["steps"] == "checkpoint-*" and config["trajectories"] == {"models": ["base"]}
    Path("out/checkpoint-5").mkdir()
    beside = yaml.safe_load(asked(checkpoints="out/checkpoint-*", name="beside").prepare()[0].read_text())
    assert beside["runs"]["tuned"]["steps"] == "../checkpoint-*"


def test_checkpoints_that_were_not_asked_for_are_pointed_out(here):
    Path("out/tuned/checkpoint-5").mkdir()
    assert "out/tuned holds 1 checkpoint: --checkpoints" in asked().prepare()[1][0]


def test_a_test_file_and_a_saved_data_set_with_splits_are_taken_as_they_are(here):
    frame = pd.read_csv("data.csv")
    frame.to_csv("test.csv", index=False)
    file, notes = asked(test=Path("test.csv")).prepare()
    corpus = yaml.safe_load(file.read_text())["corpora"]["data"]
    assert corpus == {"format": "table", "train": {"path": "data.csv"}, "test": {"path": "test.csv"}} and not notes
    split = Dataset.from_pandas(frame)
    DatasetDict(train=split, validation=split).save_to_disk("saved")
    file, notes = asked(data=Path("saved")).prepare()
    corpus = yaml.safe_load(file.read_text())["corpora"]["saved"]
    assert corpus["test"] == {"path": "saved", "split": "validation"} and not notes


def test_an_edited_config_is_never_overwritten(here):
    file, _ = asked().prepare()
    first = file.read_text()
    asked(layers="0").prepare()
    assert file.read_text() != first  # nobody had edited it
    asked().prepare()
    assert file.read_text() == first
    file.write_text(first + "# mine\n")
    _, notes = asked().prepare()
    assert "has been edited" in notes[-1] and file.read_text() == first + "# mine\n"
    with pytest.raises(InputError, match=r"has been edited, and is not overwritten.*closerlook run.*--name OTHER"):
        asked(layers="0").prepare()
    assert file.read_text() == first + "# mine\n"


def test_a_config_that_is_not_there_or_none_ends_with_a_sentence(here, capsys):
    Path("list.yaml").write_text("- a\n")
    Path("open.yaml").write_text("a: [\n")
    for command in ("run", "plan", "report"):
        assert ends(capsys, command, "nope.yaml") == (
            2, "Error: nope.yaml: cannot be read (No such file or directory): give a study's config.\n",
        )  # fmt: skip
        assert ends(capsys, command, "list.yaml")[0] == ends(capsys, command, "open.yaml")[0] == 2
    assert ends(capsys, "--version") == (0, "closerlook 0.1.0\n")


STUDY = {
    "pathvars": {"results": "results"},
    "corpora": {"g": {"format": "grammar", "n_train": 40, "n_test": 20, "n_text": 60}},
    "tasks": {"q": {"corpus": "g", "kind": "sentence", "label": "meta.question_type"}},
    "models": {"m": {"pretrain": BERT | {"steps": 2}, "frozen": True}},
}
SAID = """\
Job stats:
job          count
---------  -------
make_task        1
embed            2
total            3

Job 5: Reading the task q (watch it)
1 of 3 steps (33%) done
"""


def test_the_bar_knows_what_snakemake_says():
    told = Told()
    for line in SAID.splitlines():
        told.hear(line)
    assert told.jobs == {"make_task": 1, "embed": 2}
    assert (told.done, told.total, told.now, told.idle) == (1, 3, "Reading the task q", False)


def test_jobs_that_failed_for_one_reason_are_told_once(here):
    told = Told()
    for name, reason in (("a", "Error: x: is wrong"), ("b", "Error: x: is wrong"), ("c", "Traceback\nKeyError: 'y'")):
        Path(f"{name}.log").write_text(reason)
        for line in ("Error in rule embed:", f"    log: {name}.log (check log file(s) for error details)"):
            told.hear(line)
    first, second, _ = told.trouble(Path("all.log")).splitlines()
    assert first == "embed: x: is wrong (a.log and 1 more)" and second == "embed: KeyError: 'y' (c.log)"


def test_a_dry_run_counts_the_jobs_and_makes_none(here, capsys):
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    Path("closerlook").mkdir()  # which is no package
    with closerlook("run", "study.yaml", "--dry-run", "--cores", "1") as process:
        said, _ = process.communicate()
    assert process.returncode == 0 and re.search(r"^\d+ jobs would run: .*1 pretrain", said, re.M)
    assert not Path("results/models").exists()


def test_a_report_that_was_not_made_is_not_announced(here, capsys):
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    status, said = ends(capsys, "run", "study.yaml", "--cores", "1", "--", "--unlock")
    assert not status and said.splitlines()[-1] == "Done (Snakemake's log: results/logs/snakemake.log)"


def test_a_failed_job_is_named_with_its_last_error_and_its_log(here):
    config = STUDY | {
        "corpora": {"t": {"format": "table", "train": {"path": "data.csv"}, "test": {"path": "data.csv"}}},
        "tasks": {"q": {"corpus": "t", "kind": "sentence", "words": "sentence", "label": "lable"}},
        "models": {"m": {"path": "base", "n_layers": 2, "frozen": True}},
    }
    Path("study.yaml").write_text(yaml.safe_dump(config))
    with closerlook("run", "study.yaml", "--cores", "1") as process:
        said, _ = process.communicate()
    assert process.returncode == 1 and "Traceback" not in said
    assert re.search(r"make_task: data.csv:1: there is no column 'lable'.* \(results/logs/make_task/q.log\)", said)
    assert (
        "results/logs/snakemake.log" in said
        and "Error in rule make_task" in Path("results/logs/snakemake.log").read_text()
    )


def test_an_interruption_ends_every_process_and_says_how_to_go_on(here):
    config = STUDY | {"models": {"m": {"pretrain": BERT | {"steps": 10**6}, "frozen": True}}}
    Path("study.yaml").write_text(yaml.safe_dump(config))
    with closerlook("run", "study.yaml", "--cores", "1") as process:
        log, end = Path("results/logs/pretrain/m.log"), time.monotonic() + 120
        while not log.exists() and time.monotonic() < end:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on" in said
    assert "Interrupted." in log.read_text()
    with closerlook("run", "study.yaml", "--dry-run", "--cores", "1") as process:  # no lock is left
        assert process.communicate() and process.returncode == 0


def test_the_workflow_is_found_beside_the_package():
    assert workflow.home() == ROOT and Path(workflow.entry()[1]).is_file() and Path(workflow.entry()[3]).is_dir()
    assert workflow.command("c.yaml", 1, 0, ["--workflow-profile", "p"]).count("--workflow-profile") == 1


def test_a_run_that_is_neither_here_nor_within_reach_is_said_to_be_in_one_sentence(here, monkeypatch):
    """A slip in the name of a folder reads as a hub model, which nobody should wait for."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    process = closerlook("compare", "base", "out-tuned", "data.csv", "--text", "sentence", "--label", "label")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and len(said.splitlines()) == 1
    assert said.startswith("Error: out-tuned: is not a folder here. Model `out-tuned` cannot be downloaded")
