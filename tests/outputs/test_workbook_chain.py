from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.chain_orders import order_table
from planner.outputs.workbook.sheet import HEADER_ROW


def of_many_stores(two, stores):
    """The contents of so many stores, each like one of the two that are given."""
    ids = [f"{k + 1:03d}" for k in range(stores)]

    def many(frame):
        own = [frame[frame["store_id"] == i] for i in ("001", "002")]
        parts = [own[k % 2].assign(store_id=store) for k, store in enumerate(ids)]
        return pd.concat(parts, ignore_index=True)

    names = ("stores", "demand", "assortment", "limits", "positions", "shelves", "store_plans",
             "figures", "changes")  # fmt: skip
    return replace(two, **{name: many(getattr(two, name)) for name in names})


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
        "Store plans",
        "Range",
        "Changes by store",
        "Changes",
        "Local by city",
        "Signals",
        "Suppliers",
        "Orders",
        "Limits",
        "Assumptions",
        "Input problems",
    ]
    for sheet in book.worksheets:
        stamp = f"{sheet['A2'].value} {sheet['A3'].value}"
        for part in (contents.stamp.run_id, "feasible", "within 0.4 %", "base", "Sep 29, 2024"):
            assert part in stamp


def test_range_matrix_is_the_assortment(book, contents):
    """A cell holds the printed facings, shown behind C or L, exactly where the item is listed."""
    sheet = book["Range"]
    columns = {sheet.cell(HEADER_ROW, c).value: c for c in range(1, sheet.max_column + 1)}
    ids = contents.stores["store_id"].tolist()
    found = {}
    for row in range(HEADER_ROW + 1, sheet.max_row + 1):
        for store in ids if sheet.cell(row, 1).value else ():
            cell = sheet.cell(row, columns[store])
            if cell.value is not None:
                found[sheet.cell(row, 1).value, store] = (cell.value, cell.number_format)
    listed = contents.assortment[contents.assortment["listed"]]
    facings = contents.positions.set_index(["item_id", "store_id"])["facings"]
    assert found == {
        (item, store): (facings[item, store], '"C"0' if core else '"L"0')
        for item, store, core in zip(
            listed["item_id"], listed["store_id"], listed["core"], strict=True
        )
    }


def test_range_is_counted_by_live_formulas(book, contents):
    """Stores and facings of an item, items and facings of a store follow the matrix."""
    sheet = book["Range"]
    count = contents.assortment.query("listed")["item_id"].nunique()
    first, last = HEADER_ROW + 1, HEADER_ROW + count
    assert sheet.cell(first, 5).value == f"=COUNT(G{first}:H{first})"
    assert sheet.cell(first, 6).value == f"=SUM(G{first}:H{first})"
    totals = {sheet.cell(last + k, 2).value: sheet.cell(last + k, 7).value for k in range(1, 5)}
    span = f"G{first}:G{last}"
    core = f"$D${first}:$D${last}"
    assert totals == {
        "Items": f"=COUNT({span})",
        "Core items": f'=COUNTIFS({core},"C",{span},">0")',
        "Local items": f'=COUNTIFS({core},"L",{span},">0")',
        "Facings": f"=SUM({span})",
    }
    assert sheet.freeze_panes == f"C{first}"


def test_changes_by_store_are_the_changes(book, contents):
    """N, O or M exactly where an item is new to a store, leaves it or moves in it; counted live."""
    sheet = book["Changes by store"]
    columns = {sheet.cell(HEADER_ROW, c).value: c for c in range(1, sheet.max_column + 1)}
    ids, count = contents.stores["store_id"].tolist(), contents.changes["item_id"].nunique()
    found = {
        (store, sheet.cell(row, 1).value): sheet.cell(row, columns[store]).value
        for row in range(HEADER_ROW + 1, HEADER_ROW + 1 + count)
        for store in ids
        if sheet.cell(row, columns[store]).value
    }
    changes = contents.changes.set_index(["store_id", "item_id"])["change"]
    assert found == {key: change[0] for key, change in changes.items()}
    row = HEADER_ROW + 1
    assert sheet.cell(row, columns["Out"]).value == f'=COUNTIF(H{row}:I{row},"O")'
    last = HEADER_ROW + count
    assert sheet.cell(last + 2, columns["002"]).value == f'=COUNTIF(I{row}:I{last},"O")'


def test_of_changes_one_by_one_the_moves_come_last_and_are_not_printed(book, contents):
    """What is new or leaves is printed store by store; moves are for the screen."""
    kinds = [row["Change"] for row in rows(book["Changes"])]
    moved = sum(kind.endswith("MOVED") for kind in kinds)
    assert moved == (contents.changes["change"] == "MOVED").sum() > 0
    assert all(kind.endswith("MOVED") for kind in kinds[-moved:])
    assert book["Changes"].print_area.endswith(f"${HEADER_ROW + len(kinds) - moved}")


def test_of_very_many_stores_the_counts_by_place_are_printed(contents):
    """The stores' own columns are for the screen; those of a place stand beside one another."""
    many = of_many_stores(contents, 90)
    file = BytesIO()
    write_chain_workbook(many, file)
    sheet = load_workbook(file)["Range"]
    heads = [cell.value for cell in sheet[HEADER_ROW]]
    assert heads[6:8] == ["Springfield (of 45)", "Lake & Town (of 45)"]
    assert sorted(heads[8:]) == many.stores["store_id"].tolist()
    listed = many.assortment.query("listed")["item_id"].nunique()
    assert sheet.print_area.endswith(f"$H${HEADER_ROW + listed}")
    city = many.stores.set_index("store_id")["city"]
    spans = [str(sheet.cell(HEADER_ROW + 1, column).value) for column in (7, 8)]
    for head, span in zip(heads[6:8], spans, strict=True):
        a, b = (column_index_from_string(part.strip("0123456789")) for part in
                span.removeprefix("=COUNT(").removesuffix(")").split(":"))  # fmt: skip
        assert {f"{city[heads[k - 1]]} (of 45)" for k in range(a, b + 1)} == {head}
        assert b - a == 44


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
        assert row["Cases per week"] == f"=G{number}/H{number}"
        assert row["Purchase cost per week"] == f"=G{number}*J{number}"


def test_orders_cost_what_the_budgets_count(contents):
    """Money of all orders is what all stores spend, loss before the shelf included."""
    orders = order_table(contents)
    units = orders["sold_units_week"] + orders["waste_units_week"]
    spend = contents.figures.query("plan == 'local'")["spend_week"].sum()
    assert (units * orders["unit_cost"]).sum() == pytest.approx(spend)


def test_suppliers_stand_beside_their_limits(contents):
    """Each supplier's order, its minimum, maximum and fewest stores; who is not ordered from."""
    orders = order_table(contents)
    units = orders["sold_units_week"] + orders["waste_units_week"]
    money = (units * orders["unit_cost"]).groupby(orders["supplier_id"]).sum()
    asked = [("supplier_min_order:S0", 0.9 * money["S0"]), ("supplier_max_units:S1", 9000.0),
             ("supplier_min_order:*", 100.0), ("min_stores:04001", 2.0)]  # fmt: skip
    limits = pd.DataFrame(asked, columns=["limit", "available"]).assign(
        store_id="", unit="money/week", used=1.0, shadow_price=0.0
    )
    both = pd.concat([contents.limits, limits], ignore_index=True)
    file = BytesIO()
    write_chain_workbook(replace(contents, limits=both), file)
    table = {row["Supplier"]: row for row in rows(load_workbook(file)["Suppliers"])[:-1]}
    assert list(table) == ["*", "S0", "S1", "S2"]
    assert table["S0"]["Minimum order per week"] == pytest.approx(0.9 * money["S0"])
    assert table["S0"]["Minimum order"] == "met"
    assert table["*"]["Minimum order"] == "not ordered from"
    assert table["*"]["Purchase units per week"] == 0
    assert table["S1"]["Most units per week"] == 9000
    assert table["S1"]["Fewest stores asked of a local item"] == 2
    assert table["S2"]["Minimum order per week"] == table["S2"]["Units left"] == "–"
    row = list(table).index("S1") + HEADER_ROW + 1
    assert table["S1"]["Units left"] == f"=H{row}-D{row}"
    assert "EXACT" in table["S1"]["Purchase units per week"]


def test_local_items_are_counted_by_city(book, contents):
    """Stores of each city that list an item which is not core, with the city's own stores."""
    a = contents.assortment.merge(contents.stores[["store_id", "city"]], on="store_id")
    local = a[a["listed"] & ~a["core"]]
    expected = local.groupby(["city", "item_id"]).size().to_dict()
    table = rows(book["Local by city"])[:-1]
    assert {(row["City"], row["PLU"]): row["Stores with it"] for row in table} == expected
    assert {row["Stores of the city"] for row in table} == {1}
    sold = local.groupby(["city", "item_id"])["sold_units_week"].sum()
    for row in table:
        assert row["Sold units per week"] == pytest.approx(sold[row["City"], row["PLU"]])
    assert [row["City"] for row in table] == sorted(
        (row["City"] for row in table), key=["Springfield", "Lake & Town"].index
    )


def test_faults_of_the_input_that_were_survived_have_their_sheet(book, contents):
    """Those and no plain assumption, with what was made of them and how often."""
    survived = contents.assumptions[contents.assumptions["survived"]]
    found = [tuple(row.values()) for row in rows(book["Input problems"])]
    assert found == list(zip(survived["subject"], survived["text"], survived["count"], strict=True))


def test_where_no_city_is_known_local_items_are_counted_by_region(contents):
    """The region stands in, and the head says so."""
    unknown = replace(contents, stores=contents.stores.assign(city=""))
    file = BytesIO()
    write_chain_workbook(unknown, file)
    table = rows(load_workbook(file)["Local by city"])[:-1]
    assert {row["City or region"] for row in table} == {"North", "South"}


def test_every_sheet_prints_landscape_with_its_head_on_each_page(book):
    """Repeated heads, run id and page in the footer, whatever the sheet."""
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert "2024-10-01-7f3a" in sheet.oddFooter.left.text
        assert "&P" in sheet.oddFooter.right.text
        if sheet.title != "Summary":
            assert sheet.print_title_rows.endswith(f"${HEADER_ROW}")


def test_same_contents_same_bytes(path, contents, tmp_path):
    """Nothing in the file depends on the clock."""
    write_chain_workbook(contents, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
