"""What was written into a workbook, kept inside it, so that an edited cell can be named.

A workbook is mailed and saved by other programs far from the run that made it. Its own cells,
once more in a hidden sheet, tell what was changed, wherever it lies; programs keep hidden sheets.
"""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import IO

import pandas as pd
from openpyxl import load_workbook

from planner.outputs.workbook import styles
from planner.outputs.workbook.cells import RECORD_SHEET, WORKED_IN, workbook_cells
from planner.outputs.workbook.grid import Grid
from planner.outputs.workbook.sheet import Book

EXPLAINED = "What the planner wrote into this workbook, so that edited cells can be named."
COMPRESSION = 4
_BETWEEN, _BETWEEN_PARTS, _BETWEEN_SHEETS = "\x1f", "\x1e", "\x1d"
"""Characters that no cell of a workbook can hold."""
CHUNK = 30_000
"""Characters a cell, of the 32,767 that one can hold."""


def add_record(book: Book) -> None:
    """Add the hidden record of all sheets but those that are there to be edited; comes last."""
    sheets = []
    for name, grid in book.grids.items():
        if name not in WORKED_IN:
            grid.close_all()
            places, values = grid.filled()
            sheets.append(_BETWEEN_PARTS.join((name, *map(_BETWEEN.join, (places, values)))))
    packed = zlib.compress(_BETWEEN_SHEETS.join(sheets).encode(), COMPRESSION)
    text = base64.b64encode(packed).decode()
    worksheet = book.workbook.create_sheet(RECORD_SHEET)
    worksheet.sheet_state = "veryHidden"
    grid = book.grids[worksheet.title] = Grid(book.styles.dates)
    look = book.styles.number(styles.PLAIN_TEXT)
    chunks = [text[k : k + CHUNK] for k in range(0, len(text), CHUNK)]
    for row, chunk in enumerate([EXPLAINED, *chunks], start=1):
        # A letter first, as a text that begins with = or + could be taken for a formula.
        grid.put(row, 1, chunk if row == 1 else f"z{chunk}", look)


def record_of(path: Path | IO[bytes]) -> dict[tuple[str, str], str] | None:
    """Sheet and cell -> what was written there; None where the workbook has no whole record."""
    workbook = load_workbook(path, read_only=True)
    try:
        if RECORD_SHEET not in workbook.sheetnames:
            return None
        rows = [row[0] for row in workbook[RECORD_SHEET].iter_rows(values_only=True) if row]
    finally:
        workbook.close()
    try:
        text = "".join(str(chunk).removeprefix("z") for chunk in rows[1:] if chunk)
        sheets = zlib.decompress(base64.b64decode(text)).decode().split(_BETWEEN_SHEETS)
        found: dict[tuple[str, str], str] = {}
        for sheet in sheets:
            name, places, values = sheet.split(_BETWEEN_PARTS)
            each = zip(places.split(_BETWEEN), values.split(_BETWEEN), strict=True)
            found.update(((name, place), value) for place, value in each if place)
        return found
    except (ValueError, zlib.error):
        return None


def differences(path: Path) -> pd.DataFrame | None:
    """Cells that are not as written: sheet, cell, written, found; None without a whole record.

    Values are compared, as numbers with twelve digits and formulas as their text less what
    programs write in their own way; formats are not. A sheet that is gone, or was added, is one
    row without a cell.
    """
    written = record_of(path)
    if written is None:
        return None
    frame = workbook_cells(path)
    frame = frame[~frame["sheet"].isin(WORKED_IN)]
    places = zip(frame["sheet"].tolist(), frame["cell"].tolist(), strict=True)
    found = dict(zip(places, frame["value"].astype("str").tolist(), strict=True))
    sheets, now = {sheet for sheet, _ in written}, {sheet for sheet, _ in found}
    rows: list[tuple[str, str, str, str]] = [
        *((sheet, "", "a sheet", "") for sheet in sorted(sheets - now)),
        *((sheet, "", "", "a sheet") for sheet in sorted(now - sheets)),
    ]
    for place in dict.fromkeys([*written, *found]):
        before, after = written.get(place, ""), found.get(place, "")
        if place[0] in sheets & now and _plain(before) != _plain(after):
            rows.append((*place, before, after))
    return pd.DataFrame(rows, columns=["sheet", "cell", "written", "found"], dtype="str")


def _plain(value: str) -> str:
    """A value without what spreadsheet programs write differently."""
    if value.startswith("="):
        return value.replace("'", "").replace(" ", "").replace("$", "").casefold()
    return value.strip()
