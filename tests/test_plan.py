"""Costs are those of past jobs, scaled; the simulated schedule keeps what any schedule must keep."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from closerlook.config import load
from closerlook.jobs.plan.costs import LEVELS, Costs, measured
from closerlook.jobs.plan.estimate import estimate, span, tell
from closerlook.jobs.plan.schedule import Task, simulate
from closerlook.jobs.plan.sizes import task_sizes
from closerlook.jobs.plan.work import Job, Study, job_of
from closerlook.layout import job_of as left_by

ROOT = Path(__file__).resolve().parent.parent
DEMO = yaml.safe_load((ROOT / "config/demo.yaml").read_text())


@st.composite
def graphs(draw):
    """Jobs of which each waits for some of those before it, with whole seconds, cores of 1 to 3, a GPU or none."""
    n = draw(st.integers(1, 12))
    return [
        Task("job", draw(st.integers(1, 9)), draw(st.integers(1, 3)), draw(st.integers(0, 1)),
             after=draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set())
        for number in range(n)
    ]  # fmt: skip


def longest_chain(tasks):
    ends = []
    for task in tasks:
        ends.append(task.seconds + max((ends[before] for before in task.after), default=0))
    return max(ends)


@given(graphs(), st.integers(3, 8), st.integers(1, 3))
def test_no_schedule_is_shorter_than_its_longest_chain_or_its_work(tasks, cores, gpus):
    found = simulate(tasks, cores, gpus)
    work = sum(task.cores * task.seconds for task in tasks)
    on_gpu = sum(task.gpu * task.seconds for task in tasks)
    assert found.busy == {"cores": work, "gpu": on_gpu}
    assert found.seconds >= max(longest_chain(tasks), work / cores, on_gpu / gpus) - 1e-9
    assert found.seconds <= sum(task.seconds for task in tasks)  # something always runs
    assert sum(found.path.values()) == pytest.approx(found.seconds)


@given(graphs())
def test_with_cores_for_all_only_the_longest_chain_counts(tasks):
    assert simulate(tasks, 99).seconds == longest_chain(tasks)


def test_equal_jobs_run_in_rounds_and_gpus_limit_only_those_that_want_one():
    assert simulate([Task("job", 5)] * 7, cores=3).seconds == 15
    assert simulate([Task("job", 5, gpu=1)] * 4, cores=8, gpus=2).seconds == 10
    assert simulate([Task("job", 5, gpu=1)] * 4, cores=8).seconds == 5
    assert simulate([Task("job", 5, cores=16)], cores=4).seconds == 5  # as Snakemake, which lowers threads


def test_a_temporary_file_counts_until_its_last_reader_has_ended():
    tasks = [
        Task("write", 1, writes={"a": 10.0}, temporary={"a"}),
        Task("read", 1, after={0}, reads={"a"}, writes={"b": 1.0}),
        Task("read", 2, after={0}, reads={"a"}, writes={"c": 1.0}),
        Task("late", 1, after={2}, writes={"d": 3.0}),
    ]
    assert simulate(tasks, cores=2).peak == 12  # a, b and c; d comes when a has gone


def study(**changes):
    return Study(load({**DEMO, **changes}), [])


def benchmark(folder, name, seconds, processors):
    file = folder / "benchmarks" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"s\th:m:s\tcpu_time\n{seconds}\t0:00:00\t{processors}\n")


def test_a_job_alike_costs_what_it_cost_and_one_of_twice_the_work_twice_as_much(tmp_path):
    benchmark(tmp_path, "finetune/small/role.seed0.tsv", 50, 40)  # waited for a busy machine
    of = study()
    costs = Costs([(of, tmp_path)])
    job = Job("finetune", "small", "role", "role.seed1")
    assert costs.seconds(job, of) == (pytest.approx(40), 0)
    longer = study(finetune={**DEMO["finetune"], "epochs": 60})
    ratio = longer.seconds(job) / of.seconds(job)
    assert 2 < ratio <= 10 and costs.seconds(job, longer)[0] == pytest.approx(40 * ratio)
    other = Job("finetune", "small", "question", "question.seed0")
    assert LEVELS[costs.seconds(other, of)[1]] == "kind alike"
    assert LEVELS[costs.seconds(Job("table"), of)[1]] == "any job"
    assert LEVELS[Costs([]).seconds(job, of)[1]] == "no past job"


def test_with_two_past_jobs_the_cost_lies_between(tmp_path):
    for seed, seconds in ((0, 20), (1, 80)):
        benchmark(tmp_path, f"finetune/small/role.seed{seed}.tsv", seconds, seconds)
    of = study()
    assert Costs([(of, tmp_path)]).seconds(Job("finetune", "small", "role", "role.seed2"), of)[0] == pytest.approx(40)


def test_threads_do_not_make_a_job_dearer_and_downloads_cost_their_waiting(tmp_path):
    benchmark(tmp_path, "embed/small/original/role.tsv", 10, 35)
    benchmark(tmp_path, "fetch_corpus/pud.tsv", 60, 1)
    assert {job.kind: seconds for job, seconds in measured(tmp_path)} == {"embed": 10, "fetch_corpus": 60}


@pytest.fixture(scope="module")
def planned_demo(tmp_path_factory):
    """What Snakemake plans for the demo."""
    folder = tmp_path_factory.mktemp("planned")
    command = [sys.executable, ROOT / "workflow/planned.py", "--cores", "2", "--configfile", ROOT / "config/demo.yaml"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def test_a_jobs_benchmark_file_says_which_job_it_was(planned_demo):
    for job in planned_demo:
        file = Path(job["benchmark"].split(" ")[0]).relative_to("results/demo/benchmarks")
        assert job_of(*left_by(file)) == job_of(job["rule"], job["wildcards"])


def test_every_job_of_the_demo_has_a_cost_and_a_place(planned_demo):
    of = study()
    tasks, levels = estimate(planned_demo, of, Costs([]))
    assert len(tasks) == len(planned_demo) and all(task.seconds > 0.2 for task in tasks)
    assert all(before < len(tasks) for task in tasks for before in task.after)
    faster, _ = estimate(planned_demo, of, Costs([]), gpu_speed=10)
    assert {task.kind for task, fast in zip(tasks, faster) if fast.seconds < task.seconds} == {
        "pretrain", "finetune", "embed", "trace_run"}  # fmt: skip
    text = tell(tasks, levels, of, Costs([]), cores=2, gpus=0)
    assert f"{len(tasks)}" in text and "make demo" in text
    simulated = text.partition("GPUs  cores")[2].splitlines()[1:4]
    assert [line.split()[:2] for line in simulated] == [["1", "8"], ["8", "64"], ["64", "512"]]
    assert tell([], [], of, Costs([]), 2, 0) == "Nothing to be done."


def test_disk_counts_the_vectors_of_all_layers(planned_demo):
    of = study()
    embed = next(task for task in estimate(planned_demo, of, Costs([]))[0] if task.kind == "embed")
    assert len(embed.writes) == 2 * 3 and {size % (96 * 4) for size in embed.writes.values()} == {0}


@pytest.mark.parametrize(
    "seconds, text", [(3.21, "3.2 s"), (75, "75 s"), (600, "10 min"), (5400, "1 h 30"), (100 * 3600, "100 h 00")]
)
def test_durations_read_as_people_say_them(seconds, text):
    assert span(seconds) == text


def test_changes_of_the_command_line_are_planned(tmp_path):
    command = [sys.executable, ROOT / "workflow/plan.py", "--cores", "2", "--configfile", ROOT / "config/demo.yaml"]
    asked = subprocess.run([*command, "--config", "seeds=[7]"], cwd=tmp_path, capture_output=True, text=True)
    assert asked.returncode == 0 and re.search(r"finetune \(GPU\) +2 ", asked.stdout)  # one for each task
    wrong = subprocess.run([*command, "--config", "seeds=[x]"], cwd=tmp_path, capture_output=True, text=True)
    assert wrong.returncode == 1 and wrong.stderr.startswith("--config: seeds.0: is 'x'")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("sedes: [0]\n", "bad.yaml: sedes: unknown key"),
        ("seeds: [0\n", "bad.yaml: is not YAML: .* line 2"),
        (None, "bad.yaml: cannot be read"),
    ],
)
def test_a_mistake_in_the_config_is_named(tmp_path, text, sentence):
    if text is not None:
        (tmp_path / "bad.yaml").write_text(text)
    command = [sys.executable, ROOT / "workflow/plan.py", "--cores", "2", "--configfile", "bad.yaml"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1 and re.search(sentence, run.stderr) and "Traceback" not in run.stderr


def test_vectors_side_by_side_are_counted():
    """The ends of a span take twice the room of its mean."""
    tasks = {kind: {"corpus": "grammar", "kind": kind, "label": "upos"} for kind in ("word", "span", "pair")}
    for pooling, bags in (("mean", 1), ("ends", 2)):
        raw = {key: DEMO[key] for key in ("corpora", "models")} | {"tasks": tasks}
        sizes = task_sizes(load(raw | {"embedding": {"pooling": {"span": pooling}}}), [])
        assert {name: sizes[name].bags for name in tasks} == {"word": 1, "span": bags, "pair": 2}
