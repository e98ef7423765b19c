"""Pinning: from folders, and from a hub that we play ourselves on 127.0.0.1."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time

import encoders_fixtures
import numpy as np
import pytest
import torch
from encoders_fixtures import MAX, bert_tokenizer, save_encoder, save_task
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForMaskedLM

from closerlook.encoders.layers import embed
from closerlook.encoders.pinning import pin_model
from closerlook.errors import InputError

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder


def output(folder, text="the cat barked"):
    """Last layer's vectors of a text, by transformers itself."""
    ids = torch.tensor([AutoTokenizer.from_pretrained(folder)(text)["input_ids"]])
    with torch.no_grad():
        return AutoModel.from_pretrained(folder).eval()(ids).last_hidden_state


def test_a_folder(encoder, tmp_path):
    note = pin_model(tmp_path / "model", path=encoder, n_layers=3)
    assert torch.equal(output(tmp_path / "model"), output(encoder))
    assert note == json.loads((tmp_path / "model" / "model.json").read_text())
    assert note["source"] == {"path": str(encoder)} and note["weights"] == "pretrained" and note["seed"] is None
    assert (note["n_layers"], note["hidden_size"], note["max_length"]) == (3, 32, MAX)
    model = AutoModel.from_pretrained(encoder)
    without_pooler = [p.numel() for name, p in model.named_parameters() if "pooler" not in name]
    assert note["n_parameters"] == sum(without_pooler)
    written = {path.name for path in (tmp_path / "model").iterdir()}
    assert written == {*note["sha256"], "model.json"} > {"config.json", "model.safetensors", "tokenizer.json"}
    for name, digest in note["sha256"].items():
        content = (tmp_path / "model" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert str(tmp_path).encode() not in content and str(encoder).encode() not in content


def test_the_pinned_folder_gives_the_same_vectors(encoder, tmp_path):
    pin_model(tmp_path / "model", path=encoder)
    save_task(tmp_path / "task", [(["the", "naïve", "cat's", "😀"], [[i] for i in range(4)], [0] * 4)])
    for name, folder in (("a", encoder), ("b", tmp_path / "model")):
        embed(folder, tmp_path / "task", {"train": {2: tmp_path / f"{name}.npy"}}, progress=False)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))


def test_random_weights(bert, tmp_path):
    state = torch.random.get_rng_state()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        note = pin_model(tmp_path / name, path=bert, weights="random", seed=seed)
        assert (note["weights"], note["seed"]) == ("random", seed)
    assert torch.equal(torch.random.get_rng_state(), state)
    same, again, other = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    trained, matrix = load_file(bert / "model.safetensors"), "encoder.layer.1.output.dense.weight"
    assert all(torch.equal(same[key], again[key]) for key in same)
    assert not torch.equal(same[matrix], other[matrix]) and not torch.equal(same[matrix], trained[matrix])
    assert same[matrix].std() == pytest.approx(0.02, rel=0.1)
    for name in ("tokenizer.json", "config.json"):
        pin_model(tmp_path / "d", path=bert)
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "d" / name).read_bytes()


def test_random_weights_need_no_weights(bert, tmp_path):
    (tmp_path / "bare").mkdir()
    for name in ("config.json", "vocab.txt"):
        (tmp_path / "bare" / name).write_bytes((bert / name).read_bytes())
    pin_model(tmp_path / "a", path=tmp_path / "bare", weights="random")
    pin_model(tmp_path / "b", path=bert, weights="random")
    name = "model.safetensors"
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def old_bert(folder):
    """Write a BERT as they were published first: a language model's `pytorch_model.bin`, in half precision."""
    folder.mkdir()
    config = BertConfig(
        vocab_size=bert_tokenizer(folder), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=40, max_position_embeddings=MAX,
    )  # fmt: skip
    torch.manual_seed(0)
    model = BertForMaskedLM(config).half()
    config.save_pretrained(folder)
    rename = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    weights = {}
    for key, value in model.state_dict().items():
        for new, old in rename.items():
            key = key.replace(new, old)
        weights[key] = value
    torch.save(weights, folder / "pytorch_model.bin")
    return model


def test_an_old_berts_files(tmp_path):
    model = old_bert(tmp_path / "old")
    note = pin_model(tmp_path / "model", path=tmp_path / "old")
    pinned = load_file(tmp_path / "model" / "model.safetensors")
    for key, value in model.bert.state_dict().items():
        assert pinned[key].dtype == torch.float16 and torch.equal(pinned[key], value), key
    assert note["n_layers"] == 2 and note["dtype"] == "float16"


def without(folder, name):
    """Remove a tensor from a model's weights."""
    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def broken(folder, how):
    model = save_encoder(folder, "bert")
    if how == "config":
        (model / "config.json").unlink()
    elif how == "tokenizer":
        (model / "vocab.txt").unlink()
    elif how == "weights":
        (model / "model.safetensors").unlink()
    elif how == "truncated":
        (model / "model.safetensors").write_bytes((model / "model.safetensors").read_bytes()[:-50])
    elif how == "missing":
        without(model, "encoder.layer.2.attention.self.query.weight")
    elif how == "vocabulary":
        (model / "vocab.txt").write_text((model / "vocab.txt").read_text().replace("[SEP]\n", "") + "[SEP]\n" * 9)
    elif how == "type":
        (model / "config.json").write_text('{"model_type": "unheard-of"}')
    elif how == "nan":
        weights = load_file(model / "model.safetensors")
        weights["encoder.layer.2.attention.self.query.weight"][:] = float("nan")
        save_file(weights, model / "model.safetensors", {"format": "pt"})
    return model


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("config", "no config.json"),
        ("tokenizer", "has no tokenizer .* set the model's `tokenizer:`"),
        ("weights", "cannot be loaded as an encoder"),
        ("truncated", "cannot be loaded as an encoder"),
        ("missing", "lack encoder.layer.2.attention.self.query.weight"),
        ("vocabulary", "without an embedding"),
        ("type", "unheard-of"),
        ("nan", "encoder.layer.2.attention.self.query.weight is not finite"),
    ],
)
def test_a_broken_folder_is_named(tmp_path, how, message):
    model = broken(tmp_path / "bad", how)
    for weights in ["pretrained"] + ["random"] * (how in ("config", "tokenizer", "type", "vocabulary")):
        with pytest.raises(InputError, match=message) as error:
            pin_model(tmp_path / "model", path=model, weights=weights)
        assert "bad" in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_a_missing_pooler_is_no_matter(tmp_path):
    model = save_encoder(tmp_path / "a", "bert")
    pin_model(tmp_path / "with", path=model)
    without(model, "pooler.dense.weight")
    pin_model(tmp_path / "without", path=model)
    name = "model.safetensors"
    assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


def test_other_layers_than_configured(bert, tmp_path):
    with pytest.raises(InputError, match="has 3 layers, but `n_layers: 4`"):
        pin_model(tmp_path / "model", path=bert, n_layers=4)


def test_neither_hub_nor_path(tmp_path):
    for keys in ({}, {"hub": "a/b", "path": "c"}):
        with pytest.raises(InputError, match="`hub:` or .* `path:`"):
            pin_model(tmp_path / "model", **keys)


COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub as its client asks for: `owner/name` is served from a folder of that name."""

    protocol_version = "HTTP/1.1"
    root, asked, down = None, [], False

    def do_GET(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def answer(self):
        type(self).asked.append(f"{self.command} {self.path}")
        path = self.path.split("?")[0].strip("/")
        model = "/".join(path.removeprefix("api/models/").split("/")[:2])
        rest = path.removeprefix("api/models/").split("/")[2:]
        folder = self.root / model
        if self.down:
            return self.reply(503)
        if model == "tiny/silent":
            time.sleep(15)
            return self.reply(503)
        if model == "tiny/gated":
            return self.reply(403, {"X-Error-Code": "GatedRepo"})
        if not folder.is_dir():
            return self.reply(401, {"X-Error-Code": "RepoNotFound"})
        if path.startswith("api/models/"):
            if rest[:1] == ["revision"] and rest[1] not in ("main", "v1", COMMIT):
                return self.reply(404, {"X-Error-Code": "RevisionNotFound"})
            names = sorted(file.name for file in folder.iterdir())
            if rest[:1] == ["tree"]:
                sizes = {name: (folder / name).stat().st_size for name in names}
                tree = [{"type": "file", "path": n, "size": sizes[n], "oid": "0" * 40} for n in names]
                return self.reply(200, body=json.dumps(tree).encode())
            info = {"id": model, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
            return self.reply(200, body=json.dumps(info).encode())
        assert rest[:2] == ["resolve", COMMIT]
        body = (folder / rest[2]).read_bytes()
        self.reply(200, {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(body).hexdigest()}"'}, body)

    def reply(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


CLIENT = """
import json, sys, time
from pathlib import Path
from closerlook.encoders import locating, pinning
from closerlook.errors import InputError

locating.TIMEOUT = 2
for line in sys.stdin:
    keys, start = json.loads(line), time.perf_counter()
    try:
        answer = pinning.pin_model(**keys)
    except InputError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer | {"seconds": time.perf_counter() - start}), flush=True)
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Our hub, and a function that pins from it in another process, as the client reads HF_ENDPOINT when imported."""
    root = tmp_path_factory.mktemp("hub")
    Hub.root = root
    save_encoder(root / "tiny" / "bert", "bert")
    for junk in ("flax_model.msgpack", "pytorch_model.bin", "README.md", "tf_model.h5", "model.onnx"):
        (root / "tiny" / "bert" / junk).write_bytes(b"junk")
    old_bert(root / "tiny" / "old")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.handle_error = lambda *_: None  # a client that no longer waits for an answer
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = {key: value for key, value in os.environ.items() if "HF_" not in key and "proxy" not in key.lower()}
    env |= {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(root / "cache")}
    env |= {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__)), "HF_HUB_DISABLE_XET": "1"}
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip

    def pin(dest, **keys):
        Hub.asked.clear()
        client.stdin.write(json.dumps({"dest": str(dest), **keys}) + "\n")
        client.stdin.flush()
        return json.loads(client.stdout.readline())

    yield root, pin
    client.stdin.close()
    client.wait()
    server.shutdown()


def test_the_hub_and_then_no_hub(hub, tmp_path):
    root, pin = hub
    note = pin(tmp_path / "model", hub="tiny/bert", revision="v1", n_layers=3)
    assert note["source"] == {"hub": "tiny/bert", "revision": COMMIT, "requested": "v1"}
    assert torch.equal(output(tmp_path / "model"), output(root / "tiny" / "bert"))
    fetched = {line.split("/")[-1] for line in Hub.asked if "/resolve/" in line}
    assert fetched == {"config.json", "model.safetensors", "vocab.txt"}
    Hub.down = True
    try:
        again = pin(tmp_path / "again", hub="tiny/bert", revision="v1")  # from the cache
        unknown = pin(tmp_path / "unknown", hub="tiny/old")
    finally:
        Hub.down = False
    assert again["sha256"] == note["sha256"] and again["source"] == note["source"]
    assert "`tiny/old`" in unknown["error"] and "`path:`" in unknown["error"] and unknown["seconds"] < 10


def test_the_hubs_default_branch_and_old_files(hub, tmp_path):
    root, pin = hub
    note = pin(tmp_path / "model", hub="tiny/old")
    assert note["source"] == {"hub": "tiny/old", "revision": COMMIT, "requested": None}
    assert {line.split("/")[-1] for line in Hub.asked if "/resolve/" in line} >= {"pytorch_model.bin", "vocab.txt"}
    note = pin(tmp_path / "random", hub="tiny/old", weights="random")
    assert note["weights"] == "random"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"hub": "tiny/absent"}, "is not on the hub"),
        ({"hub": "not a name"}, "is not on the hub"),
        ({"hub": "tiny/gated"}, "is gated"),
        ({"hub": "tiny/bert", "revision": "v9"}, "has no revision `v9`"),
        ({"hub": "tiny/silent"}, "cannot be reached"),
        ({"hub": "tiny/bert", "n_layers": 12}, "has 3 layers"),
    ],
)
def test_the_hub_says_no(hub, tmp_path, keys, message):
    answer = hub[1](tmp_path / "model", **keys)
    assert keys["hub"] in answer["error"] and message in answer["error"] and "\n" not in answer["error"]
    assert ("`path:`" in answer["error"]) == ("revision" not in keys and "n_layers" not in keys)
    assert answer["seconds"] < 10 and not list(tmp_path.iterdir())
