"""How much longer does extracting all layers take than the bare forward pass over the same batches?

    python benchmarks/extraction.py [--model FOLDER --task FOLDER] [--threads 2] [--rounds 5]

Without arguments: a BERT of MiniLM's size (6 layers of 384) with random weights, and random sentences of the lengths
that treebanks have, a label on every word. The goal is a ratio of at most 1.3.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value, load_from_disk
from transformers import BertConfig, BertModel

from closerlook.devices import pick_device, torch_threads
from closerlook.encoders.alignment import Aligner
from closerlook.encoders.batching import batches
from closerlook.encoders.layers import embed
from closerlook.encoders.loading import load_encoder, load_tokenizer, max_length


def made_up_model(folder):
    """Write a BERT of MiniLM's size whose words are numbers, some of them of several subwords."""
    numbers = [str(i) for i in range(1000)]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *numbers, *("##" + number for number in numbers)]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n")
    size = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    BertModel(BertConfig(vocab_size=30522, **size)).save_pretrained(folder)


def made_up_task(folder, n):
    """Write `n` sentences of about 21 words, as in English PUD."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(2.95, 0.45, n).astype(int), 1, 80)
    words = [[str(i) for i in rng.integers(10**5, size=length)] for length in lengths]
    columns = {
        "id": [str(i) for i in range(n)],
        "words": words,
        "targets": [[[i] for i in range(length)] for length in lengths],
        "labels": [[0] * length for length in lengths],
    }
    features = Features(
        {
            "id": Value("string"),
            "words": [Value("string")],
            "targets": [[Value("int64")]],
            "labels": [ClassLabel(names=["number"])],
            "text": Value("string"),
            "places": [[Value("int64")]],
        }
    )
    columns |= {name: [None] * len(columns["id"]) for name in ("text", "places")}
    DatasetDict(train=Dataset.from_dict(columns, features=features)).save_to_disk(folder)
    (Path(folder) / "summary.json").write_text('{"kind": "word"}')


def bare(model, task, batch_size, device):
    """Return a function that times the encoder alone, over batches that are ready on the device."""
    rows = load_from_disk(str(task))["train"]
    encoder, tokenizer = load_encoder(model).to(device), load_tokenizer(model)
    aligner = Aligner(tokenizer, max_length(encoder, tokenizer), "word")
    sentences = aligner.encode(rows["words"], rows["targets"])
    ready = [aligner.batch([sentences[i] for i in some]).to(device) for some in batches(sentences, batch_size)]

    @torch.inference_mode()
    def run():
        encoder(**ready[-1].inputs())  # warm up, with the shortest
        start = time.perf_counter()
        for batch in ready:
            last = encoder(**batch.inputs()).last_hidden_state
        last.sum().item()  # wait for the device
        return time.perf_counter() - start

    return run


def main():
    """Time both in turns, and print the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, help="an encoder folder")
    parser.add_argument("--task", type=Path, help="a task folder")
    parser.add_argument("--sentences", type=int, default=500, help="of the made-up task")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, torch_threads(options.threads):
        folder = Path(folder)
        model, task = options.model or folder / "model", options.task or folder / "task"
        if not options.model:
            made_up_model(model)
        if not options.task:
            made_up_task(task, options.sentences)
        depth = load_encoder(model).config.num_hidden_layers
        out = {"train": {layer: folder / f"layer{layer}.npy" for layer in range(depth + 1)}}
        keys = {"batch_size": options.batch_size, "device": options.device, "threads": options.threads}
        forward = bare(model, task, options.batch_size, pick_device(options.device))
        times = {"forward": [], "embed": []}  # the latter with loading, encoding and writing
        for _ in range(options.rounds):
            times["forward"].append(forward())
            summary = embed(model, task, out, progress=False, **keys)
            times["embed"].append(summary["seconds"])
    n, tokens = summary["n_sentences"]["train"], summary["n_tokens"]
    print(f"{n} sentences, {tokens} tokens, {depth} layers; {summary['device']}, {options.threads} threads")
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        ratio = median[name] / median["forward"]
        print(f"{name:8} {median[name]:7.2f} s  ({min(values):.2f} to {max(values):.2f})  {ratio:.2f} x forward")


if __name__ == "__main__":
    main()
