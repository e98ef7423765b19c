"""The config's `runs`: fine-tuned models that people bring."""

import copy

import pytest
from config_fixtures import SMALL

from closerlook.config import Config, load
from closerlook.errors import InputError
from closerlook.overrides import typed
from closerlook.runs import steps_of

HUB = {"model": "m", "task": "role", "hub": "a/b"}


def with_runs(runs, **more):
    """A config with two tasks, a random model, and these runs."""
    raw = copy.deepcopy(SMALL) | {"runs": runs} | more
    raw["tasks"]["dep"] = {"corpus": "g", "kind": "pair", "label": "deprel"}
    raw["models"]["m"]["tasks"] = ["role"]
    raw["models"]["baseline"] = {"like": "m", "weights": "random", "frozen": True}
    return raw


def trainers(folder, *names):
    """A folder as a Trainer leaves it: checkpoints, and a file whose name is like theirs."""
    for name in names:
        (folder / name).mkdir(parents=True)
    (folder / "checkpoint-7.zip").write_text("")
    return {"model": "m", "task": "role", "path": str(folder)}


@pytest.mark.parametrize(
    "name, run, says",
    [
        ("r", HUB | {"model": "n"}, "runs.r.model: 'n' is not a model; choose one of m, baseline"),
        (
            "r",
            HUB | {"model": "baselin"},
            "runs.r.model: 'baselin' is not a model, did you mean `baseline`? Choose one",
        ),
        ("r", HUB | {"task": "rol"}, "runs.r.task: 'rol' is not a task, did you mean `role`? Choose one of role, dep"),
        ("r", HUB | {"task": "dep"}, "runs.r.task: m does not take part in dep; add it to models.m.tasks"),
        ("r", HUB | {"model": "baseline"}, "runs.r.model: baseline has random weights, but a run starts from"),
        ("seed3", HUB, "runs.seed3: the workflow gives this name to what it makes itself"),
        ("original", HUB, "runs.original: the workflow gives this name"),
        ("full", HUB, "runs.full: the workflow gives this name"),  # that of a recipe, which it would be taken for
        ("brought", HUB, "runs.brought: the workflow gives this name"),
        ("a.b", HUB, "runs.a.b: a name has letters"),
        ("r", HUB | {"steps": "checkpoint-*"}, "runs.r.steps: is 'checkpoint-*'; a pattern needs a folder: list the"),
        ("r", HUB | {"steps": ["step1", "final"]}, "runs.r.steps: 'final' has no number in its name"),
        ("r", HUB | {"steps": ["step10", "v-10"]}, "runs.r.steps: 'step10' and 'v-10' are both step 10; name one"),
        ("r", HUB | {"steps": ["0a1b2c3d"]}, "runs.r.steps: '0a1b2c3d' is a commit, which does not give"),
        ("r", HUB | {"steps": [1000]}, "runs.r.steps: is [1000]; write the list of the steps' names, in quotes"),
        ("r", HUB | {"steps": ["step1", "step1"]}, "runs.r.steps: is ['step1', 'step1']; 'step1' is listed twice"),
        ("r", HUB | {"seed": -1}, "runs.r.seed: is -1"),
        ("r", HUB | {"path": "out"}, "runs.r: give exactly one of `hub`, `path`, `adapter`, not ['hub', 'path']"),
        ("r", {"model": "m", "task": "role"}, "runs.r: give exactly one of `hub`, `path`"),
        ("r", {"model": "m", "task": "role", "path": "nowhere"}, "runs.r.path: there is no folder 'nowhere'"),
        ("r", {"model": "m", "task": "role", "path": "~/out"}, "runs.r.path: '~/out' begins with ~"),
        ("r", {"model": "m", "task": "role", "path": ".", "revision": "v"}, "runs.r.revision: is for `hub` only; take"),
        (
            "r",
            {"model": "m", "task": "role", "path": ".", "steps": "/out/*"},
            "runs.r.steps: '/out/*' is not relative to the run",
        ),
        ("r", {"task": "role", "path": "."}, "runs.r.model: is missing; The name in `models`"),
    ],
)
def test_a_mistake_in_a_run_is_one_sentence_with_its_key(name, run, says):
    with pytest.raises(InputError) as error:
        load(with_runs({name: run}))
    assert len(str(error.value).splitlines()) == 1 and says in str(error.value)


def test_a_folder_that_is_or_is_not_an_adapter_is_known_before_anything_runs(tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora/adapter_config.json").write_text("{}")
    run = {"model": "m", "task": "role"}
    load(with_runs({"r": run | {"adapter": str(tmp_path / "lora")}}))
    with pytest.raises(InputError, match="runs.r.adapter: there is no adapter_config.json in .*whole'; a whole model"):
        load(with_runs({"r": run | {"adapter": str(tmp_path / "whole")}}))
    with pytest.raises(InputError, match="models.m.path: .*lora' is an adapter; give the model that it was trained on"):
        load(with_runs({}, models={"m": {"path": str(tmp_path / "lora")}}))


def test_two_runs_that_say_the_same_seed_cannot_be_told_apart():
    runs = {"a": HUB | {"seed": 1}, "b": HUB | {"seed": 1}}
    with pytest.raises(InputError, match="runs.b.seed: is 1, like that of a, a run of the same model and task"):
        load(with_runs(runs))
    runs["b"]["seed"] = 2
    load(with_runs(runs))
    load(with_runs({"a": HUB, "b": HUB}))  # which say none


def test_steps_are_ordered_by_their_number(tmp_path):
    run = trainers(tmp_path / "out", "checkpoint-1000", "checkpoint-500", "checkpoint-0900", "logs")
    found = load(with_runs({"r": run | {"steps": "checkpoint-*"}})).runs["r"]
    assert steps_of(found) == ["checkpoint-500", "checkpoint-0900", "checkpoint-1000"]
    assert (found.hub, found.revision, found.seed) == (None, None, None)
    listed = load(with_runs({"r": run | {"steps": ["checkpoint-1000", "checkpoint-500"]}})).runs["r"]
    assert steps_of(listed) == ["checkpoint-500", "checkpoint-1000"]
    assert steps_of(load(with_runs({"r": run})).runs["r"]) == []
    hub = load(with_runs({"r": HUB | {"steps": ["step20", "step3"], "revision": "main"}})).runs["r"]
    assert steps_of(hub) == ["step3", "step20"] and hub.path is None


@pytest.mark.parametrize(
    "steps, says",
    [
        (
            "step-*",
            "no folder in .* matches 'step-\\*'; those in it: checkpoint-5, checkpoint-best, copy-of-",
        ),
        ("checkpoint-*", "'checkpoint-best' has no number in its name"),
        ("*5", "'checkpoint-5' and 'copy-of-checkpoint-5' are both step 5"),
        (["checkpoint-5", "checkpoint-6"], "there is no folder 'checkpoint-6' in"),
    ],
)
def test_the_folders_of_steps_are_looked_at_before_anything_runs(tmp_path, steps, says):
    run = trainers(tmp_path / "out", "checkpoint-5", "checkpoint-best", "copy-of-checkpoint-5")
    with pytest.raises(InputError, match=f"runs.r.steps: {says}"):
        load(with_runs({"r": run | {"steps": steps}}))


def test_a_study_may_consist_of_brought_runs_only():
    raw = with_runs({"theirs": HUB}, seeds=[])
    raw["models"]["m"]["frozen"] = True
    assert load(raw).seeds == []
    with pytest.raises(InputError, match="seeds: is \\[\\]; give at least 1, or bring runs"):
        load(with_runs({}, seeds=[]))


def test_the_steps_of_a_brought_run_can_be_followed():
    raw = with_runs({"theirs": HUB | {"steps": ["step1", "step2"]}}, seeds=[], trajectories={"models": ["m"]})
    raw["models"]["m"]["frozen"] = True
    load(raw)
    load(raw | {"trajectories": {"models": ["m"], "tasks": ["role"]}})
    with pytest.raises(InputError, match="trajectories.tasks: m is fine-tuned on none of them; choose role"):
        load(raw | {"trajectories": {"models": ["m"], "tasks": ["dep"]}})
    with pytest.raises(InputError, match="trajectories.models: m is frozen, so it has no steps"):
        load(raw | {"runs": {"theirs": HUB}})


def test_a_brought_run_can_be_probed_on_another_task():
    raw = with_runs({"theirs": HUB}, seeds=[], cross_tasks=[["role", "dep"]], related_tasks=[["role", "dep"]])
    raw["models"]["m"] |= {"frozen": True, "tasks": ["role", "dep"]}
    load(raw)
    with pytest.raises(InputError, match="cross_tasks: no model is fine-tuned on dep and takes part in role"):
        load(raw | {"cross_tasks": [["role", "dep"], ["dep", "role"]]})


def test_texts_of_the_command_line_are_what_a_run_wants():
    given = {"runs": {"r": HUB | {"seed": "3", "steps": ["10", "20"], "revision": "7"}}}
    run = load(with_runs(typed(given, Config)["runs"])).runs["r"]
    assert (run.seed, run.steps, run.revision) == (3, ["10", "20"], "7")


def test_layers_of_a_run_that_is_followed_for_its_steps_are_checked():
    with pytest.raises(InputError, match=r"trajectories.layers: m has no layer 99"):
        load(with_runs({"a": HUB | {"steps": ["step1"]}}) | {"trajectories": {"layers": [99]}})
