"""Pages of long sheets: how much fits on one, and breaks that keep together what belongs so.

Spreadsheet programs ignore breaks where a sheet is fitted to a number of pages, so a sheet with
breaks is given a scale instead.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from openpyxl.worksheet.pagebreak import Break

from planner.outputs.workbook.sheet import HEADER_ROW, Column, Sheet

PAGE_WIDTH_PX = 1046.0
"""Of A4 landscape inside the margins, at 96 pixels an inch."""
PAGE_HEIGHT_POINTS = 527.0
PLAIN_ROW_POINTS = 15.0
SMALLEST_SCALE = 50
"""Percent; nine-point text is still legible at half its size."""
LIST_SCALE = 75
"""Percent; long lists are not printed larger, even where they are narrow."""
KEPT_WHOLE = 0.5
"""Groups of no more than this part of a page stay on one."""
TOO_LITTLE = 0.15
"""Less than this part of a page is no place to begin a group."""
_SURE = 0.96
"""Programs differ in how wide they make a column, by about this."""


def column_px(width: float) -> float:
    """Width on the screen of a column of so many characters (ECMA-376 part 1, 18.3.1.13)."""
    return 7.0 * width + 5.0


def page_starts(
    sizes: Sequence[float], groups: Sequence[Hashable], room: float, taken: float = 0.0
) -> list[int]:
    """Where a new page begins when so large rows (or columns) follow one another.

    A group of half a page or less is never divided; a larger one flows on, unless so little of
    a page is left that its beginning would stand alone. ``room``: of a page; ``taken``: of the
    first page, by what stands before.
    """
    starts: list[int] = []
    used, begin = taken, 0
    while begin < len(sizes):
        end = begin + 1
        while end < len(sizes) and groups[end] == groups[begin]:
            end += 1
        size = sum(sizes[begin:end])
        left = room - used
        if begin and size > left and (size <= room * KEPT_WHOLE or left < room * TOO_LITTLE):
            starts.append(begin)
            used = 0.0
        for number in range(begin, end):
            if number and used and used + sizes[number] > room:
                starts.append(number)
                used = 0.0
            used += sizes[number]
        begin = end
    return starts


def scale_for(columns: Sequence[Column]) -> int:
    """Percent at which the columns are one page wide, or the smallest that can be read."""
    width = sum(column_px(column.width) for column in columns)
    return max(SMALLEST_SCALE, min(100, int(100 * width_room_px(100) / width)))


def width_room_px(scale: int) -> float:
    """How wide columns may be to stand on one page at a scale in percent."""
    return _SURE * PAGE_WIDTH_PX * 100.0 / scale


def paginate(
    sheet: Sheet,
    columns: Sequence[Column],
    groups: Sequence[Hashable],
    *,
    scale: int = 0,
    top: int = HEADER_ROW,
) -> None:
    """Print a table so that rows of one group stay on one page where they can.

    ``groups``: one for each row under the head in row ``top``; ``scale``: percent, as wide as a
    page where not given, and no larger than a list needs.
    """
    scale = scale or min(LIST_SCALE, scale_for(columns))
    set_scale(sheet, scale)
    heights = [sheet.row_points.get(top + 1 + k, PLAIN_ROW_POINTS) for k in range(len(groups))]
    heading = sum(sheet.row_points.get(row, PLAIN_ROW_POINTS) for row in range(1, top))
    room = _SURE * PAGE_HEIGHT_POINTS * 100.0 / scale
    room -= sheet.row_points.get(top, PLAIN_ROW_POINTS)
    for start in page_starts(heights, groups, room, heading):
        sheet.worksheet.row_breaks.append(Break(id=top + start))


def set_scale(sheet: Sheet, percent: int) -> None:
    """Print at a scale instead of fitted to a number of pages."""
    sheet.worksheet.sheet_properties.pageSetUpPr.fitToPage = False
    sheet.worksheet.page_setup.scale = percent
    sheet.worksheet.page_setup.fitToWidth = None
    sheet.worksheet.page_setup.fitToHeight = None


def break_columns(sheet: Sheet, starts: Sequence[int]) -> None:
    """Begin a new page with each of these columns, counted from 1."""
    for column in starts:
        sheet.worksheet.col_breaks.append(Break(id=column - 1))
