"""What in a model reads text: its config, its class, and what stands before its weights in those of the whole."""

from typing import NamedTuple

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES as TEXT_ENCODERS

from closerlook.encoders.folder import transformer
from closerlook.encoders.quiet import brief, quiet
from closerlook.errors import InputError

OWN_CODE = (
    "{}: the {} brings code of its own (`auto_map` in {}), which is not run here; take one whose architecture is part "
    "of transformers."
)


def load_config(folder):
    """Load a model's `config.json`, or its part about text where a model also sees; code of its own is never run."""
    try:
        with quiet():
            config = AutoConfig.from_pretrained(transformer(folder), trust_remote_code=False)
    except Exception as error:  # whatever a broken file raises
        if "trust_remote_code" in str(error):
            raise InputError(OWN_CODE.format(folder, "model", "config.json")) from error
        raise InputError(f"{folder}: its config.json cannot be read ({brief(error)}).") from error
    if own_code(getattr(config, "auto_map", None)):
        raise InputError(OWN_CODE.format(folder, "model", "config.json"))
    if quantized := getattr(config, "quantization_config", None):
        method = quantized.get("quant_method") if isinstance(quantized, dict) else quantized.quant_method
        raise InputError(
            f"{folder}: its weights are quantized ({getattr(method, 'value', method)}): take the model as it was "
            "before, or save it after `model.dequantize()`."
        )
    text = getattr(config, "text_config", None)
    return text if isinstance(text, PreTrainedConfig) else config


def own_code(auto_map):
    """Whether a class that a model's folder asks for is not one of transformers, which has some under the same name."""
    listed = [name for names in (auto_map or {}).values() for name in (names if isinstance(names, list) else [names])]
    return any(name and not hasattr(transformers, name.rpartition(".")[2]) for name in listed)


class Part(NamedTuple):
    """The part of a model that reads text; for most it is the model itself."""

    kind: type  # of transformers, an Auto class or a model's own
    inside: str = ""  # what stands before the names of its weights in the whole model
    computed: frozenset = frozenset()  # weights that need not be in a file: positions as sines


def architecture(config, name):
    """What to load of a model: of T5, BART and their kin the encoder without the decoder.

    Parameters
    ----------
    config : PreTrainedConfig
        From `load_config`; of an encoder without its decoder it no longer asks for a cache, which is the decoder's.
    name : str
        What to call the model in an error.

    Returns
    -------
    Part

    Raises
    ------
    InputError
        An encoder-decoder whose encoder does not read text alone.
    """
    if TEXT_ENCODERS.get(config.model_type, "").endswith("EncoderModel") and hasattr(config, "num_hidden_layers"):
        return Part(AutoModelForTextEncoding)
    if not config.is_encoder_decoder:
        return Part(AutoModel)
    try:
        with torch.device("meta"), quiet():  # without memory for its weights
            whole = AutoModel.from_config(config)
        encoder = whole.get_encoder()
        (inside,) = [part for part, module in whole.named_modules() if part and module is encoder]
        reads = isinstance(encoder, PreTrainedModel) and encoder.main_input_name == "input_ids"
        reads = reads and type(encoder.config) is type(config)  # or what is pinned could not be loaded again
    except Exception:  # of any architecture that is made otherwise
        reads = False
    if not reads:
        raise InputError(
            f"{name}: has a decoder too ({config.model_type}), and its encoder cannot be read alone; choose an encoder."
        )
    config.use_cache = False
    computed = frozenset(name for name, weight in encoder.named_parameters() if not weight.requires_grad)
    return Part(type(encoder), f"{inside}.", computed)
