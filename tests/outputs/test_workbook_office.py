"""Workbooks opened, computed and printed by LibreOffice."""

import shutil
from dataclasses import replace

import pytest
from office_workbooks import faults_of_formulas, look_at, page_texts, totals_of
from openpyxl import load_workbook

from planner.outputs.slices import split_by_store
from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.store import write_store_workbook

pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing"),
]


@pytest.fixture(scope="module")
def looked_at(contents, tmp_path_factory):
    """Two stores, one of them without fixtures, and the chain: their folder, faults, formulas."""
    folder = tmp_path_factory.mktemp("office")
    stores = split_by_store(contents)
    bare = stores["002"]
    bare = replace(bare, shelves=bare.shelves.iloc[:0], positions=bare.positions.iloc[:0])
    write_store_workbook(stores["001"], "001", folder / "001.xlsx")
    write_store_workbook(bare, "002", folder / "002.xlsx")
    write_chain_workbook(contents, folder / "chain.xlsx")
    faults, formulas, _ = look_at([folder / f"{n}.xlsx" for n in ("001", "002", "chain")], folder)
    return folder, faults, formulas


def test_every_formula_comes_to_what_is_stored_and_every_fixture_to_one_page(looked_at):
    """LibreOffice works out what the planner did; no cell is an error, covers and fixtures take a
    page each."""
    _, faults, formulas = looked_at
    assert faults == []
    assert formulas > 50


def test_computed_totals_are_those_of_the_tables(looked_at, contents):
    """Sums of the item list and of the cover, worked out by LibreOffice."""
    folder, _, _ = looked_at
    here = split_by_store(contents)["001"]
    book = load_workbook(folder / "computed" / "001.xlsx", data_only=True)
    listed = here.assortment[here.assortment["listed"]]
    totals = totals_of(book["Items"])
    for head, column in (("Sales", "sales_week"), ("Margin", "margin_week")):
        assert totals[f"{head} per week"] == pytest.approx(listed[column].sum(), abs=0.01)
    assert totals["Facings"] == here.positions["facings"].sum()
    ordered = listed["sold_units_week"].sum() + listed["waste_units_week"].sum()
    ordered /= here.stores["deliveries_week"].iloc[0]
    assert totals["Order units per delivery, average"] == pytest.approx(ordered, abs=0.01)
    assert totals["Cases per delivery, average"] == pytest.approx(ordered / 6, abs=0.01)
    cover = list(book["Cover"].iter_rows(min_row=6, values_only=True))
    (margin,) = [row for row in cover if row[0] == "Margin after waste, a week"]
    by_plan = here.figures.set_index("plan")["margin_week"]
    assert margin[4] == pytest.approx(by_plan["local"] - by_plan["common"], abs=0.01)
    (sales,) = [row for row in cover if "Total" in row]
    assert sales[sales.index("Total") + 1] == pytest.approx(listed["sales_week"].sum(), abs=0.01)


def test_a_fixture_is_whole_on_its_page(looked_at, contents):
    """Every item of a fixture stands on the page of its planogram, under its number."""
    folder, _, _ = looked_at
    here = split_by_store(contents)["001"]
    (page,) = [t for t in page_texts(folder / "printed" / "001.pdf") if "Planogram M1 – page" in t]
    order = here.positions["item_id"].tolist()
    for item in here.positions.query("fixture_id == 'M1'")["item_id"]:
        assert f"{order.index(item) + 1} " in page


def test_a_wrong_figure_is_found_out(looked_at, tmp_path):
    """The comparison can fail: one computed figure is changed, and its cell is named."""
    folder, _, _ = looked_at
    book = load_workbook(folder / "computed" / "001.xlsx", data_only=True)
    sheet = book["Items"]
    sheet.cell(sheet.max_row, 9).value += 0.02
    book.save(tmp_path / "001.xlsx")
    faults, _ = faults_of_formulas(folder / "001.xlsx", tmp_path / "001.xlsx")
    assert [fault.split(":")[0] for fault in faults] == [f"Items!I{sheet.max_row}"]


def test_results_are_taken_out_before_computing(looked_at):
    """What LibreOffice computes is not what the planner stored: nothing is stored any more."""
    folder, _, _ = looked_at
    for name, known in (("001.xlsx", True), ("bare/001.xlsx", False)):
        sheet = load_workbook(folder / name, data_only=True)["Items"]
        assert (sheet.cell(sheet.max_row, 9).value is not None) == known
