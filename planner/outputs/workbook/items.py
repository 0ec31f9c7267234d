"""The sheet *Items* of a store: what to fill, in the order of filling, and what to order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.pages import break_wide, paginate
from planner.outputs.workbook.sheet import HEADER_ROW, NOT_APPLICABLE, Book, Column

SHEET = "Items"
NAME_COLUMNS = 3
"""Number, PLU and name: they stay in view, and stand on every page that is printed."""
ORDER, CASE = "Order units per delivery, average", "Case units"
CASES, BY_TURNS = "Cases per delivery, average", "Cases to order"
HOLDS, STOCK, BACK = "Shelf holds units", "Stock units per delivery", "Of these in the back room"
SOLD, WASTE = "Sold units per week", "Waste units per week"
_LAST_PRINTED = "Margin per week"
"""What stands right of it is for the screen: sentences would take a page of their own."""
_NOTE = (
    "Order units and average cases: what a delivery brings on average, all that is sold and thrown "
    "away. Stock: what is there when a delivery has come; what the shelf does not hold stands in "
    "the back room. Core items must be in every store; a local item is this store's own choice, "
    "even where others choose it too. Why each item is here stands in the last column, on the "
    "screen."
)
_NEARLY_WHOLE = 0.1
"""Share of deliveries that is not worth a word."""
_EVERY_OTHER = (0.4, 0.6)
"""Shares that read as by turns."""
_LEAST_BACK_UNITS = 0.05
"""Fewer print as none."""
_OR_DASH = replace(styles.UNITS, number_format=f'{numbers.EXCEL_UNITS};;"{NOT_APPLICABLE}"')
_UNKNOWN = (numbers.MISSING, NOT_APPLICABLE)


def listed_items(contents: Contents) -> pd.DataFrame:
    """The listed items of one store in the order in which it fills its shelves.

    One row an item: assortment, items and positions joined, ``pos`` the running number that
    drawing and list share, ``state`` NEW, KEEP or MOVED, ``place`` such as 2-5-3 (bay, shelf,
    place on the shelf), ``holds_units`` what its facings hold, ``back_units`` what of its stock
    they do not, ``order_units`` what a delivery brings on average (all that is sold and thrown
    away), ``cases`` the same in cases, ``by_turns`` in whole ones. An item without a position
    comes last. Unknown figures are NaN.
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
    joined["by_turns"] = joined["cases"].map(cases_by_turns)
    joined["back_units"] = (joined["stock_units_cycle"] - joined["holds_units"]).clip(lower=0.0)
    new = contents.changes[contents.changes["change"] == "NEW"]
    first = dict(zip(new["item_id"], new["first_order_date"], strict=True))
    joined["first_order_date"] = [first.get(item, pd.NaT) for item in joined["item_id"]]
    return joined


def cases_by_turns(average: float) -> str:
    """An average of cases a delivery in whole cases, as they are ordered: ``2, at times 3``."""
    if pd.isna(average):
        return numbers.MISSING
    whole = math.floor(average + _NEARLY_WHOLE)
    more = average - whole
    if more <= _NEARLY_WHOLE:
        return str(whole) if whole else "hardly any"
    if whole == 0 and more < _EVERY_OTHER[0]:
        return f"1 in {round(1 / more)} deliveries"
    if more < _EVERY_OTHER[0]:
        return f"{whole}, at times {whole + 1}"
    if more > _EVERY_OTHER[1]:
        return f"{whole + 1}, at times {whole}"
    return f"{whole} and {whole + 1} by turns"


def back_room(listed: pd.DataFrame, stamp: Stamp) -> str:
    """How much of the stock stands in the back room when a delivery has come, in words."""
    behind = listed[listed["back_units"] >= _LEAST_BACK_UNITS]
    if behind.empty:
        return "The shelves hold the whole stock: nothing stands in the back room."
    said = f"{numbers.units(float(behind['back_units'].sum()), stamp)} units"
    cases = [
        math.ceil(units / case)
        for units, case in zip(behind["back_units"], behind["case_units"], strict=True)
        if case > 0
    ]
    if len(cases) == len(behind):
        said += f" (in {numbers.count_of(sum(cases), 'case', stamp)}, open ones counted)"
    return (
        f"When a delivery has come, {said} of {numbers.count_of(len(behind), 'item', stamp)} stand "
        "in the back room: more than their facings hold."
    )


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
    if {HOLDS, STOCK, BACK} <= set(fields):
        live[BACK] = f"=MAX(0,{letter[STOCK]}{{0}}-{letter[HOLDS]}{{0}})"
    if CASES in fields:
        live[CASES] = f"={letter[ORDER]}{{0}}/{letter[CASE]}{{0}}"
    for head, formula in live.items():
        column, results = fields[head]
        fields[head] = (column, _live(formula, results))
    sheet = book.sheet(SHEET, "Items in the order of filling")
    columns = [column for column, _ in fields.values()]
    sheet.table(
        columns,
        zip(*(values for _, values in fields.values()), strict=True),
        empty="Nothing is listed.",
    )
    sheet.freeze(NAME_COLUMNS)
    printed = columns[: list(fields).index(_LAST_PRINTED) + 1]
    scale = break_wide(sheet, printed, NAME_COLUMNS, [column.head for column in printed])
    sheet.repeat(HEADER_ROW, NAME_COLUMNS, HEADER_ROW + len(listed) + 1, len(printed))
    sheet.note(_NOTE)
    fixtures = listed["fixture_id"].fillna("").tolist()
    paginate(sheet, printed, fixtures, scale=scale, most_pages=len(listed) + 1)


def _fields(listed: pd.DataFrame, stamp: Stamp) -> list[tuple[Column, list[Any]]]:
    """Every column and what stands in it, from the first to be read to the last."""
    money = styles.money(stamp)
    found = [
        (Column("Pos", 5, styles.CENTRED), "pos"),
        (Column("PLU", 8.5, styles.CENTRED), "item_id"),
        (Column("Item", 26, styles.LONG_TEXT), "item_name"),
        (Column("Need group", 28, styles.LONG_TEXT), "need_group"),
        (Column("Fixture", 7.5, styles.WRAPPED), "fixture"),
        (Column("Place bay-shelf-position", 8.5, styles.CENTRED), "place"),
        (Column("Core/Local", 6, styles.CENTRED), "core_or_local"),
        (Column("Status", 9, styles.CENTRED), "status_text"),
        (Column("Facings", 7.5, styles.WHOLE, total=True), "facings"),
        (Column("Units per facing", 7, styles.UNITS), "units_per_facing"),
        (Column(HOLDS, 8, styles.UNITS, total=True), "holds_units"),
        (Column(STOCK, 8.5, styles.UNITS, total=True), "stock_units_cycle"),
        (Column(BACK, 8.5, _OR_DASH, total=True), "back_units"),
        (Column(ORDER, 8.5, styles.UNITS, total=True), "order_units"),
        (Column(CASE, 6.5, styles.UNITS), "case_units"),
        (Column(BY_TURNS, 16, styles.CENTRED), "by_turns"),
        (Column("Unit", 5, styles.CENTRED), "unit"),
        (Column(CASES, 8.5, styles.UNITS, total=True), "cases"),
        (Column("Shelf life days", 6, styles.UNITS), "shelf_life_days"),
        (Column("First order", 11, styles.DAY), "first_order_date"),
        (Column("Supplier", 17, styles.LONG_TEXT), "supplier_id"),
        (Column("Price", 8.5, money), "price"),
        (Column("Organic", 7.5, styles.CENTRED), "organic_text"),
        (Column("Origin", 12, styles.LONG_TEXT), "origin"),
        (Column("Width cm", 8, styles.UNITS, total=True), "width_cm"),
        (Column("Demand units per week", 9, styles.UNITS, total=True), "demand_units_week"),
        (Column(SOLD, 9, styles.UNITS, total=True), "sold_units_week"),
        (Column(WASTE, 9, styles.UNITS, total=True), "waste_units_week"),
        (words.money_column("Sales per week", stamp, 11, total=True), "sales_week"),
        (words.money_column(_LAST_PRINTED, stamp, 11, total=True), "margin_week"),
        (Column("Why", 90, styles.TEXT), "reason"),
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
