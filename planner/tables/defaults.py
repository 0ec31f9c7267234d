"""What is assumed where the input says nothing: every default filled in and counted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from planner.tables.collect import Findings
from planner.tables.columns import Column, Table
from planner.tables.typed import TypedTable

COST_SHARE = 0.65
SMALLEST_BASE = 5
ALL_ITEMS = "all items"
ALL_STORES = "all stores"
PLAIN_SHELF = "shelf"
MEANT_BY_EMPTY = frozenset(
    {
        "every store",
        "every region",
        "the same in every week",
        "every item of the need group",
        "the item's own",
        "no end",
        "none",
        "the first day of the plan that sees it first",
    }
)
"""Defaults that are the meaning of an empty cell, not a guess about it."""
MEANS_NOTHING = frozenset(
    {"no limit", "always", "everywhere", "unknown", "not on the map", "not small", "no"}
)
"""Defaults that put nothing in the place of an empty cell."""
WITHOUT = {
    "fixtures": "no fixtures: shelf space is not limited and no planogram can be drawn",
    "signals": "no local demand signals",
    "segments": "no customer segments: one segment in every store",
    "segment_index": "no customer segments: one segment in every store",
    "promotions": "no promotions in the weeks to come",
    "suppliers": "no limits of suppliers",
    "current_range": "no current range given: it is taken from the latest sales",
    "range_rules": "no rules on how many items of a group are listed",
    "locks": "no locks",
}
GUESSED_WITHOUT = frozenset({"fixtures", "current_range"})
"""Tables that are made up for where they are missing, or whose lack a plan suffers from."""
Tables = Mapping[str, TypedTable]


def default_number(column: Column) -> float | None:
    """The number that an empty cell of the column means; None if it stays unknown."""
    try:
        return float(column.default)
    except ValueError:
        return None


def fill(tables: Tables, findings: Findings) -> bool:
    """Fill the defaults into the tables' frames, in place; True if planned in units.

    Every default that was used becomes an assumption with its count. Frames of tables that do
    not keep the column's promises yet (problems were found) are filled as far as possible.
    """
    for name, text in WITHOUT.items():
        if name in tables and not len(tables[name]):
            findings.assume(name, text, 1, default=name not in GUESSED_WITHOUT)
    _missing_groups(tables, findings)
    _missing_fixture_types(tables, findings)
    _days_in_stock(tables["sales"], findings)
    planned_in_units = _prices(tables["items"], tables["sales"], findings)
    for table in tables.values():
        if len(table):
            _plain(table, findings)
    return planned_in_units


def _texts(table: TypedTable, name: str) -> pd.Series[str]:
    return table.frame[name].astype("str").fillna("")


def _fill_text(
    table: TypedTable, name: str, value: pd.Series[str] | str, text: str, findings: Findings
) -> None:
    current = _texts(table, name)
    missing = current == ""
    table.frame[name] = pd.Categorical(current.mask(missing, value))
    findings.assume(f"{table.table.name}.{name}", text, int(missing.sum()))


def _missing_groups(tables: Tables, findings: Findings) -> None:
    items, stores = tables["items"], tables["stores"]
    if len(items):
        _fill_text(items, "category", ALL_ITEMS, f"not given: {ALL_ITEMS}", findings)
        category = _texts(items, "category")
        _fill_text(
            items,
            "need_group",
            category,
            "not given: the category; planner groups proposes some",
            findings,
        )
    if len(stores):
        ids, city = _texts(stores, "store_id"), _texts(stores, "city")
        _fill_text(stores, "store_name", ids, "not given: the store_id", findings)
        regions = _texts(stores, "region")
        from_city = int(((regions == "") & (city != "")).sum())
        nowhere = int(((regions == "") & (city == "")).sum())
        stores.frame["region"] = pd.Categorical(
            regions.mask(regions == "", city.mask(city == "", ALL_STORES))
        )
        findings.assume("stores.region", "not given: the city", from_city)
        findings.assume("stores.region", f"not given, nor a city: {ALL_STORES}", nowhere)


def _missing_fixture_types(tables: Tables, findings: Findings) -> None:
    items, fixtures = tables["items"], tables["fixtures"]
    if not len(items):
        return
    types = sorted(set(_texts(fixtures, "fixture_type")) - {""})
    if len(types) > 1:
        # Which of several types an item stands on cannot be guessed; the check says so.
        return
    only = types[0] if types else PLAIN_SHELF
    _fill_text(items, "fixture_type", only, f"not given: {only}", findings)


def _days_in_stock(sales: TypedTable, findings: Findings) -> None:
    frame = sales.frame
    contradicted = ((frame["days_in_stock"] == 0) & (frame["units"] > 0)).to_numpy()
    if contradicted.any():
        default = sales.table.column("days_in_stock").default
        frame.loc[contradicted, "days_in_stock"] = float(default)
        findings.survive(
            "sales.days_in_stock",
            f"0 days in stock but units sold: taken as {default} days, so that demand is not"
            " overstated",
            int(contradicted.sum()),
        )
    findings.survive(
        "sales.units",
        "negative units: more returns than sales in the week",
        int((frame["units"] < 0).sum()),
    )


def _prices(items: TypedTable, sales: TypedTable, findings: Findings) -> bool:
    frame = items.frame
    if not len(items):
        return False
    missing = frame["price"].isna()
    estimated = _texts(items, "item_id").map(revenue_per_unit(sales)).astype("float64")
    known = missing & estimated.notna()
    if (missing & estimated.isna()).any():
        findings.survive(
            "items.price",
            "THE WHOLE CHAIN IS PLANNED IN UNITS: these items have neither a price nor revenue;"
            " every price is 1 and every cost 0, and amounts of money (prices, costs, store"
            " budgets) are left out",
            int((missing & estimated.isna()).sum()),
        )
        frame["price"] = 1.0
        for name in ("unit_cost", "listing_cost_week", "facing_cost_week"):
            frame[name] = 0.0
        return True
    frame["price"] = frame["price"].mask(missing, estimated).astype("float64")
    findings.assume(
        "items.price",
        "not given: the median of revenue per unit of the item's sales, discounts undone",
        int(known.sum()),
    )
    without_cost = frame["unit_cost"].isna()
    frame["unit_cost"] = frame["unit_cost"].mask(without_cost, COST_SHARE * frame["price"])
    findings.assume("items.unit_cost", f"not given: {COST_SHARE} x price", int(without_cost.sum()))
    dear = frame["unit_cost"] > frame["price"]
    findings.survive("items.unit_cost", "the unit cost is above the price", int(dear.sum()))
    return False


def is_without_money(items: TypedTable, currency: str, findings: Findings) -> bool:
    """True if no currency is given, every price is 1 and every cost 0: a chain in units."""
    frame = items.frame
    plain = (frame["price"] == 1) & (frame["unit_cost"] == 0)
    if currency or not len(items) or not plain.all():
        return False
    findings.assume(
        "items.price",
        "THE WHOLE CHAIN IS PLANNED IN UNITS: every price is 1, every unit cost 0 and no currency"
        " is given",
        len(items),
    )
    return True


def revenue_per_unit(sales: TypedTable) -> pd.Series[float]:
    """Median over weeks of revenue / units / (1 - discount), money per unit, by item_id."""
    columns = ["item_id", "units", "revenue", "discount"]
    frame = sales.frame[columns]
    usable = (frame["units"] > 0) & (frame["revenue"] > 0) & ~(frame["discount"] >= 1)
    frame = frame[usable]
    price = frame["revenue"] / frame["units"] / (1 - frame["discount"].fillna(0))
    medians = price.groupby(frame["item_id"].astype("category"), observed=True).median()
    medians.index = medians.index.astype("str")
    return medians


def _plain(table: TypedTable, findings: Findings) -> None:
    for column in table.table.columns:
        series = table.frame[column.name]
        missing = int(series.isna().sum())
        if column.is_text:
            if column.default in column.allowed:
                table.frame[column.name] = pd.Categorical(
                    _texts(table, column.name).mask(series.isna(), column.default)
                )
        elif column.type == "flag":
            table.frame[column.name] = series.fillna(False).astype(bool)
        elif (number := default_number(column)) is not None:
            table.frame[column.name] = series.fillna(number)
        if _is_assumption(table.table, column, missing, len(table)):
            findings.assume(
                f"{table.table.name}.{column.name}",
                f"not given: {column.default}",
                missing,
                default=column.default in MEANS_NOTHING,
            )


def _is_assumption(table: Table, column: Column, missing: int, rows: int) -> bool:
    if not column.default or column.default in MEANT_BY_EMPTY:
        return False
    if table.name in ("range_rules", "suppliers"):
        return False
    if column.name == "core":
        # Without any core item the core is derived later, and stated there.
        return False
    return missing > 0


def drop_small_bases(signals: TypedTable, findings: Findings) -> pd.DataFrame:
    """The signals less those of fewer than five people, which could point at a person."""
    small = signals.frame["base"] < SMALLEST_BASE
    findings.assume(
        "signals.base",
        f"signals of fewer than {SMALLEST_BASE} people were dropped",
        int(small.sum()),
    )
    return signals.frame[~small].reset_index(drop=True)


def state_unsold(tables: Tables, findings: Findings) -> None:
    """Say which stores and items have no sales."""
    sales = tables["sales"].frame
    for name in ("store", "item"):
        ids = _texts(tables[f"{name}s"], f"{name}_id")
        sold = set(sales[f"{name}_id"].dropna().unique().astype(str))
        without = int((~ids.isin(sold)).sum())
        findings.survive(
            f"{name}s.{name}_id",
            f"{name}s without sales: planned from what the others sell"
            if name == "store"
            else "items without sales: planned from items like them",
            without,
        )


def absent_values(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """A frame with its final types: texts ``str`` ("" where unknown), flags bool, floats."""
    final: dict[str, object] = {}
    for column in table.columns:
        series = frame[column.name]
        if column.is_text:
            final[column.name] = series.astype("str").fillna("")
        elif column.type == "flag":
            final[column.name] = series.fillna(False).astype(bool)
        elif column.type == "date":
            final[column.name] = series.astype("datetime64[ns]")
        else:
            final[column.name] = series.astype(np.float64)
    return pd.DataFrame(final, index=pd.RangeIndex(len(frame)))
