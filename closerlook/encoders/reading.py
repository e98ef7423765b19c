"""How an encoder reads a batch: the vectors of all its layers, each for the tokens that it was given and no others."""

from pathlib import Path

from closerlook.encoders.alignment import Aligner
from closerlook.encoders.loading import load_tokenizer, max_length
from closerlook.errors import InputError
from closerlook.files import read_json

PADDING = "padding_matters"  # in model.json


def load_aligner(folder, encoder, kind, pooling=None):
    """The `Aligner` for an encoder and the tokenizer in `folder`, by what was found when the model was pinned.

    Of a folder that was not, it is found out now.
    """
    note, tokenizer = Path(folder) / "model.json", load_tokenizer(folder)
    limit = max_length(encoder, tokenizer)
    if note.exists():
        equal = read_json(note).get(PADDING, False)
    else:
        from closerlook.encoders.checking import padding_matters

        equal = padding_matters(encoder, Aligner(tokenizer, limit, "word"), folder)
    return Aligner(tokenizer, limit, kind, pooling, equal)


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
        Layer 0 is the embedding layer. The last one is what the model gives out and a head is trained on, after a final
        norm where there is one.

    Raises
    ------
    InputError
        A layer with fewer vectors than tokens: the model pools its tokens on the way.
    """
    if hasattr(encoder, "set_attention_type"):  # BigBird would go on as it read its last short row
        encoder.set_attention_type(encoder.config.attention_type)
    out = encoder(**batch.inputs(), output_hidden_states=inner)
    layers = [*out.hidden_states[:-1], out.last_hidden_state] if inner else [out.last_hidden_state]
    length = batch.input_ids.shape[1]
    if fewer := [layer.shape[1] for layer in layers if layer.shape[1] < length]:
        raise InputError(
            f"A model of type {encoder.config.model_type} pools its tokens: one of its layers has {fewer[0]} vectors "
            f"for {length} of them; take a model that has one for each."
        )
    return [layer[:, :length] for layer in layers]  # some models pad their rows once more
