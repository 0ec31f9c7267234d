"""The six figures of the first screen: the local plan beside the current and the common one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from planner.outputs.contents import Contents, Stamp
from planner.outputs.numbers import MISSING, share, units, whole
from planner.outputs.report.amounts import (
    amount,
    in_money,
    number,
    quantity,
    signed_difference,
    signed_share,
)

PLANS = ("local", "current", "common")
PLAN_WORDS = {"local": "Local plan", "current": "Current range", "common": "Common plan"}
SUMMED = (
    "listed_items",
    "local_items",
    "sold_units_week",
    "waste_units_week",
    "sales_week",
    "margin_week",
    "margin_before_waste_week",
    "spend_week",
)


@dataclass(frozen=True)
class Beside:
    """The same figure of another plan and how far the local plan is from it."""

    plan: str
    value: str
    difference: str


@dataclass(frozen=True)
class Tile:
    """One figure; ``word`` is its entry in the glossary, or empty."""

    label: str
    word: str
    value: str
    unit: str
    beside: tuple[Beside, ...]
    more: Tile | None = None
    """What opens under it."""


@dataclass(frozen=True)
class Measure:
    """A column of the figures and how it is written."""

    label: str
    word: str
    column: str
    unit: str
    write: Callable[[float, Stamp], str]


def measures(stamp: Stamp, stores: int = 1) -> tuple[Measure, ...]:
    """The figures that describe a plan of so many stores; without a currency none is money."""
    cash = f"{stamp.currency} a week"
    sold = Measure("Units sold", "", "sold_units_week", "units a week", quantity)
    waste = Measure("Waste", "waste", "waste_units_week", "units a week", quantity)
    items, count = ("items", whole) if stores == 1 else ("items a store, on average", units)
    listed = Measure("Items listed", "", "listed_items", items, count)
    local = Measure("Local items", "local item", "local_items", items, count)
    shelf = Measure("Shelf use", "shelf use", "shelf_used_share", "of the shelf width", share)
    if not in_money(stamp):
        return (sold, waste, listed, local, shelf)
    return (
        Measure("Sales", "", "sales_week", cash, amount),
        Measure("Margin after waste", "margin after waste", "margin_week", cash, amount),
        sold,
        waste,
        listed,
        local,
        shelf,
        Measure("Spend", "spend", "spend_week", cash, amount),
    )


def totals(contents: Contents) -> pd.DataFrame:
    """A row per plan (index): sums over stores, but items are averages, and shelf use is
    weighted by each store's width.

    A sum is missing where one of its stores is: a part would pass for the whole.
    """
    figures = contents.figures
    width = contents.shelves.groupby("store_id")["width_cm"].sum()
    weights = figures["store_id"].map(width)
    rows = {}
    for plan, of_plan in figures.groupby("plan", sort=False):
        known = of_plan.set_index("store_id").reindex(contents.stores["store_id"])
        row = {name: known[name].sum(skipna=False) for name in SUMMED}
        row["waste_cost_week"] = row["margin_before_waste_week"] - row["margin_week"]
        for name in ("listed_items", "local_items"):
            row[name] /= len(of_plan)
        weight = weights.loc[of_plan.index]
        used = (of_plan["shelf_used_share"] * weight).sum(skipna=False)
        row["shelf_used_share"] = used / weight.sum() if weight.sum() > 0 else float("nan")
        rows[str(plan)] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def tiles(contents: Contents) -> list[Tile]:
    """The six tiles of a scope."""
    stamp = contents.stamp
    table = totals(contents)
    of = {measure.column: measure for measure in measures(stamp, len(contents.stores))}
    if in_money(stamp):
        before = Measure(
            "Margin before waste",
            "",
            "margin_before_waste_week",
            f"{stamp.currency} a week",
            amount,
        )
        margin = replace(_tile(table, of["margin_week"], stamp), more=_tile(table, before, stamp))
        # Pieces and weights add up to units that may fall while what they cost rises.
        lost = Measure("Cost of waste", "", "waste_cost_week", f"{stamp.currency} a week", amount)
        waste = replace(_tile(table, of["waste_units_week"], stamp), more=_tile(table, lost, stamp))
        rest = ("local_items", "shelf_used_share")
        return [
            _tile(table, of["sales_week"], stamp),
            margin,
            waste,
            *(_tile(table, of[column], stamp) for column in rest),
            _budget_tile(table, of["spend_week"], contents),
        ]
    chosen = ["sold_units_week", "waste_units_week", "listed_items", "local_items"]
    return [
        *(_tile(table, of[column], stamp) for column in [*chosen, "shelf_used_share"]),
        _changes_tile(contents),
    ]


def _tile(table: pd.DataFrame, measure: Measure, stamp: Stamp, unit: str = "") -> Tile:
    values = {plan: number(table.at[plan, measure.column]) for plan in PLANS if plan in table.index}
    local = values.get("local", float("nan"))
    return Tile(
        label=measure.label,
        word=measure.word,
        value=measure.write(local, stamp),
        unit=unit or measure.unit,
        beside=tuple(
            Beside(
                plan=PLAN_WORDS[plan],
                value=measure.write(values[plan], stamp),
                difference=_difference(local, values[plan], measure, stamp),
            )
            for plan in ("current", "common")
            if plan in values
        ),
    )


def _difference(local: float, other: float, measure: Measure, stamp: Stamp) -> str:
    if pd.isna(local) or pd.isna(other):
        return ""
    if measure.write is share:
        written = signed_share(round(local, 3) - round(other, 3), stamp).replace("%", "").strip()
        return f"{written} points"
    relative = "" if other == 0 else signed_share((local - other) / abs(other), stamp)
    if measure.write is not amount:
        return relative
    return f"{signed_difference(local, other, stamp)}{f' ({relative})' if relative else ''}"


def _budget_tile(table: pd.DataFrame, spend: Measure, contents: Contents) -> Tile:
    """The share of the budget that the plans spend; what they spend where there is none."""
    stamp, budget = contents.stamp, budget_week(contents)
    if pd.isna(budget) or budget <= 0:
        unit = f"{stamp.currency} a week; no budget for every store"
        return _tile(table, spend, stamp, unit)
    use = Measure(
        "Budget use", "spend", "budget_used_share", f"of {amount(budget, stamp)} a week", share
    )
    shares = table.assign(budget_used_share=table["spend_week"] / budget)
    return replace(_tile(shares, use, stamp), more=_tile(table, spend, stamp))


def budget_week(contents: Contents) -> float:
    """Money that may be spent a week: the stores' budgets together, or the chain's own if that is
    less; NaN where neither limits every store."""
    chain = contents.limits[
        (contents.limits["store_id"] == "") & (contents.limits["limit"] == "budget_week")
    ]
    limits = contents.limits[contents.limits["limit"] == "budget_week"]
    own = limits[limits["store_id"] != ""].set_index("store_id")["available"]
    stores = float(own.reindex(contents.stores["store_id"]).sum(skipna=False))
    if not len(chain):
        return stores
    whole = float(chain["available"].iloc[0])
    return whole if pd.isna(stores) else min(whole, stores)


def _changes_tile(contents: Contents) -> Tile:
    kinds = contents.changes["change"].value_counts()
    come, leave = int(kinds.get("NEW", 0)), int(kinds.get("OUT", 0))
    stamp = contents.stamp
    return Tile(
        label="Items that come or leave",
        word="",
        value=whole(come + leave, stamp) if len(contents.stores) else MISSING,
        unit="store-item pairs",
        beside=(Beside("come", whole(come, stamp), ""), Beside("leave", whole(leave, stamp), "")),
    )
