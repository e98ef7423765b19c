"""The catalogs of tables and figures, against the functions that they name."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from closerlook.analysis.catalog import TABLES
from closerlook.figures.catalog import FIGURES

ROOT = Path(__file__).resolve().parent.parent
COMMON = (ROOT / "workflow/rules/catalog.smk").read_text()
PARTS = {"study": set(), "model": {"model", "tasks"}, "cell": {"model", "task"}}  # what a figure of each is told of it
APART = {  # what the report says in sentences, and a figure of arrays that somebody has
    "analysis": {"answers", "beside", "unlearned"},
    "figures": {"clusters"},
}


def defined(name):
    """The keys of a dict in catalog.smk."""
    body = COMMON.partition(f"\n{name} = {{")[2].partition("\n}")[0]
    return set(re.findall(r'^    "(\w+)":', body, re.MULTILINE))


def parameters(kind, name):
    return list(inspect.signature(getattr(import_module(f"closerlook.{kind}.{name}"), name)).parameters)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_given_what_its_function_takes(name):
    row = TABLES[name]
    given = [*row.reads, *row.told]
    assert sorted(given) == sorted(parameters("analysis", name)) and len(given) == len(set(given))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_given_what_its_function_takes(name):
    row = FIGURES[name]
    given = [*row.reads, *row.told, *["looks"] * row.looks, *PARTS[row.per]]
    assert sorted(given) == sorted(parameters("figures", name)) and len(given) == len(set(given))


def test_what_rows_are_made_of_exists():
    sources, values = defined("SOURCES"), defined("VALUES")
    sources |= {f"{part}_{probe}" for part in ("probe", "last") for probe in ("classifier", "hulls")}
    assert {"direct", "names"} <= sources and {"models", "about"} <= values  # or the pattern finds nothing
    for row in TABLES.values():
        assert set(row.reads.values()) <= sources | set(TABLES) and set(row.told.values()) <= values
        assert row.message
    for row in FIGURES.values():
        assert set(row.reads.values()) <= set(TABLES) and set(row.told.values()) | {row.when} <= values
        assert row.title and row.caption.endswith(".")
    assert not sources & set(TABLES)  # a name is of one of them, or `source` takes the wrong one


def test_no_name_that_a_row_reads_is_also_that_of_the_labels():
    """The rule gives the tasks' labels to figures as `names`, which `plot.py` takes out."""
    assert not any("names" in row.reads for row in FIGURES.values())


def test_tables_read_no_table_that_is_made_of_them():
    def before(name, path=()):
        assert name not in path, " > ".join((*path, name))
        for other in TABLES[name].reads.values():
            if other in TABLES:
                before(other, (*path, name))

    for name in TABLES:
        before(name)


@pytest.mark.parametrize(("kind", "rows"), [("analysis", TABLES), ("figures", FIGURES)])
def test_whatever_could_be_a_row_is_one(kind, rows):
    """A module with a function of its own name."""
    found = set()
    for file in (ROOT / "closerlook" / kind).glob("*.py"):
        own = getattr(import_module(f"closerlook.{kind}.{file.stem}"), file.stem, None)
        if inspect.isfunction(own):
            found.add(file.stem)
    assert found == set(rows) | APART[kind]
