"""What a model must be able to do before hours are spent on it, found out by letting it read a few sentences."""

import torch

from closerlook.encoders.alignment import Aligner
from closerlook.encoders.loading import max_length, not_finite
from closerlook.encoders.padding import CAUSAL, PADDING, causal, padding_matters
from closerlook.encoders.precision import in_float32
from closerlook.encoders.quiet import brief
from closerlook.encoders.reading import hidden_states
from closerlook.errors import InputError

SENTENCES = [
    "One sentence .",
    "Isn't it ( at 10:30 ) 3.14 % well-known ?",
    "naïve 😍 👩‍👩‍👧 東京 タワー 서울 กรุงเทพ القاهرة",
]


def check(encoder, tokenizer, name, n_layers=None):
    """Let an encoder and its tokenizer read some sentences.

    Parameters
    ----------
    encoder, tokenizer
        From `closerlook.encoders.loading`.
    name : str
        What to call the model in an error.
    n_layers : int, optional
        Layers that it should have.

    Returns
    -------
    dict
        `max_length`: the longest row that it can read; `padding_matters`: its vectors depend on padding, so that only
        sentences of one length go together; `causal`: the vectors of a token do not depend on later ones; `last_layer`:
        `last_hidden_state`, and whether that is the last of its `hidden_states` or comes after a final norm.

    Raises
    ------
    InputError
        Anything that would fail, or give vectors of something else, later on.
    """
    config = encoder.config
    if config.is_encoder_decoder and encoder.get_encoder() is not encoder:
        raise InputError(f"{name}: has a decoder too ({config.model_type}); give its encoder, `model.get_encoder()`.")
    depth, width = (getattr(config, key, None) for key in ("num_hidden_layers", "hidden_size"))
    if not isinstance(depth, int) or not isinstance(width, int):
        raise InputError(f"{name}: the config of a {config.model_type} does not say its layers and size; take another.")
    if n_layers not in (None, depth):
        raise InputError(f"{name}: has {depth} layers, but `n_layers: {n_layers}` is configured.")
    if bad := not_finite(encoder):
        raise InputError(f"{name}: its weights are damaged: {bad} is not finite.")
    _vocabulary(encoder, tokenizer, name)
    limit = max_length(encoder, tokenizer)
    aligner = Aligner(tokenizer, limit, "word")
    if aligner.room < 1:
        raise InputError(
            f"{name}: reads rows of {limit} tokens at most, and {limit - aligner.room} of them are special ones: "
            "correct `model_max_length` in tokenizer_config.json."
        )
    _words(aligner, tokenizer, name)
    try:
        with torch.inference_mode():
            return {
                "max_length": limit,
                **_layers(encoder, aligner, name),
                PADDING: padding_matters(encoder, aligner, name),
                CAUSAL: causal(encoder, aligner),
            }
    except InputError:
        raise
    except Exception as error:  # of any architecture that wants more than a text
        raise InputError(
            f"{name}: a model of type {config.model_type} cannot read a plain sentence ({brief(error)}); take another."
        ) from error


def _vocabulary(encoder, tokenizer, name):
    """Every token has an embedding."""
    try:
        size = encoder.get_input_embeddings().num_embeddings
    except (NotImplementedError, AttributeError):
        size = encoder.config.vocab_size
    if beyond := sorted((i, token) for token, i in tokenizer.get_vocab().items() if i >= size):
        raise InputError(
            f"{name}: its tokenizer has {len(beyond)} token{'s' * (len(beyond) > 1)} without an embedding, such as "
            f"{beyond[0][1]!r}: save the model after `resize_token_embeddings(len(tokenizer))`, or with the tokenizer "
            "that it was trained with."
        )


def _words(aligner, tokenizer, name):
    """Sentences are read as the tokenizer reads them, and words can be found by the offsets of their tokens."""
    for text in SENTENCES:
        found = aligner.backend.encode(text, add_special_tokens=False)
        if [*aligner.before, *found.ids, *aligner.after] != tokenizer(text)["input_ids"]:
            raise InputError(f"{name}: its tokenizer reads {text!r} differently where it adds special tokens.")
        seen = {i for begin, end in found.offsets for i in range(begin, end)}
        if any(c.isascii() and c != " " and i not in seen for i, c in enumerate(text)):
            raise InputError(f"{name}: its tokenizer does not say where its tokens are in {text!r}.")


def _layers(encoder, aligner, name):
    """There is a vector for each token in each layer, the last one included."""
    batch = aligner.batch(aligner.encode([SENTENCES[0].split()], [[[0]]]))
    with in_float32(encoder):
        out = encoder(**batch.inputs(), output_hidden_states=True)
    depth = encoder.config.num_hidden_layers
    if getattr(out, "hidden_states", None) is None or getattr(out, "last_hidden_state", None) is None:
        raise InputError(
            f"{name}: a model of type {encoder.config.model_type} gives no vectors of its tokens (it has no "
            "last_hidden_state); take the encoder inside it, or another model."
        )
    if len(out.hidden_states) != depth + 1:
        raise InputError(f"{name}: gives the vectors of {len(out.hidden_states)} layers, not of {depth} + 1.")
    with in_float32(encoder):
        layers = hidden_states(encoder, batch)
    same = torch.allclose(layers[-1], out.hidden_states[-1][:, : layers[-1].shape[1]], atol=1e-6)
    return {"last_layer": "last_hidden_state" + ("" if same else ", after a final norm")}
