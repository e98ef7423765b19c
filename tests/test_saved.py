"""Data sets that `datasets` has saved: read as `datasets` itself reads them, without it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corpora_fixtures import table
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

from closerlook.corpora.fetch import fetch_corpus
from closerlook.corpora.sources import files_of
from closerlook.errors import InputError

FEATURES = Features(
    {
        "tokens": Sequence(Value("string")),
        "tags": Sequence(ClassLabel(names=["O", "B-PER"])),
        "label": ClassLabel(names=["no", "yes"]),
        "score": Value("float32"),
    }
)
ROWS = {
    "tokens": [["a", "b"], ["c"], ["d"], ["e"]],
    "tags": [[1, 0], [0], [-100], [1]],
    "label": [0, 1, -1, 1],
    "score": [0.1, 0.2, 0.3, 0.1],
}


@pytest.fixture
def made():
    return Dataset.from_dict(ROWS, FEATURES)


def sentences(folder, label="label", **more):
    return [(words, labels[0][1]) for words, labels in table(folder, label=label, words="tokens", **more)]


@pytest.mark.parametrize("shards", [1, 3])
def test_a_saved_data_set_is_a_table(made, tmp_path, shards):
    made.save_to_disk(tmp_path / "saved", num_shards=shards)
    assert sentences(tmp_path / "saved") == [(["a", "b"], "no"), (["c"], "yes"), (["e"], "yes")]
    assert sentences(tmp_path / "saved", where={"score": "0.1"}) == [(["a", "b"], "no"), (["e"], "yes")]
    assert sentences(tmp_path / "saved", names=["bad", "good"])[1] == (["c"], "good")
    words = table(tmp_path / "saved", "word", "tags", "tokens", where={"tags": "?-*"})
    assert words == [(["a", "b"], [((0,), "B-PER")]), (["e"], [((0,), "B-PER")])]
    with pytest.raises(InputError, match=f"{tmp_path / 'saved'}: there is no column 'text': use one of tokens, tags"):
        table(tmp_path / "saved")


def test_what_was_selected_is_what_is_read(made, tmp_path):
    made.select([3, 1]).save_to_disk(tmp_path / "saved")
    assert sentences(tmp_path / "saved") == [(["e"], "yes"), (["c"], "yes")]


def corpus(folder, **splits):
    sources = {
        split: {"path": str(folder), "url": None, "type": None, "sha256": None, "split": name}
        for split, name in splits.items()
    }
    local = {split: files_of(source["path"], source["split"]) for split, source in sources.items()}
    return {"format": "table", **sources}, local


def test_a_saved_corpus_is_brought_with_every_file_that_is_read(made, tmp_path):
    DatasetDict(train=made, valid=made.select([1, 0])).save_to_disk(tmp_path / "saved")
    asked, local = corpus(tmp_path / "saved", train="train", test="valid")
    read = {Path(file) for files in local.values() for file in files}
    for file in (tmp_path / "saved").rglob("*"):  # nothing else is needed
        if file.is_file() and file not in read:
            file.unlink()
    fetched = fetch_corpus(asked, tmp_path / "files", local)
    shutil.rmtree(tmp_path / "saved")
    assert sentences(tmp_path / "files/test") == [(["c"], "yes"), (["a", "b"], "no")]
    assert len(sentences(tmp_path / "files/train")) == 3
    assert fetched["train"]["sha256"] != fetched["test"]["sha256"] and fetched["test"]["bytes"] > 0


@pytest.mark.parametrize(
    "split, harm, says",
    [
        (None, None, "the saved data set has several splits: set `split` to one of train, test"),
        ("dev", None, "the saved data set has no split 'dev': set `split` to one of train, test"),
        ("train", "train/data-00000-of-00001.arrow", "lacks data-00000-of-00001.arrow: save it again"),
        ("train", "train/dataset_info.json", "lacks dataset_info.json: save it again"),
        ("train", "train/state.json", "is a folder, but not one that `datasets` wrote with `save_to_disk`"),
        ("train", "dataset_dict.json", "`split` is for a saved data set that has several: remove it"),
    ],
)
def test_a_folder_that_cannot_be_read(made, tmp_path, split, harm, says):
    DatasetDict(train=made, test=made).save_to_disk(tmp_path)
    if harm:
        (tmp_path / harm).unlink()
    with pytest.raises(InputError, match=f"^{tmp_path}.*{says}"):
        files_of(str(tmp_path), split)


def test_half_a_file_is_an_error(made, tmp_path):
    made.save_to_disk(tmp_path)
    (file,) = tmp_path.glob("*.arrow")
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(InputError, match=f"^{tmp_path}: cannot be read as a saved data set after row 0"):
        sentences(tmp_path)


def test_reading_one_needs_no_datasets(made, tmp_path):
    made.save_to_disk(tmp_path)
    code = f"""if True:
        import sys
        from closerlook.corpora.reading import read_examples
        more = {{"kind": "sentence", "label": "label", "columns": {{"words": "tokens"}}}}
        assert len(list(read_examples("table", {str(tmp_path)!r}, **more))) == 3
        assert "datasets" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
