"""The config's `recipes`: several ways of tuning beside each other, and beside runs that people bring."""

import copy

import pytest
from config_fixtures import SMALL

from closerlook.config import load
from closerlook.errors import InputError
from closerlook.grid import Grid

LORA = {"method": "lora"}
BOTH = {"full": {}, "lora": LORA}
HUB = {"model": "m", "task": "role", "hub": "a/b"}


def with_recipes(recipes, model=None, other=None, **more):
    """A config with these recipes, two models, and two tasks."""
    raw = copy.deepcopy(SMALL) | {"recipes": recipes, "seeds": [0]} | more
    raw["models"]["n"] = copy.deepcopy(raw["models"]["m"]) | (other or {})
    raw["models"]["m"] |= model or {}
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel", "finetune": False}
    return raw


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (with_recipes({"full": None}), "recipes.full: is empty; write a mapping of keys, or {} for none"),
        (with_recipes({"full": "lora"}), "recipes.full: is 'lora'; write a mapping of keys, or {} for none"),
        (with_recipes({"a": {"rank": 4}}), "recipes.a.rank: is for `method: lora`; take it out, or set the method"),
        (with_recipes(BOTH, {"recipes": []}), "models.m.recipes: is []; give at least 1"),
        (with_recipes(BOTH, {"recipes": ["lroa"]}), "models.m.recipes: 'lroa' is not a recipe, did you mean `lora`?"),
        (with_recipes({"full": LORA}), "recipes.full: tunes m by `method: lora`, and not in full; give it another"),
        (
            with_recipes({"full": {}, "b": {"layers": 2}}, finetune=LORA),
            "recipes.b.layers: is for `method: top`; take it out",
        ),
        (with_recipes({"a": {}, "b": {"steps": "every 5"}}), "recipes.b: tunes m just as a does; change a key of one"),
        (with_recipes({"a": {"method": "top", "layers": 5}}), "recipes.a.layers: is 5, but m has 4 layers"),
        (with_recipes({"seed1": {}}), "recipes.seed1: the workflow gives this name to something else"),
        (with_recipes(BOTH, runs={"lora": HUB}), "runs.lora: is the name of a recipe too; choose another"),
        (
            with_recipes(BOTH, runs={"a": HUB | {"recipe": "lora", "seed": 0}}),
            "runs.a.seed: the workflow makes a run of lora with seed 0 itself; take one out",
        ),
        (
            with_recipes({}, finetune=LORA, runs={"a": HUB | {"recipe": "lora", "seed": 0}}),
            "runs.a.seed: the workflow makes a run of lora with seed 0 itself; take one out",
        ),
        (
            with_recipes(BOTH, other={"recipes": ["full"]}, runs={"lora-seed0": HUB | {"model": "n"}}),
            "runs.lora-seed0: the workflow gives this name to what it makes itself; choose another",
        ),
        (
            with_recipes({}, runs={"a": HUB | {"recipe": "brought", "seed": 7}, "b": HUB | {"seed": 7}}),
            "runs.a.recipe: the workflow gives the name brought to something else; choose another",
        ),
        (
            with_recipes({}, runs={"a": HUB, "b": HUB | {"recipe": "a", "seed": 7}}),
            "runs.b.recipe: a is the name of a run too; choose another",
        ),
        (
            with_recipes(BOTH | {"lora": LORA | {"steps": "every 5"}}, {"recipes": ["full"]},
                         {"recipes": ["lora"]}, finetune={"steps": [3]}, trajectories={"models": ["m"]}),
            "recipes.lora.steps: nothing follows them, and steps are deleted once they have been",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_recipe_is_one_sentence_with_its_key(raw, says):
    with pytest.raises(InputError) as error:
        load(raw)
    assert any(line.startswith(f"config: {says}") for line in str(error.value).splitlines()), error.value
    assert "pydantic" not in str(error.value) and "instance of" not in str(error.value)


def test_without_recipes_runs_are_called_by_their_method_and_named_as_ever():
    of = Grid(load(with_recipes({}, other={"finetune": LORA})))
    assert of.about() == {
        "m/role.seed0": {"recipe": "full", "seed": 0},
        "n/role.seed0": {"recipe": "lora", "seed": 0},
    }
    assert of.recipe_of("n", "role", "seed0").method == "lora"


def test_runs_of_recipes_whose_names_contain_each_other_are_told_apart():
    names = ["a", "a-seed1", "a-seed1-seed1", "lora-8", "8"]
    recipes = {name: LORA | {"rank": rank} for rank, name in enumerate(names, 1)}
    of = Grid(load(with_recipes(recipes, seeds=[1, 11])))
    made = [of.made("m")[run.run] for run in of.runs("m", "role")]
    assert made == [(name, seed) for name in names for seed in (1, 11)]
    assert [of.recipe_of(*run).rank for run in of.runs("m", "role")] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_brought_run_of_a_task_that_is_not_tuned_on_stands_under_its_own_name():
    dep = HUB | {"task": "dep"}
    of = Grid(load(with_recipes(BOTH, runs={"theirs": dep, "more": dep | {"recipe": "full", "seed": 9}})))
    found = {name: subject["recipes"] for name, subject in of.subjects().items() if subject["model"] == "m"}
    assert found == {
        "m (full)": {"role": "full", "dep": "full"},
        "m (lora)": {"role": "lora"},
        "m (theirs)": {"dep": "theirs"},
    }


@pytest.mark.parametrize("kept", [["lora"], []])
def test_brought_runs_of_the_configs_recipes_are_compared_with_others(kept):
    """Whether the workflow makes those of one recipe, or somebody has made all."""
    runs = {name: HUB | {"recipe": name, "seed": 1} for name in BOTH if name not in kept}
    runs = {f"my-{name}": run for name, run in runs.items()}
    model = {"recipes": kept, "frozen": False} if kept else {"frozen": True}
    of = Grid(load(with_recipes(BOTH, model, {"frozen": True}, runs=runs, seeds=[1])))
    assert of.contrasts() == [["full", "lora"]]
    assert {name for name in of.subjects() if name != "n"} == {"m (full)", "m (lora)"}
