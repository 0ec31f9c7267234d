"""Store workbooks edited as people do: in a spreadsheet program, or by a script."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from planner.errors import BadInput
from planner.tables.inputs import Inputs
from planner.tables.lock_sheet import HEADS, LOCKS_SHEET
from planner.tables.read import read_inputs

SOFFICE_SECONDS = 120


def head_of(sheet: Any) -> tuple[int, dict[str, int]]:
    """Row of the heads of the lock table, and the column of each head."""
    for row in sheet.iter_rows(max_row=40):
        heads = {cell.value: cell.column for cell in row if cell.value}
        if set(HEADS.values()) <= set(heads):
            return row[0].row, heads
    raise AssertionError("no head")


def lock_rows(workbook: Path) -> list[dict[str, Any]]:
    """Every lock that the sheet shows, by head."""
    sheet = load_workbook(workbook)[LOCKS_SHEET]
    top, heads = head_of(sheet)
    found = []
    for row in range(top + 1, sheet.max_row + 1):
        values = {head: sheet.cell(row, column).value for head, column in heads.items()}
        if values["Lock"]:
            found.append(values)
    return found


def edit(workbook: Path, *locks: Mapping[str, Any], **cells: Any) -> int:
    """Add locks (by head) below those that are there, and set cells of other sheets (sheet ->
    cell -> value); the row of the first new lock. Saved by openpyxl, with shared strings."""
    book = load_workbook(workbook)
    first = add_locks(book, *locks)
    for sheet, values in cells.items():
        for cell, value in values.items():
            book[sheet][cell] = value
    book.save(workbook)
    return first


def add_locks(book: Workbook, *locks: Mapping[str, Any]) -> int:
    """Write locks below those of the sheet; the row of the first."""
    sheet: Any = book[LOCKS_SHEET]
    top, heads = head_of(sheet)
    first = top + 1
    while sheet.cell(first, heads["Item"]).value:
        first += 1
    for row, lock in enumerate(locks, start=first):
        for head, value in lock.items():
            sheet.cell(row, heads[head]).value = value
    return first


def saved_by_libreoffice(workbook: Path, profile: Path) -> None:
    """Open a workbook in LibreOffice and save it again under its name."""
    folder = workbook.parent / "saved"
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless",
               "--convert-to", "xlsx", "--outdir", str(folder), str(workbook)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=SOFFICE_SECONDS)
    (folder / workbook.name).replace(workbook)
    folder.rmdir()


def cell_of(workbook: Path, sheet: str, value: object) -> str:
    """The first cell of a sheet that holds a value."""
    for row in load_workbook(workbook)[sheet].iter_rows():
        for cell in row:
            if cell.value == value:
                return str(cell.coordinate)
    raise AssertionError(f"{value} is not on {sheet}")


def lock(item: object, word: object, facings: object = None, **more: object) -> dict[str, Any]:
    """One row of the sheet."""
    return {"Item": item, "Lock": word, "Facings": facings, **more}


def refused(data: Path, locks: Path) -> list[str]:
    """Every problem, as people read it."""
    with pytest.raises(BadInput) as caught:
        read_inputs(data, locks=locks)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


def locks_of(inputs: Inputs) -> set[tuple[str, str, str, float]]:
    """Store, item, lock and facings (0 without) of every lock in force."""
    frame = inputs.store_locks
    rows = frame[frame["state"] == "in force"].fillna({"facings": 0.0})
    return set(zip(rows["store_id"], rows["item_id"], rows["lock"], rows["facings"], strict=True))
