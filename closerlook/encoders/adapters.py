"""Adapters that somebody trained with PEFT: found out what they belong to, and merged into their model's weights."""

import re
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from closerlook.encoders.architecture import architecture
from closerlook.encoders.folder import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from closerlook.encoders.loading import brief, load_encoder, quiet
from closerlook.encoders.weights import WRAPPER, prefixes, some, surrounding
from closerlook.errors import InputError
from closerlook.files import read_json

MERGEABLE = ("LORA", "LOHA", "LOKR", "IA3")  # also with DoRA or rank-stabilised scaling: those that the tests cover
WRAPPED = "base_model.model."  # how PEFT begins its names
PART = re.compile(r"\.(?:lora_|hada_|lokr_|ia3_)")  # what follows the name of the layer that is adapted
OTHERWISE = "merge it into its model (`merge_and_unload` in PEFT) and bring that"
PROMPTS = ("PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "CPT", "ADAPTION_PROMPT")
PARTS = {  # keys of an adapter's config: what one that has them does
    "layer_replication": "repeats layers",
    "target_parameters": "adapts single weights instead of layers",
    "trainable_token_indices": "changes the embeddings of single tokens",
}
OWNERLESS = (  # names on the hub that once had no owner
    r"(distil)?bert-(base|large)-(uncased|cased|multilingual|chinese|german).*|(distil)?roberta-(base|large).*|"
    r"(distil)?gpt2(-medium|-large|-xl)?|albert-\w+-v[12]|t5-(small|base|large|3b|11b)|xlm-.+|xlnet-.+|camembert-base"
)


def read_adapter(folder, model, name, source=None):
    """An encoder with an adapter merged into it.

    Parameters
    ----------
    folder : path
        Of the adapter.
    model : path
        The pinned model that it was trained on.
    name : str
        What to call the adapter in an error.
    source : dict, optional
        Where that model comes from, as `locate` says it.

    Returns
    -------
    encoder : PreTrainedModel
        In float32, ready to evaluate.
    prefix : str
        What stands before the names of the encoder's layers in the adapter, such as `bert.`.
    head : list of str
        What else it holds, by the first part of the names, such as `classifier`.

    Raises
    ------
    InputError
        An adapter of a kind that cannot be merged, of another model, or with weights that fit nowhere.
    """
    config, weights = _config(folder, name), _weights(folder, name)
    _same_base(config, source, name)
    encoder = load_encoder(model)
    layers = {n for n, _ in encoder.named_modules() if n}
    adapted = {key: PART.split(key)[0] for key in weights if PART.search(key)}
    part = architecture(encoder.config, name)  # of an encoder-decoder, whose decoder has layers of these names
    found = {p: n for p, n in prefixes(layers, set(adapted.values())).items() if p.endswith(part.inside)}
    if not found:
        raise InputError(
            f"{name}: adapts {some(sorted(set(adapted.values())) or ['nothing'])}, which its model, of type "
            f"{encoder.config.model_type}, does not have: give the model that it was trained on as its `model:`."
        )
    prefix = max(found, key=lambda one: found[one])
    _same_family(encoder, prefix, name)
    inside = {key: stem.removeprefix(prefix) for key, stem in adapted.items() if stem.startswith(prefix)}
    inside = {key: stem for key, stem in inside.items() if stem in layers}
    plain = {key: key.removeprefix(prefix).replace(".base_layer.", ".") for key in weights if key not in adapted}
    table = encoder.state_dict()
    own = {key: wanted for key, wanted in plain.items() if key.startswith(prefix) and wanted in table}
    rest = [key for key in weights if key not in inside and key not in own]
    parts = {n for n, _ in encoder.named_children()} - {"pooler"}
    if lost := sorted(key for key in rest if _begins(key, prefix, parts)):
        raise InputError(
            f"{name}: has {some(lost)} that its model, of type {encoder.config.model_type}, has no place for: give the "
            "model that it was trained on as its `model:`."
        )
    with torch.no_grad():
        for key, wanted in own.items():
            weight = table[wanted]
            if weight.shape != weights[key].shape:
                raise InputError(
                    f"{name}: {wanted} is of shape {tuple(weights[key].shape)}, and {tuple(weight.shape)} in its "
                    f"model: {OTHERWISE}."
                )
            weight.copy_(weights[key])
    around = surrounding(prefix)
    heads = sorted({k.removeprefix(around).partition(".")[0] for k in rest if not (prefix and k.startswith(prefix))})
    return _merge(encoder, config, inside, weights, prefix, name), prefix, heads


def _config(folder, name):
    try:
        kind = str(read_json(Path(folder) / ADAPTER_CONFIG)["peft_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{name}: its {ADAPTER_CONFIG} is not one of PEFT's ({brief(error)}): {OTHERWISE}.") from error
    if kind in PROMPTS:
        raise InputError(f"{name}: is an adapter of type {kind}, which changes no weights, so it cannot be merged.")
    if kind not in MERGEABLE:
        raise InputError(f"{name}: is an adapter of type {kind}, which is not merged here: {OTHERWISE}.")
    from peft import PeftConfig

    try:
        config = PeftConfig.from_pretrained(str(folder))
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{name}: its {ADAPTER_CONFIG} cannot be read ({brief(error)}).") from error
    for key, what in PARTS.items():
        if getattr(config, key, None):
            raise InputError(f"{name}: is an adapter that {what} (`{key}`), which is not merged here: {OTHERWISE}.")
    if getattr(config, "alora_invocation_tokens", None):
        raise InputError(
            f"{name}: is an adapter that works from certain tokens on (`alora_invocation_tokens`), so it cannot be "
            "merged."
        )
    return config


def _weights(folder, name):
    """The adapter's weights by the names that they have in the model it was trained in."""
    file = next((path for path in (Path(folder) / n for n in ADAPTER_WEIGHTS) if path.is_file()), None)
    if file is None:
        raise InputError(f"{name}: is an adapter without weights: add its {' or '.join(ADAPTER_WEIGHTS)}.")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            found = load_file(file)
        else:
            found = torch.load(file, map_location="cpu", weights_only=True)
        found = {re.sub(WRAPPER, "", key).removeprefix(WRAPPED): weight.float() for key, weight in found.items()}
    except Exception as error:  # whatever a broken file raises
        raise InputError(f"{name}: its {file.name} cannot be read ({brief(error)}).") from error
    if bad := next((key for key, weight in found.items() if not weight.isfinite().all()), None):
        raise InputError(f"{name}: its weights are damaged: {bad} is not finite.")
    return found


def _same_base(config, source, name):
    """Hub models have names; what a folder was called on another machine says nothing."""
    said, hub = config.base_model_name_or_path, (source or {}).get("hub")
    if not hub or not re.fullmatch(rf"[^./~][^/]*/[^/]+|{OWNERLESS}", said or "", re.IGNORECASE):
        return
    names = [one.lower() for one in (said, hub)]
    if not all("/" in one for one in names):
        names = [one.rpartition("/")[2] for one in names]
    if names[0] != names[1]:
        raise InputError(
            f"{name}: is an adapter for {said}, and its model is {hub}: give that one as its `model:`, or correct "
            f"`base_model_name_or_path` in {ADAPTER_CONFIG} if they are the same."
        )


def _same_family(encoder, prefix, name):
    """BERT, RoBERTa, ELECTRA have layers of one name and size, but call all of themselves differently."""
    family = prefix.removesuffix(".").rpartition(".")[2]
    if family != encoder.base_model_prefix and family in CONFIG_MAPPING_NAMES:
        raise InputError(
            f"{name}: was trained on a model of type {family}, and its model is of type {encoder.config.model_type}: "
            f"give the one that it was trained on as its `model:`, or {OTHERWISE}."
        )


def _begins(key, prefix, parts):
    return key.startswith(prefix) and key.removeprefix(prefix).partition(".")[0] in parts


def _merge(encoder, config, inside, weights, prefix, name):
    """Apply an adapter's weights, `inside`: their names and those of the encoder's layers, and merge them."""
    from peft import get_peft_model, set_peft_model_state_dict
    from peft.utils.other import get_pattern_key

    layers = sorted(set(inside.values()))
    if getattr(config, "feedforward_modules", None):  # of IA3: names that the layers' own end in, or a pattern
        ends = config.feedforward_modules
        config.feedforward_modules = [layer for layer in layers if _matches(layer, ends, prefix)]
    config.target_modules, config.modules_to_save, config.task_type = layers, None, None
    config.inference_mode = False
    for key in ("layers_to_transform", "layers_pattern", "exclude_modules"):
        if hasattr(config, key):
            setattr(config, key, None)
    for key in ("rank_pattern", "alpha_pattern"):
        if patterns := getattr(config, key, None):  # of the names of layers in the whole model
            fits = {layer: get_pattern_key(patterns, prefix + layer) for layer in layers}
            setattr(
                config, key, {f"^{re.escape(n)}": patterns[found] for n, found in fits.items() if found in patterns}
            )
    given = {WRAPPED + key.removeprefix(prefix): weights[key] for key in inside}
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            adapted = get_peft_model(encoder, config)
            told: Any = set_peft_model_state_dict(adapted, given)
            merged = adapted.merge_and_unload().eval()
    except Exception as error:  # shapes that do not fit, and whatever else PEFT raises
        raise InputError(
            f"{name}: its weights do not fit its model ({brief(error)}): give the model that it was trained on as its "
            "`model:`."
        ) from error
    missing = [key for key in told.missing_keys if PART.search(key)]
    if missing or told.unexpected_keys:
        raise InputError(
            f"{name}: {'lacks ' + some(missing) if missing else 'has ' + some(told.unexpected_keys)}, so it is "
            f"incomplete, or of another version of PEFT: {OTHERWISE}."
        )
    return merged


def _matches(layer, names, prefix):
    if isinstance(names, str):
        return bool(re.fullmatch(names, prefix + layer))
    return any(f".{prefix}{layer}".endswith(f".{end}") for end in names)
