"""The limits of the plan and what one more unit of each would be worth."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.limit_words import limit_name
from planner.outputs.numbers import MISSING, whole
from planner.outputs.report.amounts import amount, in_money, quantity
from planner.outputs.report.scope import Scope

WORTH_NOTHING = 0.005
"""Smaller shadow prices print as nought."""


@dataclass(frozen=True)
class LimitRow:
    """A limit of one store, or of the chain, ready to print."""

    name: str
    unit: str
    used: str
    available: str
    worth: str
    binds: bool


@dataclass(frozen=True)
class LimitSummary:
    """The same limit over all stores of a page."""

    name: str
    unit: str
    stores: int
    binding: int
    typical: str
    highest: str
    highest_store: str


def limit_rows(limits: pd.DataFrame, stamp: Stamp) -> list[LimitRow]:
    """The limits that a table lists, those that hold the plan back first."""
    ordered = limits.sort_values(["shadow_price", "limit"], ascending=[False, True])
    return [
        LimitRow(
            name=limit_name(str(row["limit"])),
            unit=_unit(str(row["unit"]), stamp),
            used=_level(float(row["used"]), stamp),
            available=_level(float(row["available"]), stamp),
            worth=_worth_words(float(row["shadow_price"]), str(row["unit"]), stamp),
            binds=float(row["shadow_price"]) >= WORTH_NOTHING,
        )
        for _, row in ordered.iterrows()
    ]


def limit_summary(scope: Scope) -> list[LimitSummary]:
    """Each limit over the stores of a scope, the one that binds most often first."""
    stamp = scope.contents.stamp
    limits = scope.contents.limits
    of_stores = limits[limits["store_id"] != ""]
    summaries = []
    for (limit, unit), rows in of_stores.groupby(["limit", "unit"], sort=True):
        binding = rows[rows["shadow_price"] >= WORTH_NOTHING]
        highest = (
            ""
            if binding.empty
            else str(
                binding.sort_values(["shadow_price", "store_id"], ascending=[False, True])[
                    "store_id"
                ].iloc[0]
            )
        )
        summaries.append(
            LimitSummary(
                name=limit_name(str(limit)),
                unit=_unit(str(unit), stamp),
                stores=len(rows),
                binding=len(binding),
                typical=_worth_words(float(rows["shadow_price"].median()), str(unit), stamp),
                highest=_worth_words(float(rows["shadow_price"].max()), str(unit), stamp),
                highest_store=scope.store_names.get(highest, highest),
            )
        )
    return sorted(summaries, key=lambda row: (-row.binding, row.name))


_MONEY_UNITS = ("money/week", "money a week", "money per week")
_ONE = {"items": "item", "stores": "store", "facings": "facing", "units": "unit"}


def _unit(unit: str, stamp: Stamp) -> str:
    if unit in _MONEY_UNITS:
        return f"{stamp.currency} a week" if in_money(stamp) else "units a week"
    return unit


def _level(level: float, stamp: Stamp) -> str:
    """Counts without decimals, the rest as any quantity."""
    return whole(level, stamp) if level.is_integer() else quantity(level, stamp)


def _worth_words(price: float, unit: str, stamp: Stamp) -> str:
    if pd.isna(price):
        return MISSING
    if price < WORTH_NOTHING:
        return "0"
    if unit in _MONEY_UNITS:
        unit = stamp.currency or "unit"
    per = f" per {_ONE.get(unit, unit)}" if unit else ""
    if not in_money(stamp) or stamp.objective == "units":
        return f"{price:.2f} units a week{per}"
    kind = {"sales": " more sales", "waste": " less waste"}.get(stamp.objective, "")
    return f"{amount(price, stamp)}{kind} a week{per}"
