"""Tiny encoders of three families, built on the spot, and tasks for them."""

import json
import unicodedata

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizer,
)

MAX = 24  # subwords that the tiny encoders can read, special tokens included
TEXT = [
    "The cat sat on the mat, while 3.5 dogs barked at naïve cafés in Zürich.",
    "Don't you think it's well-known? She said: \"yes\" (twice) & left at 10:30!",
    "antidisestablishmentarianism is an unbelievably long word, isn't it",
    "日本語 привет мир 😀 emoji and combining é marks",
] * 3
AWKWARD = [
    ["Don't", "stop", "!?", "...", "e.g.", "http://a.b/c?d=e#f", "10:30", "C3PO", "(", ")"],
    ["😀", "👩‍👩‍👧‍👦", "🤷🏽‍♀️", "a😀b", "™", "½"],
    ["café", "cafe\u0301", "naïve", "Zürich", "日本語", "привет", "a\u0323\u0301b"],
    ["x" * 40, "y", "antidisestablishmentarianism" * 2, "z"],
    ["a", "\u200b", "b", "\u0301", "\x07", "c", "\ufeff", ""],
    ["\u200d"],
    ["New York", "a\tb", " c "],
]


def letters(text):
    """List the distinct characters of a text."""
    return sorted(set(text) - {" "})


def bert_tokenizer(folder):
    """Write a WordPiece vocabulary the way the oldest BERTs have it: nothing but `vocab.txt`."""
    plain = [c for c in letters(unicodedata.normalize("NFD", "".join(TEXT).lower())) if not unicodedata.combining(c)]
    pieces = ["the", "cat", "ma", "##at", "naiv", "bark", "##ed", "well", "##ism", "##ent"]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *plain, *("##" + letter for letter in plain), *pieces]
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    return len(vocab)


def roberta_tokenizer(folder):
    """Write a byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXT, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    RobertaTokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]]).save_pretrained(folder)
    return len(model["vocab"])


def unigram(template="[CLS] $A [SEP]", special=("[CLS]", "[SEP]"), **names):
    """Build a SentencePiece-like tokenizer (Unigram over `▁`) that puts its special tokens as the template says."""
    pieces = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", *letters("".join(TEXT))]
    pieces += ["▁", "▁the", "▁ca", "at", "ed", "ism"]
    vocab = [(piece, -float(i % 7 + 9) / len(piece)) for i, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=1))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\u200b", "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    if template:
        ids = [(token, tokenizer.token_to_id(token)) for token in special]
        tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    names = {"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "[MASK]"} | names
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def pieces(tokenizer, words):
    """Token ids of every word as they stand in the text, letter by letter; an unknown token for a word without any.

    A token belongs to the words whose letters it covers, and one of nothing but a space to the word after the space.
    """
    text = " ".join(filter(None, words))
    solid = [w for w, word in enumerate(words) if word]
    owner = [w for w in solid for _ in range(len(words[w]) + (w > solid[0]))]  # a space is the next word's
    space = [w > solid[0] and k == 0 for w in solid for k in range(len(words[w]) + (w > solid[0]))]
    assert len(owner) == len(text)
    found = [[] for _ in words]
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    for i, (begin, end) in zip(encoded["input_ids"], encoded["offset_mapping"]):
        begin = min(begin, len(text) - 1)
        covered = range(begin, max(end, begin + 1))
        letters = {owner[k] for k in covered if not space[k]} or {owner[covered[0]]}
        for w in letters:
            found[w].append(i)
    return [ids or [tokenizer.unk_token_id] for ids in found]


def save_encoder(folder, family):
    """Write a tiny encoder with random weights, and its tokenizer."""
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
    if family == "bert":
        model = BertModel(BertConfig(vocab_size=bert_tokenizer(folder), max_position_embeddings=MAX, **shape))
    elif family == "roberta":
        shape |= {"vocab_size": roberta_tokenizer(folder), "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
        model = RobertaModel(RobertaConfig(max_position_embeddings=MAX + 2, type_vocab_size=1, **shape))
    else:
        tokenizer = unigram(cls_token="[CLS]", sep_token="[SEP]")
        tokenizer.save_pretrained(folder)
        shape |= {"vocab_size": len(tokenizer), "embedding_size": 16, "pad_token_id": 0}
        model = AlbertModel(AlbertConfig(max_position_embeddings=MAX, **shape))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5)  # far from the initial near-zero vectors, so that a mistake shows
    model.save_pretrained(folder)
    return folder


def save_task(folder, train, test=None, names=("a", "b", "c"), kind=None):
    """Write a task; `train` and `test` are lists of (words, targets, labels); the kind is told by the first target."""
    features = Features(
        {
            "id": Value("string"),
            "words": [Value("string")],
            "targets": [[Value("int64")]],
            "labels": [ClassLabel(names=list(names))],
            "text": Value("string"),
            "places": [[Value("int64")]],
            "second": Value("string"),
        }
    )

    def split(rows, name):
        columns = {"id": [f"{name}-{i}" for i in range(len(rows))]}
        columns |= {key: [row[k] for row in rows] for k, key in enumerate(("words", "targets", "labels"))}
        columns |= {key: [None] * len(rows) for key in ("text", "places", "second")}
        return Dataset.from_dict(columns, features=features)

    DatasetDict(train=split(train, "train"), test=split(test or train[:4], "test")).save_to_disk(folder)
    kind = kind or ("sentence", "word", "pair")[len(train[0][1][0])]
    (folder / "summary.json").write_text(json.dumps({"kind": kind}))
    (folder / "labels.json").write_text(json.dumps({"names": list(names), "train": [], "test": []}))
    return folder


def toy_rows(kind, n, seed=0):
    """Write sentences whose labels are easy to learn: the word's, the dependent's, or that of all words alike."""
    rng = np.random.default_rng(seed)
    vocabulary = ["cat", "mat", "sat", "dogs", "barked", "naïve", "think", "word", "Zürich", "well-known"]
    rows = []
    for _ in range(n):
        words = [vocabulary[i] for i in rng.integers(len(vocabulary), size=rng.integers(2, 12))]
        label = [vocabulary.index(word) % 3 for word in words]
        if kind == "sentence":
            alike = [word for word, one in zip(words, label) if one == label[0]]
            rows.append((alike, [[]], [label[0]]))
        elif kind == "word":
            at = sorted(rng.choice(len(words), rng.integers(1, len(words) + 1), replace=False).tolist())
            rows.append((words, [[i] for i in at], [label[i] for i in at]))
        else:
            at = range(1, len(words))
            rows.append((words, [[int(rng.integers(i)), i] for i in at], [label[i] for i in at]))
    return rows


@pytest.fixture(scope="session", params=["bert", "roberta", "albert"])
def encoder(request, tmp_path_factory):
    """Folder of a tiny encoder: WordPiece, byte-level BPE, Unigram."""
    return save_encoder(tmp_path_factory.mktemp("encoders") / request.param, request.param)


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """Folder of a tiny BERT."""
    return save_encoder(tmp_path_factory.mktemp("encoders") / "bert", "bert")
