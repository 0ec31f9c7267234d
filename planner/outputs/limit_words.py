"""The limits of ``tables/limits.parquet`` in words: the same on paper and on the page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

_NAMES = {
    "shelf_cm": "Shelf width of {}",
    "budget_week": "Purchase budget of a week",
    "min_sales_week": "Least sales of a week",
    "max_local_items": "Local items",
    "need_group_min": "Fewest items of {}",
    "need_group_max": "Most items of {}",
    "category_min": "Fewest items of {}",
    "category_max": "Most items of {}",
    "need_group_min_share": "Items above the least share of {}",
    "need_group_max_share": "Items above the largest share of {}",
    "category_min_share": "Items above the least share of {}",
    "category_max_share": "Items above the largest share of {}",
    "min_share": "Items above the least share of {}",
    "supplier_min_order": "Smallest order at supplier {}",
    "supplier_max_units": "Most units of supplier {}",
    "min_stores": "Fewest stores that list item {}",
}
_WHOLE = {
    "max_swaps:in": "Most items new to today's range",
    "max_swaps:out": "Fewest items of today's range that stay",
}
NOT_BINDING, EXACT, RANGE, ESTIMATE = "not binding", "exact", "a range", "estimate"
WORTH_NOTHING = 0.005
"""Less of the objective a week prints as nought."""
_MEMBERS = {"local": "local items", "organic": "organic items"}


def limit_name(limit: str) -> str:
    """A limit in words; one that has no words stays as it is."""
    if limit in _WHOLE:
        return _WHOLE[limit]
    kind, _, of = limit.partition(":")
    if kind not in _NAMES:
        return limit
    share = ""
    if kind.endswith("_share"):
        of, _, level = of.rpartition("=")
        share = f" ({100 * float(level):.4g} % of the range)"
        if kind == "min_share":
            of = _MEMBERS.get(of, of.replace("supplier:", "items of supplier "))
    return _NAMES[kind].format(of) + share


def is_least(limit: str) -> bool:
    """Whether a limit asks for at least something, so that what is used above it is free."""
    kind = limit.partition(":")[0]
    return "_min" in kind or kind.startswith("min_") or limit == "max_swaps:out"


@dataclass(frozen=True)
class WorthOfMore:
    """What more of a limit is worth, as one figure for the reader."""

    known: str
    """``exact``, ``a range``, ``estimate`` (a shadow price), ``not binding``; empty: not known."""
    amount: float = float("nan")
    """So much more of it; less where it asks for at least something."""
    least_week: float = float("nan")
    most_week: float = float("nan")
    """Objective per week; the same figure twice but of a range."""


def worth_of_more(
    limits: pd.DataFrame, worth: pd.DataFrame
) -> Mapping[tuple[str, str], WorthOfMore]:
    """For each row of Contents.limits, by store and limit, the best that is known of it.

    The exact worth (Contents.worth) where it was solved, else the bounds between which it lies,
    else the shadow price for one unit. A limit without a shadow price does not bind where as much
    of it is free as was asked for; where less is free, items are too coarse for a price to tell,
    and only the bounds are known, or nothing.
    """
    asked = {(row["store_id"], row["limit"]): row for row in worth.to_dict("records")}
    free = limits["available"] - limits["used"]
    shown = zip(limits["store_id"], limits["limit"], limits["shadow_price"], free, strict=True)
    return {
        (store, limit): _worth_of_more(
            asked.get((store, limit)),
            limit,
            float(price),
            -float(left) if is_least(limit) else left,
        )
        for store, limit, price, left in shown
    }


def _worth_of_more(
    row: Mapping[Hashable, Any] | None, limit: str, shadow_price: float, free: float
) -> WorthOfMore:
    sign = -1.0 if is_least(limit) else 1.0
    if row is not None and row["known"] == EXACT:
        value = float(row["worth_week"])
        if value < WORTH_NOTHING:
            return WorthOfMore(NOT_BINDING)
        return WorthOfMore(EXACT, sign * float(row["amount"]), value, value)
    if pd.isna(shadow_price):
        return WorthOfMore("")
    amount = 1.0 if row is None else float(row["amount"])
    priceless = shadow_price * amount < WORTH_NOTHING
    if priceless and free >= amount:
        return WorthOfMore(NOT_BINDING)
    if row is None:
        if priceless:
            return WorthOfMore("")
        return WorthOfMore(ESTIMATE, sign, shadow_price, shadow_price)
    least, most = float(row["least_week"]), float(row["most_week"])
    if most < WORTH_NOTHING:
        return WorthOfMore(NOT_BINDING)
    if pd.isna(most):
        if priceless:
            return WorthOfMore("")
        # At the plan's prices alone, where stores share limits or a range.
        value = float(row["worth_week"])
        return WorthOfMore(ESTIMATE, sign * float(row["amount"]), value, value)
    return WorthOfMore(RANGE, sign * float(row["amount"]), least, most)
