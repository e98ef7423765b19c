"""Fine-tuning: compared with a plain loop, with itself after being killed, and with itself short of memory."""

import csv
import hashlib
import logging
import math
import os
import shutil
import signal
import subprocess
import sys

import encoders_fixtures
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from datasets import load_from_disk
from encoders_fixtures import save_task, toy_rows
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

from closerlook.encoders import checkpoints, finetuning, training
from closerlook.encoders.finetuning import finetune
from closerlook.encoders.layers import embed
from closerlook.encoders.steps import step_spaces
from closerlook.encoders.updates import kept
from closerlook.errors import InputError
from closerlook.files import read_json
from closerlook.recipes import Recipe

bert, encoder = encoders_fixtures.bert, encoders_fixtures.encoder
RECIPE = {"epochs": 3, "batch_size": 8, "learning_rate": 3e-3}
SEED = 1


@pytest.fixture(scope="session")
def task(tmp_path_factory):
    """Folder of a word task with 4 updates an epoch, the last of them smaller."""
    return save_task(tmp_path_factory.mktemp("task") / "word", toy_rows("word", 30), toy_rows("word", 10, seed=1))


def run(model, task, folder, **keys):
    """Fine-tune into `folder`, with steps and checkpoints beside it; `keys` are the recipe's and the function's."""
    recipe = Recipe(**RECIPE | {name: keys.pop(name) for name in list(keys) if name in Recipe.model_fields})
    how = {"seed": SEED, "checkpoints": folder / "checkpoints", "device": "cpu", "progress": False}
    return finetune(model, task, folder / "out", recipe, **how | keys)


def digests(folder):
    """SHA-256 of everything under a folder that is the same whenever the weights are."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix == ".safetensors" or path.name == "curve.csv"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="session")
def undisturbed(bert, task, tmp_path_factory):
    """A run that nothing went wrong with: its metrics and its folder."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return run(bert, task, folder, steps="every 5"), folder


@pytest.mark.parametrize("kind", ["word", "pair", "sentence"])
def test_it_learns(encoder, tmp_path, kind):
    task = save_task(tmp_path / "task", toy_rows(kind, 64), toy_rows(kind, 32, seed=1))
    metrics = run(encoder, task, tmp_path, epochs=8)
    assert metrics["test_accuracy"] > 0.85  # by chance about 0.4
    assert metrics["epochs"][-1]["loss"] < metrics["epochs"][0]["loss"] / 2


def test_weights_are_those_of_a_plain_loop(bert, tmp_path):
    """Whole-batch updates without dropout, so that the order does not matter, against Adam by hand."""
    rows = [(["the", "cat", "sat"], [[1], [2]], [0, 1]), (["mat"], [[0]], [2]), (["naïve", "dogs"], [[0]], [1])]
    task, model = save_task(tmp_path / "task", rows), without_dropout(bert, tmp_path)
    metrics = run(model, task, tmp_path, epochs=10, batch_size=4, dropout=0.0, learning_rate=1e-3, warmup=0.25)

    torch.manual_seed(SEED)
    head = torch.nn.Linear(32, 3)
    torch.nn.init.normal_(head.weight, std=0.02)
    torch.nn.init.zeros_(head.bias)
    plain, tokenizer = AutoModel.from_pretrained(model, add_pooling_layer=False), AutoTokenizer.from_pretrained(model)
    plain.train()
    parameters = [*plain.parameters(), *head.parameters()]
    adam, losses = torch.optim.Adam(parameters), []
    for update in range(10):
        rate = min((update + 1) / 3, (10 - update) / 7)
        adam.param_groups[0]["lr"] = 1e-3 * rate  # up in 3 updates, down in 7
        logits, labels = [], []
        for words, targets, some in rows:
            encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
            hidden = plain(**encoded).last_hidden_state[0]
            word_of = np.array([-1 if i is None else i for i in encoded.word_ids()])
            logits += [head(hidden[word_of == i].mean(0)) for (i,) in targets]
            labels += some
        loss = F.cross_entropy(torch.stack(logits), torch.tensor(labels))
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    curve = list(csv.DictReader(open(tmp_path / "out" / "curve.csv")))
    np.testing.assert_allclose([float(line["loss"]) for line in curve], losses, rtol=1e-3)
    assert metrics["epochs"][0]["loss"] == pytest.approx(losses[0], rel=1e-4)
    tuned = load_file(tmp_path / "out" / "model.safetensors")
    start = load_file(bert / "model.safetensors")
    for name, expected in plain.state_dict().items():
        moved = (expected - start[name]).abs().max()
        if not name.endswith("key.bias"):  # attention does not depend on it: its gradient is noise
            assert (tuned[name] - expected).abs().max() <= 0.05 * moved + 1e-6, name
    tuned_head = load_file(tmp_path / "out" / "head.safetensors")
    np.testing.assert_allclose(tuned_head["weight"], head.weight.detach(), atol=1e-4)


def without_dropout(model, folder):
    shutil.copytree(model, folder / "model")
    config = (model / "config.json").read_text()
    config = config.replace('_dropout_prob": 0.1', '_dropout_prob": 0.0')
    (folder / "model" / "config.json").write_text(config)
    return folder / "model"


def test_same_seed_same_weights(bert, task, undisturbed, tmp_path):
    run(bert, task, tmp_path / "same", steps="every 5")
    run(bert, task, tmp_path / "other", steps="every 5", seed=2)
    expected, other = digests(undisturbed[1]), digests(tmp_path / "other")
    assert digests(tmp_path / "same") == expected
    assert not set(other.values()) & set(expected.values())


def test_the_order_is_another_with_every_epoch_and_seed(bert, task, tmp_path, monkeypatch):
    gradients, orders = training.Training._gradients, {}
    for seed in (1, 2):
        order = orders[seed] = []

        def record(self, rows, order=order):
            order.extend(sentence.rows[0].tolist() for sentence, _ in rows)
            return gradients(self, rows)

        monkeypatch.setattr(training.Training, "_gradients", record)
        run(bert, task, tmp_path, seed=seed)
    epochs = [order[i : i + 30] for order in orders.values() for i in (0, 30, 60)]
    assert all(len(epoch) == 30 and sorted(epoch) == sorted(epochs[0]) for epoch in epochs)
    assert all(epochs[i] != epochs[j] for i in range(6) for j in range(i))


KILLED = """
import os, signal, sys
from closerlook.encoders import finetuning
from test_finetuning import after_update, run

finetuning.SAVE_EVERY = float(sys.argv[5])  # seconds
after_update(setattr, int(sys.argv[4]), lambda _: os.kill(os.getpid(), signal.SIGKILL))
from pathlib import Path
run(*map(Path, sys.argv[1:4]), steps="every 5")
"""


def after_update(patch, update, act):
    """Let `act(training)` happen right after an update, before anything is saved."""
    step, count = training.Training.step, iter(range(1, 10**6))

    def step_and_act(self, rows, share):
        loss = step(self, rows, share)
        if next(count) == update:
            act(self)
        return loss

    patch(training.Training, "step", step_and_act)


def in_a_process(code, model, task, folder, *arguments):
    """How to start a run in another process."""
    (folder / "run.py").write_text(code)
    here = os.path.dirname(__file__)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([here, os.path.dirname(here)]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, folder / "run.py", model, task, folder, *arguments]
    return {"args": [str(part) for part in command], "env": env}


def killed(model, task, folder, update, save_every):
    """Start a run in another process, which gets a SIGKILL in the middle of an update."""
    run_there = in_a_process(KILLED, model, task, folder, update, save_every)
    done = subprocess.run(**run_there, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (folder / "out").exists() and not (folder / "out.steps").exists()


def test_killed_inside_an_epoch_and_resumed(bert, task, undisturbed, tmp_path):
    killed(bert, task, tmp_path, 7, 0)  # updates 4 | 4 | 4, checkpoints after each: the last whole one is of update 6
    metrics = run(bert, task, tmp_path, steps="every 5")
    assert metrics["resumed_from"] == 6
    assert digests(tmp_path) == digests(undisturbed[1])
    assert metrics["epochs"] == undisturbed[0]["epochs"]
    assert not (tmp_path / "checkpoints").exists()


class Crash(Exception):
    pass


def crash(monkeypatch, update):
    """Let training fail after an update, before its checkpoint."""

    def act(_):
        raise Crash

    after_update(monkeypatch.setattr, update, act)


@pytest.mark.parametrize(("update", "resumed"), [(3, None), (4, None), (5, 4), (11, 8), (12, 8)])
def test_resumed_from_the_end_of_an_epoch(bert, task, undisturbed, tmp_path, monkeypatch, update, resumed):
    with monkeypatch.context() as patch:
        crash(patch, update)
        with pytest.raises(Crash):
            run(bert, task, tmp_path, steps="every 5")
    metrics = run(bert, task, tmp_path, steps="every 5")
    assert metrics["resumed_from"] == resumed
    assert digests(tmp_path) == digests(undisturbed[1])


def test_resumed_when_only_the_writing_was_missing(bert, task, undisturbed, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(finetuning, "save_file", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(bert, task, tmp_path, steps="every 5")
    assert not (tmp_path / "out").exists()
    metrics = run(bert, task, tmp_path, steps="every 5")
    assert metrics["resumed_from"] == 12
    assert digests(tmp_path) == digests(undisturbed[1])


@pytest.mark.parametrize("damage", ["truncated", "flipped", "unsealed", "all"])
def test_a_damaged_checkpoint_is_not_used(bert, task, undisturbed, tmp_path, monkeypatch, caplog, damage):
    with monkeypatch.context() as patch:
        crash(patch, 10)
        with pytest.raises(Crash):
            run(bert, task, tmp_path, steps="every 5")
    older, newer = (tmp_path / "checkpoints" / f"checkpoint-{update}" for update in (4, 8))
    content = (newer / training.STATE).read_bytes()
    if damage == "truncated":
        (newer / training.STATE).write_bytes(content[:-100])
    elif damage == "flipped":
        (newer / training.STATE).write_bytes(content[:-3000] + bytes([content[-3000] ^ 1]) + content[-2999:])
    else:
        (newer / checkpoints.SEAL).unlink()
    if damage == "all":
        (older / training.STATE).unlink()
    with caplog.at_level(logging.WARNING):
        metrics = run(bert, task, tmp_path, steps="every 5")
    assert "checkpoint-8" in caplog.text and ("checkpoint-4" in caplog.text) == (damage == "all")
    assert metrics["resumed_from"] == (None if damage == "all" else 4)
    assert digests(tmp_path) == digests(undisturbed[1])


def test_two_processes_do_not_share_checkpoints(bert, task, undisturbed, tmp_path, caplog):
    first = subprocess.Popen(**in_a_process(KILLED.replace("SIGKILL", "SIGSTOP"), bert, task, tmp_path, 7, 0))
    try:
        os.waitpid(first.pid, os.WUNTRACED)  # until it has stopped
        with pytest.raises(InputError, match=f"checkpoints: process {first.pid} on .* is at work there"):
            run(bert, task, tmp_path, steps="every 5")
    finally:
        first.kill()
        first.wait()
    assert run(bert, task, tmp_path, steps="every 5")["resumed_from"] == 6
    assert digests(tmp_path) == digests(undisturbed[1])


def test_a_checkpoint_that_finds_the_disk_full_says_so(bert, task, tmp_path, monkeypatch):
    def as_torch_does(*args):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")

    monkeypatch.setattr(torch, "save", as_torch_does)
    with pytest.raises(RuntimeError):
        run(bert, task, tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda folder: type("Full", (), {"f_bavail": 0}))
    with pytest.raises(OSError, match="No space left on device: .*checkpoints"):
        run(bert, task, tmp_path)


def test_a_checkpoint_of_another_recipe_is_not_used(bert, task, tmp_path, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        crash(patch, 10)
        with pytest.raises(Crash):
            run(bert, task, tmp_path, learning_rate=1e-3)
    metrics = run(bert, task, tmp_path)
    assert metrics["resumed_from"] is None and "another recipe" in caplog.text


def test_out_of_memory_changes_nothing_but_the_parts(bert, tmp_path, monkeypatch, caplog):
    rows = [(words[:3], [[0]], labels[:1]) for words, _, labels in toy_rows("word", 30)]
    task = save_task(tmp_path / "task", rows)
    model = without_dropout(bert, tmp_path)
    keys = {"batch_size": 7, "dropout": 0.0, "learning_rate": 1e-3}
    whole = run(model, task, tmp_path / "a", **keys)
    forward, calls = training.Classifier.forward, []

    def short_of_memory(self, batch):
        logits = forward(self, batch)
        calls.extend([len(batch.input_ids)] * self.training)
        if self.training and (len(batch.input_ids) > 3 or len(calls) == 9):  # the latter in the midst of an update
            raise torch.OutOfMemoryError
        return logits

    monkeypatch.setattr(training.Classifier, "forward", short_of_memory)
    parts = run(model, task, tmp_path / "b", **keys)
    assert (whole["accumulation"], parts["accumulation"]) == (1, 7) and parts["effective_batch"] == 7
    assert calls[:12] == [7, 4, 2, 2, 2, 1, 2, 2, 2, 1, 1, 1]
    assert parts["n_updates"] == whole["n_updates"] == 3 * math.ceil(30 / 7)
    for text in ("in 2 parts", "in 4 parts", "in 7 parts", "stays 7"):
        assert text in caplog.text
    losses = [[epoch["loss"] for epoch in metrics["epochs"]] for metrics in (whole, parts)]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    a, b = (load_file(tmp_path / name / "out" / "model.safetensors") for name in "ab")
    start = load_file(model / "model.safetensors")
    for name, tensor in a.items():
        if not name.endswith("key.bias"):  # attention does not depend on it: its gradient is noise
            assert (tensor - b[name]).abs().max() <= 0.02 * (tensor - start[name]).abs().max() + 1e-6, name


def test_out_of_memory_with_one_sentence_is_an_error(bert, task, tmp_path, monkeypatch):
    def no_memory(self, batch):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(training.Classifier, "forward", no_memory)
    with pytest.raises(torch.OutOfMemoryError):
        run(bert, task, tmp_path)


def test_steps(undisturbed, task, tmp_path, bert):
    metrics, folder = undisturbed
    assert read_json(folder / "out.steps" / "steps.json") == {"kept": [5, 10, 12], "n_updates": 12}
    assert sorted(path.name for path in (folder / "out.steps").iterdir()) == ["step10", "step12", "step5", "steps.json"]
    last, tuned = folder / "out.steps" / "step12", folder / "out"
    assert (last / "model.safetensors").read_bytes() == (tuned / "model.safetensors").read_bytes()
    assert (folder / "out.steps" / "step5" / "model.safetensors").read_bytes() != (
        last / "model.safetensors"
    ).read_bytes()
    for name, source, tokenizer in (("a", last, bert), ("b", tuned, None)):
        embed(source, task, {"test": {3: tmp_path / f"{name}.npy"}}, tokenizer=tokenizer, progress=False)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))


def test_kept():
    assert kept(None, 12) == set()
    assert kept("every 5", 12) == {5, 10, 12}
    assert kept("every 4", 12) == {4, 8, 12}
    assert kept([1, 7], 12) == {1, 7, 12}
    with pytest.raises(InputError, match="update 13 .* 12 updates"):
        kept([1, 13], 12)


def test_what_is_written(undisturbed, task, bert):
    metrics, folder = undisturbed
    assert metrics == read_json(folder / "out" / "metrics.json")
    assert metrics["recipe"] == RECIPE | {
        "method": "full", "warmup": 0.1, "weight_decay": 0.0, "dropout": 0.1, "max_grad_norm": 1.0,
        "precision": "fp32",
    }  # fmt: skip
    assert (metrics["seed"], metrics["n_updates"], metrics["labels"]) == (1, 12, ["a", "b", "c"])
    assert (metrics["accumulation"], metrics["effective_batch"], metrics["device"]) == (1, 8, "cpu")
    assert metrics["wall_seconds"] > 0 and metrics["peak_memory_bytes"] > 1e7 and metrics["status"] == "ok"
    for name, digest in metrics["sha256"].items():
        assert hashlib.sha256((folder / "out" / name).read_bytes()).hexdigest() == digest
    curve = list(csv.DictReader(open(folder / "out" / "curve.csv")))
    assert [int(line["update"]) for line in curve] == list(range(1, 13))
    rates = [3e-3 / 2, 3e-3, *(3e-3 * (13 - update) / 10 for update in range(3, 13))]
    np.testing.assert_allclose([float(line["learning_rate"]) for line in curve], rates, atol=1e-12)
    ends = [float(line["test_accuracy"]) for line in curve if line["test_accuracy"]]
    assert ends == [epoch["test_accuracy"] for epoch in metrics["epochs"]]
    assert sorted(path.name for path in folder.iterdir()) == ["out", "out.steps"]


def test_the_accuracy_is_that_of_the_files(undisturbed, task, tmp_path):
    """Embed with the tuned encoder, multiply by the head: the same accuracy as in the metrics."""
    metrics, folder = undisturbed
    out = {split: {3: tmp_path / f"{split}.npy"} for split in ("train", "test")}
    embed(folder / "out", task, out, progress=False)
    head = load_file(folder / "out" / "head.safetensors")
    for split, rows in load_from_disk(str(task)).items():
        labels = np.concatenate(rows["labels"])
        logits = np.load(out[split][3]) @ head["weight"].numpy().T + head["bias"].numpy()
        assert (logits.argmax(1) == labels).mean() == pytest.approx(metrics[f"{split}_accuracy"])


def test_a_loss_that_is_not_finite_is_an_error(bert, task, tmp_path):
    with pytest.raises(InputError, match="lower its `learning_rate`"):
        run(bert, task, tmp_path, learning_rate=1e30, max_grad_norm=1e30)
    assert not (tmp_path / "out").exists()


def test_weights_that_diverge_at_the_last_update_are_an_error(bert, task, tmp_path, monkeypatch):
    after_update(monkeypatch.setattr, 12, lambda self: torch.nn.init.constant_(self.classifier.head.weight, math.nan))
    with pytest.raises(InputError, match="head.weight is not finite after the last update .* its `learning_rate`"):
        run(bert, task, tmp_path)
    assert not (tmp_path / "out").exists()


def test_bf16(bert, task, undisturbed, tmp_path):
    metrics = run(bert, task, tmp_path, precision="bf16")
    full, half = (load_file(folder / "out" / "model.safetensors") for folder in (undisturbed[1], tmp_path))
    assert half["embeddings.word_embeddings.weight"].dtype == torch.float32
    assert any(not torch.equal(full[name], half[name]) for name in full)
    losses = [[epoch["loss"] for epoch in m["epochs"]] for m in (undisturbed[0], metrics)]
    np.testing.assert_allclose(*losses, rtol=0.1)


def test_a_run_of_one_update_learns(bert, tmp_path):
    """The first step of Adam moves every weight that has a gradient by the learning rate (Kingma & Ba, section 2.1)."""
    rows = [(["cat", "mat"], [[0], [1]], [0, 1]), (["dogs"], [[0]], [2])]
    task = save_task(tmp_path / "task", rows)
    for warmup in (0.0, 0.1, 0.9):
        metrics = run(bert, task, tmp_path, epochs=1, learning_rate=1e-2, warmup=warmup)
        assert metrics["n_updates"] == 1 and metrics["weight_change"] > 1e-3
        before, after = (load_file(folder / "model.safetensors") for folder in (bert, tmp_path / "out"))
        name = "encoder.layer.2.output.dense.weight"
        moved = (after[name] - before[name]).abs()
        assert moved.median() == pytest.approx(1e-2, rel=0.01)


@pytest.mark.parametrize(("n", "warmup"), [(1, 1), (10, 1), (10, 3), (10, 0), (7, 7)])
def test_every_update_learns(n, warmup):
    rates = [training.rate(update, n, warmup) for update in range(1, n + 1)]
    assert min(rates) > 0 and max(rates) == 1 and rates.index(1) == max(warmup, 1) - 1
    assert np.allclose(np.diff(rates[:warmup]), 1 / max(warmup, 1))
    assert np.allclose(np.diff(rates[warmup:]), -1 / max(n - warmup, 1))


def test_how_far_the_weights_moved_is_told(bert, task, tmp_path, undisturbed):
    before, after = (load_file(folder / "model.safetensors") for folder in (bert, undisturbed[1] / "out"))
    flat = [torch.cat([weights[name].flatten() for name in after]).double() for weights in (before, after)]
    expected = (flat[1] - flat[0]).norm() / flat[0].norm()
    assert undisturbed[0]["weight_change"] == pytest.approx(float(expected), rel=1e-6)
    assert run(bert, task, tmp_path, learning_rate=1e-30)["weight_change"] < 1e-20


def test_labels_of_the_test_split_only(bert, tmp_path):
    rows = [(["cat"], [[0]], [0]), (["mat"], [[0]], [1])]
    task = save_task(tmp_path / "task", rows * 4, [(["dogs"], [[0]], [2])])
    metrics = run(bert, task, tmp_path)
    assert metrics["test_accuracy"] == 0 and load_file(tmp_path / "out" / "head.safetensors")["bias"].shape == (3,)


def test_it_is_quiet(bert, task, tmp_path, capfd):
    run(bert, task, tmp_path)
    assert capfd.readouterr() == ("", "")
    run(bert, task, tmp_path, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and {line.split(":")[0].strip() for line in err.replace("\r", "\n").split("\n")} <= {
        "",
        "finetune",
    }


def test_the_spaces_of_a_run_are_those_of_its_steps_one_at_a_time(undisturbed, bert, task, tmp_path):
    steps, tuned = undisturbed[1] / "out.steps", undisturbed[1] / "out"
    scratch, seen = tmp_path / "scratch", []
    with step_spaces(bert, tuned, steps, task, [0, 3], scratch, device="cpu") as spaces:
        for update, space in spaces:
            alone = {s: {n: tmp_path / f"{s}{n}.npy" for n in (0, 3)} for s in ("train", "test")}
            encoder = steps / f"step{update}" if update else bert
            embed(encoder, task, alone, tokenizer=bert, device="cpu", progress=False)
            for split, files in alone.items():
                for layer, file in files.items():
                    assert np.array_equal(space[split][layer], np.load(file))
            seen.append(update)
            assert len(list(scratch.iterdir())) == 4  # no more than one space is on disk
    assert seen == [0, *read_json(steps / "steps.json")["kept"]] and len(seen) > 2
    assert not scratch.exists()


def test_the_ends_of_a_run_are_not_embedded_again(undisturbed, bert, task, tmp_path, monkeypatch):
    steps, tuned = undisturbed[1] / "out.steps", undisturbed[1] / "out"
    kept, embedded, ends = read_json(steps / "steps.json")["kept"], [], []
    for end in (bert, tuned):
        ends.append({s: {3: tmp_path / f"{end.name}.{s}3.npy"} for s in ("train", "test")})
        embed(end, task, ends[-1], tokenizer=bert, device="cpu", progress=False)
    monkeypatch.setattr(
        "closerlook.encoders.steps.embed",
        lambda encoder, *given, **options: (embedded.append(encoder.name), embed(encoder, *given, **options)),
    )
    follow = bert, tuned, steps, task, [3], tmp_path / "scratch"
    with step_spaces(*follow, ends=ends, device="cpu") as spaces:
        quick = {update: {s: np.array(space[s][3]) for s in space} for update, space in spaces}
    assert embedded == [f"step{update}" for update in kept[:-1]]
    with step_spaces(*follow, device="cpu") as spaces:
        for update, space in spaces:
            assert all(np.array_equal(quick[update][s], space[s][3]) for s in space)


def test_two_processes_do_not_share_a_scratch_folder(undisturbed, bert, task, tmp_path):
    follow = [bert, undisturbed[1] / "out", undisturbed[1] / "out.steps", task, [0], tmp_path / "scratch"]
    with step_spaces(*follow), pytest.raises(InputError, match="scratch: process .* is at work"), step_spaces(*follow):
        pass


def test_a_run_without_steps_cannot_be_followed(bert, task, tmp_path):
    (tmp_path / "out.steps").mkdir()
    with pytest.raises(InputError, match="no steps were kept; set `finetune.steps`"):
        with step_spaces(bert, tmp_path / "out", tmp_path / "out.steps", task, [0], tmp_path / "scratch"):
            pass
