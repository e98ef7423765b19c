"""`config/schema.json` helps editors: it is written from the model, and accepts what the model accepts."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from config_fixtures import edited

from closerlook.config import load
from closerlook.errors import InputError
from closerlook.reference import schema

CONFIG = Path(__file__).resolve().parent.parent / "config"
SHIPPED = sorted(CONFIG.glob("*.yaml"))


@pytest.fixture(scope="module")
def validator():
    written = json.loads((CONFIG / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(written)
    return jsonschema.Draft202012Validator(written)


def test_the_schema_is_that_of_the_model():
    says = "put the output of `python -m closerlook.reference --schema` into config/schema.json"
    assert (CONFIG / "schema.json").read_text(encoding="utf-8") == schema() + "\n", says


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_config_is_valid_under_the_schema_that_it_names(file, validator):
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    validator.validate(yaml.safe_load(text))


HUB = {"model": "m", "task": "role", "hub": "a/b"}


@pytest.mark.parametrize(
    "key, value",
    [
        ("finetune.learning_rate", "3e-4"),  # what PyYAML makes of 3e-4
        ("finetune.learning_rate", 1),
        ("finetune.steps", "every 5"),
        ("finetune.steps", [1, 2]),
        ("finetune.steps", None),
        ("layers", "all"),
        ("layers", [0, -1]),
        ("cross_tasks", "all"),
        ("tasks.role.names", ["a", "b"]),
        ("models.r", {"like": "m", "weights": "random", "seed": 3}),
        ("models.r", {"hub": "a/b", "n_layers": 2, "revision": "v1", "finetune": {"epochs": 2}}),
        ("runs", {"a": HUB | {"steps": ["step1", "step2"], "revision": "main", "seed": 1}}),
        ("probes.classifier.alphas", ["1e-3", 0.5]),
        ("corpora.h", {"format": "hub", "name": "x/y", "train": {"split": "train"}, "test": {"split": "test"}}),
    ],
)
def test_what_the_model_takes_is_valid(key, value, validator):
    raw = edited(key, value)
    load(copy.deepcopy(raw))
    validator.validate(raw)


@pytest.mark.parametrize(
    "key, value",
    [
        ("sedes", [0]),
        ("threads", {"embed": 1}),
        ("finetune.learning_rate", "fast"),
        ("finetune.learning_rate", 0),
        ("finetune.dropout", 1.0),
        ("finetune.steps", "5"),
        ("finetune.steps", [0]),
        ("layers", "top"),
        ("layers", [0.5]),
        ("cross_tasks", [["role"]]),
        ("tasks.role.kind", "words"),
        ("tasks.a/b", {"corpus": "g", "kind": "word", "label": "upos"}),
        ("corpora.g.fields", ["word"]),
        ("corpora.c", {"format": "xml"}),
        ("models.m.hub", "a/b"),
        ("models.m.seed", 1),
        ("models.r", {"like": "m"}),
        ("runs", {"a": HUB | {"steps": "checkpoint-*"}}),
        ("runs", {"a": HUB | {"path": "out"}}),
        ("device", "gpu"),
    ],
)
def test_what_the_model_refuses_is_not_valid(key, value, validator):
    raw = edited(key, value)
    with pytest.raises(InputError):
        load(copy.deepcopy(raw))
    assert not validator.is_valid(raw)
