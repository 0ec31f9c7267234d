import datetime as dt
import shutil

import pytest
from openpyxl import Workbook, load_workbook

from planner.outputs.workbook.cells import workbook_cells
from planner.outputs.workbook.store import write_store_workbook


def test_every_kind_of_cell_has_one_text_form(tmp_path):
    """Whole numbers without a point, formulas as formulas, dates in ISO form, no empty cells."""
    book = Workbook()
    sheet = book.active
    sheet.title = "S"
    values = ["text", 3, 3.0, 0.1, "=SUM(B1:C1)", dt.datetime(2024, 10, 7), True, None, ""]
    for column, value in enumerate(values, start=1):
        sheet.cell(1, column, value)
    book.save(tmp_path / "kinds.xlsx")
    cells = workbook_cells(tmp_path / "kinds.xlsx")
    assert cells.to_numpy().tolist() == [
        ["S", "A1", "text"],
        ["S", "B1", "3"],
        ["S", "C1", "3"],
        ["S", "D1", "0.1"],
        ["S", "E1", "=SUM(B1:C1)"],
        ["S", "F1", "2024-10-07T00:00:00"],
        ["S", "G1", "TRUE"],
    ]


def test_an_edited_cell_is_named(contents, tmp_path):
    """After one cell is changed, the two tables differ in that cell alone."""
    path = tmp_path / "001.xlsx"
    write_store_workbook(contents, "001", path)
    before = workbook_cells(path).set_index(["sheet", "cell"])["value"]
    book = load_workbook(path, rich_text=True)
    book["Items"]["I7"] = 5
    book.save(path)
    after = workbook_cells(path).set_index(["sheet", "cell"])["value"]
    assert before.index.equals(after.index)
    assert before.index[before != after].tolist() == [("Items", "I7")]


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_saving_in_another_program_changes_nothing(contents, convert, tmp_path):
    """A workbook opened and saved without an edit reads the same."""
    path = tmp_path / "001.xlsx"
    write_store_workbook(contents, "001", path)
    (tmp_path / "saved").mkdir()
    convert(path, "xlsx", tmp_path / "saved")
    before, after = workbook_cells(path), workbook_cells(tmp_path / "saved" / "001.xlsx")
    assert after.to_numpy().tolist() == before.to_numpy().tolist()
