"""The models of a study: what the config says of each, in one of several shapes."""

import json
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from closerlook.encoders.folder import TOKENIZER, has, is_adapter
from closerlook.errors import InputError
from closerlook.keys import Count, File, Layers, Name, Natural, Positive, Rate, Section, Seed, Share, TaskNames, Text
from closerlook.layout import ORIGINAL, SPLITS
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
    """A pre-trained language model; one of `hub`, `path`, `pretrain`, `like`, `vectors` says where it comes from."""

    layers: Layers = Field(None, description="Overrides the top-level `layers`.")
    tasks: TaskNames | None = Field(None, description="The tasks that it takes part in; all by default.")


class Encoder(Model):
    """One whose weights this workflow has: it extracts the vectors, and may fine-tune it."""

    frozen: bool = Field(False, description="Probe it as it is, and do not fine-tune it.")
    finetune: Recipe = Field(
        Recipe(),
        description="Keys of the top-level `finetune` that differ for this model; those of a recipe go before them.",
    )
    recipes: TaskNames | None = Field(None, description="The `recipes` that it is tuned by; all by default.")


class Saved(Encoder):
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


class OwnModel(Encoder):
    """One that this workflow trains from scratch."""

    pretrain: Pretraining = Field(description="How to train it.")


class LikeModel(Encoder):
    """The network and tokenizer of another model of this config, freshly initialised, as a baseline."""

    like: Name = Field(description="The other model.")
    weights: Literal["random"] = Field(description="`random`: with the same weights it would be the same model.")
    seed: Seed = Field(0, description="The seed of the weights.")


class Vectors(Section):
    """Vectors of a task's targets in one state, as `.npy` files of (n, dim) or (layers, n, dim)."""

    train: File = Field(description="The file of the training split, relative to the working directory.")
    test: File = Field(description="The file of the test split.")
    seed: Natural | None = Field(
        None, description="The run's seed: runs that give theirs are seeds of one recipe. Not for `original`."
    )
    recipe: Name | None = Field(
        None, description="How it was tuned, where runs that give their seeds were not all tuned in one way."
    )
    model: ClassVar[None] = None  # what runs with weights say, each for itself
    task: ClassVar[None] = None
    steps: ClassVar[None] = None

    def mistakes(self):
        if self.recipe and self.seed is None:
            yield "seed", "is missing; a run of a `recipe` is told from the others by its seed"


class VectorModel(Model):
    """Vectors that were extracted elsewhere, of any model and any kind of data: no weights are read."""

    vectors: dict[Name, Vectors] = Field(
        description="The vectors by state: those before fine-tuning are called `original`; each other name is a run's."
    )

    @property
    def runs(self):
        """The states that are not the original, by name."""
        return {name: run for name, run in self.vectors.items() if name != ORIGINAL}

    @cached_property
    def shape(self):
        """The layers, training examples and dimensions of each state."""
        return self._opened(ORIGINAL, "train").shape

    def _opened(self, state, split):
        from closerlook.own_vectors import opened  # numpy, which a config without vectors does not need

        return opened(getattr(self.vectors[state], split))

    def mistakes(self):
        if len(self.tasks or [None]) != 1:
            yield "tasks", "is a list of several; vectors are of one task: make a model of those of each"
        if ORIGINAL not in self.vectors:
            yield f"vectors.{ORIGINAL}", "is missing; give the vectors before fine-tuning, or of a model without any"
            return
        for name in sorted({"seed", "recipe"} & self.vectors[ORIGINAL].model_fields_set):
            yield f"vectors.{ORIGINAL}.{name}", "is for a run; take it out"
        keys, found = [(state, split) for state in self.vectors for split in SPLITS], {}
        for key in keys:
            try:
                found[key] = self._opened(*key).shape
            except InputError as error:
                yield f"vectors.{'.'.join(key)}", str(error).rstrip(".")
        if len(found) == len(keys):
            yield from self._unequal(found)

    def _unequal(self, shapes):
        """Files that do not have the layers, the dimensions or the examples of the original's."""
        first, (depth, _, width) = self.vectors[ORIGINAL].train, shapes[ORIGINAL, "train"]
        for (state, split), (layers, n, dim) in shapes.items():
            key, file = f"vectors.{state}.{split}", getattr(self.vectors[state], split)
            other, expected = getattr(self.vectors[ORIGINAL], split), shapes[ORIGINAL, split][1]
            if (layers, dim) != (depth, width):
                has = f"{file} has layers x dimensions {layers} x {dim}, but {first} has {depth} x {width}"
                yield key, f"{has}; give the same in all files"
            elif n != expected:
                has = f"{file} has {n:,} vectors in each layer, but {other} has {expected:,}"
                yield key, f"{has}; give those of the same examples, in the same order"


AnyModel = one_of(hub=HubModel, path=LocalModel, pretrain=OwnModel, like=LikeModel, vectors=VectorModel)
