"""The limits of ``tables/limits.parquet`` in words: the same on paper and on the page."""

from __future__ import annotations

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
