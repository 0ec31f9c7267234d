"""An Excel workbook as raw tables, one sheet each."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from planner.tables.collect import Findings
from planner.tables.columns import tables
from planner.tables.raw import ColumnsBuilder, RawTable
from planner.tables.texts import EXCEL_ERRORS


def cell_text(value: object) -> str | None:
    """A cell's value as the text that the same cell of a CSV file would hold."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def read_workbook(path: Path, findings: Findings) -> dict[str, RawTable]:
    """Every sheet by name; faults of the file go to ``findings``, and the answer is then empty.

    A formula counts as its stored value; where there is none, the formula itself is the text
    of the cell. A table is not complete if its first row is empty and others are not.
    """
    try:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = (
            openpyxl.load_workbook(path, read_only=True, data_only=False)
            if _has_formulas(path)
            else None
        )
        try:
            _report_merged(path, values, findings)
            return {
                sheet.title: _sheet(
                    f"{path.name}, sheet {sheet.title}",
                    sheet,
                    formulas[sheet.title] if formulas else None,
                )
                for sheet in values.worksheets
            }
        finally:
            values.close()
            if formulas:
                formulas.close()
    # openpyxl lets many kinds of error through when the file is damaged or something else.
    except Exception as error:
        findings.problem(
            path.name,
            1,
            "",
            str(error) or type(error).__name__,
            "an Excel workbook (.xlsx) without a password",
            "open the file in Excel and save it as Excel Workbook (.xlsx)",
        )
        return {}


def _report_merged(path: Path, book: Any, findings: Findings) -> None:
    """Refuse merged cells in the sheets of tables: all but the first of them are empty."""
    with zipfile.ZipFile(path) as archive:
        for sheet in book.worksheets:
            if sheet.title.strip().lower() not in tables():
                continue
            content = archive.read(str(sheet._worksheet_path).lstrip("/")).decode("utf-8")
            merged = re.findall(r'<mergeCell ref="([A-Z]+(\d+):[A-Z]+\d+)"', content)
            if merged:
                named, row = merged[0]
                more = f" and {len(merged) - 1} more" if len(merged) > 1 else ""
                findings.problem(
                    f"{path.name}, sheet {sheet.title}",
                    int(row),
                    "",
                    f"merged cells {named}{more}",
                    "a value in every cell of its own",
                    "unmerge the cells in Excel and fill in each of them",
                )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                content = archive.read(name)
                if b"<f>" in content or b"<f " in content:
                    return True
    return False


def _cells(sheet: Any) -> Iterator[tuple[object, ...]]:
    # Some programs write a wrong size of the sheet, by which cells would be cut off.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True)


def _sheet(file: str, values: Any, formulas: Any | None) -> RawTable:
    records = _cells(values)
    written = _cells(formulas) if formulas is not None else None
    header = [(cell_text(cell) or "").strip() for cell in next(records, ())]
    if written is not None:
        next(written, None)
    while header and not header[-1]:
        header.pop()
    width = len(header)
    builder = ColumnsBuilder(width)
    rows: list[int] = []
    below_no_header = False
    for row, record in enumerate(records, start=2):
        below_no_header |= not width and any(cell is not None for cell in record)
        cells = [cell_text(cell) for cell in record[:width]]
        cells += [None] * (width - len(cells))
        if written is not None:
            for position, formula in enumerate(next(written, ())[:width]):
                without_value = cells[position] is None or cells[position] in EXCEL_ERRORS
                if without_value and isinstance(formula, str) and formula.startswith("="):
                    cells[position] = formula
        if any(cell is not None for cell in cells):
            builder.add(cells)
            rows.append(row)
    return RawTable(
        file,
        tuple(header),
        builder.columns(),
        np.array(rows, dtype=np.int64),
        complete=not below_no_header,
    ).without_blank_rows()
