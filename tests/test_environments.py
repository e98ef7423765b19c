"""The lists of packages agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"[A-Za-z0-9._-]+")


def canonical(requirement):
    return re.sub(r"[-_.]+", "-", NAME.match(requirement)[0]).lower()


LOCK = dict(
    (canonical(line), line.split("==")[1].strip())
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if "==" in line
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_lock_file_holds_everything_that_the_project_asks_for():
    wanted = [*PROJECT["dependencies"], *(r for extra in PROJECT["optional-dependencies"].values() for r in extra)]
    assert {canonical(r) for r in wanted} - {"closerlook"} <= set(LOCK)


def test_the_container_image_is_made_of_the_lock_file_with_the_same_python():
    lines = (ROOT / "Containerfile").read_text().splitlines()
    (base,) = (line for line in lines if line.startswith("FROM "))
    env = yaml.safe_load((ROOT / "envs/gpu.yaml").read_text())
    assert f"python:{env['dependencies'][0].removeprefix('python=')}" in base
    assert any("-r /tmp/requirements.lock" in line for line in lines)


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_the_conda_environments_pin_what_the_lock_file_pins(name):
    env = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())
    pins = next(d["pip"] for d in env["dependencies"] if isinstance(d, dict))
    assert {canonical(p): p.split("==")[1] for p in pins} == {canonical(p): LOCK[canonical(p)] for p in pins}
    assert {canonical(r) for r in PROJECT["dependencies"]} <= {canonical(p) for p in pins}
