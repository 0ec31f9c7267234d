"""The limits of the plan and what one more unit of each would be worth."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.limit_words import (
    NOT_BINDING,
    WORTH_NOTHING,
    WorthOfMore,
    is_least,
    limit_name,
    worth_of_more,
)
from planner.outputs.numbers import MISSING, whole
from planner.outputs.report.amounts import amount, in_money, quantity
from planner.outputs.report.scope import Scope


@dataclass(frozen=True)
class LimitRow:
    """A limit of one store, or of the chain, ready to print."""

    name: str
    unit: str
    used: str
    available: str
    worth: str
    more: str
    """What so much more of it is worth, and how well that is known; empty where not asked."""
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
    limit: str
    typical_price: float
    highest_price: float
    highest_store_id: str
    """The same as raw figures, for a table to be saved."""


def limit_rows(limits: pd.DataFrame, worth: pd.DataFrame, stamp: Stamp) -> list[LimitRow]:
    """The limits that a table lists, those that hold the plan back first; ``worth``: of more."""
    more = {(row["store_id"], row["limit"]): row for row in worth.to_dict("records")}
    known = worth_of_more(limits, worth)
    ordered = limits.sort_values(["shadow_price", "limit"], ascending=[False, True])
    return [
        LimitRow(
            name=limit_name(str(row["limit"])),
            unit=_unit(str(row["unit"]), stamp),
            used=_level(float(row["used"]), stamp),
            available=_level(float(row["available"]), stamp),
            worth=_worth_words(float(row["shadow_price"]), str(row["unit"]), stamp),
            more=_more_words(
                row,
                more.get((row["store_id"], row["limit"])),
                known[row["store_id"], row["limit"]],
                stamp,
            ),
            binds=float(row["shadow_price"]) >= WORTH_NOTHING,
        )
        for _, row in ordered.iterrows()
    ]


def limit_summary(scope: Scope) -> list[LimitSummary]:
    """Each limit over the stores of a scope, the one that binds most often first."""
    stamp = scope.contents.stamp
    limits = scope.contents.limits
    of_stores = limits[limits["store_id"] != ""]
    proved = {
        (str(row["store_id"]), str(row["limit"])): float(row["least_week"])
        for row in scope.contents.worth.to_dict("records")
    }
    summaries = []
    for (limit, unit), rows in of_stores.groupby(["limit", "unit"], sort=True):
        binding = rows[rows["shadow_price"] >= WORTH_NOTHING]
        highest = _highest(binding, str(unit), proved, stamp)
        summaries.append(
            LimitSummary(
                name=limit_name(str(limit)),
                unit=_unit(str(unit), stamp),
                stores=len(rows),
                binding=len(binding),
                typical=_worth_words(float(rows["shadow_price"].median()), str(unit), stamp),
                highest=_worth_words(float(rows["shadow_price"].max()), str(unit), stamp),
                highest_store=scope.store_names.get(highest, highest),
                limit=str(limit),
                typical_price=float(rows["shadow_price"].median()),
                highest_price=float(rows["shadow_price"].max()),
                highest_store_id=highest,
            )
        )
    return sorted(summaries, key=lambda row: (-row.binding, row.name))


def _highest(
    binding: pd.DataFrame, unit: str, proved: Mapping[tuple[str, str], float], stamp: Stamp
) -> str:
    """The store where one more is worth most; of those written alike, where more is proved to be
    worth most, which is the one that the chart names. Empty where none binds."""
    if binding.empty:
        return ""
    top = _worth_words(float(binding["shadow_price"].max()), unit, stamp)
    alike = [
        (-proved.get((row["store_id"], row["limit"]), 0.0), -row["shadow_price"], row["store_id"])
        for row in binding.to_dict("records")
        if _worth_words(float(row["shadow_price"]), unit, stamp) == top
    ]
    return str(min(alike)[-1])


def limit_summary_frame(scope: Scope) -> pd.DataFrame:
    """The same, raw: limit, unit, stores, binding (stores that it holds back), the shadow price
    in the middle store, the highest, and the store_id of that."""
    names = {
        "limit": "limit",
        "unit": "unit",
        "stores": "stores",
        "binding": "binding",
        "typical_price": "median_shadow_price",
        "highest_price": "highest_shadow_price",
        "highest_store_id": "highest_store_id",
    }
    rows = [
        {shown: getattr(row, name) for name, shown in names.items()} for row in limit_summary(scope)
    ]
    return pd.DataFrame(rows, columns=list(names.values()))


_MONEY_UNITS = ("money/week", "money a week", "money per week")
_ONE = {"items": "item", "stores": "store", "facings": "facing", "units": "unit"}


def _unit(unit: str, stamp: Stamp) -> str:
    if unit in _MONEY_UNITS:
        return f"{stamp.currency} a week" if in_money(stamp) else "units a week"
    return unit


def _level(level: float, stamp: Stamp) -> str:
    """Counts without decimals, the rest as any quantity."""
    return whole(level, stamp) if level.is_integer() else quantity(level, stamp)


def _more_words(
    limit: pd.Series, row: Mapping[Hashable, Any] | None, best: WorthOfMore, stamp: Stamp
) -> str:
    """``60 cm: €17.54 a week``, ``60 cm: at most €17.54 a week``, ``not binding: €512 left``."""
    if row is None:
        return ""
    if best.known == NOT_BINDING:
        free = float(limit["available"]) - float(limit["used"])
        if is_least(str(limit["limit"])) or free < WORTH_NOTHING:
            return NOT_BINDING
        unit = str(limit["unit"])
        if unit in _MONEY_UNITS:
            return f"{NOT_BINDING}: {amount(free, stamp)} left"
        return f"{NOT_BINDING}: {_level(free, stamp)} {unit} left"
    unit, count = str(row["unit"]), float(row["amount"])
    what = _unit(unit, stamp) if unit in _MONEY_UNITS else _ONE.get(unit, unit)
    known = "" if row["known"] == "exact" else f"{row['known']} "
    return f"{_level(count, stamp)} {what}: {known}{_gain(float(row['worth_week']), stamp)}"


def _worth_words(price: float, unit: str, stamp: Stamp) -> str:
    if pd.isna(price):
        return MISSING
    if price < WORTH_NOTHING:
        return "0"
    if unit in _MONEY_UNITS:
        unit = stamp.currency or "unit"
    per = f" per {_ONE.get(unit, unit)}" if unit else ""
    return f"{_gain(price, stamp)}{per}"


def _gain(gain: float, stamp: Stamp) -> str:
    """More of the plan's objective, in words."""
    if not in_money(stamp) or stamp.objective == "units":
        return f"{gain:.2f} units a week"
    kind = {"sales": " more sales", "waste": " less waste"}.get(stamp.objective, "")
    return f"{amount(gain, stamp)}{kind} a week"
