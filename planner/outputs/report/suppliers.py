"""What is ordered from each supplier in a mean week."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.numbers import MISSING, units, whole
from planner.outputs.report.amounts import amount, in_money, number, quantity
from planner.outputs.report.scope import Scope

UNKNOWN = "not stated"
_MINIMUM, _MAXIMUM = "supplier_min_order:", "supplier_max_units:"


@dataclass(frozen=True)
class OrderedItem:
    """An item that is ordered from a supplier."""

    name: str
    item_id: str
    stores: str
    bought: str
    spend: str


@dataclass(frozen=True)
class Supplier:
    """The orders at one supplier; ``asked``: its limits and what the plan makes of them."""

    supplier_id: str
    items: list[OrderedItem]
    bought: str
    spend: str
    asked: str


def suppliers(scope: Scope) -> list[Supplier]:
    """Every supplier of a listed item, the one with the most units first.

    Spend and limits are known for the chain as a whole: on a region's page they are left out.
    """
    contents, stamp = scope.contents, scope.contents.stamp
    orders = orders_of(scope)
    limits = contents.limits[contents.limits["store_id"] == ""].set_index("limit")
    of_chain = scope.region is None
    found = []
    for supplier_id, rows in orders.groupby("supplier_id", sort=True):
        spend = float(rows["spend_week"].sum(skipna=False))
        rows = rows.sort_values(["bought_units_week", "item_id"], ascending=[False, True])
        made = Supplier(
            supplier_id=str(supplier_id) or UNKNOWN,
            items=[
                OrderedItem(
                    name=scope.item_names.get(str(row["item_id"]), str(row["item_id"])),
                    item_id=str(row["item_id"]),
                    stores=whole(row["stores"], stamp),
                    bought=units(row["bought_units_week"], stamp),
                    spend=amount(row["spend_week"], stamp) if in_money(stamp) else "",
                )
                for _, row in rows.iterrows()
            ],
            bought=quantity(float(rows["bought_units_week"].sum()), stamp),
            spend=amount(spend, stamp) if in_money(stamp) else "",
            asked=_asked(limits, str(supplier_id), scope) if of_chain else MISSING,
        )
        found.append((float(rows["bought_units_week"].sum()), made))
    return [made for _, made in sorted(found, key=lambda pair: (-pair[0], pair[1].supplier_id))]


def orders_of(scope: Scope) -> pd.DataFrame:
    """``Contents.orders`` of the stores of a scope, with ``bought_units_week``: what is sold and
    what is lost. Of a region ``spend_week`` is not known."""
    contents = scope.contents
    if scope.region is None:
        orders = contents.orders
    else:
        rows = contents.assortment[contents.assortment["listed"].astype(bool)]
        sums = rows.groupby("item_id").agg(
            stores=("store_id", "nunique"),
            sold_units_week=("sold_units_week", "sum"),
            waste_units_week=("waste_units_week", "sum"),
        )
        orders = contents.items[["item_id", "supplier_id"]].merge(
            sums, left_on="item_id", right_index=True
        )
        orders = orders.assign(spend_week=float("nan")).reset_index(drop=True)
    bought = orders["sold_units_week"] + orders["waste_units_week"]
    return orders.assign(bought_units_week=bought)


def supplier_totals(scope: Scope) -> pd.DataFrame:
    """A row per supplier: supplier_id, items, bought_units_week, spend_week (not known of a
    region), and for the chain what the supplier asks for at least (min_order) and allows at most
    (max_units), as its limits have them."""
    orders = orders_of(scope)
    totals = orders.groupby("supplier_id", as_index=False).agg(
        items=("item_id", "nunique"),
        bought_units_week=("bought_units_week", "sum"),
        spend_week=("spend_week", lambda spend: spend.sum(skipna=False)),
    )
    if scope.region is not None:
        return totals
    limits = scope.contents.limits
    asked = limits[limits["store_id"] == ""].set_index("limit")["available"].to_dict()
    return totals.assign(
        min_order=[asked.get(f"{_MINIMUM}{one}", float("nan")) for one in totals["supplier_id"]],
        max_units=[asked.get(f"{_MAXIMUM}{one}", float("nan")) for one in totals["supplier_id"]],
    )


def _asked(limits: pd.DataFrame, supplier_id: str, scope: Scope) -> str:
    stamp = scope.contents.stamp
    words = []
    for prefix, ask, write in (
        (_MINIMUM, "at least", amount),
        (_MAXIMUM, "at most", quantity),
    ):
        if f"{prefix}{supplier_id}" in limits.index:
            available = number(limits.at[f"{prefix}{supplier_id}", "available"])
            unit = "" if write is amount else " units"
            words.append(f"{ask} {write(available, stamp)}{unit}")
    return ", ".join(words) or "nothing"
