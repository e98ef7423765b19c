"""What a config's grid consists of: runs that are made and brought, states, spaces and subjects."""

import copy

import pytest
from config_fixtures import SMALL

from closerlook.config import load
from closerlook.grid import Grid
from closerlook.layout import Run, Space, State

HUB = {"model": "m", "task": "role", "hub": "a/b"}


def grid(runs=None, **more):
    """Two models of four layers, of which `n` is frozen, two tasks, two seeds."""
    raw = copy.deepcopy(SMALL) | {"seeds": [0, 1], "runs": runs or {}} | more
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw["models"]["n"] = {"like": "m", "weights": "random", "frozen": True}
    return Grid(load(raw))


def test_runs_are_those_that_are_made_and_then_those_that_were_brought():
    of = grid({"theirs": HUB, "mine": HUB | {"task": "dep", "seed": 3}})
    made = [Run("m", task, f"seed{n}") for task in ("role", "dep") for n in (0, 1)]
    brought = [Run("m", "role", "theirs"), Run("m", "dep", "mine")]
    assert of.runs() == of.runs("m") == made + brought and of.runs("n") == []
    assert of.runs("m", "dep") == [*made[2:], brought[1]]
    assert of.brought() == brought and of.brought("m", "role") == brought[:1] and of.brought("n") == []


def test_a_model_that_is_frozen_may_have_brought_runs():
    of = grid({"theirs": HUB}, models={"m": SMALL["models"]["m"] | {"frozen": True}})
    assert of.tuned("m") == [] and of.runs() == [Run("m", "role", "theirs")]
    assert of.states("m", "role") == [State(), State("role", "theirs")] and of.states("m", "dep") == [State()]


def test_what_a_run_is_stands_in_the_config_and_not_in_its_name():
    runs = {"a": HUB, "b": HUB | {"seed": 5}, "c": HUB | {"seed": 0}, "seeded1": HUB}
    about = grid(runs, seeds=[0]).about()
    assert list(about) == sorted(about)
    assert about == {
        "m/role.seed0": {"recipe": "full", "seed": 0},
        "m/dep.seed0": {"recipe": "full", "seed": 0},
        "m/role.a": {"recipe": "a", "seed": None},
        "m/role.b": {"recipe": "brought", "seed": 5},
        "m/role.c": {"recipe": "brought", "seed": 0},
        "m/role.seeded1": {"recipe": "seeded1", "seed": None},
    }


@pytest.mark.parametrize(
    ("runs", "more", "expected"),
    [
        ({}, {}, {"m": {"role": "full", "dep": "full"}}),
        ({"a": HUB}, {}, {"m": {"role": "full", "dep": "full"}, "m (a)": {"role": "a"}}),
        ({"a": HUB | {"seed": 0}, "b": HUB | {"seed": 1}, "c": HUB}, {},
         {"m": {"role": "full", "dep": "full"}, "m (brought)": {"role": "brought"}, "m (c)": {"role": "c"}}),
        ({"a": HUB | {"seed": 0}, "b": HUB | {"seed": 1}}, {"seeds": []}, {"m": {"role": "brought"}}),
        ({"a": HUB, "b": HUB | {"task": "dep"}}, {"seeds": []}, {"m": {"role": "a", "dep": "b"}}),
        ({"a": HUB, "b": HUB, "c": HUB | {"task": "dep"}}, {"seeds": []},
         {"m": {"role": "a", "dep": "c"}, "m (b)": {"role": "b"}}),
    ],
)  # fmt: skip
def test_a_model_stands_once_more_for_each_further_recipe_of_a_task(runs, more, expected):
    found = grid(runs, **more).subjects()
    assert {name: subject["recipes"] for name, subject in found.items()} == expected | {"n": {}}
    assert list(found) == [*expected, "n"]
    assert {name: (subject["model"], subject["whole"]) for name, subject in found.items()} == {
        name: (name.partition(" ")[0], " " not in name) for name in found
    }


def test_every_run_belongs_to_one_subject():
    of = grid({"a": HUB, "b": HUB | {"seed": 4}, "c": HUB | {"task": "dep"}})
    about, subjects = of.about(), of.subjects().values()
    for run in of.runs():
        recipe = about[f"{run.model}/{run.state}"]["recipe"]
        assert sum(s["model"] == run.model and s["recipes"].get(run.task) == recipe for s in subjects) == 1


def test_a_task_is_probed_in_the_original_in_its_own_runs_and_in_those_of_crossed_tasks():
    of = grid({"theirs": HUB}, cross_tasks=[["role", "dep"]], seeds=[0])
    own = [State("dep", "seed0")]
    crossed = [State("role", "seed0"), State("role", "theirs")]
    assert of.states("m", "dep") == [State(), *own, *crossed]
    assert of.states("m", "role") == [State(), *crossed] and of.states("n", "dep") == [State()]


def test_spaces_are_states_times_layers_times_splits():
    of = grid(layers=[0, -1], seeds=[0])
    found = of.spaces("direct")
    assert len(found) == len(set(found)) == (2 * 2 + 2 * 1) * 2 * 2  # states of m's and n's tasks
    assert {space.layer for space in found} == {0, 4}
    last = of.spaces("direct", last=True, splits=["train"])
    assert [space for space in found if space.layer == 4 and space.split == "train"] == last
    assert Space("m", State("dep", "seed0"), "dep", 4, "train") in last


def test_runs_with_steps_are_followed_and_others_where_the_config_says():
    runs = {"theirs": HUB | {"steps": ["step1", "step2"]}, "plain": HUB}
    of = grid(runs, seeds=[0])
    assert of.followed() == [Run("m", "role", "theirs")]
    of = grid(runs, seeds=[0], finetune={"steps": "every 5"}, trajectories={"models": ["m"], "tasks": ["dep"]})
    assert of.followed() == [Run("m", "dep", "seed0"), Run("m", "role", "theirs")] and of.followed("n") == []


def test_layers_of_trajectories_count_only_where_a_run_is_followed():
    followed = {"theirs": HUB | {"steps": ["step1"]}}
    more = {"layers": [0], "trajectories": {"layers": [3]}}
    assert grid({"theirs": HUB}, **more).layers("m") == [0]
    assert grid(followed, **more).layers("m") == [0, 3] and grid(followed, **more).layers("n") == [0]
    assert grid(followed, **more).last("m", "trajectories") == [3] and grid(**more).last("m", "direct") == [0]


@pytest.mark.parametrize(
    ("followed", "kept"),
    [
        ({}, {"role", "dep"}),
        ({"models": ["m"]}, {"role", "dep"}),
        ({"models": ["m"], "tasks": ["dep"]}, {"dep"}),
    ],
)
def test_a_model_that_is_followed_keeps_steps_of_the_runs_that_are(followed, kept):
    of = grid(finetune={"steps": "every 5", "epochs": 7}, trajectories=followed)
    assert {task for task in ("role", "dep") if of.recipe("m", "full", task).steps} == kept
    assert all(of.recipe("m", "full", task).epochs == 7 for task in ("role", "dep"))
    assert of.recipe("m", "full").steps == "every 5"  # whatever the task
