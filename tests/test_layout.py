"""Paths of results: what is built from names is parsed into the same names, and nonsense into nothing."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closerlook import keys, layout
from closerlook.layout import JOBS, RESULTS, Run, Space, State, job_of, match

NAMES = st.from_regex(layout.NAME, fullmatch=True)
NUMBERS = st.integers(0, 10**6)
STATES = st.one_of(
    st.just(State()), st.builds(State, NAMES, NAMES, st.none() | NUMBERS)
)  # fmt: skip
SPLITS = st.sampled_from(layout.SPLITS)
VALUES = {
    "corpus": NAMES, "probe": st.sampled_from(["classifier", "hulls"]),
    "task": NAMES, "model": NAMES, "run": NAMES, "split": SPLITS, "layer": NUMBERS.map(str),
    "state": STATES.map(str), "table": st.from_regex("[a-z0-9_]+", fullmatch=True),
    "figure": st.sampled_from(["claims", "layer_distances/m", "directions/a.b.full", "movement_lengths/m.t"]),
}  # fmt: skip
PATTERNS = {
    name: value
    for name, value in vars(layout).items()
    if name.isupper() and isinstance(value, str) and re.search(r"\{\w+\}", value)
}
BEFORE = st.sampled_from(["", "results/", "/a b/{x}/", "out/models/m/"])


def names_of(pattern):
    return re.findall(r"\{(\w+)\}", pattern)


def test_the_patterns_are_found():
    assert {"TASK", "RUN", "STEPS", "EMBEDDING", "PROBE", "TRAJECTORY", "FIGURE"} <= set(PATTERNS)
    assert set(VALUES) == set(layout.WILDCARDS)


@pytest.mark.parametrize("pattern", [*PATTERNS.values(), *RESULTS.values()])
@given(data=st.data())
def test_a_path_is_parsed_into_the_names_that_it_was_built_from(pattern, data):
    names = {name: data.draw(VALUES[name]) for name in names_of(pattern)}
    path = data.draw(BEFORE) + pattern.format(**names)
    assert match(pattern, path) == match(pattern, Path(path)) == names
    for wrong in (path + ".part", "x" + pattern.format(**names), f"{path}/more", path.replace("/", "-")):
        found = match(pattern, wrong)
        assert found is None or found != names or pattern in (layout.FIGURE,)


@given(STATES)
def test_a_state_is_parsed_from_what_it_is_called(state):
    assert State.parse(str(state)) == state
    assert re.fullmatch(layout.WILDCARDS["state"], str(state))


@pytest.mark.parametrize(
    "text",
    ["", "pretrained", "Original", "original ", " t.seed0", "t.", ".seed0", "t.seed0.", "t.seed0.5", "t.seed0.step",
     "t.seed0.stepx", "t.seed0.step-1", "t.seed0.step1.step2", "t/seed0", "t.s e", "-t.seed0", "t.seed0\n",
     "original.seed0.step", "t..step1"],
)  # fmt: skip
def test_nonsense_is_not_a_state(text):
    with pytest.raises(ValueError, match="is not a state: it should be `original`"):
        State.parse(text)


@given(data=st.data())
def test_a_run_is_found_in_every_result_that_is_about_one(data):
    run = Run(data.draw(NAMES), data.draw(NAMES), data.draw(NAMES))
    for pattern in (layout.MOVEMENT, layout.SIMILARITY, layout.TRAJECTORY, RESULTS["metrics"]):
        assert Run.of("results/" + pattern.format(**run._asdict())) == run
    assert State.parse(str(run.state)) == (run.task, run.run, None)


@given(NAMES, STATES, NAMES, NUMBERS, SPLITS)
def test_a_space_is_found_in_every_result_that_is_about_one(model, state, task, layer, split):
    space = Space(model, state, task, layer, split)
    for pattern in (layout.EMBEDDING, layout.DIRECT, layout.CLUSTERS):
        assert Space.of("results/" + pattern.format(**space._asdict())) == space
    for pattern in (layout.of_probe("classifier"), layout.of_probe("hulls")):
        assert Space.of("results/" + pattern.format(**space._asdict())) == space._replace(split=None)


@pytest.mark.parametrize("path", ["", "movement/m/t.npz", "movement/m/original.npz", "results/tables/spaces.csv"])
def test_what_is_not_a_result_is_refused(path):
    for kind in (Run, Space):
        with pytest.raises(ValueError, match="is not a result of a study"):
            kind.of(path)


@pytest.mark.parametrize(("rule", "pattern"), JOBS.items())
@pytest.mark.parametrize("suffix", [".log", ".tsv"])
@given(data=st.data())
def test_a_log_says_which_job_it_is_of(rule, pattern, suffix, data):
    names = {name: data.draw(VALUES[name]) for name in names_of(pattern)}
    assert job_of(f"{rule}/{pattern.format(**names)}{suffix}") == (rule, names)


def test_the_log_of_a_rule_that_is_gone_has_no_names():
    assert job_of("trajectory/m.t.seed0.tsv") == ("trajectory", {})
    assert job_of("finetune/m.t.seed0.tsv") == ("finetune", {})  # as versions before called it


def test_a_step_of_a_run_is_not_a_run():
    """`runs/m/t.seed0.steps` lies beside `runs/m/t.seed0`."""
    assert match(layout.RUN, "runs/m/t.seed0.steps") is None
    assert match(layout.STEPS, "runs/m/t.seed0.steps") == {"model": "m", "task": "t", "run": "seed0"}


def test_names_in_the_config_are_names_in_paths():
    pattern = next(part.pattern for part in keys.Name.__metadata__[0].metadata if hasattr(part, "pattern"))
    assert pattern == f"^{layout.NAME}$"


@given(recipe=st.from_regex(layout.NAME, fullmatch=True), seed=st.integers(0, 2**32 - 1))
def test_a_run_that_the_workflow_makes_has_a_name_that_paths_can_hold(recipe, seed):
    run = layout.run_name(recipe, seed)
    assert State.parse(str(State("t", run, 3))) == State("t", run, 3)
    assert layout.run_name("full", seed) == f"seed{seed}"  # as before there were recipes
