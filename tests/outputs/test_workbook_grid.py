"""Cells as they are written and recorded, against what openpyxl reads from the file."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from planner.outputs.contents import Contents
from planner.outputs.workbook import styles
from planner.outputs.workbook.cells import workbook_cells
from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.grid import Formula, Grid, RichText, Run
from planner.outputs.workbook.save import save
from planner.outputs.workbook.sheet import Book, Column, Heading
from planner.outputs.workbook.store import write_store_workbook

DAY = pd.Timestamp("2026-08-31")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\r\t=&<>\"' "))


def book_of(*values: object) -> tuple[BytesIO, pd.DataFrame]:
    """A workbook with these values in the first row of a sheet, and its cells as recorded."""
    book = Book(Heading("test", ("one", "two"), "foot"))
    sheet = book.sheet("S", "S")
    for column, value in enumerate(values, start=1):
        sheet.put(7, column, value, styles.DAY if isinstance(value, dt.date) else styles.TEXT)
    file = BytesIO()
    return file, save(book, file, DAY, "test")


def test_the_cells_of_a_store_are_recorded_as_a_reader_finds_them(
    contents: Contents, tmp_path: Path
) -> None:
    """Sheet, cell and text of every filled cell, in the same order and of the same type."""
    path = tmp_path / "001.xlsx"
    recorded = write_store_workbook(contents, "001", path)
    assert len(recorded) > 500
    pd.testing.assert_frame_equal(recorded, workbook_cells(path))


def test_the_cells_of_the_chain_are_recorded_as_a_reader_finds_them(
    contents: Contents, tmp_path: Path
) -> None:
    """As for a store: tables with formulas in their rows, days, and several tables a sheet."""
    path = tmp_path / "chain.xlsx"
    recorded = write_chain_workbook(contents, path)
    assert len(recorded) > 500
    pd.testing.assert_frame_equal(recorded, workbook_cells(path))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        TEXTS
        | st.floats()
        | st.integers(-(10**18), 10**18)
        | st.booleans()
        | st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 1, 1))
        | st.none()
        | st.builds(lambda a, b: RichText((Run(a, 9.0, True), Run(b, 7.0))), TEXTS, TEXTS)
        | st.floats().map(np.float64)
        | st.integers(-(2**62), 2**62).map(np.int64),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_put_is_recorded_as_a_reader_finds_it(values: list[object]) -> None:
    """Texts with every sign that a workbook can hold, numbers of every size, days and flags."""
    file, recorded = book_of(*values)
    pd.testing.assert_frame_equal(recorded, workbook_cells(file))


def test_values_come_back_as_they_were_put() -> None:
    """Text stays text whatever it begins with, a formula is one, None is an empty cell."""
    put = ["=1+1", "#N/A", " two  spaces ", "a<b>&c", Formula("=A7&B7"), None, 3, 0.1, True, DAY]
    file, _ = book_of(*put)
    cells = load_workbook(file)["S"][7]
    wanted = [*put[:4], "=A7&B7", *put[5:9], DAY.to_pydatetime()]
    assert [cell.value for cell in cells] == wanted
    assert [cell.data_type for cell in cells] == ["s"] * 4 + ["f", "n", "n", "n", "b", "d"]


def test_what_no_workbook_can_hold_is_refused() -> None:
    """A control character, and a value that is neither text nor number nor day."""
    with pytest.raises(IllegalCharacterError):
        book_of("bell \a")
    with pytest.raises(ValueError, match="cannot hold"):
        book_of([1, 2])


def test_a_later_value_takes_the_place_of_an_earlier_one_until_the_row_is_closed() -> None:
    """Rows and columns may come in any order; the file has them in theirs."""
    grid = Grid(frozenset())
    for row, column, value in ((2, 3, "c"), (2, 1, "a"), (1, 2, "b"), (2, 3, "d")):
        grid.put(row, column, value, 0)
    grid.close(2)
    grid.close_all()
    assert grid.filled() == (["B1", "A2", "C2"], ["b", "a", "d"])
    assert grid.dimension() == "A1:C2"


def test_a_merged_range_keeps_its_outer_border_alone() -> None:
    """Left side on the first cell, right side on the last, neither between; one value."""
    book = Book(Heading("test", ("one", "two"), "foot"))
    book.sheet("S", "S").put_merged(6, 2, 4, "wide", styles.LEGEND)
    file = BytesIO()
    save(book, file, DAY, "test")
    merged = load_workbook(file)["S"].merged_cells.ranges
    assert [str(each) for each in merged] == ["B6:D6"]
    cells = load_workbook(file, read_only=True)["S"][6][1:4]
    sides = [(cell.border.left.style, cell.border.right.style) for cell in cells]
    assert sides == [("thin", None), (None, None), (None, "thin")]
    assert [cell.value for cell in cells] == ["wide", None, None]


def test_a_row_beside_a_table_is_not_lost() -> None:
    """What is put below a table, whose rows are closed, stands below it."""
    book = Book(Heading("test", ("one", "two"), "foot"))
    sheet = book.sheet("S", "S")
    after = sheet.table((Column("A", 9), Column("B", 9, total=True)), [("x", 1), ("y", 2)])
    sheet.put(after, 1, "below", styles.TEXT)
    file = BytesIO()
    recorded = save(book, file, DAY, "test").set_index("cell")["value"]
    assert recorded[f"A{after}"] == "below"
    assert recorded[f"B{after - 1}"] == "=SUM(B6:B7)"
