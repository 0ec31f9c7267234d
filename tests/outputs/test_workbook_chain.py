import pytest
from openpyxl import load_workbook

from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.sheet import HEADER_ROW


@pytest.fixture(scope="module")
def path(contents, tmp_path_factory):
    """The workbook of the chain."""
    file = tmp_path_factory.mktemp("chain") / "chain.xlsx"
    write_chain_workbook(contents, file)
    return file


@pytest.fixture(scope="module")
def book(path):
    """The same, read back."""
    return load_workbook(path)


def rows(sheet):
    """The rows under the head, each from head to value."""
    found = list(sheet.iter_rows(min_row=HEADER_ROW, values_only=True))
    return [dict(zip(found[0], row, strict=True)) for row in found[1:]]


def test_sheets_and_stamp(book, contents):
    """Every sheet of the chain carries the run's id, status and dates."""
    assert book.sheetnames == [
        "Summary",
        "Stores",
        "Range",
        "Changes",
        "Local by region",
        "Signals",
        "Orders",
        "Limits",
        "Assumptions",
    ]
    for sheet in book.worksheets:
        stamp = f"{sheet['A2'].value} {sheet['A3'].value}"
        for part in (contents.stamp.run_id, "feasible", "within 0.4 %", "base", "Sep 29, 2024"):
            assert part in stamp


def test_range_matrix_is_the_assortment(book, contents):
    """A cell says C or L and the printed facings exactly where the store lists the item."""
    cells = {
        (row["PLU"], store): row[store]
        for row in rows(book["Range"])
        for store in contents.stores["store_id"]
        if row[store]
    }
    listed = contents.assortment[contents.assortment["listed"]]
    facings = contents.positions.set_index(["item_id", "store_id"])["facings"]
    assert cells == {
        (item, store): f"{'C' if core else 'L'}{facings[item, store]}"
        for item, store, core in zip(
            listed["item_id"], listed["store_id"], listed["core"], strict=True
        )
    }


def test_stores_stand_beside_common_and_current(book, contents):
    """One row a store with the figures of the three plans, and live totals."""
    table = rows(book["Stores"])
    assert [row["Store"] for row in table[:-1]] == contents.stores["store_id"].tolist()
    figures = contents.figures.set_index(["store_id", "plan"])
    for row in table[:-1]:
        for plan, name in (("local", "this plan"), ("common", "common plan")):
            found = row[f"Margin per week, {name}"]
            assert found == pytest.approx(figures.loc[(row["Store"], plan), "margin_week"])
    assert table[-1]["Margin per week, this plan"].startswith("=SUM(")


def test_orders_are_what_is_sold_and_wasted(book, contents):
    """Purchases of an item are sold and wasted units of all stores, by live formulas."""
    listed = contents.assortment[contents.assortment["listed"]]
    sold = listed.groupby("item_id")["sold_units_week"].sum()
    table = rows(book["Orders"])
    assert {row["PLU"] for row in table[:-1]} == set(sold.index)
    for number, row in enumerate(table[:-1], start=HEADER_ROW + 1):
        assert row["Sold units per week"] == pytest.approx(sold[row["PLU"]])
        assert row["Purchase units per week"] == f"=E{number}+F{number}"
        assert row["Purchase cost per week"] == f"=G{number}*H{number}"


def test_local_items_are_counted_by_region(book, contents):
    """Stores of each region that list an item which is not core."""
    a = contents.assortment.merge(contents.stores[["store_id", "region"]], on="store_id")
    local = a[a["listed"] & ~a["core"]]
    expected = local.groupby("item_id").size().to_dict()
    table = rows(book["Local by region"])
    assert {row["PLU"]: row["Stores"] for row in table} == expected
    north = local[local["region"] == "North"]["item_id"]
    found = {row["PLU"] for row in table if row["North (of 1)"] == 1}
    assert found == set(north)


def test_same_contents_same_bytes(path, contents, tmp_path):
    """Nothing in the file depends on the clock."""
    write_chain_workbook(contents, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
