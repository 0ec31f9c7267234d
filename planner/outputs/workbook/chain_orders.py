"""What the chain orders in a week: by supplier, and by supplier and item."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.pages import paginate
from planner.outputs.workbook.sheet import HEADER_ROW, NOT_APPLICABLE, Book, Column

UNKNOWN = "unknown"
_MINIMUM, _MAXIMUM, _FEWEST = "supplier_min_order:", "supplier_max_units:", "min_stores:"


def write_orders(book: Book, contents: Contents) -> None:
    """Add the sheets *Suppliers* and *Orders*: purchases of a mean week over all stores.

    A purchase is what is sold and what is thrown away; its money is what the budgets and the
    suppliers' minimum orders count: with the loss that happens before the shelf.
    """
    orders = order_table(contents)
    _write_suppliers(book, contents, orders)
    _write_items(book, contents, orders)


def order_table(contents: Contents) -> pd.DataFrame:
    """``Contents.orders`` by supplier, with item_name, case_units, local and unit_cost (money a
    unit, loss before the shelf included)."""
    about = contents.items[["item_id", "item_name", "unit_cost", "case_units"]]
    core = set(contents.assortment.loc[contents.assortment["core"], "item_id"])
    orders = contents.orders.merge(about, on="item_id").sort_values(
        ["supplier_id", "item_id"], kind="stable", ignore_index=True
    )
    bought = orders["sold_units_week"] + orders["waste_units_week"]
    return orders.assign(
        supplier_id=orders["supplier_id"].replace("", UNKNOWN),
        unit_cost=(orders["spend_week"] / bought).where(bought > 0, orders["unit_cost"]),
        case_units=orders["case_units"].where(orders["case_units"] > 0, 1.0),
        local=~orders["item_id"].isin(list(core)),
    )


def _write_suppliers(book: Book, contents: Contents, orders: pd.DataFrame) -> None:
    """Each supplier beside its limits; units and money are summed from the sheet *Orders*."""
    stamp = contents.stamp
    asked = _asked(contents)
    last = HEADER_ROW + len(orders)
    names = f"Orders!$A${HEADER_ROW + 1}:$A${last}"

    def sum_of(column: str, row: int, result: float) -> Formula:
        values = f"Orders!${column}${HEADER_ROW + 1}:${column}${last}"
        # EXACT, as a plain comparison takes * for anything and 007 for 7
        return Formula(f"=SUMPRODUCT(EXACT({names},A{row})*{values})", result)

    rows: list[tuple[Any, ...]] = []
    listed = contents.assortment[contents.assortment["listed"]].merge(
        contents.items[["item_id", "supplier_id"]], on="item_id"
    )
    stores = listed.groupby(listed["supplier_id"].replace("", UNKNOWN))["store_id"].nunique()
    by_supplier = dict(iter(orders.groupby("supplier_id", sort=False)))
    for row, supplier in enumerate(sorted({*by_supplier, *asked.index}), start=HEADER_ROW + 1):
        own = by_supplier.get(supplier, orders.iloc[:0])
        units = own["sold_units_week"] + own["waste_units_week"]
        money = float((units * own["unit_cost"]).sum())
        least, most, fewest = (
            float(asked[name].get(supplier, np.nan)) for name in ("least", "most", "fewest")
        )
        local = own.loc[own["local"], "stores"]
        rows.append(
            (
                *(supplier, len(own), int(stores.get(supplier, 0))),
                sum_of("G", row, float(units.sum())) if len(own) else 0.0,
                sum_of("K", row, money) if len(own) else 0.0,
                *_beside(least, f"=E{row}-F{row}", money - least),
                *_beside(most, f"=H{row}-D{row}", most - float(units.sum())),
                NOT_APPLICABLE if np.isnan(fewest) else fewest,
                int(local.min()) if len(local) else NOT_APPLICABLE,
                _kept(own, money, least),
            )
        )
    book.sheet("Suppliers", "Orders of a week by supplier").table(
        (
            Column("Supplier", 24, styles.TEXT),
            Column("Items", 8, styles.WHOLE, total=True),
            Column("Stores", 8, styles.WHOLE),
            Column("Purchase units per week", 16, styles.UNITS, total=True),
            words.money_column("Purchase cost per week", stamp, 17, total=True),
            words.money_column("Minimum order per week", stamp, 15),
            words.money_column("Above the minimum", stamp, 15),
            Column("Most units per week", 13, styles.UNITS),
            Column("Units left", 13, styles.UNITS),
            Column("Fewest stores asked of a local item", 11, styles.WHOLE),
            Column("Fewest stores of a local item here", 11, styles.WHOLE),
            Column("Minimum order", 16, styles.CENTRED),
        ),
        rows,
        empty="Nothing is listed.",
    )


def _asked(contents: Contents) -> pd.DataFrame:
    """What suppliers ask for, by supplier: least (money), most (units), fewest (stores)."""
    chain = contents.limits[contents.limits["store_id"] == ""]
    supplier = dict(zip(contents.items["item_id"], contents.items["supplier_id"], strict=True))

    def of(prefix: str) -> pd.Series[float]:
        rows = chain[chain["limit"].str.startswith(prefix)]
        return pd.Series(
            rows["available"].to_numpy(), index=rows["limit"].str.removeprefix(prefix), dtype=float
        )

    fewest = of(_FEWEST)
    return pd.DataFrame(
        {
            "least": of(_MINIMUM),
            "most": of(_MAXIMUM),
            "fewest": fewest.groupby(fewest.index.map(supplier)).max(),
        }
    )


def _beside(limit: float, formula: str, result: float) -> tuple[Any, Any]:
    """A limit and what is between it and the order; dashes where there is none."""
    if np.isnan(limit):
        return NOT_APPLICABLE, NOT_APPLICABLE
    return limit, Formula(formula, result)


def _kept(own: pd.DataFrame, money: float, least: float) -> str:
    if np.isnan(least) or least <= 0:
        return NOT_APPLICABLE
    if own.empty:
        return "not ordered from"
    return "met" if money >= least * (1 - 1e-6) else "MISSED"


def _write_items(book: Book, contents: Contents, orders: pd.DataFrame) -> None:
    stamp = contents.stamp
    columns = (
        Column("Supplier", 24, styles.TEXT),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 40, styles.LONG_TEXT),
        Column("Stores", 9, styles.WHOLE),
        Column("Sold units per week", 13, styles.UNITS, total=True),
        Column("Waste units per week", 13, styles.UNITS, total=True),
        Column("Purchase units per week", 13, styles.UNITS, total=True),
        Column("Units a case", 9, styles.UNITS),
        Column("Cases per week", 12, styles.UNITS),
        words.money_column("Unit cost with loss", stamp, 12),
        words.money_column("Purchase cost per week", stamp, 17, total=True),
    )

    def row_of(row: int, order: Any) -> tuple[Any, ...]:
        bought = order.sold_units_week + order.waste_units_week
        return (
            *(order.supplier_id, order.item_id, order.item_name, order.stores),
            *(order.sold_units_week, order.waste_units_week),
            Formula(f"=E{row}+F{row}", bought),
            order.case_units,
            Formula(f"=G{row}/H{row}", bought / order.case_units),
            order.unit_cost,
            Formula(f"=G{row}*J{row}", bought * order.unit_cost),
        )

    sheet = book.sheet("Orders", "Orders of a week by supplier and item")
    sheet.table(
        columns,
        (row_of(row, order) for row, order in enumerate(orders.itertuples(), HEADER_ROW + 1)),
        empty="Nothing is listed.",
    )
    paginate(sheet, columns, orders["supplier_id"].tolist())
