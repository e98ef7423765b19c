"""The command line's `--config`: what Snakemake makes of it is read as YAML would, and blamed under its own name."""

import copy

import pytest
from config_fixtures import SMALL, edited
from snakemake.utils import update_config

from closerlook.config import Config, load
from closerlook.errors import InputError
from closerlook.overrides import arrived, typed


@pytest.mark.parametrize(
    "given, key, expected",
    [
        ({"seeds": ["0", "2"]}, "seeds", [0, 2]),
        ({"layers": ["0", "-1"]}, "layers", [0, -1]),
        ({"partial": "true"}, "partial", True),
        ({"partial": "False"}, "partial", False),
        ({"finetune": {"epochs": "3", "learning_rate": "3e-4", "dropout": "0.5"}}, "finetune.dropout", 0.5),
        ({"finetune": {"epochs": "3", "steps": "every 5"}}, "finetune.steps", "every 5"),
        (
            {"probes": {"classifier": {"hidden_layer_sizes": [["64", "8"]]}}},
            "probes.classifier.hidden_layer_sizes",
            [[64, 8]],
        ),
        ({"models": {"m": {"frozen": "true"}}}, "models.m.frozen", True),
        ({"corpora": {"g": {"n_train": "9"}}}, "corpora.g.n_train", 9),
        ({"models": {"m": {"pretrain": {"learning_rate": "0.5"}}}}, "models.m.pretrain.learning_rate", 0.5),
        ({"models": {"m": {"hub": "null"}}}, "models.m.hub", None),
        ({"models": {"r": {"like": "m", "weights": "random", "seed": "7"}}}, "models.r.seed", 7),
        ({"tasks": {"role": {"label": "7", "target": "null"}}}, "tasks.role.label", "7"),
        ({"tasks": {"role": {"where": {"smwe": "0"}}}}, "tasks.role.where", {"smwe": "0"}),
        ({"tasks": {"role": {"names": ["0", "1"]}}}, "tasks.role.names", ["0", "1"]),
    ],
)
def test_texts_of_the_command_line_are_what_the_config_wants(given, key, expected):
    """Snakemake reads `--config 'seeds=[0]'` as `['0']`."""
    raw = edited("tasks.other", SMALL["tasks"]["role"])
    update_config(raw, typed(given, Config))
    found = load(raw)
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    "given, file, blamed",
    [
        ({"seeds": ["x"]}, {}, "--config: seeds.0: is 'x'"),
        ({"seeds": ["0", "0"]}, {}, "--config: seeds: is [0, 0]"),
        ({"sedes": "1"}, {}, "--config: sedes: unknown key"),
        ({"finetune": {"epochs": "0"}}, {"finetune": {"dropout": 0.1}}, "--config: finetune.epochs: is 0"),
        ({"finetune": {"epochs": "1"}}, {"finetune": {"dropout": 7.0}}, "my.yaml: finetune.dropout: is 7.0"),
        ({"layers": ["9"]}, {}, "--config: layers: m has no layer 9"),
        ({"threads": {"embed": "2"}}, {}, "--config: threads.embed: says only how to run"),
        ({"corpora": {"g": {"fields": ["a"]}}}, {}, "--config: corpora.g.fields: is for format `conll` only"),
        ({"models": {"m": {"hub": "a/b"}}}, {}, "my.yaml + --config: models.m: give exactly one of"),
        ({"device": "cpu"}, {"seeds": []}, "my.yaml: seeds: is []"),
    ],
)
def test_a_mistake_is_blamed_on_where_it_stands(given, file, blamed):
    raw = copy.deepcopy(SMALL) | copy.deepcopy(file)
    given = typed(given, Config)
    update_config(raw, given)
    with pytest.raises(InputError) as error:
        load(raw, "my.yaml", given)
    assert str(error.value).startswith(blamed)


def test_keys_of_another_workflow_are_not_ours():
    config = {"seeds": ["0"], "finetune": {"epochs": "1", "dropout": 0.1}, "models": {"m": {}}}
    given = {"seeds": ["0"], "theirs": "x", "finetune": {"epochs": "1", "theirs": "y"}, "models": {"n": {"seed": "1"}}}
    assert arrived(given, config) == {"seeds": ["0"], "finetune": {"epochs": "1"}}


def test_what_snakemake_makes_of_the_command_line(tmp_path):
    """Its parser itself, so that another version of it is noticed."""
    from snakemake.cli import parse_config

    given = typed(parse_config(["seeds=[0, 2]", "partial=true", "finetune={learning_rate: 3e-4, epochs: 2}"]), Config)
    raw = copy.deepcopy(SMALL)
    update_config(raw, given)
    config = load(raw)
    assert (config.seeds, config.partial) == ([0, 2], True)
    assert (config.finetune.learning_rate, config.finetune.epochs) == (3e-4, 2)
