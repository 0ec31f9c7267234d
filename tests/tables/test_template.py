"""The empty workbook, the problem workbook, and the pages made from the attribute table."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from small_chain import SMALL_CHAIN, WriteChain

from planner.errors import BadInput, Problem
from planner.tables.columns import REQUIRED_TABLES, reference_markdown, tables
from planner.tables.problems import problem_lines, write_problem_workbook
from planner.tables.read import read_inputs
from planner.tables.template import new_chain


def test_reference_page_is_up_to_date() -> None:
    """docs/tables.md is what the attribute table says today."""
    page = Path(__file__).parents[2] / "docs" / "tables.md"
    assert page.read_text(encoding="utf-8") == reference_markdown()


def test_attribute_table_is_sound() -> None:
    """References name columns, keys exist, and numeric defaults are within their range."""
    for table in tables().values():
        assert table.key
        for column in table.columns:
            assert column.description
            if column.refers_to:
                assert column.refers_to[1] in tables()[column.refers_to[0]].names
            if column.is_number and column.default.replace(".", "").isdigit():
                assert column.minimum is None or float(column.default) >= column.minimum
                assert column.maximum is None or float(column.default) <= column.maximum


def test_empty_template_is_read_back(tmp_path: Path) -> None:
    """The template as it is has no fault but its empty required tables."""
    path = new_chain(tmp_path / "mine")
    assert path == tmp_path / "mine" / "input.xlsx"
    with pytest.raises(BadInput) as caught:
        read_inputs(tmp_path / "mine")
    found = {(p.file, p.value) for p in caught.value.problems}
    assert found == {(f"input.xlsx, sheet {name}", "an empty table") for name in REQUIRED_TABLES}


def test_filled_template_is_planned(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """The template filled in gives the same tables as the files, from its folder."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    path = new_chain(tmp_path / "mine")
    workbook = openpyxl.load_workbook(path)
    for name, text in SMALL_CHAIN.items():
        if not name.endswith(".csv"):
            continue
        sheet = workbook[name.removesuffix(".csv")]
        header = [cell.value for cell in sheet[1]]
        lines = text.splitlines()
        columns = [header.index(column) + 1 for column in lines[0].split(",")]
        for row, line in enumerate(lines[1:], start=2):
            for column, value in zip(columns, line.split(","), strict=True):
                sheet.cell(row, column, value or None)
    workbook.save(path)
    inputs = read_inputs(tmp_path / "mine")
    assert inputs.sales.equals(plain.sales)
    assert inputs.items.equals(plain.items)
    assert inputs.chain.horizon_weeks == 4
    assert inputs.chain.name == "mine"


def test_template_explains_every_column(tmp_path: Path) -> None:
    """Every column has its heading, a note on it, and a row on the sheet Columns."""
    workbook = openpyxl.load_workbook(new_chain(tmp_path / "mine"))
    listed = {(row[0], row[1]) for row in workbook["Columns"].iter_rows(values_only=True)}
    for name, table in tables().items():
        heads = workbook[name][1]
        assert tuple(cell.value for cell in heads) == table.names
        assert workbook[name].freeze_panes == "A2"
        for cell, column in zip(heads, table.columns, strict=True):
            assert cell.comment is not None
            assert column.description in cell.comment.text
            assert (name, column.name) in listed
    choices = {str(v.formula1) for v in workbook["items"].data_validations.dataValidation}
    assert {'"yes,no"', '"each,lb,kg"'} <= choices


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder with files, or a file, is refused and left as it is."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    for path in (tmp_path / "full", tmp_path / "full" / "x"):
        with pytest.raises(BadInput):
            new_chain(path)
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["x"]


def test_problem_workbook(tmp_path: Path) -> None:
    """Problems are rows of a workbook in which text that looks like a formula stays text."""
    problems = [
        Problem("items.csv", 2, "price", "=cmd()", "a number", "write the number"),
        Problem("items.csv", 3, "price", "x\x07y"[:1], "a number", "write the number"),
    ]
    path = tmp_path / "problems.xlsx"
    write_problem_workbook(problems, path)
    sheet = openpyxl.load_workbook(path)["Input problems"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("File", "Row", "Column", "Found", "Allowed", "Mend")
    assert rows[1] == ("items.csv", 2, "price", "=cmd()", "a number", "write the number")
    assert (sheet["D2"].data_type, sheet["D2"].quotePrefix) == ("s", True)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    lines = problem_lines(problems).splitlines()
    assert lines[0] == str(problems[0])
    assert lines[-1].startswith("2 problems")
