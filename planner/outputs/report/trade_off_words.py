"""The keys of a sweep as a reader knows them: what is varied, in which unit, and a caution."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.numbers import as_given, share

_LISTED = "of the listed items"
_LOCAL_LIMIT = (
    "Core items do not count against the most local items of a store (max_local_items): that "
    "number limits what a store lists beyond the core."
)


@dataclass(frozen=True)
class KeyWords:
    """What a key of scenarios.toml varies."""

    title: str
    unit: str
    """Of its values; empty where they are words."""
    note: str = ""
    is_share: bool = False


_WORDS = {
    "objective": KeyWords("What the plan makes as large as possible", ""),
    "budget.scale": KeyWords("Purchase budgets", "times the budgets of the data"),
    "rules.max_local_items": KeyWords("Most local items of a store", "items", _LOCAL_LIMIT),
    "rules.min_days_of_supply": KeyWords("Least stock of every listed item", "days of its demand"),
    "rules.min_share.local": KeyWords(
        "Least share of local items", "of the listed items", "", True
    ),
    "rules.min_share.organic": KeyWords(
        "Least share of organic items", "of the listed items", "", True
    ),
    "rules.min_sales_share": KeyWords("Floor of sales", "of what today's range sells", "", True),
    "changes.max_swaps": KeyWords(
        "Most changes of a store's range",
        "items in and as many out",
        "What core, locks or availability force in or out does not count.",
    ),
    "core.size": KeyWords("Size of the core range", "items", _LOCAL_LIMIT),
    "core.min_size": KeyWords("Smallest core range", "items", _LOCAL_LIMIT),
    "core.max_size": KeyWords("Largest core range", "items", _LOCAL_LIMIT),
    "ranges.max_distinct": KeyWords(
        "Different ranges in the chain",
        "ranges",
        "Bounds are those of the chain without this limit: the gap holds what fewer ranges cost.",
    ),
}
_SUPPLIER = "rules.min_share.supplier."


def key_words(key: str) -> KeyWords:
    """The words of a key; those of a supplier's share name the supplier."""
    if key.startswith(_SUPPLIER):
        title = f"Least share of items of supplier {key.removeprefix(_SUPPLIER)}"
        return KeyWords(title, _LISTED, "", True)
    return _WORDS.get(key, KeyWords(key, ""))


def value_text(value: str, words: KeyWords, stamp: Stamp) -> str:
    """A value of a key as it is read: shares in percent, numbers in the chain's locale."""
    number = pd.to_numeric(value, errors="coerce")
    if pd.isna(number):
        return value
    if words.is_share:
        return share(float(number), stamp)
    return as_given(float(number), stamp)
