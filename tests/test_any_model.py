"""One study of what people bring: a decoder, an encoder with a decoder beside it, one of many languages, an adapter,
spans, pairs of spans and of sentences; every space against transformers alone."""

import json
import os
import subprocess

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from encoders_fixtures import bert_tokenizer, roberta_tokenizer, unigram
from peft import LoraConfig, TaskType, get_peft_model
from small_study import ROOT, command
from transformers import (
    AutoModel,
    AutoTokenizer,
    BartConfig,
    BartModel,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    GPT2Config,
    GPT2Model,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

pytestmark = pytest.mark.slow

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
PLACES, PEOPLE, VERBS = ["Paris", "Rome", "Oslo"], ["Ada", "Max", "Eva"], ["left", "saw", "likes"]
NAMES = ["日本", "本語", "語日", "日", "本", "語", "本日", "語本", "日語"]  # of letters that the tokenizer knows
HAN = dict(zip(PLACES + PEOPLE + VERBS, NAMES))


def sentences(n, seed):
    rng = np.random.default_rng(seed)
    return [[str(rng.choice(some)) for some in (PEOPLE, VERBS, PLACES)] for _ in range(n)]


def conll(rows):
    """Columns with names in IOB2, as NER corpora have them."""
    blocks = ("\n".join(f"{w} {t}" for w, t in zip(row, ("B-PER", "O", "B-LOC"))) for row in rows)
    return "-DOCSTART- O\n\n" + "\n\n".join(blocks) + "\n"


def edges(rows):
    targets = [
        {"span1": [0, 1], "span2": [1, 2], "label": "agent"},
        {"span1": [2, 3], "span2": [1, 2], "label": "theme"},
    ]
    return "".join(json.dumps({"text": " ".join(row), "targets": targets}) + "\n" for row in rows)


def nli(rows):
    """Pairs of texts as SNLI has them: one in five without a label that the annotators agree on."""
    labels = ["entailment", "contradiction", "entailment", "contradiction", "-"]
    pairs = [(a, a if i % 2 == 0 else b) for i, (a, b) in enumerate(zip(rows, rows[1:] + rows[:1]))]
    found = (
        {"sentence1": " ".join(a), "sentence2": " ".join(b), "gold_label": labels[i % 5]}
        for i, (a, b) in enumerate(pairs)
    )
    return "".join(json.dumps(row) + "\n" for row in found)


def conllu(rows):
    tags = ("PROPN", "VERB", "PROPN")
    blocks = (
        "\n".join(f"{i}\t{w}\t_\t{t}\t_\t_\t0\troot\t_\t_" for i, (w, t) in enumerate(zip(row, tags), 1))
        for row in rows
    )
    return "\n\n".join(blocks) + "\n\n"


WRITTEN = {"ner": (conll, "conll"), "srl": (edges, "jsonl"), "nli": (nli, "jsonl"), "en": (conllu, "conllu")}


def write(folder):
    """Corpora and models in a folder."""
    for split, n in (("train", 30), ("test", 20)):
        rows = sentences(n, len(split))
        for name, (text, suffix) in WRITTEN.items():
            (folder / f"{name}.{split}.{suffix}").write_text(text(rows))
        (folder / f"zh.{split}.conllu").write_text(conllu([[HAN[word] for word in row] for row in rows]))
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=bert_tokenizer(folder / "bert"), **SIZES)).save_pretrained(folder / "bert")
    n = roberta_tokenizer(folder / "gpt2")  # bytes, and a decoder that puts nothing around a text
    backend = AutoTokenizer.from_pretrained(folder / "gpt2", tokenizer_type="roberta").backend_tokenizer
    backend.post_processor = None
    PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>").save_pretrained(folder / "gpt2")
    GPT2Model(GPT2Config(vocab_size=n, n_embd=16, n_layer=2, n_head=2, n_positions=64)).save_pretrained(folder / "gpt2")
    n = roberta_tokenizer(folder / "bart")
    shape = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24}  # fmt: skip
    BartModel(BartConfig(vocab_size=n, pad_token_id=1, **shape)).save_pretrained(folder / "bart")
    tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
    shape = SIZES | {"vocab_size": len(tokenizer), "pad_token_id": 0, "max_position_embeddings": 64}
    XLMRobertaModel(XLMRobertaConfig(**shape)).save_pretrained(folder / "xlmr")
    tokenizer.save_pretrained(folder / "words")  # not beside the weights
    tuned = get_peft_model(
        BertForSequenceClassification.from_pretrained(folder / "bert"),
        LoraConfig(task_type=TaskType.SEQ_CLS, r=2, target_modules=["query", "value"]),
    )
    for weight in tuned.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    tuned.save_pretrained(folder / "adapter")


def corpus(name, form):
    return {"format": form, **{split: {"path": f"{name}.{split}.{WRITTEN[name][1]}"} for split in ("train", "test")}}


STUDY = {
    "corpora": {
        "ner": corpus("ner", "conll") | {"fields": ["word", "ner"]},
        "srl": corpus("srl", "edge_probing"),
        "nli": corpus("nli", "table"),
        "en": corpus("en", "conllu"),
        "zh": {"format": "conllu", **{split: {"path": f"zh.{split}.conllu"} for split in ("train", "test")}},
    },
    "tasks": {
        "names": {"corpus": "ner", "kind": "span", "label": "ner"},
        "roles": {"corpus": "srl", "kind": "span_pair", "label": "label"},
        "nli": {"corpus": "nli", "kind": "sentence_pair", "label": "gold_label", "words": "sentence1",
                "second": "sentence2"},
        "en": {"corpus": "en", "kind": "word", "label": "upos"},
        "zh": {"corpus": "zh", "kind": "word", "label": "upos", "finetune": False},
    },
    "models": {
        "bert": {"path": "bert", "tasks": ["nli"]},
        "gpt2": {"path": "gpt2", "tasks": ["names"], "recipes": ["lora"]},
        "bart": {"path": "bart", "tasks": ["roles"], "frozen": True},
        "xlmr": {"path": "xlmr", "tokenizer": "words", "tasks": ["en", "zh"], "recipes": ["full"]},
    },
    "runs": {"theirs": {"model": "bert", "task": "nli", "adapter": "adapter"}},
    "recipes": {"full": {}, "lora": {"method": "lora", "rank": 2, "learning_rate": 1e-2}},
    "seeds": [0],
    "layers": [-1],
    "device": "cpu",
    "finetune": {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3},
    "cross_tasks": [["en", "zh"]],
    "probes": {"classifier": {"hidden_layer_sizes": [[4]], "alphas": [1e-4], "cv": 1, "repeats": 2, "max_iter": 5}},
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    write(folder)
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    wanted = [f"results/tables/{name}.csv" for name in ("table7", "recipes", "claims", "tuning")]
    start = command("--cores", "2", "--workflow-profile", ROOT / "profiles/default", *wanted)
    run = subprocess.run(start, cwd=folder, capture_output=True, text=True, env=os.environ)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def vectors(study, model, state, task):
    return np.load(study / f"results/embeddings/{model}/{state}/{task}/train/layer2.npy")


def read(study, folder, first, second=None, encoder=None):
    """What transformers makes of a text: the last layer, (n_tokens, dim), and where each token stands."""
    tokenizer = AutoTokenizer.from_pretrained(study / folder)
    given = tokenizer(first, second, return_tensors="pt", return_offsets_mapping=True)
    places = given.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        return (encoder or AutoModel.from_pretrained(study / folder).eval())(**given).last_hidden_state[0], places


def of_word(text, i, hidden, places):
    """The mean over the tokens of a word, and of the space before it."""
    words = text.split()
    begin = len(" ".join(words[:i]))
    end = begin + len(words[i]) + (i > 0)
    inside = [a >= begin and begin < b <= end for a, b in places]
    return hidden[torch.tensor(inside)].mean(0).numpy()


def test_pairs_of_sentences_are_read_as_the_tokenizer_joins_them(study):
    rows = [json.loads(line) for line in (study / "nli.train.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["gold_label"] != "-"]
    expected = [read(study, "bert", row["sentence1"], row["sentence2"])[0][0].numpy() for row in rows[:6]]
    found = vectors(study, "bert", "original", "nli")
    assert len(found) == len(rows) == 24
    np.testing.assert_allclose(found[:6], expected, atol=1e-5)
    summary = json.loads((study / "results/tasks/nli/summary.json").read_text())
    assert list(summary["splits"]["train"]["left_out"].values()) == [6]


def test_spans_in_a_decoder(study):
    expected = []
    for row in sentences(30, 5)[:3]:
        text = " ".join(row)
        hidden, places = read(study, "gpt2", text)
        expected += [of_word(text, i, hidden, places) for i in (0, 2)]
    np.testing.assert_allclose(vectors(study, "gpt2", "original", "names")[:6], expected, atol=1e-5)


def test_pairs_of_spans_in_the_encoder_of_an_encoder_decoder(study):
    expected, encoder = [], AutoModel.from_pretrained(study / "bart").eval().get_encoder()
    for row in sentences(30, 5)[:3]:
        text = " ".join(row)
        hidden, places = read(study, "bart", text, encoder=encoder)
        word = [of_word(text, i, hidden, places) for i in range(3)]
        expected += [np.append(word[0], word[1]), np.append(word[2], word[1])]
    np.testing.assert_allclose(vectors(study, "bart", "original", "roles")[:6], expected, atol=1e-5)


def test_another_language_is_read_after_tuning_on_the_first(study):
    """By the tuned weights, with a tokenizer that lies elsewhere."""
    tuned = AutoModel.from_pretrained(study / "results/runs/xlmr/en.seed0").eval()
    expected = []
    for row in sentences(30, 5)[:2]:
        text = " ".join(HAN[word] for word in row)
        hidden, places = read(study, "words", text, encoder=tuned)
        expected += [of_word(text, i, hidden, places) for i in range(3)]
    np.testing.assert_allclose(vectors(study, "xlmr", "en.seed0", "zh")[:6], expected, atol=1e-5)
    table = pd.read_csv(study / "results/tables/spaces.csv").query("model == 'xlmr' and task == 'zh'")
    assert set(table.state) == {"original", "en.seed0"} and table.accuracy.notna().all()


def test_recipes_and_an_adapter_stand_beside_each_other(study):
    tuning = pd.read_csv(study / "results/tables/tuning.csv").set_index(["model", "run"])
    assert set(tuning.recipe) == {"full", "lora", "theirs"} and len(tuning) == 5
    learned = tuning.trained_parameters
    assert 0 < learned["bert", "lora-seed0"] < learned["bert", "seed0"] and tuning.weight_change.gt(0).all()
    names = {"bert (full)", "bert (lora)", "bert (theirs)", "gpt2", "bart", "xlmr"}
    assert set(pd.read_csv(study / "results/tables/table7.csv").model) == names
    recipes = pd.read_csv(study / "results/tables/recipes.csv").query("model == 'bert'")
    assert recipes.recipe.fillna("original").tolist() == ["original", "full", "lora", "theirs"]
    moved = recipes.set_index("recipe").displacement
    assert (moved[["full", "lora", "theirs"]] > 0).all()
    jobs = {file.parent.name for file in (study / "results/logs/embed/bert").glob("*/nli.log")}
    assert jobs == {"original", "nli.seed0", "nli.lora-seed0", "nli.theirs"}  # the original once


def test_the_claim_about_recipes_has_its_pair(study):
    claims = pd.read_csv(study / "results/tables/claims.csv").set_index(["claim", "scope"])
    row = claims.loc["recipes", "grid"]
    assert row.n + len(json.loads(row.undefined)) == 1  # the recipes of bert on nli, as good as each other or not
