"""The sheet *Not carried* of a store: what could come next, and why it is not here."""

from __future__ import annotations

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.sheet import NOT_APPLICABLE, Book, Column

_MOST_NAMED = 3


def write_not_carried(book: Book, contents: Contents) -> None:
    """Add the sheet *Not carried*: the nearest candidates first.

    Nearest are those whose cost of forcing in is known exactly, the cheapest first; then those of
    which a least is known; of the others, what would bring in most. What an item would bring in is
    its demand if added times its unit margin: an upper bound, as it leaves out waste and what it
    would take from its neighbours.
    """
    stamp = contents.stamp
    rows = candidates(contents)
    columns = (
        Column("PLU", 8, styles.CENTRED),
        Column("Item", 23, styles.LONG_TEXT),
        Column("Need group", 14, styles.LONG_TEXT),
        Column("Status", 12.5, styles.CENTRED),
        words.objective_column("Forcing it in costs per week", stamp, 10),
        Column("Known", 9, styles.CENTRED),
        Column("Would put out", 22, styles.LONG_TEXT),
        Column("Demand units per week if added", 8.5, styles.UNITS),
        Column("Low (10 %)", 7.5, styles.UNITS),
        Column("High (90 %)", 7.5, styles.UNITS),
        Column("Estimated from", 9.5, styles.CENTRED),
        words.money_column("Margin per week if added, before waste", stamp, 11),
        Column("Why not here", 38, styles.LONG_TEXT),
    )
    fields = (
        "item_id",
        "item_name",
        "need_group",
        "status",
        "cost_week",
        "known",
        "puts_out",
        "demand_units_week",
        "low_units_week",
        "high_units_week",
        "source",
        "brings_week",
        "reason",
    )
    book.sheet("Not carried", "Not carried: known costs first, the nearest on top").table(
        columns,
        zip(*(rows[field].tolist() for field in fields), strict=True),
        empty="Every item is carried.",
    )


def candidates(contents: Contents) -> pd.DataFrame:
    """The items that the store does not list, the nearest first, as the sheet shows them."""
    rows = contents.assortment.loc[
        ~contents.assortment["listed"], ["item_id", "status", "reason"]
    ].reset_index(drop=True)
    for frame, columns in (
        (contents.items, ["item_name", "need_group", "price", "unit_cost"]),
        (contents.demand, ["demand_units_week", "low_units_week", "high_units_week", "source"]),
        (contents.forcing, ["known", "cost_week", "puts_out"]),
    ):
        # a merge takes several times as long
        found = frame.set_index("item_id")[columns].reindex(rows["item_id"])
        rows[columns] = found.reset_index(drop=True)
    names = dict(zip(contents.items["item_id"], contents.items["item_name"], strict=True))
    rows["brings_week"] = rows["demand_units_week"] * (rows["price"] - rows["unit_cost"])
    rows["cost_week"] = rows["cost_week"].astype(float)
    # a least of nothing says nothing, and reads as if it were free
    nothing = (rows["known"] == "at least") & (rows["cost_week"] <= 0)
    rows["cost_week"] = rows["cost_week"].mask(nothing)
    rows["known"] = rows["known"].mask(nothing, "not known").fillna(NOT_APPLICABLE)
    rows["puts_out"] = [_named(ids, names) for ids in rows["puts_out"].fillna("")]
    return rows.assign(inexact=rows["known"] != "exact").sort_values(
        ["inexact", "cost_week", "brings_week", "item_id"],
        ascending=[True, True, False, True],
        kind="stable",
        ignore_index=True,
    )


def _named(ids: str, names: dict[str, str]) -> str:
    """The items that would leave, by their names."""
    leaving = [names.get(item, item) for item in ids.split(";") if item]
    more = len(leaving) - _MOST_NAMED
    said = "; ".join(leaving[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return said or NOT_APPLICABLE
