"""Vectors of texts in memory: those of the workflow's extraction, to the bit; and texts and targets that are none."""

import subprocess
import sys

import encoders_fixtures
import numpy as np
import pytest
import torch
from encoders_fixtures import AWKWARD, TEXT, save_task
from peft import LoraConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModel, AutoTokenizer, BertForSequenceClassification

from closerlook import embed
from closerlook.encoders import layers
from closerlook.errors import InputError

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder
QUIET = {"progress": False, "device": "cpu", "threads": 1}
SENTENCES = [
    *(line.split() for line in TEXT[:5]),
    ["a"],
    sum(AWKWARD, []),
    *AWKWARD[:4],
    ["the", "cat"],
    ["The", "cat"],
]
TARGETS = {
    "word": lambda n: list(range(0, n, 2)),
    "pair": lambda n: [((3 * i) % n, i) for i in range(n)],
    "span": lambda n: [(i // 2, i) for i in range(n)],
    "sentence": lambda n: [()],
}


def of_the_workflow(folder, tmp_path, kind, **options):
    """What the workflow's extraction writes, (layers, n, dim)."""
    targets = [[np.atleast_1d(t).astype(int).tolist() for t in TARGETS[kind](len(words))] for words in SENTENCES]
    save_task(tmp_path / "task", [(w, t, [0] * len(t)) for w, t in zip(SENTENCES, targets)], kind=kind)
    out = {"train": {n: tmp_path / f"layer{n}.npy" for n in range(4)}}
    layers.embed(folder, tmp_path / "task", out, **options, **QUIET)
    return np.stack([np.load(path) for path in out["train"].values()])


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("chunk", [2**28, 2**12])
def test_vectors_are_those_of_the_workflow_to_the_bit(encoder, tmp_path, monkeypatch, kind, chunk):
    monkeypatch.setattr(layers, "CHUNK", chunk)
    options = {"pooling": {"word": "last", "sentence": "mean"}, "batch_size": 4}
    expected = of_the_workflow(encoder, tmp_path, kind, **options)
    if kind == "sentence":
        found = embed(encoder, [" ".join(filter(None, words)) for words in SENTENCES], **options, **QUIET)
    else:
        targets = [TARGETS[kind](len(words)) for words in SENTENCES]
        known = {} if kind == "word" else {"kind": kind}
        found = embed(str(encoder), SENTENCES, targets=targets, **known, **options, **QUIET)
    assert found.dtype == np.float32 and np.abs(np.diff(found, axis=0)).max() > 0.1
    np.testing.assert_array_equal(found, expected)


def test_a_sentence_is_read_as_its_own_text(bert):
    text = "The cat,  sat on the mat!"
    found = embed(bert, [text, "a"], **QUIET)
    with torch.no_grad():
        ids = AutoTokenizer.from_pretrained(bert)(text, return_tensors="pt")
        hidden = AutoModel.from_pretrained(bert).eval()(**ids, output_hidden_states=True).hidden_states
    np.testing.assert_allclose(found[:, 0], np.stack([layer[0, 0] for layer in hidden]), rtol=1e-4, atol=1e-4)


def test_layers_come_in_the_order_asked_for(bert):
    whole = embed(bert, TEXT, **QUIET)
    np.testing.assert_array_equal(embed(bert, TEXT, layers=[-1, 0, 3], **QUIET), whole[[3, 0, 3]])


def test_sentences_without_targets_have_no_rows(bert):
    words = [["the", "cat"], ["a", "mat"], ["cat"]]
    found = embed(bert, words, targets=[[1], [], [0]], **QUIET)
    np.testing.assert_array_equal(found, embed(bert, [words[0], words[2]], targets=[[1], [0]], **QUIET))
    assert found.shape[1] == 2


def test_a_model_with_a_head_and_one_in_memory_have_the_encoders_vectors(bert, tmp_path):
    expected, tokenizer = embed(bert, TEXT, **QUIET), AutoTokenizer.from_pretrained(bert)
    model = BertForSequenceClassification.from_pretrained(bert, num_labels=3).train()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    np.testing.assert_array_equal(embed(tmp_path, TEXT, **QUIET), expected)
    tokenizer.backend_tokenizer.enable_truncation(5)
    np.testing.assert_array_equal(embed((model, tokenizer), TEXT, **QUIET), expected)
    assert model.training and tokenizer.backend_tokenizer.truncation["max_length"] == 5  # a copy was used


def test_weights_that_are_missing_are_an_error_that_names_the_folder(bert, tmp_path):
    model = AutoModel.from_pretrained(bert)
    weights = {name: w for name, w in model.state_dict().items() if "layer.1" not in name}
    model.save_pretrained(tmp_path, state_dict=weights)
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="the weights lack") as caught:
        embed(tmp_path, TEXT, **QUIET)
    assert str(tmp_path) in str(caught.value)


def test_vectors_that_are_not_finite_are_an_error_that_names_the_text(bert):
    model = AutoModel.from_pretrained(bert)
    tokenizer = AutoTokenizer.from_pretrained(bert)
    with torch.no_grad():
        model.encoder.layer[2].output.LayerNorm.weight.fill_(3e38)  # finite, but what it makes is not
        model.encoder.layer[2].output.LayerNorm.bias.fill_(3e38)
    with pytest.raises(InputError, match=r"The model: layer 3 is not finite in texts\[1\]"):
        embed((model, tokenizer), [["a"], ["the", "cat"]], targets=[[], [0]], **QUIET)


WRONG = {
    "one text": (("the cat",), {}, "`texts` must be a list"),
    "no text": (([],), {}, "`texts` is empty"),
    "an empty text": ((["a", " "],), {}, r"texts\[1\] is empty"),
    "no string": ((["a", None],), {}, r"texts\[1\] is not a text but NoneType"),
    "words without targets": (([["a"]],), {}, r"texts\[0\] is not a text but list: lists of words need `targets`"),
    "a surrogate": ((["\ud800"],), {}, r"texts\[0\] has half a character"),
    "a string with targets": ((["a b"],), {"targets": [[0]]}, r"texts\[0\] is a string"),
    "fewer targets": (([["a"], ["b"]],), {"targets": [[0]]}, "there are 1 of 2 texts"),
    "spans or pairs": (([["a", "b"]],), {"targets": [[(0, 1)]]}, "`kind` must say"),
    "beyond the end": (([["a"]],), {"targets": [[1]]}, r"targets\[0\]\[0\]: there is no word 1 among 1"),
    "before the start": (([["a"]],), {"targets": [[-1]]}, r"targets\[0\]\[0\]: there is no word -1"),
    "half a pair": (([["a"]],), {"targets": [[0]], "kind": "pair"}, r"targets\[0\]\[0\] is 0: a pair has two"),
    "a mask": (([["a", "b"]],), {"targets": [[True, False]]}, r"targets\[0\]\[0\] is True"),
    "half of two": (([["a", "b"]],), {"targets": [[((0, 1), 1)]], "kind": "span_pair"}, "two first and last words"),
    "one of two": (([["a", "b"]],), {"targets": [[(0, 1)]], "kind": "span_pair"}, "a span pair has two first"),
    "two backwards": (([["a", "b"]],), {"targets": [[(0, 1, 1, 0)]], "kind": "span_pair"}, "ends before it begins"),
    "a lone text": ((["ab"],), {"kind": "sentence_pair"}, r"texts\[0\] is not a pair of texts"),
    "three texts": (([("a", "b", "c")],), {"kind": "sentence_pair"}, r"texts\[0\] is not a pair of texts"),
    "an empty second": (([("a", " ")],), {"kind": "sentence_pair"}, r"texts\[0\]\[1\] is empty: leave the pair out"),
    "a pair of lists": (([(["a"], "b")],), {"kind": "sentence_pair"}, r"texts\[0\]\[0\] is not a text but list"),
    "spans without targets": (([["a"]],), {"kind": "span_pair"}, "where the span pairs are in each text"),
    "a pair with targets": (([("a", "b")],), {"kind": "sentence_pair", "targets": [[0]]}, "with `targets` it is"),
    "backwards": (([["a", "b"]],), {"targets": [[(1, 0)]], "kind": "span"}, "ends before it begins"),
    "no target": (([["a"]],), {"targets": [[]]}, "`targets` has none"),
    "a kind": (([["a"]],), {"targets": [[0]], "kind": "token"}, "`kind` is 'token'"),
    "a kind of its own": ((["a"],), {"kind": "pairs"}, "`kind` is 'pairs'; it is one of word, "),
    "no targets": ((["a"],), {"kind": "word"}, "`targets` must say where the words are"),
    "a pooling": ((["a"],), {"pooling": {"sentence": "max"}}, "sentence: cls, last or mean"),
    "a precision": ((["a"],), {"precision": "fp16"}, "`precision` is 'fp16'"),
    "a batch": ((["a"],), {"batch_size": 0}, "`batch_size` is 0"),
    "a device": ((["a"],), {"device": "gpu"}, "`gpu` is not one of"),
    "a layer": ((["a"],), {"layers": [4]}, "has no layer 4; its layers are 0 .the embeddings. to 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_embedded_is_named(bert, case):
    args, options, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        embed(bert, *args, **{"progress": False, "device": "cpu"} | options)
    assert "closerlook-" not in str(caught.value)


def test_a_model_that_is_not_there_is_named(tmp_path, monkeypatch):
    for model in (tmp_path / "none", "out/of/sight", "./none/"):
        with pytest.raises(InputError, match="there is no such folder"):
            embed(model, ["a"], **QUIET)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match="Nor is there a folder of that name"):
        embed("nobody/nothing", ["a"], **QUIET)
    with pytest.raises(InputError, match="`model` must be"):
        embed((1, 2), ["a"], **QUIET)


def test_an_adapter_in_memory_is_read_as_it_is_merged(bert):
    """Behind a head, too; a prompt cannot be merged."""
    tokenizer, texts = AutoTokenizer.from_pretrained(bert), ["the cat sat", "a mat"]
    whole = BertForSequenceClassification.from_pretrained(bert)
    tuned = get_peft_model(whole, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"]))
    for weight in tuned.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    found = embed((tuned, tokenizer), texts, **QUIET)
    assert any("lora_" in name for name, _ in tuned.named_parameters())  # as it was
    np.testing.assert_allclose(found, embed((tuned.merge_and_unload(), tokenizer), texts, **QUIET), atol=1e-5)
    assert np.abs(found - embed(bert, texts, **QUIET)).max() > 0.1
    prompt = get_peft_model(whole, PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2))
    with pytest.raises(InputError, match="has an adapter that changes no weights"):
        embed((prompt, tokenizer), texts, **QUIET)


def test_from_texts_to_a_study(bert, tmp_path):
    code = (
        "import sys, numpy as np\n"
        "from closerlook import compare, embed\n"
        f"texts = ['the cat', 'a mat', 'the dogs', 'a cafe'] * 6\n"
        f"X = embed({str(bert)!r}, texts, progress=False)\n"
        "study = compare(X, 2 * X, [t.split()[0] for t in texts], probe={'max_iter': 20}, progress=False)\n"
        "assert study.table.layer.tolist() == [0, 1, 2, 3]; print(study)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "2 labels, 4 layers" in out
