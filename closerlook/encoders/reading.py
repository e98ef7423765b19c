"""How an encoder reads a batch: the vectors of all its layers, each for the tokens that it was given and no others."""

import inspect

from closerlook.errors import InputError


def hidden_states(encoder, batch, inner=True):
    """Let an encoder read a batch.

    Parameters
    ----------
    encoder : PreTrainedModel
    batch : Batch
    inner : bool
        All layers, or the last one only.

    Returns
    -------
    list of (n_rows, length, dim) tensors
        Layer 0 is the embedding layer. The last one is what the model outputs and what a head is trained on, after a
        final norm where there is one.

    Raises
    ------
    InputError
        A layer with fewer vectors than tokens: the model pools its tokens along the way.
    """
    if hasattr(encoder, "set_attention_type"):  # BigBird would go on as it read its last short row
        encoder.set_attention_type(encoder.config.attention_type)
    cache = {"use_cache": False} if "use_cache" in _parameters(encoder) else {}  # for a next token
    out = encoder(**_inputs(encoder, batch), output_hidden_states=inner, **cache)
    layers = [*out.hidden_states[:-1], out.last_hidden_state] if inner else [out.last_hidden_state]
    length = batch.input_ids.shape[1]
    if fewer := [layer.shape[1] for layer in layers if layer.shape[1] < length]:
        raise InputError(
            f"A model of type {encoder.config.model_type} pools its tokens: one of its layers has {fewer[0]} vectors "
            f"for {length} of them; take a model that has one for each."
        )
    return [layer[:, :length] for layer in layers]  # some models pad their rows once more


def _parameters(encoder):
    """The names of what an encoder takes; one with an adapter takes what the one inside does."""
    inner = encoder.get_base_model() if hasattr(encoder, "get_base_model") else encoder
    return inspect.signature(inner.forward).parameters


def _inputs(encoder, batch):
    """What the encoder takes of a batch: token types only where it has embeddings of them."""
    inputs = batch.inputs()
    if "token_type_ids" not in inputs:
        return inputs
    n = getattr(encoder.config, "type_vocab_size", None)
    if "token_type_ids" in _parameters(encoder) and (n is None or int(inputs["token_type_ids"].max()) < n):
        return inputs
    return {name: tensor for name, tensor in inputs.items() if name != "token_type_ids"}
