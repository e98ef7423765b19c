"""The config: what is accepted, what is refused, and in which words."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from config_fixtures import SMALL, edited

from closerlook.config import load
from closerlook.errors import InputError
from closerlook.grid import Grid
from closerlook.reference import reference

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "key, value, expected",
    [
        ("sedes", [0], ["sedes: unknown key", "did you mean `seeds`?", "tasks"]),
        ("finetune.epoch", 3, ["finetune.epoch: unknown key", "`epochs`"]),
        ("models.m.finetune.lr", 1.0, ["models.m.finetune.lr: unknown key", "learning_rate"]),
        ("seeds", 3, ["seeds: is 3", "list"]),
        ("seeds", ["a"], ["seeds.0: is 'a'", "integer"]),
        ("seeds", [], ["seeds: is []", "at least 1", "`runs`"]),
        ("seeds", [0, 1, 0], ["seeds: is [0, 1, 0]; 0 is listed twice"]),
        ("seeds", [0, 0, 2**32], ["0 is listed twice", "4294967296 is not below 4294967296"]),
        ("seeds", [-1], ["seeds.0: is -1"]),
        ("corpora.g.seed", 2**32, ["corpora.g.seed: is 4294967296", "less than 4294967296"]),
        (
            "models.r",
            {"like": "m", "weights": "random", "seed": 2**32},
            ["models.r.seed: is 4294967296"],
        ),
        ("models.m.pretrain.seed", 2**32, ["models.m.pretrain.seed: is 4294967296"]),
        ("device", "gpu", ["device: is 'gpu', allowed: 'auto', 'cpu' or 'cuda'"]),
        ("layers", [1, 1], ["layers: is [1, 1]; 1 is listed twice"]),
        ("probes.hulls.layers", [-1, -1], ["probes.hulls.layers: is [-1, -1]; -1 is listed twice"]),
        ("probes.classifier.alphas", [1.0, 1.0], ["probes.classifier.alphas", "1.0 is listed twice"]),
        ("finetune.steps", [5, 5], ["finetune.steps: is [5, 5]; 5 is listed twice"]),
        ("models.m.tasks", ["role", "role"], ["models.m.tasks", "'role' is listed twice"]),
        ("trajectories.tasks", ["role", "role"], ["trajectories.tasks", "'role' is listed twice"]),
        ("related_tasks", [["a", "b"], ["a", "b"]], ["related_tasks", "is listed twice"]),
        ("tasks.role.label", 4, ["tasks.role.label: is 4; it should be text: put it in quotes"]),
        ("tasks.role.where", {"smwe": False}, ["tasks.role.where.smwe: is False; it should be text: put it in"]),
        ("tasks.role.names", ["O", "O"], ["tasks.role.names", "a list of different names"]),
        ("tasks.role.names", [0, 1], ["tasks.role.names: is [0, 1]; write a list of different names (in quotes"]),
        ("tasks.role.names", "nowhere.json", ["tasks.role.names: nowhere.json: cannot be read"]),
        ("pathvars.results", "a{b}", ["pathvars.results: 'a{b}' has { and } in it", "rename"]),
        ("pathvars.results", "a<b>/c", ["pathvars.results: 'a<b>/c' has < and > in it"]),
        ("tasks.role.names", "<x>.json", ["tasks.role.names: '<x>.json' has < and > in it"]),
        ("models.r", {"path": "{x}"}, ["models.r.path: '{x}' has { and } in it"]),
        ("corpora.g.fields", ["word"], ["corpora.g.fields: is for format `conll` only"]),
        ("corpora.c", {"format": "conll", "fields": ["a", "a"]}, ["corpora.c.fields", "'a' is listed twice"]),
        ("finetune.learning_rate", "fast", ["finetune.learning_rate: is 'fast'", "number"]),
        ("finetune.epochs", 0, ["finetune.epochs: is 0"]),
        ("finetune.epochs", 2.5, ["finetune.epochs: is 2.5", "integer"]),
        ("finetune.steps", "5", ["finetune.steps: is '5'", "every 5"]),
        ("finetune.steps", [0, 5], ["finetune.steps: is [0, 5]", "counted from 1"]),
        ("finetune.precision", "fp16", ["finetune.precision: is 'fp16'", "'fp32' or 'bf16'"]),
        ("tasks.role.corpus", "h", ["tasks.role.corpus: 'h' is not a corpus", "g"]),
        ("tasks.role.kind", "words", ["tasks.role.kind: is 'words'", "'span_pair' or 'sentence_pair'"]),
        ("tasks", ["role"], ["tasks: is ['role']", "mapping"]),
        ("layers", [0, 9], ["layers: m has no layer 9", "0 to 4"]),
        ("layers", [-6], ["layers: m has no layer -6", "0 to 4"]),
        ("layers", "top", ["layers: is 'top'", "`all`"]),
        ("models.m.layers", [5], ["models.m.layers: m has no layer 5"]),
        ("probes.direct.layers", [7], ["probes.direct.layers: m has no layer 7"]),
        ("trajectories.models", ["m", "m"], ["trajectories.models: m is named twice"]),
        ("trajectories.models", ["x"], ["trajectories.models: 'x' is not a model", "m"]),
        ("trajectories.models", ["m"], ["trajectories.models: no steps of m are kept", "every 5"]),
        ("trajectories.tasks", ["pos"], ["trajectories.tasks: 'pos' is not a task", "role"]),
        ("cross_tasks", "some", ["cross_tasks: is 'some'", "`all`"]),
        ("cross_tasks", [["role"]], ["cross_tasks: is [['role']]", "pairs"]),
        ("cross_tasks", [["role", "pos"]], ["cross_tasks: 'pos' is not a task", "role"]),
        ("cross_tasks", [["role", "role"]], ["names one task twice"]),
        ("probes.classifier.device", "tpu", ["probes.classifier.device: is 'tpu'", "'cpu', 'cuda' or 'auto'"]),
        ("models.m.tasks", ["pos"], ["models.m.tasks: 'pos' is not a task", "role"]),
        ("models.m.hub", "a/b", ["models.m: give exactly one of", "pretrain"]),
        ("models.m.pretrain.corpus", "h", ["models.m.pretrain.corpus: 'h'", "g"]),
        ("models.m.pretrain.n_heads", 5, ["models.m.pretrain.n_heads: 5 does not divide"]),
        ("models.r", {"like": "m"}, ["models.r.weights", "random"]),
        ("models.r", {"like": "x", "weights": "random"}, ["models.r.like: 'x'", "m"]),
        ("models.r", {"hub": "a/b"}, ["models.r.n_layers: is missing"]),
        ("probes.direct.sample", {"point": 5}, ["sample.point: unknown", "`points`?", "sample.points: is missing"]),
        ("probes.direct.sample", {"points": 1}, ["probes.direct.sample.points: is 1"]),
        ("probes.direct.sample", 5, ["probes.direct.sample: is 5; write a mapping with `points` at least"]),
        ("models.r", {"path": "nowhere"}, ["models.r.path", "nowhere"]),
        ("models.r", {}, ["models.r: give exactly one of"]),
        ("corpora.c", {"format": "conllu"}, ["corpora.c.train: is missing", "corpora.c.test: is missing"]),
        ("corpora.c", {"format": "xml"}, ["corpora.c.format: is 'xml'", "'conllu'"]),
        (
            "corpora.c",
            {"format": "trec", "train": {"path": "a"}, "test": {"url": "https://e.org/u"}},
            ["corpora.c.train.path", "a"],
        ),
        (
            "corpora.c",
            {"format": "table", "train": {"url": "https://e.org/u"}, "test": {"url": "https://e.org/u"}},
            ["corpora.c.test: ", ".csv"],
        ),
        (
            "corpora.c",
            {"format": "conllu", "train": {"url": "https://e.org/u", "type": "csv"}},
            ["corpora.c.train.type: is for `table` only; take it out"],
        ),
        (
            "corpora.c",
            {"format": "trec", "train": {"url": "https://e.org/u", "split": "a"}},
            ["corpora.c.train.split: is for `hub`"],
        ),
        ("corpora.c", {"format": "hub", "name": "."}, ["corpora.c.name: '.' is a folder on this machine; give it as"]),
        (
            "corpora.c",
            {"format": "trec", "train": {"url": "u"}, "test": {"url": "https://[::1/a"}},
            ["corpora.c.train.url: 'u' is not an address", "corpora.c.test.url: 'https://[::1/a' is not an address"],
        ),
        (
            "corpora.c",
            {"format": "trec", "train": {"url": ""}, "test": {"path": ""}},
            ["corpora.c.train.url: is ''; it should have at least 1 character", "corpora.c.test.path: is ''"],
        ),
        (
            "corpora.c",
            {"format": "trec", "train": {"path": "~/a"}, "test": {"path": "a"}},
            ["corpora.c.train.path: '~/a' begins with ~"],
        ),
        ("pathvars", {"results": ""}, ["pathvars.results: is ''"]),
        ("pathvars", {"results": "~/x"}, ["pathvars.results: '~/x' begins with ~"]),
        ("finetune.learning_rate", float("inf"), ["finetune.learning_rate: is inf"]),
        ("finetune.weight_decay", float("inf"), ["finetune.weight_decay: is inf"]),
        ("probes.classifier.alphas", [float("inf")], ["probes.classifier.alphas.0: is inf"]),
        (
            "tasks.role.target",
            "at",
            ["tasks.role.target: names a column of `table` and `hub`, but grammar has its own"],
        ),
        ("tasks.role.words", "text", ["tasks.role.words: names a column"]),
        ("models.r", {"hub": "a/b", "n_layers": 1, "seed": 1}, ["models.r.seed: is for `weights: random`"]),
        ("models.m.seed", 1, ["models.m.seed: is for `hub`, `like` and `path` only"]),
        ("models.m.weights", "random", ["models.m.weights: is for `hub`, `like` and `path` only"]),
        ("models.m", "bert", ["models.m: is 'bert'; it should be a mapping of keys"]),
        ("models.r", {"like": "m", "weights": "pretrained"}, ["models.r.weights: is 'pretrained', allowed: 'random'"]),
        ("corpora.g.train", {"url": "https://e.org/u"}, ["corpora.g.train: is for formats `conll`, `conllu`"]),
        ("corpora.c", {"train": {"path": "a"}}, ["corpora.c.format: is missing; one of 'conllu'"]),
        ("corpora.c", {"format": "hub", "train": {"path": "a"}}, ["corpora.c.train.path: is for `conll`, `conllu`"]),
        (
            "corpora.c",
            {"format": "hub", "nam": "x"},
            ["corpora.c.nam: unknown key, did you mean `name`?"],
        ),
        ("tasks.role.kind", "sentences", ["tasks.role.kind: is 'sentences'"]),
        ("models.m.revision", "v1", ["models.m.revision: is for `hub`"]),
        (
            "corpora.c",
            {"format": "trec", "train": {"url": "https://e.org/u", "sha256": "12", "rows": "800"}},
            [
                "corpora.c.train.sha256: is '12'",
                "corpora.c.train.rows: is '800'",
                "`0:800`",
                "corpora.c.test: is missing",
            ],
        ),
        ("tasks.a/b", {}, ["tasks.a/b: a name has letters"]),
        ("probes.classifier.alphas", [0.0], ["probes.classifier.alphas.0: is 0.0"]),
        ("probes.classifier.hidden_layer_sizes", [64], ["probes.classifier.hidden_layer_sizes.0: is 64"]),
    ],
)
def test_a_mistake_is_one_sentence_with_the_key(key, value, expected):
    with pytest.raises(InputError) as error:
        load(edited(key, value), "my.yaml")
    text = str(error.value)
    assert all(line.startswith("my.yaml: ") for line in text.splitlines())
    for part in expected:
        assert part in text


def test_all_mistakes_are_reported_at_once():
    raw = edited("finetune.epoch", 3) | {"sedes": [1]}
    with pytest.raises(InputError) as error:
        load(raw)
    assert len(str(error.value).splitlines()) == 2


def test_an_empty_config_says_what_is_missing():
    with pytest.raises(InputError, match="corpora: is missing"):
        load({})


def test_numbers_in_scientific_notation_are_numbers():
    raw = yaml.safe_load("learning_rate: 3e-4\nweight_decay: 1E-2")
    assert isinstance(raw["learning_rate"], str)  # what YAML 1.1 makes of it
    recipe = load(edited("finetune", raw)).finetune
    assert (recipe.learning_rate, recipe.weight_decay) == (3e-4, 1e-2)


def test_a_flag_may_come_from_the_command_line():
    assert load(edited("partial", "true")).partial is True and load(edited("partial", False)).partial is False
    with pytest.raises(InputError, match="partial: is 'maybe'"):
        load(edited("partial", "maybe"))


def test_layers_count_from_either_end():
    assert Grid(load(SMALL)).layers("m") == [0, 1, 2, 3, 4]
    assert Grid(load(edited("layers", [-1, 0, 4]))).layers("m") == [0, 4]
    raw = edited("probes.direct.layers", [2])
    assert Grid(load(raw)).layers("m", "direct") == [2]
    assert Grid(load(raw)).layers("m", "classifier") == [0, 1, 2, 3, 4]


def test_a_model_overrides_the_recipe_key_by_key():
    raw = edited("models.m.finetune.epochs", 3)
    raw["finetune"] = {"epochs": 7, "batch_size": 8}
    recipe = Grid(load(raw)).recipe("m", "full")
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (3, 8, 3e-4)


def test_the_depth_of_a_local_model_is_read_from_it(tmp_path):
    (tmp_path / "config.json").write_text('{"num_hidden_layers": 3}')
    assert Grid(load(edited("models.l", {"path": str(tmp_path)}))).layers("l") == [0, 1, 2, 3]
    with pytest.raises(InputError, match=r"models\.l\.n_layers: is 5, but .* says 3"):
        load(edited("models.l", {"path": str(tmp_path), "n_layers": 5}))


@pytest.mark.parametrize("key", ["num_layers", "encoder_layers", "n_layer", "num_encoder_layers"])
def test_it_is_read_by_any_of_its_names_also_of_a_model_that_sees(tmp_path, key):
    for config in ({key: 3}, {"text_config": {key: 3}, "vision_config": {key: 9}}):
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert Grid(load(edited("models.l", {"path": str(tmp_path)}))).depth("l") == 3


@pytest.mark.parametrize("model", [{"path": "."}, {"hub": "a/b", "n_layers": 2}], ids=str)
def test_a_tokenizer_is_a_folder_that_has_one(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text('{"num_hidden_layers": 3}')
    (tmp_path / "words").mkdir()
    for name in ("words", "c/d"):
        with pytest.raises(InputError, match=f"models.l.tokenizer: there is no folder with a tokenizer .* at '{name}'"):
            load(edited("models.l", model | {"tokenizer": name}))
    (tmp_path / "words/tokenizer.json").write_text("{}")
    assert load(edited("models.l", model | {"tokenizer": "words"})).models["l"].tokenizer == "words"


@pytest.mark.parametrize("name", ["config.yaml", "demo.yaml"])
def test_the_shipped_configs_are_valid(name):
    load(yaml.safe_load((ROOT / "config" / name).read_text()))


def test_checking_a_config_imports_no_library_that_takes_seconds():
    slow = "{'torch', 'transformers', 'datasets', 'sklearn', 'scipy', 'pandas', 'conllu'}"
    code = f"import sys, closerlook.config; print(*({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_section_with_several_shapes_has_all_their_keys_and_keeps_its_own():
    raw = edited("models.h", {"hub": "a/b", "n_layers": 2, "path": None})  # null, as `--config` takes a key back
    raw["models"]["r"] = {"like": "m", "weights": "random"}
    raw["corpora"]["h"] = {
        "format": "hub",
        "name": "x/y",
        "train": {"split": "a"},
        "test": {"split": "b", "rows": ":9"},
    }
    raw["corpora"]["t"] = {"format": "conllu"} | dict.fromkeys(("train", "test"), {"url": "https://e.org/a"})
    config = load(raw)
    for sections in (config.models, config.corpora, {s: config.corpora[s].train for s in "ht"}):
        keys = {key for section in sections.values() for key in type(section).model_fields}
        for section in sections.values():
            assert set(section.model_dump()) == set(type(section).model_fields)
            absent = keys - set(type(section).model_fields)
            assert absent and all(getattr(section, key) is None for key in absent)
    assert load(config.model_dump(exclude_unset=True)) == config


def test_the_default_is_the_grid_of_the_paper():
    cfg = load(yaml.safe_load((ROOT / "config/config.yaml").read_text()))
    assert set(cfg.tasks) == {"pos", "dep", "ps-role", "ps-fxn", "trec-50"}
    grid = Grid(cfg)
    depths = {model: grid.depth(model) for model in cfg.models}
    assert depths == {"bert-tiny": 2, "bert-mini": 4, "bert-small": 4, "bert-medium": 8, "bert-base": 12}
    assert grid.recipe("bert-tiny", "full").epochs == 10 and grid.recipe("bert-base", "full").epochs == 3
    probe = cfg.probes.classifier
    assert len(probe.hidden_layer_sizes) * len(probe.alphas) == 128


def test_the_readme_explains_every_key():
    readme = (ROOT / "config/README.md").read_text()
    assert reference() in readme, "put the output of `python -m closerlook.reference` at the end of config/README.md"


def test_a_run_is_followed_where_the_config_says(tmp_path):
    raw = copy.deepcopy(SMALL)
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw["models"]["frozen"] = {"like": "m", "weights": "random", "frozen": True}
    raw["finetune"] = {"steps": "every 5"}
    raw["trajectories"] = {"models": ["m"], "tasks": ["dep"], "layers": [-1]}
    grid = Grid(load(raw))
    assert {run[:2] for run in grid.followed()} == {("m", "dep")} and grid.layers("m", "trajectories") == [4]
    assert grid.recipe("m", "full", "dep").steps == "every 5" and grid.recipe("m", "full", "role").steps is None
    del raw["trajectories"]["tasks"]
    assert {run[:2] for run in Grid(load(raw)).followed()} == {("m", "role"), ("m", "dep")}
    for models, tasks, says in (
        (["frozen"], ["dep"], "frozen, so it has no steps"),
        (["m"], ["dep"], "is fine-tuned on none"),
    ):
        wrong = copy.deepcopy(raw)
        wrong["models"]["m"]["tasks"] = ["role"]
        wrong["trajectories"] = {"models": models, "tasks": tasks}
        with pytest.raises(InputError, match=says):
            load(wrong)


def test_pairs_of_tasks_are_crossed_where_a_model_is_fine_tuned_on_the_first():
    raw = copy.deepcopy(SMALL)
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw["tasks"]["probed"] = {"corpus": "g", "kind": "word", "label": "upos", "finetune": False}
    raw["models"]["frozen"] = {"like": "m", "weights": "random", "frozen": True}
    raw["cross_tasks"] = "all"
    grid = Grid(load(raw))
    expected = [("role", "dep"), ("role", "probed"), ("dep", "role"), ("dep", "probed")]
    assert grid.tuned("m") == ["role", "dep"] and grid.crossings("m") == expected
    assert grid.tuned("frozen") == grid.crossings("frozen") == []
    raw["cross_tasks"] = [["dep", "probed"]]
    assert Grid(load(raw)).crossings("m") == [("dep", "probed")]
    raw["cross_tasks"] = [["probed", "dep"]]
    with pytest.raises(InputError, match="no model is fine-tuned on probed and takes part in dep"):
        load(raw)


def test_an_unknown_task_of_a_model_is_named_whatever_else_the_config_asks():
    raw = copy.deepcopy(SMALL)
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw["models"]["m"]["tasks"] = ["role", "dep", "zz"]
    raw |= {"cross_tasks": [["role", "dep"]], "finetune": {"steps": "every 5"}, "trajectories": {"models": ["m"]}}
    with pytest.raises(InputError, match="models.m.tasks: 'zz' is not a task"):
        load(raw)


def test_all_layers_that_a_part_looks_at_are_embedded():
    raw = edited("layers", [1])
    assert Grid(load(raw)).layers("m") == [1]  # the hulls' last layer is none of DirectProbe's
    raw["probes"] = {"direct": {"layers": [0, -1]}}
    grid = Grid(load(raw))
    assert grid.layers("m") == [0, 1, 4] and grid.layers("m", "hulls") == grid.layers("m", "examples") == [4]
    raw["examples"] = {"layers": [0, 3]}
    assert Grid(load(raw)).layers("m", "examples") == [0]
    with pytest.raises(InputError, match=r"examples.layers: none of \[3\] is among those .* choose from \[0, 4\]"):
        load(raw | {"examples": {"layers": [3]}})
    raw["finetune"] = {"steps": "every 5"}
    raw["trajectories"] = {"models": ["m"], "layers": [3]}
    assert Grid(load(raw)).layers("m") == [0, 1, 3, 4]


def test_expectations_are_about_pairs_that_are_probed():
    raw = copy.deepcopy(SMALL)
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw |= {"cross_tasks": [["role", "dep"]], "related_tasks": [["role", "dep"]]}
    assert load(raw).related_tasks == [["role", "dep"]]
    with pytest.raises(InputError, match=r"opposing_tasks: \['dep', 'role'\] is not probed; add it to `cross_tasks`"):
        load(raw | {"opposing_tasks": [["dep", "role"]]})
    with pytest.raises(InputError, match="among `related_tasks` too"):
        load(raw | {"opposing_tasks": [["role", "dep"]]})
    with pytest.raises(InputError, match="related_tasks"):
        load(raw | {"related_tasks": [["role"]]})
