"""Tables of GLUE, SNLI and MNLI as they come: labels that are withheld, quotes without a partner, indices."""

import json

import pandas as pd
import pytest
from corpora_fixtures import write

from closerlook.corpora.reading import read_examples
from closerlook.errors import InputError

COLUMNS = {"words": "sentence1", "second": "sentence2"}
MNLI = (  # as GLUE's TSV has it: no cell is quoted, whatever stands in it
    "index\tpromptID\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n"
    "0\t31193n\tfiction\tHe said \"go.\tHe left 5\" of room.\tneutral\tneutral\n"
    "1\t101457e\ttelephone\tyou know 'the' \"one\" there\tYou know \"it\tentailment\tentailment\n"
    "2\t9n\tslate\tPlain.\tQuite plain.\tneutral\t-\n"
)  # fmt: skip


def pairs(path, label="gold_label", **more):
    examples = read_examples("table", path, kind="sentence_pair", label=label, **{"columns": COLUMNS} | more)
    return [(e.text, e.second, *e.labels) for e in examples], examples.left_out


def test_a_tsv_of_mnli_is_read_as_it_stands(tmp_path):
    found, left = pairs(write(tmp_path, "train.tsv", MNLI))
    assert found == [
        ('He said "go.', 'He left 5" of room.', "neutral"),
        ("you know 'the' \"one\" there", 'You know "it', "entailment"),
    ]
    assert left == {"sentences without a label": 1}


def test_a_tsv_in_which_nobody_can_tell_what_quotes_are_is_refused_with_a_command_that_helps(tmp_path, monkeypatch):
    text = MNLI + '3\t1e\tslate\t"Yes."\tShe agreed.\tentailment\tentailment\n'
    with pytest.raises(InputError, match="quotes enclose a cell in line 5 and are part of one in line 2") as error:
        pairs(write(tmp_path, "train.tsv", text))
    command = str(error.value).partition("by `")[2].partition("`")[0]
    monkeypatch.chdir(tmp_path)
    eval(command, {"pandas": pd})
    found, _ = pairs(tmp_path / "train.jsonl")
    assert found[-1] == ('"Yes."', "She agreed.", "entailment") and len(found) == 3


def test_a_row_that_lacks_cells_is_named(tmp_path):
    """As some of QQP's do."""
    path = write(tmp_path, "train.tsv", MNLI + "3\t1e\tslate\tCut sh\n")
    with pytest.raises(InputError, match=f"{path}:5: 4 cells, but the header has 7"):
        pairs(path)


def test_snlis_dash_means_that_there_is_no_label(tmp_path):
    rows = [{"sentence1": "A.", "sentence2": "B.", "gold_label": label} for label in ("neutral", "-", "entailment")]
    found, left = pairs(write(tmp_path, "snli.jsonl", "\n".join(map(json.dumps, rows))))
    assert [label for *_, label in found] == ["neutral", "entailment"]
    assert left == {"sentences without a label": 1}


@pytest.mark.parametrize("named", ["by the task", "by the file"])
def test_a_label_of_minus_one_is_withheld(tmp_path, named):
    from datasets import ClassLabel, Dataset, Features, Value

    names = ["entailment", "neutral", "contradiction"]
    rows = {"sentence1": list("abc"), "sentence2": list("def"), "label": [2, -1, 0], "idx": [0, 1, 2]}
    features = {"sentence1": Value("string"), "sentence2": Value("string"), "idx": Value("int32")}
    label = ClassLabel(names=names) if named == "by the file" else Value("int64")
    Dataset.from_dict(rows, Features(features | {"label": label})).to_parquet(tmp_path / "a.parquet")
    found, left = pairs(tmp_path / "a.parquet", "label", **({"names": names} if named == "by the task" else {}))
    assert found == [("a", "d", "contradiction"), ("c", "f", "entailment")]
    assert left == {"sentences without a label": 1}
