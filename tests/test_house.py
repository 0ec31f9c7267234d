"""The house rules: data flows one way, libraries stay in their rooms, files stay readable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "planner").rglob("*.py"))
STAGES = ("tables", "demand", "assortment", "shelves", "outputs")
"""In the order in which data flows."""
MOST_LINES = 450
SOLVERS = {"pulp", "highspy"}
CODE = [
    path
    for folder in ("planner", "tests", "data", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]


@cache
def imported(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports, wherever the import stands."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """The stage that a file belongs to; the file's own name at the top of the package."""
    return path.relative_to(ROOT / "planner").parts[0].removesuffix(".py")


def stages_imported(path: Path) -> set[str]:
    """Parts of the package, other than its own, that a file imports."""
    found = {name.split(".")[1] for name in imported(path) if name.startswith("planner.")}
    return found - {room(path)}


def libraries(path: Path) -> set[str]:
    """Top names of everything a file imports."""
    return {name.split(".")[0] for name in imported(path)}


def users_of(library: str) -> set[str]:
    """Files of the package that import a library, as paths inside it."""
    return {
        path.relative_to(ROOT / "planner").as_posix()
        for path in FILES
        if library in libraries(path)
    }


def test_the_rules_see_the_files():
    """The checks below look at real files: every stage is there and imports something."""
    assert {room(path) for path in FILES} >= {*STAGES, "audit", "pipeline", "runs", "cli"}
    assert "assortment" in stages_imported(ROOT / "planner" / "pipeline.py")
    assert users_of("pulp")
    assert users_of("openpyxl")
    assert users_of("jinja2")


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_imports_a_later_one(stage):
    """tables -> demand -> assortment -> shelves -> outputs, and nothing of the top below."""
    later = {*STAGES[STAGES.index(stage) + 1 :], "audit", "pipeline", "runs", "cli", "progress"}
    for path in FILES:
        if room(path) == stage:
            assert not stages_imported(path) & later, path


def test_the_audit_shares_no_code_with_what_it_checks():
    """The audit imports neither the model's stages nor a solver."""
    for path in FILES:
        if room(path) == "audit":
            assert not stages_imported(path) & {"demand", "assortment", "shelves"}, path
            assert not libraries(path) & SOLVERS, path


def test_solvers_stay_in_assortment():
    """PuLP and HiGHS are named in assortment/ alone."""
    for solver in SOLVERS:
        rooms = {name.split("/")[0] for name in users_of(solver)}
        assert rooms <= {"assortment"}, solver


def test_workbooks_and_charts_stay_in_their_rooms():
    """openpyxl is for the workbooks and the tables, plotly for the outputs."""
    for name in users_of("openpyxl"):
        assert name.startswith(("tables/", "outputs/workbook/")), name
    for name in users_of("plotly"):
        assert name.startswith("outputs/"), name


def test_nothing_reads_outside_the_project():
    """Code and tests name no shared folder beside the project and no path of one machine."""
    outside = re.compile(r"\.\./shared|/home/\w|[\"']/tmp")
    found = {
        path.relative_to(ROOT).as_posix(): outside.findall(path.read_text(encoding="utf-8"))
        for path in CODE
    }
    assert len(found) > 100
    assert {name: words for name, words in found.items() if words} == {}


def test_files_stay_readable():
    """No file of the package is longer than a person reads at once."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in FILES
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_every_test_says_its_property():
    """Every test has a docstring."""
    silent = [
        f"{path.name}: {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
