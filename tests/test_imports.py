"""What modules of the library import: nothing in a circle, and no more than a job needs."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import closerlook

ROOT = Path(__file__).resolve().parent.parent


def module(file):
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module(file): file for file in sorted((ROOT / "closerlook").rglob("*.py"))}


def imported(file):
    """The library's modules that a file imports by name, in functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= submodules if submodules <= FILES.keys() else {node.module, *submodules}
    return names & FILES.keys()


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: imported(file) for name, file in FILES.items()}
    assert graph["closerlook.probes.direct.clusters"] > {"closerlook.probes.hulls.pairs"}
    assert "closerlook.probes.hulls.program" in graph["closerlook.probes.hulls.distance"]  # in a function
    graphlib.TopologicalSorter(graph).prepare()  # raises a CycleError, which names the circle


def test_hulls_know_nothing_of_clusters_nor_do_the_two_probes_of_each_other():
    allowed = {"hulls": {"hulls"}, "direct": {"hulls", "direct"}, "mlp": {"mlp"}}
    for name, file in FILES.items():
        package = name.split(".")[2:3]
        if name.startswith("closerlook.probes.") and package[0] in allowed:
            others = {other.split(".")[2] for other in imported(file) if other.startswith("closerlook.probes.")}
            assert others & allowed.keys() <= allowed[package[0]], name


def test_an_edit_of_a_probe_concerns_no_job_that_imports_only_the_package():
    assert not imported(ROOT / "closerlook/__init__.py")


def loaded(code, names):
    """Which of some modules have been imported once the code has run in a fresh interpreter."""
    code = f"{code}\nimport sys; print(*(n for n in {sorted(names)} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def of_script(name):
    """The import statements of a job's script, in their order."""
    tree = ast.parse((ROOT / f"workflow/scripts/{name}.py").read_text(encoding="utf-8"))
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def test_importing_the_package_costs_nothing():
    heavy = {"numpy", "scipy", "numba", "sklearn", "torch", "pandas"}
    assert not loaded("import closerlook; dir(closerlook)", heavy)
    assert not loaded("from closerlook.probes import precision", heavy)


@pytest.mark.parametrize(
    "name",
    ["direct.geometry", "direct.hull_classifier", "direct.conflicts", "direct.similarity", "hulls.distance"],
)
def test_hulls_and_clusters_need_no_scikit_learn_torch_or_optimizers(name):
    heavy = {"sklearn", "torch", "pandas", "scipy.optimize", "scipy.stats"}
    assert not loaded(f"import closerlook.probes.{name}", heavy)


def test_public_names_are_found_on_first_use():
    assert "sklearn" not in loaded("from closerlook import hull_distance, label_distances, separable", {"sklearn"})
    assert {"sklearn"} == loaded("from closerlook import DirectProbe", {"sklearn", "torch"})
    assert set(closerlook.__all__) <= set(dir(closerlook))
    for name in closerlook.__all__:
        assert getattr(closerlook, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        closerlook.nothing  # noqa: B018


TABLES = {"pandas", "sklearn", "matplotlib", "seaborn"}
LIBRARIES = {"scipy", "torch", "transformers", "datasets", "peft", "numba", "pydantic", "snakemake", *TABLES}
WITH_ENCODER = LIBRARIES - {"torch", "transformers", "scipy"}
SELDOM = {"scipy.stats", "scipy.optimize", "torch", "transformers", "datasets", "pydantic", "snakemake", *TABLES}


@pytest.mark.parametrize(
    ("script", "without"),
    {
        "bring_run": WITH_ENCODER,
        "embed": WITH_ENCODER,
        "finetune": WITH_ENCODER - {"pydantic"},
        "pin_model": WITH_ENCODER,
        "pretrain": WITH_ENCODER,
        "fetch_corpus": LIBRARIES - {"pydantic"},
        "make_task": LIBRARIES - {"pydantic"},
        "take_vectors": LIBRARIES,
        "write_corpus": LIBRARIES,
        "measure_movement": SELDOM - {"pandas"} | {"numba"},
        "measure_similarity": SELDOM - {"pandas"} | {"numba"},
        "probe_direct": SELDOM,
        "probe_hulls": SELDOM,
        "probe_classifier": {"transformers", "datasets", "numba", "matplotlib", "seaborn", "pydantic"},
        "gather_examples": SELDOM - {"pandas"} | {"numba"},
        "explorer": {"sklearn", "torch", "transformers", "datasets", "numba", "matplotlib", "seaborn", "pydantic"},
        "table": {"torch", "transformers", "datasets", "numba", "matplotlib", "seaborn", "pydantic", "sklearn"},
        "plot": {"torch", "transformers", "datasets", "numba", "pydantic", "sklearn"},
        "report": {"torch", "transformers", "datasets", "numba", "seaborn", "pydantic", "sklearn"},
    }.items(),
)
def test_a_job_imports_no_more_than_it_needs(script, without):
    assert not loaded(of_script(script), without)
