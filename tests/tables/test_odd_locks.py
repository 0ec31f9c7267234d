"""Locks as people send them back: odd rows, hidden ones, wrong files, a core that is derived."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from lock_workbooks import edit, lock, locks_of, refused
from openpyxl import Workbook, load_workbook
from whole_chain import SHOP_ITEMS, corner_shops, shop_sales

from planner.assortment.parameters import chain_parameters
from planner.demand.estimate import estimate
from planner.errors import BadInput
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs

NO_CORE = SHOP_ITEMS.replace(",yes,", ",no,")


@pytest.fixture
def handed_out(shop_run: Path, tmp_path: Path) -> Path:
    """The planograms of a run, to be edited."""
    return Path(shutil.copytree(shop_run / "planograms", tmp_path / "planograms"))


def warnings(inputs: Inputs) -> list[str]:
    """What is warned of, in words."""
    return [a.text for a in inputs.assumptions if a.warning]


def test_what_is_no_lock_is_said(handed_out: Path, tmp_path: Path) -> None:
    """A note alone, a lock below the line of the chain's own, one that ended before the plan and
    a workbook of another chain leave the rest as it is, and each is named by its cell."""
    path = handed_out / "7.xlsx"
    row = edit(path, lock(None, None, Note="call me"), lock("4062", "IN", Until="2026-04-01"))
    book = load_workbook(path)
    sheet = book["Locks"]
    assert row == 7
    for line, (item, word) in enumerate(
        (("From the chain's own tables, where", None), ("Item", "Lock"), ("4072", "IN")), start=28
    ):
        sheet.cell(line, 1).value, sheet.cell(line, 2).value = item, word
    for line in (1, 2, 3):
        text = str(sheet.cell(line, 1).value)
        sheet.cell(line, 1).value = text.replace("Corner shops", "Other Ltd")
    book.save(path)
    inputs = read_inputs(corner_shops(tmp_path / "data"), locks=handed_out)
    assert locks_of(inputs) == set()
    said = warnings(inputs)
    assert len(said) == 4
    for words in (
        "7.xlsx, sheet Locks, cell E7: a note without an item",
        "7.xlsx, sheet Locks, cell A30: 4072 IN stands below the line",
        "is the year right? (7.xlsx, sheet Locks, cell B8)",
        "7.xlsx is a workbook of the chain Other Ltd: its locks were read as those of Corner shops",
    ):
        assert any(words in text for text in said), (words, said)


def test_rows_that_are_hidden_or_filtered_away_count(handed_out: Path, tmp_path: Path) -> None:
    """A lock counts whether or not its row, or the sheet, is seen."""
    path = handed_out / "7.xlsx"
    row = edit(path, lock("4063", "IN"), lock("4062", "OUT"))
    book = load_workbook(path)
    sheet = book["Locks"]
    sheet.row_dimensions[row].hidden = True
    sheet.auto_filter.ref = "A6:K27"
    sheet.auto_filter.add_filter_column(1, ["IN"])
    sheet.sheet_state = "hidden"
    book.save(path)
    found = locks_of(read_inputs(corner_shops(tmp_path / "data"), locks=handed_out))
    assert found == {("7", "4063", "IN", 0.0), ("7", "4062", "OUT", 0.0)}


def test_an_expired_lock_that_never_was_comes_back(tmp_path: Path) -> None:
    """A cell without a first day reads as none, however it was printed."""
    locks = tmp_path / "7.xlsx"
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Locks"
    for row in (["Store", "7"], ["Item", "Lock", "Facings", "Until", "Note", "Since"],
                ["4063", "IN", None, "2026-01-01", None, "–"]):  # fmt: skip
        sheet.append(row)
    book.save(locks)
    inputs = read_inputs(corner_shops(tmp_path / "data"), locks=locks)
    assert inputs.store_locks["state"].tolist() == ["expired"]


@pytest.mark.parametrize("name", ["sales.csv", "items.csv", "stores.csv", "budget.xlsx"])
def test_a_file_that_is_no_lock_table_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    """A wrong file is one problem: what it holds and what is wanted instead."""
    data = corner_shops(tmp_path / "data")
    book = Workbook()
    book.worksheets[0].title = "Budget"
    book.worksheets[0].append(["store_id", "item_id", "facings"])
    book.save(data / "budget.xlsx")
    (said,) = refused(data, data / name)
    assert said.startswith(f"{name}: found")
    assert "lock" in said.lower()
    assert "without a sheet Locks: Budget" in said or "the columns " in said


def test_a_table_with_the_heads_of_the_sheet(tmp_path: Path) -> None:
    """A CSV file with the heads of the sheet, items by name, semicolons and German dates is read;
    a refusal says the item as it was written, and its id."""
    data, locks = corner_shops(tmp_path / "data"), tmp_path / "locks.csv"
    head = "Store;Item;Lock;Facings;Until;Note\n"
    locks.write_text(f"{head}7;romaine;in;;31.12.2026;why not\n7;Parsley · 4070;min;2;;\n")
    inputs = read_inputs(data, locks=locks)
    assert locks_of(inputs) == {("7", "4062", "IN", 0.0), ("7", "4070", "MIN", 2.0)}
    assert inputs.store_locks["until"].max() == pd.Timestamp("2026-12-31")
    locks.write_text(f"{head}7;romaine;min;9;;\n")
    (said,) = refused(data, locks)
    assert "the max_facings of romaine (4062)" in said


@pytest.mark.parametrize("ranges", [None, "store_id,item_id\n7,4061\n7,4012\n8,4012\n8,4061\n"])
def test_the_derived_core_is_the_one_of_the_plan(tmp_path: Path, ranges: str | None) -> None:
    """An OUT lock is refused with the tables for just those items that the plan derives as core,
    from ranges that are given, from sales, and for a store with neither; not where it chooses it.
    """
    sales = "\n".join(line for line in shop_sales().splitlines() if not line.startswith("9,"))
    data = corner_shops(tmp_path / "data", items=NO_CORE, sales=f"{sales}\n", current_range=ranges)
    found = estimate(read_inputs(data), weeks=4)
    inputs = read_inputs(data)
    core = chain_parameters(inputs, found).core
    assert 0 < core.sum() < len(core)
    locks = tmp_path / "locks.csv"
    ids = inputs.items["item_id"].tolist()
    locks.write_text("item_id,lock\n" + "".join(f"{item},OUT\n" for item in ids))
    with pytest.raises(BadInput) as caught:
        read_inputs(data, locks=locks)
    named = [problem.value.split(" ")[0] for problem in caught.value.problems]
    assert named == [item for item, is_core in zip(ids, core, strict=True) if is_core]
    read_inputs(data, locks=locks, chooses_core=True)
