"""Reading a workbook back as text, cell by cell, so that an edited cell can be named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import IO, Any

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

RUN_ID = "\x1arun id\x1a"
"""Stands for the run's own id in its table of cells; no workbook can hold the character."""
RECORD_SHEET = "Written"
"""A workbook's hidden record of its own cells (``record.py``), which is none of them."""
WORKED_IN = ("Locks", "Lock items")
"""Sheets that are there to be edited, and the list behind their drop-down."""


def without_run_id(cells: pd.DataFrame, run_id: str) -> pd.DataFrame:
    """Cells with ``RUN_ID`` for the run's own id, which holds the time: runs of the same inputs
    have the same table."""
    return cells.assign(value=cells["value"].str.replace(run_id, RUN_ID, regex=False))


def with_run_id(cells: pd.DataFrame, run_id: str) -> pd.DataFrame:
    """The cells as the workbook holds them, from those ``without_run_id``."""
    return cells.assign(value=cells["value"].str.replace(RUN_ID, run_id, regex=False))


def workbook_cells(path: Path | IO[bytes]) -> pd.DataFrame:
    """Every cell of a workbook that is not empty: sheet, cell (``B7``) and value, as text.

    Formulas are given as their text, numbers with twelve digits (a whole number without a
    decimal point, however it is stored), dates in ISO form, flags as TRUE and FALSE. Formats
    are not part of it, nor is the workbook's own record. Saving a workbook anew in a spreadsheet
    program does not change this table. Raises what openpyxl raises for a file that is no workbook.
    """
    workbook = load_workbook(path, read_only=True)
    try:
        sheets: list[str] = []
        places: list[str] = []
        values: list[str] = []
        for worksheet in workbook.worksheets:
            if worksheet.title == RECORD_SHEET:
                continue
            letters: dict[int, str] = {}
            for row in worksheet.iter_rows():
                for cell in row:
                    value = cell.value
                    if value is None or value == "":
                        continue
                    column: Any = cell.column
                    letter = letters.get(column)
                    if letter is None:
                        letter = letters[column] = get_column_letter(column)
                    sheets.append(worksheet.title)
                    places.append(f"{letter}{cell.row}")
                    values.append(text_of(value))
    finally:
        workbook.close()
    return pd.DataFrame({"sheet": sheets, "cell": places, "value": values}, dtype="str")


def text_of(value: Any) -> str:
    """The text form of a value that openpyxl has read from a cell."""
    if isinstance(value, str):
        # spreadsheet programs store line ends in their own way
        return value.replace("\r\n", "\n").replace("_x000D_", "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        # twelve digits, since spreadsheet programs keep fifteen and round the last
        return format(value, ".12g")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)
