"""What is printed can be read: letters on paper, widths of pages, and how many there are."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.pages import (
    MOST_PAGES,
    PAGE_HEIGHT_POINTS,
    PAGE_WIDTH_PX,
    PLAIN_ROW_POINTS,
    SMALLEST_POINTS,
    column_px,
)
from planner.outputs.workbook.sheet import HEADER_ROW, NOTE_ROW
from planner.outputs.workbook.store import write_store_workbook


@pytest.fixture(scope="module")
def books(contents):
    """The workbooks of a store, of its chain, and of a chain of 130 stores, read back."""
    found = {}
    for name, write in (
        ("store", lambda file: write_store_workbook(contents, "001", file)),
        ("chain", lambda file: write_chain_workbook(contents, file)),
        ("many", lambda file: write_chain_workbook(of_many_stores(contents, 130), file)),
    ):
        file = BytesIO()
        write(file)
        found[name] = load_workbook(file)
    return found


def of_many_stores(contents, count):
    """The first store so many times."""
    frames = {}
    for name in ("assortment", "positions", "changes", "figures", "store_plans", "limits"):
        frame = getattr(contents, name)
        own = frame[frame["store_id"] == "001"]
        parts = [own.assign(store_id=f"{number + 1:04}") for number in range(count)]
        frames[name] = pd.concat(parts, ignore_index=True)
    first = contents.stores.iloc[[0]]
    stores = pd.concat([first] * count, ignore_index=True).assign(
        store_id=[f"{number + 1:04}" for number in range(count)],
        city=[f"City {number // 10}" for number in range(count)],
    )
    return replace(contents, stores=stores, **frames)


def printed(sheet):
    """First and last column and row that are printed."""
    if sheet.print_area:
        return range_boundaries(sheet.print_area.split("!")[-1].replace("$", ""))
    return 1, 1, sheet.max_column, sheet.max_row


def width_px(sheet, column):
    """Of a column, also where several share an entry."""
    for dimension in sheet.column_dimensions.values():
        if (dimension.min or 0) <= column <= (dimension.max or 0):
            return column_px(dimension.width)
    return column_px(sheet.column_dimensions[get_column_letter(column)].width)


def page_widths(sheet):
    """Width of the columns of each page, left to right, those that are repeated included."""
    first, _, last, _ = printed(sheet)
    breaks = [b.id for b in sheet.col_breaks.brk if first <= b.id < last]
    repeated = range_boundaries(sheet.print_title_cols.replace("$", ""))[2] if breaks else 0
    starts, ends = [first, *(b + 1 for b in breaks)], [*breaks, last]
    return [
        sum(width_px(sheet, c) for c in (*range(1, repeated + 1), *range(start, end + 1)))
        if start > first
        else sum(width_px(sheet, c) for c in range(start, end + 1))
        for start, end in zip(starts, ends, strict=True)
    ]


def height_points(sheet):
    """Of all rows that are printed."""
    _, first, _, last = printed(sheet)
    rows = range(first, last + 1)
    return sum(sheet.row_dimensions[row].height or PLAIN_ROW_POINTS for row in rows)


def scale_of(sheet):
    """At which a sheet is printed, as spreadsheet programs work it out."""
    if not sheet.sheet_properties.pageSetUpPr.fitToPage:
        return sheet.page_setup.scale / 100
    scale = min(1.0, PAGE_WIDTH_PX / max(page_widths(sheet)))
    if sheet.page_setup.fitToHeight == 1:
        scale = min(scale, PAGE_HEIGHT_POINTS / height_points(sheet))
    return scale


def shown(books):
    """Every sheet that is printed, with its workbook."""
    return [
        (name, sheet)
        for name, book in books.items()
        for sheet in book.worksheets
        if sheet.sheet_state == "visible"
    ]


def test_letters_on_paper_are_large_enough(books):
    """No letter is smaller than seven points once the page is scaled to its width."""
    small = set()
    for name, sheet in shown(books):
        left, top, right, bottom = printed(sheet)
        sizes = {
            cell.font.sz
            for row in sheet.iter_rows(top, min(bottom, top + 60), left, right)
            for cell in row
            if cell.value is not None
        }
        if min(sizes) * scale_of(sheet) < SMALLEST_POINTS - 0.1:
            small.add((name, sheet.title, min(sizes), round(scale_of(sheet), 3)))
    assert small == set()


def test_pages_are_no_wider_than_paper(books):
    """What has a scale of its own is broken where a page ends, not where a program likes."""
    for name, sheet in shown(books):
        widest = max(page_widths(sheet)) * scale_of(sheet)
        assert widest <= PAGE_WIDTH_PX + 0.5, (name, sheet.title)


def test_long_lists_are_for_the_screen(books):
    """Of a chain of 130 stores no sheet takes more than some pages, and each says what it leaves
    out; changes one by one are not printed at all."""
    for sheet in books["many"].worksheets:
        down = len([b for b in sheet.row_breaks.brk if b.id < printed(sheet)[3]]) + 1
        assert down <= MOST_PAGES, sheet.title
    sheet = books["many"]["Changes"]
    assert printed(sheet)[3] == NOTE_ROW
    assert "Changes by store" in sheet.cell(NOTE_ROW, 1).value
    limits = books["many"]["Limits"]
    said = limits.cell(NOTE_ROW, 1).value
    rows = limits.max_row - HEADER_ROW
    assert f"the first {printed(limits)[3] - HEADER_ROW:,} of {rows:,} rows" in said
    assert printed(limits)[3] < limits.max_row


def test_few_changes_are_printed_one_by_one(books):
    """Where they fit on some pages, paper has them."""
    assert printed(books["chain"]["Changes"])[3] > HEADER_ROW
