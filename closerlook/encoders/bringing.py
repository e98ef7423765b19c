"""Bringing a run that somebody else made: its weights are found, checked against its model, and written like ours."""

import json
import logging
import shutil
from fnmatch import fnmatch
from pathlib import Path

from tqdm import tqdm

from closerlook.encoders.adapters import read_adapter
from closerlook.encoders.checking import SENTENCES, check
from closerlook.encoders.folder import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    TOKENIZER,
    WEIGHTS,
    folders_in,
    has,
    is_adapter,
    link,
    model_files,
    numbered,
    step_folders,
)
from closerlook.encoders.loading import (
    load_config,
    load_encoder,
    load_tokenizer,
    not_finite,
    read_encoder,
    save_encoder,
    write_model,
)
from closerlook.encoders.locating import locate, sound
from closerlook.encoders.weights import change, paired, rounded, some, vocabulary
from closerlook.errors import InputError
from closerlook.files import read_json, sha256, staged, write_json
from closerlook.provenance import made_by

log = logging.getLogger(__name__)
SIZES = ("model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
SPECIAL = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
START = "give the model that the run started from as its `model:`"
NOTHING = "fine-tuning changed nothing (an adapter that was not applied, a learning rate of zero)"


def bring_run(
    dest,
    steps_dest,
    model,
    *,
    task,
    hub=None,
    revision=None,
    path=None,
    adapter=None,
    steps=None,
    recipe=None,
    seed=None,
    progress=True,
):
    """Bring the encoder that somebody fine-tuned, and its kept steps, as if `finetune` had made them.

    Parameters
    ----------
    dest : path
        Folder to write: the encoder and its tokenizer, `model.json`, `metrics.json`.
    steps_dest : path
        Folder to write: `step{K}/` each, and `steps.json`.
    model : path
        The pinned model that the run started from.
    task : str
        What it was fine-tuned on; noted.
    hub, revision : str, optional
        A model of the Hugging Face hub, and its commit, tag or branch.
    path : path, optional
        A local folder, such as a Trainer's, instead. What is an adapter of PEFT, here or on the hub or as a step, is
        merged into the model's weights.
    adapter : path, optional
        A local folder that must be one.
    steps : str or list of str, optional
        Of a `path`: a glob, or names, of folders in it. Of a `hub` model: revisions. They are ordered by the last
        number in each name. Where the run itself has no weights, the last step is its end.
    recipe, seed : str and int, optional
        How it was tuned, and which seed it was, where several runs differ in that alone; noted.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    dict
        What `metrics.json` holds: `source`; `end`, which weights are the run's end; `tokenizer`, the model's or its
        own; `weight_change`, over the tokens that both have; `unchanged`, how it equals its model, if it does
        (`exactly`, `but for rounding to float16`); `prefix` and `head` as its file has them; `adapter`,
        whether it was one; `n_updates`, the last step's number. Accuracies are null.

    Raises
    ------
    InputError
        What `pin_model` refuses; a run of another architecture, of other sizes or of a vocabulary other than its
        model's; an adapter for another model, or one that changes nothing.
    """
    path = path or adapter
    name = hub or str(path)
    folder, source = locate("run", hub=hub, revision=revision, path=path)
    series = _series(name, hub, path, steps)
    own = has(folder, [*WEIGHTS, *ADAPTER_WEIGHTS])
    inside = [] if own or series else sorted(sub.name for sub in folder.iterdir() if sub.is_dir() and is_adapter(sub))
    if inside:
        raise InputError(
            f"{name}: has no weights, but adapters in its folders ({some(inside)}): give the folder of one, or name "
            "them as `steps:` if they are those of one run."
        )
    if adapter and not is_adapter(folder):
        raise InputError(
            f"{name}: is not an adapter, which has {ADAPTER_CONFIG} and no other weights: give it as `path:`."
        )
    if not own and not series and not has(folder, [ADAPTER_CONFIG]):
        raise InputError(f"{name}: has no weights ({', '.join(WEIGHTS)}), and {folders_in(folder)}; see its `steps:`.")
    end = folder if own or not series else series[-1]["folder"]
    sound("run", end, name)
    before, (encoder, prefix, head) = load_encoder(model), _read(end, name, model)
    tokenizer, whose, rows = _tokenizer(model, before, encoder, folder, series, name)
    facts = check(encoder, tokenizer, name)
    moved = change(paired(before, encoder, rows))
    unchanged = _unchanged(moved, paired(before, encoder, rows))
    if unchanged and is_adapter(end):
        raise InputError(f"{name}: is an adapter that changes nothing: was it saved before it was trained?")
    if unchanged:
        log.warning("%s equals its model (%s): %s", name, unchanged, NOTHING)
    source["steps"] = {str(step["number"]): step["source"] for step in series}
    made = made_by(
        model=str(model),
        task=str(task),
        hub=hub,
        revision=revision,
        path=path and str(path),
        steps=steps,
        recipe=recipe,
        seed=seed,
    )
    with staged(dest) as part, staged(steps_dest) as kept:
        note = write_model(part, encoder, tokenizer, {"source": source, **facts, "made_by": made})
        same = _write_steps(kept, series, encoder, model, part, name, end, progress)
        metrics = {
            "status": "ok", "brought": True, "task": str(task), "source": source, "seed": seed, "tokenizer": whose,
            "weight_change": moved, "unchanged": unchanged, "prefix": prefix, "head": head, "adapter": is_adapter(end),
            "end": _end(own, series, same), "n_updates": series[-1]["number"] if series else None,
            "train_accuracy": None, "test_accuracy": None, "sha256": note["sha256"], "made_by": made,
        }  # fmt: skip
        if series and not same:
            log.warning("%s: its end is %s", name, metrics["end"])
        write_json(part / "metrics.json", metrics)
        for old in (dest, steps_dest):
            shutil.rmtree(old, ignore_errors=True)
    return metrics


def _series(name, hub, path, steps):
    """The steps of a run in order: number, name in `steps`, name in an error, folder, what it is known by."""
    if path:
        found = [(n, step, f"{path}/{step}", Path(path) / step, step) for n, step in step_folders(path, steps)]
    else:
        if isinstance(steps, str):
            raise InputError(f"{name}: the `steps` of a hub model are a list of its revisions, and not `{steps}`.")
        found = []
        for n, step in numbered(name, steps or []):
            folder, source = locate("run", hub=hub, revision=step)
            found.append((n, step, f"{name} at {step}", folder, {"revision": source["revision"], "requested": step}))
    for *_, called, folder, _ in found:
        sound("run", folder, called)
    return [dict(zip(("number", "step", "name", "folder", "source"), step)) for step in found]


def _read(folder, name, model):
    """Read an encoder (see `read_encoder`) that is as its model's config says, or its model with an adapter merged."""
    if is_adapter(folder):
        return read_adapter(folder, model, name, read_json(Path(model) / "model.json").get("source"))
    config, model = load_config(folder), load_config(model)
    for key in SIZES:
        said, wants = getattr(config, key, None), getattr(model, key, None)
        if said != wants:
            raise InputError(
                f"{name}: its config.json says `{key}: {said}`, but its model's `{key}: {wants}`; {START}."
            )
    return read_encoder(folder)


def _tokenizer(model, before, encoder, folder, series, name):
    """The tokenizer that a run is read with, whose it is, and which rows of the embeddings are of the same tokens."""
    shared, places = load_tokenizer(model), [folder, *(step["folder"] for step in reversed(series))]
    at = next((place for place in places if has(place, TOKENIZER)), None)
    tokenizer = load_tokenizer(at) if at else shared
    _fits(before, encoder, name, "its model", resized=at)
    checked = [_digests(at)] if at else []
    for step in series:
        if has(step["folder"], TOKENIZER) and (digests := _digests(step["folder"])) not in checked:
            if _reading(load_tokenizer(step["folder"])) != _reading(tokenizer):
                raise InputError(
                    f"{step['name']}: its tokenizer reads differently from the run's ({at}): a run is read with one; "
                    "leave the step out of `steps`, or save it with that tokenizer."
                )
            checked.append(digests)
    whose = "the model's"
    if _reading(tokenizer) == _reading(shared):
        tokenizer = shared
    else:
        whose = "its own"
    return tokenizer, whose, _rows(before, encoder, shared, tokenizer)


def _rows(before, encoder, shared, tokenizer):
    """Rows of the embeddings of the tokens that a run and its model share, in each; None where these are all rows."""
    n, m = (len(e.get_parameter(vocabulary(e))) if vocabulary(e) else 0 for e in (before, encoder))
    a, b = shared.get_vocab(), tokenizer.get_vocab()
    if n == m and a == b:
        return None
    both = [(a[token], b[token]) for token in sorted(a.keys() & b.keys()) if a[token] < n and b[token] < m]
    return [i for i, _ in both], [i for _, i in both]


def _fits(before, encoder, name, other, todo=None, resized=False):
    """Check that an encoder has the weights of another, by names and shapes; `resized` tokens are not compared."""
    wants, found = ({n: tuple(p.shape) for n, p in m.named_parameters()} for m in (before, encoder))
    table = vocabulary(before)
    for weight in sorted(wants.keys() | found.keys()):
        a, b = wants.get(weight), found.get(weight)
        if a == b:
            continue
        tokens = weight == table and a and b and a[1:] == b[1:]
        if tokens and resized:
            continue
        todo = todo or ("no tokenizer came along: add its files" if tokens else START)
        raise InputError(f"{name}: {weight} is {_shaped(b)}, and {_shaped(a)} in {other}; {todo}.")


def _shaped(shape):
    return f"of shape {shape}" if shape else "absent"


def _reading(tokenizer):
    """Everything that decides which tokens a text becomes."""
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    for key in ("truncation", "padding", "decoder"):
        backend.pop(key)
    special = [getattr(tokenizer, f"{name}_token") for name in SPECIAL]
    return backend, tokenizer.get_vocab(), special, [tokenizer(text)["input_ids"] for text in SENTENCES]


def _digests(folder):
    """Digests of the files of a tokenizer."""
    files = [Path(file) for file in model_files(folder, weights=False)]
    return {file.name: sha256(file) for file in files if any(fnmatch(file.name, p) for p in TOKENIZER)}


def _unchanged(moved, pairs):
    """In what sense the weights of a run equal those of its model; None if they do not."""
    if not moved:
        return "exactly"
    half = rounded(pairs)
    return f"but for rounding to {half}" if half else None


def _write_steps(kept, series, encoder, model, written, name, end, progress):
    """Write a run's steps; say whether the last one has the weights of its end, which are in `written`."""
    kept.mkdir()
    same = False
    for step in tqdm(series, desc="bring", unit=" steps", disable=not progress):
        folder, reached = kept / f"step{step['number']}", step["folder"] == end
        if not reached:
            other, *_ = _read(step["folder"], step["name"], model)
            _fits(encoder, other, step["name"], f"the run's end ({name})", "leave the step out of `steps`")
            if bad := not_finite(other):
                raise InputError(f"{step['name']}: its weights are damaged: {bad} is not finite.")
            reached = step is series[-1] and not change(paired(encoder, other))
        if reached:  # a second name of the same file
            folder.mkdir()
            for file in ("config.json", "model.safetensors"):
                link(written / file, folder / file)
            same = step is series[-1]
        else:
            save_encoder(other, folder)
    last = series[-1]["number"] if series else None
    write_json(kept / "steps.json", {"kept": [step["number"] for step in series], "n_updates": last})
    return same


def _end(own, series, same):
    """Which weights are the end of a run."""
    if not series:
        return "its own weights"
    last = series[-1]["step"]
    if not own:
        return f"the weights of {last}"
    return f"its own weights, which {'are' if same else 'differ from'} those of {last}"
