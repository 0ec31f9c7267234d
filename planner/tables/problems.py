"""Input problems as people see them: lines on the console, and a workbook to work through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from planner.errors import Problem

HEADER = ("File", "Row", "Column", "Found", "Allowed", "Mend")
WIDTHS = (28, 8, 22, 32, 48, 60)


def problem_lines(problems: Sequence[Problem]) -> str:
    """One line for each problem, in the order given, and their number last."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
    return "\n".join([*map(str, problems), f"{count} in the input; nothing was planned."])


def write_problem_workbook(problems: Sequence[Problem], path: Path) -> None:
    """Write the *Input problems* workbook: a row for each problem. Raises OSError."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Input problems"
    sheet.append(HEADER)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFDDEBF7")
    for row, problem in enumerate(problems, start=2):
        values: tuple[str | int, ...] = (
            problem.file,
            problem.row,
            problem.column,
            problem.value,
            problem.allowed,
            problem.mend,
        )
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, str):
                # Text that looks like a formula must stay text when the workbook is opened.
                cell.data_type = "s"
                cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEADER))}{len(problems) + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    workbook.save(path)
