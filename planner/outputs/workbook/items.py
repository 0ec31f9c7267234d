"""The sheet *Items* of a store: what to fill, in the order of filling, and what to order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.sheet import HEADER_ROW, NOT_APPLICABLE, Book, Column

SHEET = "Items"
NAME_COLUMNS = 3
"""Number, PLU and name: they stay in view, and stand on every page that is printed."""
ORDER, CASE, CASES = "Order units per delivery", "Case units", "Cases per delivery"
SOLD, WASTE = "Sold units per week", "Waste units per week"
_PAGES_WIDE = 2
_UNKNOWN = (numbers.MISSING, NOT_APPLICABLE)


def listed_items(contents: Contents) -> pd.DataFrame:
    """The listed items of one store in the order in which it fills its shelves.

    One row an item: assortment, items and positions joined, ``pos`` the running number that
    drawing and list share, ``state`` NEW, KEEP or MOVED, ``place`` such as 2-5-3 (bay, shelf,
    place on the shelf), ``holds_units`` what its facings hold, ``order_units`` what a delivery
    brings on average (all that is sold and thrown away), ``cases`` the same in cases. An item
    without a position comes last. Unknown figures are NaN.
    """
    assortment = contents.assortment[contents.assortment["listed"]]
    details = contents.items.drop(columns="core")
    standing = contents.positions.drop(columns="store_id").rename(columns={"facings": "printed"})
    joined = assortment.merge(details, on="item_id", how="left").merge(
        standing, on="item_id", how="left"
    )
    # width left over goes to facings after the store program, so the shelf has the last word
    joined["facings"] = joined["printed"].fillna(joined["facings"])
    order = {f: n for n, f in enumerate(dict.fromkeys(contents.shelves["fixture_id"]))}
    joined["fixture_order"] = joined["fixture_id"].map(order).fillna(len(order))
    joined = joined.sort_values(
        ["fixture_order", "bay", "shelf", "position", "item_id"], kind="stable", ignore_index=True
    )
    joined["pos"] = np.arange(1, len(joined) + 1)
    moved = contents.changes.loc[contents.changes["change"] == "MOVED", "item_id"]
    joined["state"] = joined["status"].where(~joined["item_id"].isin(moved), "MOVED")
    joined["place"] = [
        words.NOT_PLACED if pd.isna(shelf) else f"{bay:.0f}-{shelf:.0f}-{position:.0f}"
        for bay, shelf, position in zip(
            joined["bay"], joined["shelf"], joined["position"], strict=True
        )
    ]
    deliveries = float(contents.stores["deliveries_week"].iloc[0])
    joined["holds_units"] = joined["facings"] * joined["units_per_facing"]
    joined["order_units"] = (joined["sold_units_week"] + joined["waste_units_week"]) / deliveries
    joined["case_units"] = joined["case_units"].where(joined["case_units"] > 0)
    joined["cases"] = joined["order_units"] / joined["case_units"]
    new = contents.changes[contents.changes["change"] == "NEW"]
    first = dict(zip(new["item_id"], new["first_order_date"], strict=True))
    joined["first_order_date"] = [first.get(item, pd.NaT) for item in joined["item_id"]]
    return joined


def write_items(book: Book, contents: Contents, listed: pd.DataFrame) -> None:
    """Add the sheet *Items*: what is needed to fill and to order, then what is expected and why.

    Columns of which nothing is known are left out. What a delivery brings, and its cases, are
    live formulas.
    """
    fields = {
        column.head: (column, values)
        for column, values in _fields(listed, contents.stamp)
        if not _nothing_known(values)
    }
    letter = {head: get_column_letter(n) for n, head in enumerate(fields, start=1)}
    deliveries = float(contents.stores["deliveries_week"].iloc[0])
    live = {ORDER: f"=({letter[SOLD]}{{0}}+{letter[WASTE]}{{0}})/{deliveries:.12g}"}
    if CASES in fields:
        live[CASES] = f"={letter[ORDER]}{{0}}/{letter[CASE]}{{0}}"
    for head, formula in live.items():
        column, results = fields[head]
        fields[head] = (column, _live(formula, results))
    sheet = book.sheet(SHEET, "Items in the order of filling", pages_wide=_PAGES_WIDE)
    sheet.table(
        [column for column, _ in fields.values()],
        zip(*(values for _, values in fields.values()), strict=True),
        empty="Nothing is listed.",
    )
    sheet.freeze(HEADER_ROW + 1, NAME_COLUMNS + 1)


def _fields(listed: pd.DataFrame, stamp: Stamp) -> list[tuple[Column, list[Any]]]:
    """Every column and what stands in it, from the first to be read to the last."""
    money = styles.money(stamp)
    found = [
        (Column("Pos", 5, styles.CENTRED), "pos"),
        (Column("PLU", 8.5, styles.CENTRED), "item_id"),
        (Column("Item", 28, styles.LONG_TEXT), "item_name"),
        (Column("Need group", 29, styles.LONG_TEXT), "need_group"),
        (Column("Fixture", 8, styles.WRAPPED), "fixture"),
        (Column("Place bay-shelf-position", 8.5, styles.CENTRED), "place"),
        (Column("Core/Local", 6, styles.CENTRED), "core_or_local"),
        (Column("Status", 9, styles.CENTRED), "status_text"),
        (Column("Facings", 8, styles.WHOLE, total=True), "facings"),
        (Column("Units per facing", 7.5, styles.UNITS), "units_per_facing"),
        (Column("Shelf holds units", 8.5, styles.UNITS, total=True), "holds_units"),
        (Column("Stock units per delivery", 8.5, styles.UNITS, total=True), "stock_units_cycle"),
        (Column(ORDER, 8.5, styles.UNITS, total=True), "order_units"),
        (Column(CASE, 7, styles.UNITS), "case_units"),
        (Column(CASES, 8.5, styles.UNITS, total=True), "cases"),
        (Column("Unit", 5.5, styles.CENTRED), "unit"),
        (Column("Shelf life days", 6, styles.UNITS), "shelf_life_days"),
        (Column("First order", 11.5, styles.DAY), "first_order_date"),
        (Column("Supplier", 17, styles.LONG_TEXT), "supplier_id"),
        (Column("Price", 8.5, money), "price"),
        (Column("Organic", 7.5, styles.CENTRED), "organic_text"),
        (Column("Origin", 12, styles.LONG_TEXT), "origin"),
        (Column("Width cm", 8, styles.UNITS, total=True), "width_cm"),
        (Column("Demand units per week", 9.5, styles.UNITS, total=True), "demand_units_week"),
        (Column(SOLD, 9.5, styles.UNITS, total=True), "sold_units_week"),
        (Column(WASTE, 9, styles.UNITS, total=True), "waste_units_week"),
        (words.money_column("Sales per week", stamp, 11, total=True), "sales_week"),
        (words.money_column("Margin per week", stamp, 11, total=True), "margin_week"),
        (Column("Why", 74, styles.LONG_TEXT), "reason"),
    ]
    without_money = set() if stamp.currency else {"price"}
    shown = listed.assign(
        fixture=listed["fixture_id"].where(listed["shelf"].notna(), words.NOT_PLACED),
        core_or_local=np.where(listed["core"], "Core", "Local"),
        status_text=listed["state"].map(words.status_text),
        organic_text=np.where(listed["organic"], "organic", NOT_APPLICABLE),
        supplier_id=listed["supplier_id"].replace("", numbers.MISSING),
        origin=listed["origin"].replace("", numbers.MISSING),
    )
    return [(column, shown[name].tolist()) for column, name in found if name not in without_money]


def _nothing_known(values: list[Any]) -> bool:
    """Whether nothing is known of any item: such a column only takes room."""
    return len(values) > 0 and all(value in _UNKNOWN or pd.isna(value) for value in values)


def _live(formula: str, results: list[Any]) -> list[Any]:
    """The formula for every row; what is not known stays so."""
    return [
        float("nan") if pd.isna(result) else Formula(formula.format(row), result)
        for row, result in enumerate(results, start=HEADER_ROW + 1)
    ]
