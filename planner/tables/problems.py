"""Input problems as people see them: lines on the console, and a workbook to work through."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from planner.errors import Problem
from planner.unfinished import file_aside

HEADER = ("File", "Row", "Column", "Found", "Allowed", "Mend")
WIDTHS = (28, 8, 22, 32, 48, 60)


def problem_lines(problems: Sequence[Problem], undone: str = "", see_all: str = "") -> str:
    """A line for each problem, in the order given, and their number last.

    ``undone``: what was not done, such as "nothing was planned". ``see_all``: how to see those
    that are only counted.
    """
    return "\n".join([*map(str, problems), _count(problems, undone, see_all)])


def _count(problems: Sequence[Problem], undone: str, see_all: str) -> str:
    faults = [problem for problem in problems if not problem.follows]
    number = sum(1 + problem.more for problem in faults)
    said = "1 problem" if number == 1 else f"{number:,} problems"
    follow = sum(1 + problem.more for problem in problems if problem.follows)
    if follow:
        rows = "1 row that follows" if follow == 1 else f"{follow:,} rows that follow"
        said += f" and {rows} from {'it' if number == 1 else 'them'}"
    if undone:
        said += f"; {undone}"
    if see_all and any(problem.more for problem in faults):
        said += f". {see_all}"
    return f"{said}."


def write_problems(problems: Sequence[Problem], path: Path) -> None:
    """Write a row for each problem: a CSV file, or else the *Input problems* workbook.

    A file that is there is replaced once the new one is whole. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with file_aside(path) as aside:
        if path.suffix.lower() == ".csv":
            _write_csv(problems, aside)
        else:
            write_problem_workbook(problems, aside)


def _write_csv(problems: Sequence[Problem], path: Path) -> None:
    # The mark at the start has Excel read it as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(_cells(problem) for problem in problems)


def _cells(problem: Problem) -> tuple[str | int, ...]:
    row = f"{problem.row} and {problem.more:,} more" if problem.more else problem.row or ""
    return problem.file, row, problem.column, problem.value, problem.allowed, problem.mend


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
        for column, value in enumerate(_cells(problem), start=1):
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
    # A workbook that runs out of room while it is saved complains long after.
    made = BytesIO()
    workbook.save(made)
    path.write_bytes(made.getvalue())
