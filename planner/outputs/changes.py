"""What comes into each store, what leaves and what moves, and when to order for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from planner.assortment.result import Assortment
from planner.demand.result import Demand
from planner.outputs.lock_table import lock_notes, lock_pairs
from planner.shelves.result import Shelves
from planner.tables.inputs import Inputs

DAYS_OF_A_WEEK = 7
COLUMNS = (
    *("store_id", "item_id", "change", "facings_before", "facings_after", "replaces"),
    *("first_order_date", "last_order_date", "run_down_date", "value_week", "reason"),
)
_NUMBERS = ("facings_before", "facings_after", "value_week")
_DATES = ("first_order_date", "last_order_date", "run_down_date")


def changes_table(
    inputs: Inputs,
    demand: Demand,
    assortment: Assortment,
    items: pd.DataFrame,
    shelves: Shelves,
    locks: pd.DataFrame,
) -> pd.DataFrame:
    """Contents.changes: what comes, leaves and moves, with first and last order dates.

    ``locks``: Contents.locks; what a lock brings in stands for what it puts out.
    """
    # The plan starts the day after the data ends: orders change with its first day.
    last_order = demand.first_week - pd.Timedelta(days=1)
    facings_today = inputs.current_range.set_index(["store_id", "item_id"])["facings"].to_dict()
    lasts = _days_on_the_shelf(inputs)
    moved = _moved(inputs, shelves)
    marginal = np.concatenate([assortment.outcomes[s].marginal_week for s in assortment.problems])
    items = items.assign(value_week=marginal)
    changed = items[items["status"].isin(["NEW", "OUT"])]
    kept = items[(items["status"] == "KEEP")]
    is_moved = [key in moved for key in zip(kept["store_id"], kept["item_id"], strict=True)]
    both = pd.concat([changed, kept[is_moved]])
    replaced, notes = _replaced(both, inputs, lock_pairs(locks)), lock_notes(locks)
    rows: list[tuple[object, ...]] = []
    for row in both.to_dict("records"):
        key = (row["store_id"], row["item_id"])
        before, after = float(facings_today.get(key, math.nan)), float(row["facings"])
        value, why = row["value_week"], moved[key] if row["status"] == "KEEP" else row["reason"]
        why = "; ".join([why, *(note for note in notes.get(key, ()) if note not in why)])
        if row["status"] == "NEW":
            instead, days = replaced.get(key, ""), (demand.first_week, pd.NaT, pd.NaT)
            rows.append((*key, "NEW", 0.0, after, instead, *days, value, why))
        elif row["status"] == "OUT":
            run_down = last_order + pd.Timedelta(days=lasts(*key))
            rows.append((*key, "OUT", before, after, "", pd.NaT, last_order, run_down, value, why))
        else:
            never = (pd.NaT, pd.NaT, pd.NaT)
            rows.append((*key, "MOVED", before, after, "", *never, math.nan, why))
    types: dict[str, Any] = dict.fromkeys(_DATES, "datetime64[ns]") | dict.fromkeys(_NUMBERS, float)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    rank = {store: k for k, store in enumerate(assortment.problems)}
    order = pd.Series({"NEW": 0, "OUT": 1, "MOVED": 2})
    key_of = pd.DataFrame(
        {"store": table["store_id"].map(rank), "change": table["change"].map(order)}
    ).sort_values(["store", "change"], kind="stable")
    return table.loc[key_of.index].reset_index(drop=True)


def _replaced(
    changed: pd.DataFrame, inputs: Inputs, pairs: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str], str]:
    """For new items, the best first: what leaves for it by a lock (``pairs``: store, what comes,
    what goes), else one that leaves the same need group, or nothing."""
    items = inputs.items
    groups = dict(zip(items["item_id"], items["need_group"], strict=True))
    pairs_of: dict[str, list[tuple[str, str]]] = {}
    for of_store, comes, goes in pairs:
        pairs_of.setdefault(of_store, []).append((comes, goes))
    found: dict[tuple[str, str], str] = {}
    for store, part in changed.groupby("store_id", sort=False):
        leaving = {item: groups[item] for item in part.loc[part["status"] == "OUT", "item_id"]}
        entering = part[part["status"] == "NEW"]
        best_first = entering.sort_values("margin_week", ascending=False, kind="stable")
        new: list[str] = best_first["item_id"].tolist()
        for comes, goes in pairs_of.get(str(store), ()):
            if comes in new and goes in leaving:
                found[str(store), comes] = goes
                leaving.pop(goes)
                new.remove(comes)
        for item in new:
            partner = next((o for o, group in leaving.items() if group == groups[item]), "")
            leaving.pop(partner, None)
            found[str(store), item] = partner
    return found


def _days_on_the_shelf(inputs: Inputs) -> Callable[[str, str], int]:
    """Days after which nothing is left of a last delivery: a delivery cycle, or the item's shelf
    life where that is shorter."""
    stores, items = inputs.stores, inputs.items
    cycle = dict(zip(stores["store_id"], DAYS_OF_A_WEEK / stores["deliveries_week"], strict=True))
    life = dict(zip(items["item_id"], items["shelf_life_days"].fillna(math.inf), strict=True))
    return lambda store, item: math.ceil(min(cycle[store], life[item]))


def _moved(inputs: Inputs, shelves: Shelves) -> dict[tuple[str, str], str]:
    """Items that stay but stand on another shelf, where today's place is known.

    A display that is new every week, such as an end cap, has no places of today.
    """
    today = inputs.current_range
    shelf = ["store_id", "fixture_id", "bay", "shelf"]
    weekly = inputs.fixtures.loc[inputs.fixtures["changes_weekly"], shelf]
    lasting = ~pd.MultiIndex.from_frame(today[shelf]).isin(pd.MultiIndex.from_frame(weekly))
    known = today[
        lasting & (today["fixture_id"] != "") & today["bay"].notna() & today["shelf"].notna()
    ]
    if known.empty or shelves.positions.empty:
        return {}
    both = known.merge(shelves.positions, on=["store_id", "item_id"], suffixes=("_today", ""))
    away = both[
        (both["fixture_id_today"] != both["fixture_id"])
        | (both["bay_today"] != both["bay"])
        | (both["shelf_today"] != both["shelf"])
    ]
    return {
        (row["store_id"], row["item_id"]): (
            f"from {row['fixture_id_today']} {row['bay_today']:.0f}-{row['shelf_today']:.0f} "
            f"to {row['fixture_id']} {row['bay']:.0f}-{row['shelf']:.0f}"
        )
        for row in away.to_dict("records")
    }
