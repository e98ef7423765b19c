"""Ways of tuning an encoder: which of its weights learn, and what it is once they have."""

import copy
import warnings

import torch
from transformers.pytorch_utils import Conv1D

from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError


def prepare(encoder, recipe, batch):
    """Make an encoder ready to be tuned by a recipe's method.

    `full`: all weights learn. `top`: those of the last `layers` layers, and of a norm after them. `head`: none, only
    the classifier does. `lora`: low-rank matrices that are added to linear layers (Hu et al., 2022), drawn from torch's
    random state.

    Parameters
    ----------
    encoder : PreTrainedModel
        Is changed.
    recipe : closerlook.recipes.Recipe
    batch : Batch
        Any sentence, which `top` needs to find out what lies above a layer.

    Returns
    -------
    PreTrainedModel or peft.PeftModel
        With `requires_grad` of the weights that learn, and of no others.

    Raises
    ------
    InputError
        More layers than there are, or layers that share their weights; `targets` that fit no linear layer.
    """
    match recipe.method:
        case "full":
            return encoder
        case "lora":
            return _lora(encoder, recipe)
        case "top":
            learning = above(encoder, recipe.layers, batch)
        case "head":
            learning = set()
    for name, weight in encoder.named_parameters():
        weight.requires_grad_(name in learning)
    return encoder


def merged(encoder):
    """The encoder with its adapter merged into the weights: a copy, so that tuning can go on; else itself."""
    if not hasattr(encoder, "merge_and_unload"):
        return encoder
    return copy.deepcopy(encoder).merge_and_unload()


def above(encoder, n, batch):
    """The names of the weights that act only above the layer that is `n` below the top: the last `n` layers.

    They are those through which the last layer depends on a weight, and the layer below them does not: so what several
    layers share (position biases of T5, all layers of ALBERT) belongs to the lowest, and a norm at the end is found.
    """
    depth, kind = encoder.config.num_hidden_layers, encoder.config.model_type
    if n > depth:
        raise InputError(f"`layers: {n}` of `method: top` is more than the {depth} layers of the model.")
    names, weights = zip(*encoder.named_parameters())
    with torch.enable_grad():
        layers = hidden_states(encoder, batch)
        below, all_ = (
            torch.autograd.grad(layers[i].sum(), weights, retain_graph=True, allow_unused=True) for i in (depth - n, -1)
        )
    found = {name for name, a, b in zip(names, below, all_) if a is None and b is not None}
    if not found:
        raise InputError(f"`method: top` cannot tune a model of type {kind}: its layers share their weights.")
    return found


def _lora(encoder, recipe):
    from peft import LoraConfig, get_peft_model

    targets, layers = recipe.targets, [name for name, _ in encoder.named_modules()]
    names = [] if isinstance(targets, str) else list(targets)
    if lost := [one for one in names if not any(f".{layer}".endswith(f".{one}") for layer in layers)]:
        raise _misses(encoder, lost)
    how = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha or 2 * recipe.rank, lora_dropout=recipe.lora_dropout,
                     target_modules=names or targets, bias="none")  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what PEFT calls in transformers
            return get_peft_model(encoder, how)
    except ValueError as error:  # one that has such a name cannot be adapted
        raise _misses(encoder, targets) from error


def _misses(encoder, targets):
    """The error that targets fit no linear layer."""
    linear = {n.rpartition(".")[2] for n, m in encoder.named_modules() if isinstance(m, torch.nn.Linear | Conv1D)}
    return InputError(
        f"`targets: {targets}` of `method: lora` fits no linear layer of a model of type {encoder.config.model_type}; "
        f"its linear layers are called {', '.join(sorted(linear))}: name some of them, or write `all-linear`."
    )
