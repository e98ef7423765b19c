"""The models of a study: what the config says of each, in one of several shapes."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from closerlook.encoders.folder import TOKENIZER, has, is_adapter
from closerlook.keys import Count, File, Layers, Name, Positive, Rate, Section, Seed, Share, TaskNames, Text
from closerlook.recipes import Recipe
from closerlook.shapes import Shape, one_of

WIDTHS = ("hidden_size", "d_model", "dim", "n_embd")
DEPTHS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers", "num_encoder_layers")  # its names


def said(path, names):
    """What a local model's `config.json` says under the first of some names that it has, or None."""
    try:
        config = json.loads((Path(path) / "config.json").read_text())
        config = config.get("text_config") or config  # of a model that also sees
        return next((config[name] for name in names if name in config), None)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def depth_of(path):
    """Number of layers of a local model, or None."""
    return said(path, DEPTHS)


class Pretraining(Section):
    """A BERT trained from scratch on a corpus's text, by masked language modelling."""

    corpus: str = Field(description="The `grammar` corpus whose text it is trained on.")
    n_layers: Count = Field(4, description="Transformer layers.")
    hidden_size: Count = Field(128, description="Dimension of the vectors.")
    n_heads: Count = Field(4, description="Attention heads; divides `hidden_size`.")
    vocab_size: Count = Field(1500, description="Size of the WordPiece vocabulary.")
    max_length: Count = Field(64, description="Longest sentence, in subwords.")
    steps: Count = Field(1500, description="Updates.")
    batch_size: Count = Field(64, description="Sentences per update.")
    learning_rate: Positive = Field(1e-3, description="Peak learning rate.")
    warmup: Rate = Field(0.1, description="Share of the updates in which the learning rate rises.")
    mask_rate: Share = Field(0.15, description="Share of the subwords to predict.")
    seed: Seed = Field(0, description="Seed of weights, order and masks.")

    def mistakes(self):
        if self.hidden_size % self.n_heads:
            yield "n_heads", f"{self.n_heads} does not divide hidden_size {self.hidden_size}"


class Model(Shape):
    """A pre-trained language model; one of `hub`, `path`, `pretrain`, `like` says where it comes from."""

    layers: Layers = Field(None, description="Overrides the top-level `layers`.")
    tasks: TaskNames | None = Field(None, description="The tasks that it takes part in; all by default.")
    frozen: bool = Field(False, description="Probe it as it is, and do not fine-tune it.")
    finetune: Recipe = Field(
        Recipe(),
        description="Keys of the top-level `finetune` that differ for this model; those of a recipe go before them.",
    )
    recipes: TaskNames | None = Field(None, description="The `recipes` that it is tuned by; all by default.")


class Saved(Model):
    """A model that somebody has published or saved."""

    weights: Literal["pretrained", "random"] = Field(
        "pretrained", description="`random`: the same network, freshly initialised, as a baseline."
    )
    seed: Seed = Field(0, description="With `weights: random`: the seed of the weights.")
    tokenizer: File | None = Field(
        None, description="A folder with the tokenizer, where the model has none, or another is to be used."
    )

    def mistakes(self):
        if self.tokenizer and not has(self.tokenizer, TOKENIZER):
            yield "tokenizer", f"there is no folder with a tokenizer (such as tokenizer.json) at {self.tokenizer!r}"
        if "seed" in self.model_fields_set and self.weights != "random":
            yield "seed", "is for `weights: random`; take it out"


class HubModel(Saved):
    """A model on the Hugging Face hub."""

    hub: Text = Field(description="The model, as `owner/name`.")
    revision: str | None = Field(None, description="A commit, tag or branch; the commit found is recorded.")
    n_layers: Count = Field(description="Transformer layers, so that the jobs are known before the download.")


class LocalModel(Saved):
    """A folder in the transformers format."""

    path: File = Field(description="The folder, relative to the working directory.")
    n_layers: Count | None = Field(None, description="Transformer layers, where its `config.json` does not say.")

    def mistakes(self):
        yield from super().mistakes()
        if is_adapter(self.path):
            yield "path", f"{self.path!r} is an adapter; give the model that it was trained on, and it in `runs`"
            return
        if not (Path(self.path) / "config.json").is_file():
            yield "path", f"there is no model folder with a config.json at {self.path!r}"
            return
        found = depth_of(self.path)
        if (found or self.n_layers) is None:
            yield "n_layers", "is missing; give the number of transformer layers"
        elif self.n_layers and found not in (None, self.n_layers):
            yield "n_layers", f"is {self.n_layers}, but {self.path}/config.json says {found}"


class OwnModel(Model):
    """One that this workflow trains from scratch."""

    pretrain: Pretraining = Field(description="How to train it.")


class LikeModel(Model):
    """The network and tokenizer of another model of this config, freshly initialised, as a baseline."""

    like: Name = Field(description="The other model.")
    weights: Literal["random"] = Field(description="`random`: with the same weights it would be the same model.")
    seed: Seed = Field(0, description="The seed of the weights.")


AnyModel = one_of(hub=HubModel, path=LocalModel, pretrain=OwnModel, like=LikeModel)
