"""What newcomers read agrees with the project: links, commands, dependencies, tables, version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer

from planner import __version__
from planner.assortment import program
from planner.assortment.problem_file import read_problem
from planner.assortment.store import solve_store
from planner.cli import app
from planner.runs import TABLES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
LARGEST_PICTURE_BYTES = 400_000


def text_of(page: str) -> str:
    """A page of the project as text."""
    return (ROOT / page).read_text(encoding="utf-8")


def links_of(text: str) -> set[str]:
    """Targets inside the project of links and pictures, Markdown or HTML, without anchors."""
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return {target.split("#")[0] for target in found if "://" not in target} - {""}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_and_pictures_exist(page: Path) -> None:
    """No link inside the project leads nowhere."""
    links = links_of(page.read_text(encoding="utf-8"))
    assert [link for link in sorted(links) if not (page.parent / link).exists()] == []


def test_the_readme_shows_a_planogram_and_the_report() -> None:
    """The first page has its pictures, small enough to load at once."""
    pictures = [link for link in links_of(text_of("README.md")) if link.endswith(".png")]
    assert len(pictures) >= 2
    assert all((ROOT / picture).stat().st_size < LARGEST_PICTURE_BYTES for picture in pictures)


def test_the_readme_leads_to_every_page_of_docs() -> None:
    """Whoever starts at the README finds every other page."""
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages - set(re.findall(r"docs/\w+\.md", text_of("README.md"))) == set()


def test_the_readme_names_every_command_and_no_other() -> None:
    """The table of commands is that of the command line."""
    known = set(typer.main.get_group(app).commands)
    rows = re.findall(r"^\| `planner (\w+)", text_of("README.md"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(known)


def test_the_readme_names_every_option_of_plan() -> None:
    """The main command's options can be seen without running it."""
    row = re.search(r"^\| `planner plan .*$", text_of("README.md"), flags=re.MULTILINE)
    assert row is not None
    options = {
        parameter.opts[0]
        for parameter in typer.main.get_group(app).commands["plan"].params
        if parameter.opts[0].startswith("--")
    }
    assert {option for option in options if f"`{option}`" not in row[0]} == set()


def test_every_dependency_has_its_reason() -> None:
    """A line for each package of pyproject.toml, and none for a package that is gone."""
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = {
        re.split(r"[<>=~! ;\[]", requirement)[0]
        for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]
    }
    lines = re.findall(r"^\| ([\w.-]+) \| \S", text_of("docs/dependencies.md"), flags=re.MULTILINE)
    assert sorted(set(lines) - {"package", "---"}) == sorted(wanted)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_versions_and_name_no_registry(lock: str) -> None:
    """Every package has one exact version, and pip looks wherever the machine is set up to."""
    lines = [line for line in text_of(lock).splitlines() if line and not line.startswith("#")]
    packages = [line for line in lines if line != "-r requirements.lock"]
    assert packages
    assert [line for line in packages if not re.match(r"^[\w.-]+==[\w.]+( ;.*)?$", line)] == []


def test_the_changelog_begins_with_this_version() -> None:
    """What is new in this version stands on top."""
    versions = re.findall(r"^## \[([^\]]+)\]", text_of("CHANGELOG.md"), flags=re.MULTILINE)
    assert versions[0] == __version__


def test_the_house_describes_every_table_of_a_run() -> None:
    """Whoever opens tables/ finds each file explained, and nothing that is not there."""
    part = text_of("docs/house.md").split("## A run")[1].split("### run.json")[0]
    described = re.findall(r"^\| `(\w+)` \|", part, flags=re.MULTILINE)
    evidence = ["choice", "choice_groups", "economics", "cells", "reasons"]
    assert sorted(described) == sorted([*TABLES, *evidence])


def test_the_model_page_names_every_family_of_rows() -> None:
    """A constraint that is added or renamed in the program is also in the reference."""
    families = {
        name
        for name in vars(program.StoreProgram)
        if name.startswith("_add_") and name != "_add_variables"
    }
    page = text_of("docs/model.md")
    assert families
    assert {name for name in families if f"`{name}`" not in page} == set()


def test_the_example_of_a_problem_file_can_be_solved(tmp_path: Path) -> None:
    """PROBLEM.json as the page shows it is read and solved: two thirds of the potential buy."""
    part = text_of("docs/house.md").split("## PROBLEM.json")[1]
    path = tmp_path / "problem.json"
    path.write_text(part.split("```")[1], encoding="utf-8")
    found = solve_store(read_problem(path), gap=1e-6, time_limit_seconds=10)
    assert found.proof == "optimal"
    # 100 units of potential, attraction 2 against 1 for buying nothing, 50 cents a unit.
    assert found.objective_week == pytest.approx(100 * 2 / 3 * 0.5)
