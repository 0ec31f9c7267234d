"""Stamped sheets: what stands on every sheet, how it prints, and tables with live totals."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from planner.outputs import numbers
from planner.outputs.workbook import styles
from planner.outputs.workbook.grid import Formula, Grid, RichText
from planner.outputs.workbook.styles import Look, StyleBook
from planner.outputs.workbook.text_width import cut, text_mm, wrap

HEADER_ROW = 5
"""Row of the column heads on every sheet that is one table."""
NOTE_ROW = HEADER_ROW - 1
"""Row for a sentence on how to read the table."""

NOT_APPLICABLE = "–"
APART = "  ·  "
"""Between what stands on one line; ids come last, and are in the footer too."""

_FORMULA_STARTS = ("=", "+", "-", "@")
_SHEET_NAME_LENGTH = 31
MM_PER_CHARACTER = 7 * 25.4 / 96
_CELL_PADDING_MM = 3.0
_LINE_HEIGHT = 1.25
_FOOTER_POINTS = 7
_FOOTER_MM = 200.0
"""What the left side may take, beside the name of the sheet and the page."""
_HEADING_POINTS = 18.0
"""Of what stands above a table, where it is printed in the margin."""
_TITLE_SIZE, _HEADING_SIZE = 12, 9
_PAGE_MM = 265.0
_MOST_FOOTER_LETTERS = 110
"""Excel takes 255 in all, of which codes and doubled ampersands are some."""


@dataclass(frozen=True)
class Heading:
    """What is printed at the top and the foot of every sheet of a workbook."""

    subject: str
    """Store or chain that the workbook is about."""
    lines: tuple[str, str]
    footer: str


@dataclass(frozen=True)
class Column:
    """A column of a printed table."""

    head: str
    width: float
    """In characters of the default font."""
    look: Look = styles.TEXT
    total: bool = False
    """Summed by a live formula below the table."""


@dataclass(frozen=True)
class Shown:
    """A value in another look than its column's."""

    value: Any
    look: Look


class Book:
    """A workbook under construction: unique sheet names, one heading, shared styles."""

    def __init__(self, heading: Heading) -> None:
        self.workbook = Workbook()
        styles.set_default_font(self.workbook)
        self.styles = StyleBook(self.workbook)
        self.grids: dict[str, Grid] = {}
        """The cells of each sheet, by its name."""
        self.heading = heading
        active = self.workbook.active
        if active is not None:
            self.workbook.remove(active)
        self.workbook.calculation.fullCalcOnLoad = True

    def sheet(self, name: str, title: str, *, fit_height: bool = False) -> Sheet:
        """A new sheet with its heading, footer and page set-up.

        ``fit_height``: the whole sheet on one page; otherwise one page wide and as long as it
        takes.
        """
        worksheet = self.workbook.create_sheet(self._unique(name))
        _set_up_page(worksheet, self.heading, fit_height)
        grid = self.grids[worksheet.title] = Grid(self.styles.dates)
        sheet = Sheet(worksheet, grid, self.styles)
        sheet.head(f"{title} – {self.heading.subject}", self.heading.lines)
        return sheet

    def _unique(self, name: str) -> str:
        clean = re.sub(r"[\[\]:*?/\\]", "_", name).strip("' ") or "Sheet"
        taken = {title.lower() for title in self.workbook.sheetnames}
        candidate, number = clean[:_SHEET_NAME_LENGTH], 1
        while candidate.lower() in taken:
            number += 1
            suffix = f" ({number})"
            candidate = clean[: _SHEET_NAME_LENGTH - len(suffix)] + suffix
        return candidate


class Sheet:
    """Writes cells; a text is always stored as text, whatever it begins with."""

    def __init__(self, worksheet: Worksheet, grid: Grid, style_book: StyleBook) -> None:
        self.worksheet: Any = worksheet
        self._grid = grid
        self._style = style_book.number
        self.row_points: dict[int, float] = {}
        """Heights of the rows that were given one."""
        self._widths: dict[int, float] = {}
        self._heading: tuple[str, str] = ("", "")
        self.first_printed = 1
        """Row; what stands above is printed in the margin of every page."""
        self.margin_points = 0.0
        """Height of what is printed there."""

    def head(self, title: str, lines: tuple[str, str]) -> None:
        """Write what stands above all else."""
        self._heading = (title, lines[1].split(APART)[0])
        self.put(1, 1, title, styles.TITLE)
        for row, line in enumerate(lines, start=2):
            self.put(row, 1, line, styles.STAMP)
        self.height(1, 20)

    def note(self, text: str) -> None:
        """A sentence on how to read the table below."""
        self.put(NOTE_ROW, 1, text, styles.NOTE)

    def put(self, row: int, column: int, value: Any, look: Look) -> None:
        """Write a value; missing numbers and dates are marked, never blank."""
        if isinstance(value, str):
            if value.startswith(_FORMULA_STARTS):
                look = replace(look, quoted=True)
        elif value is not None and pd.api.types.is_scalar(value) and pd.isna(value):
            not_known = look.number_format != numbers.EXCEL_DAY
            value = numbers.MISSING if not_known else NOT_APPLICABLE
            look = styles.missing(look) if not_known else look
        self._grid.put(row, column, value, self._style(look))

    def put_merged(
        self,
        row: int,
        first: int,
        last: int,
        value: str | RichText,
        look: Look,
        *,
        last_row: int = 0,
    ) -> None:
        """Write a text across the columns first..last (and down to ``last_row``).

        Sides of the border go to the outer cells alone, as spreadsheet programs expect.
        """
        bottom_row = max(row, last_row)
        if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
            look = replace(look, quoted=True)
        left, middle, right = map(self._style, _merged_looks(look, first == last))
        for r in range(row, bottom_row + 1):
            self._grid.fill(r, first + 1, last - 1, middle)
            self._grid.fill(r, last, last, right)
            self._grid.fill(r, first, first, left)
        if last > first or bottom_row > row:
            self._grid.merge(row, first, bottom_row, last)
        self._grid.put(row, first, value, left)

    def paragraph(
        self,
        row: int,
        first: int,
        last: int,
        text: str,
        look: Look,
        *,
        least_points: float = 0.0,
    ) -> None:
        """Write a text across columns whose widths are set, as high as it takes."""
        width = sum(self._widths[column] for column in range(first, last + 1))
        lines = _lines(text, _room_mm(Column("", width, look)), look.size)
        self.put_merged(row, first, last, text, look)
        line = max(styles.LINE_POINTS, _LINE_HEIGHT * look.size)
        self.height(row, max(least_points, line * max(1, lines) + 3))

    def widths(self, widths: Iterable[float], first: int = 1) -> None:
        """Set column widths, in characters of the default font."""
        for column, width in enumerate(widths, start=first):
            self.worksheet.column_dimensions[get_column_letter(column)].width = width
            self._widths[column] = width

    def equal_widths(self, first: int, count: int, width: float) -> None:
        """Give ``count`` columns from ``first`` on the same width, as one entry of the file."""
        letter = get_column_letter(first)
        dimension = self.worksheet.column_dimensions[letter]
        dimension.width = width
        dimension.min, dimension.max = first, first + count - 1

    def height(self, row: int, points: float) -> None:
        """Set the height of a row, in points."""
        self.row_points[row] = points
        self._grid.height(row, points)

    @property
    def name(self) -> str:
        """Of the sheet in its workbook."""
        return str(self.worksheet.title)

    def chart(self, chart: Any, row: int, column: int) -> None:
        """Place a chart with its upper left corner in a cell."""
        self.worksheet.add_chart(chart, f"{get_column_letter(column)}{row}")

    def freeze(self, columns: int) -> None:
        """Keep the head of a table and so many of its columns in view."""
        self.worksheet.freeze_panes = f"{get_column_letter(columns + 1)}{HEADER_ROW + 1}"

    def repeat(self, first_row: int, columns: int, last_row: int, last_column: int) -> None:
        """Print a table that is several pages wide, down to a last row and column.

        Its head, from ``first_row`` on, and its first columns stand on every page, and what
        stands above the table in the margin: in repeated columns it would have no room.
        """
        self.worksheet.print_title_rows = f"{first_row}:{HEADER_ROW}"
        self.worksheet.print_title_cols = f"A:{get_column_letter(columns)}"
        last = f"{get_column_letter(last_column)}{last_row}"
        self.worksheet.print_area = f"A{first_row}:{last}"
        self.first_printed, self.margin_points = first_row, _HEADING_POINTS
        title, line = self._heading
        rest_mm = _PAGE_MM - text_mm(line, _HEADING_SIZE)
        header = self.worksheet.oddHeader
        header.left.text = cut(title, rest_mm, _TITLE_SIZE).replace("&", "&&")
        header.left.font, header.left.size = f"{styles.FONT},Bold", _TITLE_SIZE
        header.right.text = line.replace("&", "&&")
        header.right.font, header.right.size = f"{styles.FONT},Regular", _HEADING_SIZE
        margins = self.worksheet.page_margins
        margins.top += _HEADING_POINTS / 72

    def print_area(self, last_row: int, last_column: int) -> None:
        """Print down to this cell."""
        last = f"{get_column_letter(last_column)}{last_row}"
        self.worksheet.print_area = f"A{self.first_printed}:{last}"

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        *,
        top: int = HEADER_ROW,
        whole_sheet: bool = True,
        empty: str = "None",
    ) -> int:
        """Write a table with its head in row ``top``; returns the row after its last one.

        The rows are closed: nothing can be written beside them.

        ``whole_sheet``: the head is frozen and repeated on every page, and can be filtered;
        column widths are set. ``empty`` is said where there are no rows.
        """
        for offset, column in enumerate(columns):
            self.put(top, 1 + offset, column.head, styles.HEADER)
        heads = [replace(column, look=styles.HEADER) for column in columns]
        self.height(top, _row_points(heads, [column.head for column in columns]) + 2)
        sums = {offset: 0.0 for offset, column in enumerate(columns) if column.total}
        row = top
        for row, values in enumerate(rows, start=top + 1):
            for offset, (column, value) in enumerate(zip(columns, values, strict=True)):
                if isinstance(value, Shown):
                    self.put(row, 1 + offset, value.value, value.look)
                else:
                    self.put(row, 1 + offset, value, column.look)
            for offset in sums:
                sums[offset] += _amount(values[offset])
            self.height(row, _row_points(columns, values))
            self._grid.close(row)
        last = row
        if last == top:
            self.put(top + 1, 1, empty, styles.NOTE)
            row = top + 1
        elif any(column.total for column in columns):
            row = last + 1
            self._totals(columns, top + 1, last, sums)
        if whole_sheet:
            self.widths(column.width for column in columns)
            self.worksheet.freeze_panes = f"A{top + 1}"
            self.worksheet.print_title_rows = f"{top}:{top}"
            if last > top:
                end = get_column_letter(len(columns))
                self.worksheet.auto_filter.ref = f"A{top}:{end}{last}"
        return row + 1

    def _totals(
        self, columns: Sequence[Column], first: int, last: int, sums: Mapping[int, float]
    ) -> None:
        for offset, column in enumerate(columns):
            letter = get_column_letter(1 + offset)
            if column.total:
                formula = Formula(f"=SUM({letter}{first}:{letter}{last})", sums[offset])
                self.put(last + 1, 1 + offset, formula, styles.total(column.look))
            else:
                self.put(
                    last + 1, 1 + offset, "Total" if offset == 0 else "", styles.total(styles.TEXT)
                )


def _amount(value: Any) -> float:
    """What a cell adds to the sum of its column; NaN where its formula has not been worked out."""
    if isinstance(value, Shown):
        value = value.value
    if isinstance(value, Formula):
        return math.nan if value.result is None else value.result
    if value is None or isinstance(value, str) or pd.isna(value):
        return 0.0
    return float(value)


def _row_points(columns: Sequence[Column], values: Sequence[Any]) -> float:
    """Height for the longest wrapped text; not every program measures it when it opens."""
    lines = max(
        (
            _lines(value, _room_mm(column), column.look.size)
            for column, value in zip(columns, values, strict=True)
            if column.look.wrap and isinstance(value, str)
        ),
        default=1,
    )
    return styles.LINE_POINTS * max(1, lines) + 3


@lru_cache(maxsize=1 << 13)
def _lines(text: str, room_mm: float, size: float) -> int:
    return len(wrap(text, room_mm, size))


@lru_cache(maxsize=1024)
def _merged_looks(look: Look, single: bool) -> tuple[Look, Look, Look]:
    """Of the cells on the left, in the middle and on the right of a merged range."""
    left, middle, right = (
        replace(look, border=_sides(look.border, *outer))
        for outer in ((True, single), (False, False), (single, True))
    )
    return left, middle, right


def _room_mm(column: Column) -> float:
    padding = _CELL_PADDING_MM if column.look.indent else _CELL_PADDING_MM / 2
    bold_is_wider = 0.93 if column.look.bold else 1.0
    return (column.width * MM_PER_CHARACTER - padding) * bold_is_wider


def _sides(border: str, leftmost: bool, rightmost: bool) -> str:
    """The sides of a merged range's border that one of its columns carries."""
    return "".join(
        side
        for side in border
        if not (side in "lL" and not leftmost) and not (side in "rR" and not rightmost)
    )


def _set_up_page(worksheet: Any, heading: Heading, fit_height: bool) -> None:
    page = worksheet.page_setup
    page.orientation = "landscape"
    page.paperSize = worksheet.PAPERSIZE_A4
    page.fitToWidth = 1
    page.fitToHeight = 1 if fit_height else 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = worksheet.page_margins
    margins.left = margins.right = margins.top = 0.4
    margins.bottom = 0.55
    margins.header = margins.footer = 0.25
    worksheet.print_options.horizontalCentered = False
    worksheet.sheet_view.showGridLines = False
    footer = cut(heading.footer[:_MOST_FOOTER_LETTERS], _FOOTER_MM, _FOOTER_POINTS)
    # an ampersand begins a code in headers and footers
    worksheet.oddFooter.left.text = footer.replace("&", "&&")
    worksheet.oddFooter.left.size = _FOOTER_POINTS
    worksheet.oddFooter.right.text = "&A – page &P of &N"
    worksheet.oddFooter.right.size = _FOOTER_POINTS
    worksheet.HeaderFooter.scaleWithDoc = False
