"""Tiny models of many families with random weights, and a tokenizer of each kind, made on the spot."""

import functools
import json

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

LONGEST = 32  # tokens in a row
WORDS = [
    "the cat sat on a mat , didn't it ?".split(),
    ["naïve", "cafe\u0301", "Zürich", "a\u0323\u0301b", "😀", "👩‍👩‍👧", "½", "3.14"],
    ["日本語", "東京", "的", "مرحبا", "بالعالم", "กรุงเทพ", "привет"],
    ["antidisestablishmentarianism", "is", "x" * 50, "long"],
    ["the"],
    "one two three four five six seven eight nine ten , and the rest : eleven twelve 😀 thirteen !".split() * 4,
]
TEXT = [" ".join(words) for words in WORDS]
QWEN = r"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+"


def wordpiece():
    """BERT's: no spaces, and a continuation is marked."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TEXT, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special))
    return _wrap(tokenizer, "[CLS] $A [SEP]", pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]")


def bytelevel(template=None, regex=None, **names):
    """RoBERTa's and GPT-2's: tokens of bytes, and a space is the next word's; Qwen's with a pattern of its own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if regex:
        split = pre_tokenizers.Split(Regex(regex), "isolated")
        tokenizer.normalizer = normalizers.NFC()
        after = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, after])
    special, alphabet = list(dict.fromkeys(names.values())), pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXT, trainers.BpeTrainer(vocab_size=320, special_tokens=special, initial_alphabet=alphabet)
    )
    return _wrap(tokenizer, template, **names)


def sentencepiece(dummy, **names):
    """Llama's, or without a space before the first word Gemma's: what it does not know it spells in bytes."""
    special = [*dict.fromkeys(names.values()), *(f"<0x{i:02X}>" for i in range(256))]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    prepend = [normalizers.Prepend("▁")] if dummy else []
    tokenizer.normalizer = normalizers.Sequence([*prepend, normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, limit_alphabet=40)
    tokenizer.train_from_iterator(TEXT, trainer)
    plain = json.loads(tokenizer.to_str()) | {"pre_tokenizer": None}
    plain["added_tokens"] = [token for token in plain["added_tokens"] if not token["content"].startswith("<0x")]
    return _wrap(Tokenizer.from_str(json.dumps(plain)), "<bos> $A", **names)


def unigram(template, **names):
    """XLM-R's, T5's and XLNet's."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = list(dict.fromkeys(names.values()))
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token=names["unk"])
    tokenizer.train_from_iterator(TEXT, trainer)
    return _wrap(tokenizer, template, **names)


def _wrap(tokenizer, template, **names):
    """A tokenizer as transformers has it; `$A` in the template is the text."""
    if template:
        parts = [part.partition(":")[0] for part in template.split() if part[0] != "$"]
        special = [(part, tokenizer.token_to_id(part)) for part in parts]
        tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    names = {f"{name}_token": token for name, token in names.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST, **names)


SEQ = {"pad": "<pad>", "unk": "<unk>", "cls": "<s>", "sep": "</s>", "bos": "<s>", "eos": "</s>", "mask": "<mask>"}
XLNET = {"pad": "<pad>", "unk": "<unk>", "cls": "<cls>", "sep": "<sep>", "mask": "<mask>"}
BOS = {"pad": "<pad>", "unk": "<unk>", "bos": "<bos>", "eos": "<eos>"}
END = {"eos": "<|endoftext|>"}
TOKENIZERS = {
    "wordpiece": wordpiece,
    "roberta": functools.partial(bytelevel, "<s> $A </s>", **SEQ),
    "gpt2": functools.partial(bytelevel, **END, bos="<|endoftext|>", unk="<|endoftext|>"),
    "qwen": functools.partial(bytelevel, regex=QWEN, **END, pad="<|endoftext|>"),
    "llama": functools.partial(sentencepiece, True, **{name: BOS[name] for name in ("unk", "bos", "eos")}),
    "gemma": functools.partial(sentencepiece, False, **BOS),
    "xlmr": functools.partial(unigram, "<s> $A </s>", **SEQ),
    "t5": functools.partial(unigram, "$A </s>", pad="<pad>", eos="</s>", unk="<unk>"),
    "xlnet": functools.partial(unigram, "$A <sep> <cls>:2", **XLNET),
}
tokenizer_of = functools.cache(lambda kind: TOKENIZERS[kind]())

H = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
P = {"max_position_embeddings": 64}
D = H | P | {"num_key_value_heads": 2, "head_dim": 8}
BART = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4}
BART |= {"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 64}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 1, "num_heads": 4}
LED = {k: v for k, v in BART.items() if k != "max_position_embeddings"} | {"attention_window": 8}
LED |= {"max_encoder_position_embeddings": 64, "max_decoder_position_embeddings": 64}
FAMILIES = {  # transformers' name: tokenizer, config
    "bert": ("wordpiece", H | P),
    "roberta": ("roberta", H | P),
    "distilbert": ("wordpiece", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48} | P),
    "electra": ("wordpiece", H | P | {"embedding_size": 16}),
    "albert": ("xlmr", H | P | {"embedding_size": 16}),
    "deberta-v2": ("xlmr", H | P | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}),
    "mpnet": ("roberta", H | P),
    "xlm-roberta": ("xlmr", H | P),
    "modernbert": ("wordpiece", H | P | {"global_attn_every_n_layers": 2, "local_attention": 8}),
    "longformer": ("roberta", H | P | {"attention_window": 8}),
    "xlnet": ("xlnet", {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48}),
    "mobilebert": ("wordpiece", H | P | {"embedding_size": 16, "intra_bottleneck_size": 16}),
    "t5": ("t5", T5),
    "longt5": ("t5", T5 | {"local_radius": 7}),
    "bart": ("roberta", BART),
    "mbart": ("xlmr", BART),
    "marian": ("t5", BART),
    "pegasus": ("t5", BART),
    "led": ("roberta", LED),
    "gpt2": ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}),
    "gpt_neox": ("qwen", H | P),
    "llama": ("llama", D),
    "mistral": ("llama", D | {"sliding_window": 8}),
    "qwen2": ("qwen", H | P | {"num_key_value_heads": 2}),
    "qwen3": ("qwen", D),
    "gemma": ("gemma", D),
    "gemma2": ("gemma", D | {"sliding_window": 8}),
    "gemma3_text": ("gemma", D | {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}),
    "phi": ("gpt2", H | P),
    "opt": ("gpt2", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 48} | P
            | {"word_embed_proj_dim": 32}),
    "bloom": ("qwen", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "mamba": ("gpt2", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}),
    "rwkv": ("gpt2", {"hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32}),
}  # fmt: skip
CAUSAL = {"gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi", "opt"}
CAUSAL |= {"bloom", "mamba", "rwkv"}


def config_of(family, **more):
    """The config of a family, with the special tokens of its tokenizer."""
    kind, shape = FAMILIES[family]
    tokenizer = tokenizer_of(kind)
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id", None) for name in ("pad", "bos", "eos")}
    return AutoConfig.for_model(family, **{"vocab_size": len(tokenizer)} | ids | shape | more)


def save_family(folder, family, head=None, dtype=torch.float32, **more):
    """Write a tiny model, of a class of transformers with a head if that is named, and its tokenizer; return it."""
    torch.manual_seed(0)
    config = config_of(family, **more)
    model = getattr(transformers, head)(config) if head else AutoModel.from_config(config)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear | nn.Embedding) and module.weight.requires_grad:
                module.weight.mul_(8)  # far from the near-zero start, so that a mistake shows
        for weight in model.parameters():
            weight.data = weight.to(dtype)
    model.save_pretrained(folder)
    tokenizer_of(FAMILIES[family][0]).save_pretrained(folder)
    return model.float().eval()
