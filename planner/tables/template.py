"""An empty chain: the input workbook with its explanations, made from the attribute table."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from planner.errors import BadInput, Problem
from planner.tables.chain import DEFAULT_HORIZON_WEEKS, DEFAULT_LOCALE
from planner.tables.columns import Column, Table, tables
from planner.tables.source import NEW_CHAIN_WORKBOOK
from planner.unfinished import write_together

LAST_CHOICE_ROW = 2_000
"""Last row that has drop-downs."""
REQUIRED_FILL = PatternFill("solid", fgColor="FFFFE699")
OPTIONAL_FILL = PatternFill("solid", fgColor="FFDDEBF7")

READ_ME = (
    "The input of one chain for the assortment planner.",
    "",
    "1. Fill in the sheets sales, items and stores. Their yellow columns are required;"
    " every other column and sheet may stay empty.",
    "2. Leave a cell empty where you do not know the value. The planner then uses the default"
    " named on the sheet Columns, and says so on the Assumptions sheet of its answer.",
    "3. Each sheet has one row of headings; the note on a heading explains the column.",
    "4. Weeks are written as the date of their first day; all weeks start on the same weekday.",
    "5. Item and store numbers are text: leading zeros stay.",
    "6. On the sheet chain, write the chain's name, its currency (such as EUR) and locale"
    " (such as de_DE).",
    "7. Save the workbook, check it with: planner check FOLDER",
    "8. Plan the chain with: planner plan FOLDER",
    "",
    "A sales history of more than about a million rows does not fit in a sheet: save every"
    " table as a CSV UTF-8 file named after its sheet (sales.csv, items.csv and so on) instead.",
)
CHAIN_ROWS = (
    ("name", None, "Name of the chain, shown on every page"),
    ("currency", None, "Currency of every amount, as an ISO 4217 code such as EUR"),
    ("locale", DEFAULT_LOCALE, "How numbers and dates are shown, such as de_DE"),
    ("horizon_weeks", DEFAULT_HORIZON_WEEKS, "Weeks the plan is made for, 1 to 52"),
)


def new_chain(directory: Path) -> Path:
    """Make a folder with an empty input workbook; the path of the workbook.

    Raises BadInput if the folder exists and is not empty, or is no folder.
    """
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        found = "a folder with files" if directory.is_dir() else "a file"
        raise BadInput(
            [
                Problem(
                    str(directory),
                    0,
                    "",
                    found,
                    "a new or empty folder",
                    "choose another folder; nothing is overwritten",
                )
            ]
        )
    # A workbook that runs out of room while it is saved complains long after.
    made = BytesIO()
    _workbook().save(made)
    write_together(directory, {NEW_CHAIN_WORKBOOK: lambda path: path.write_bytes(made.getvalue())})
    return directory / NEW_CHAIN_WORKBOOK


def _workbook() -> Workbook:
    workbook = Workbook()
    read_me = workbook.worksheets[0]
    read_me.title = "Read me"
    for row, line in enumerate(READ_ME, start=1):
        cell = read_me.cell(row, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    read_me["A1"].font = Font(bold=True, size=14)
    read_me.column_dimensions["A"].width = 100
    chain = workbook.create_sheet("chain")
    for values in (("key", "value", "meaning"), *CHAIN_ROWS):
        chain.append(values)
    _head(chain, (False, False, False))
    for column, width in zip("ABC", (18, 30, 60), strict=True):
        chain.column_dimensions[column].width = width
    for table in tables().values():
        _table_sheet(workbook.create_sheet(table.name), table)
    _columns_sheet(workbook.create_sheet("Columns"))
    return workbook


def _head(sheet: Any, required: tuple[bool, ...]) -> None:
    for cell, needed in zip(sheet[1], required, strict=True):
        cell.font = Font(bold=True)
        cell.fill = REQUIRED_FILL if needed else OPTIONAL_FILL
    sheet.freeze_panes = "A2"


def _table_sheet(sheet: Any, table: Table) -> None:
    sheet.append(table.names)
    _head(sheet, tuple(column.required for column in table.columns))
    for position, column in enumerate(table.columns, start=1):
        letter = get_column_letter(position)
        note = Comment(_note(column), "planner")
        note.width, note.height = 320, 150
        sheet[f"{letter}1"].comment = note
        sheet.column_dimensions[letter].width = max(12, len(column.name) + 3)
        number_format = "@" if column.is_text else "yyyy-mm-dd" if column.type == "date" else None
        if number_format:
            # The whole column's format, which new cells take, without writing any cell.
            sheet.column_dimensions[letter].number_format = number_format
        words = ("yes", "no") if column.type == "flag" else column.allowed
        if words:
            choice = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
            choice.errorTitle, choice.error = column.name, column.allowed_in_words
            sheet.add_data_validation(choice)
            choice.add(f"{letter}2:{letter}{LAST_CHOICE_ROW}")


def _note(column: Column) -> str:
    lines = [
        column.description + (f" [{column.unit}]" if column.unit else ""),
        "Required." if column.required else "Optional.",
        f"Allowed: {column.allowed_in_words}.",
    ]
    if column.default:
        lines.append(f"If empty: {column.default}.")
    return "\n".join(lines)


def _columns_sheet(sheet: Any) -> None:
    header = ("table", "column", "required", "unit", "allowed", "if empty", "meaning")
    sheet.append(header)
    _head(sheet, (False,) * len(header))
    for table in tables().values():
        for column in table.columns:
            sheet.append(
                (
                    table.name,
                    column.name,
                    "yes" if column.required else "no",
                    column.unit,
                    column.allowed_in_words,
                    column.default,
                    column.description,
                )
            )
    for letter, width in zip("ABCDEFG", (16, 22, 10, 24, 34, 34, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.auto_filter.ref = sheet.dimensions
