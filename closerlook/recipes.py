"""The recipe for fine-tuning, as the config gives it and as the training takes it."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from closerlook.keys import (
    INTEGER,
    NULL,
    STRING,
    Count,
    Norm,
    NotNegative,
    Positive,
    Precision,
    Rate,
    Section,
    list_schema,
    unique,
)


def _steps(value):
    numbers = isinstance(value, list) and value and all(type(n) is int and n > 0 for n in value)
    if value is not None and not numbers and not re.fullmatch(r"every [1-9]\d*", str(value)):
        raise ValueError("write `every N` (say, `every 5`) or a list of update numbers, counted from 1")
    return unique(value)


Steps = Annotated[
    str | list[int] | None,
    BeforeValidator(_steps),
    WithJsonSchema(list_schema(INTEGER | {"minimum": 1}, STRING | {"pattern": r"^every [1-9]\d*$"}, NULL)),
]


def _targets(value):
    if value != "all-linear" and not (isinstance(value, list) and value and all(isinstance(t, str) for t in value)):
        raise ValueError("write `all-linear` or a list of names of linear layers, such as `[query, value]`")
    return unique(value)


Targets = Annotated[
    str | list[str], BeforeValidator(_targets), WithJsonSchema(list_schema(STRING, {"const": "all-linear"}))
]
ONLY = {"rank": "lora", "alpha": "lora", "lora_dropout": "lora", "targets": "lora", "layers": "top"}  # key -> method


class Recipe(Section):
    """How to fine-tune. The defaults are the paper's (section 3)."""

    method: Literal["full", "lora", "top", "head"] = Field(
        "full",
        description="What learns: `full`, all weights; `lora`, low-rank matrices that are added to linear layers; "
        "`top`, the last layers; `head`, only the classifier layer on top of the model.",
    )
    rank: Count = Field(8, description="For `method: lora`: rank of its matrices.")
    alpha: Positive | None = Field(
        None, description="For `method: lora`: the matrices are scaled by alpha / rank; by default alpha is twice rank."
    )
    lora_dropout: Rate = Field(0.0, description="For `method: lora`: dropout on what the matrices read.")
    targets: Targets = Field(
        "all-linear", description="For `method: lora`: `all-linear`, or names of the linear layers that get matrices."
    )
    layers: Count = Field(1, description="For `method: top`: how many layers, from the last one down.")

    epochs: Count = Field(10, description="Passes over the training sentences.")
    batch_size: Count = Field(32, description="Sentences per update.")
    learning_rate: Positive = Field(3e-4, description="Peak learning rate of Adam.")
    warmup: Rate = Field(0.1, description="Share of the updates in which the learning rate rises; then it falls to 0.")
    weight_decay: NotNegative = Field(0.0, description="Decoupled weight decay.")
    dropout: Rate = Field(0.1, description="Dropout on the vector that the classifier layer reads.")
    max_grad_norm: Norm = Field(1.0, description="Gradients are clipped to this norm.")
    precision: Precision = Field("fp32", description="Arithmetic of the forward and backward pass: `fp32` or `bf16`.")
    steps: Steps = Field(
        None,
        description="Which updates to keep as states of their own: `every 5`, or a list of update numbers. If "
        "`trajectories` follows a model, only the runs that it follows keep any.",
    )

    def used(self, **more):
        """The keys that its method uses, as plain values; `more` as for `model_dump`."""
        unused = {key for key, method in ONLY.items() if method != self.method}
        return {key: value for key, value in self.model_dump(**more).items() if key not in unused}
