"""Whether a lock keeps out what every store lists: an item of the core, given or derived."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.tables.capacity import column, core_ids
from planner.tables.collect import Findings
from planner.tables.defaults import Tables
from planner.tables.lock_checks import items_by_id, lock_words, understood_locks
from planner.tables.range_today import Ints, derived_core, range_today


def core_is_not_locked_out(
    tables: Tables, findings: Findings, first_day: pd.Timestamp, weeks: int
) -> None:
    """No core item is OUT: of the core that is given, else of the one that follows from today's
    ranges, for a plan of so many weeks from ``first_day`` on."""
    out = [lock for lock in understood_locks(tables) if lock.word == "OUT"]
    if not out:
        return
    core = set(core_ids(tables))
    allowed = "no OUT lock of a core item"
    mend = "remove the lock, or take the item out of the core (column core of items)"
    if not core:
        core = _derived_core(tables, first_day, weeks)
        allowed += ": no item is called core, so the core is what most stores list today"
        mend = "remove the lock, or say in the column core of items which items are core"
    for lock in out:
        if lock.item in core:
            place = tables["locks"].place(lock.position)
            findings.problem(*place, "lock", lock_words(tables, lock), allowed, mend)


def _derived_core(tables: Tables, first_day: pd.Timestamp, weeks: int) -> set[str]:
    """The core that the plan will derive; nothing where stores, items or sales are not known."""
    stores = pd.Index(column(tables, "stores", "store_id").drop_duplicates())
    items = items_by_id(tables)
    sales, today = tables["sales"].frame, tables["current_range"].frame
    if pd.isna(first_day) or not len(stores) or not len(items.frame):
        return set()
    regions = column(tables, "stores", "region")[~column(tables, "stores", "store_id").duplicated()]
    region_of_store = np.unique(regions, return_inverse=True)[1]

    def rows(frame: pd.DataFrame) -> tuple[Ints, Ints]:
        store = stores.get_indexer(pd.Index(frame["store_id"]))
        item = items.frame.index.get_indexer(pd.Index(frame["item_id"]))
        return store.astype(np.int64), item.astype(np.int64)

    given, sold = rows(today), rows(sales)
    week = ((sales["week"] - sales["week"].min()) // pd.Timedelta(weeks=1)).fillna(-1)
    in_stock = sales["days_in_stock"].fillna(1.0) > 0
    counts = (in_stock & (sales["units"] > 0)).to_numpy() & (sold[0] >= 0) & (sold[1] >= 0)
    kept = (given[0] >= 0) & (given[1] >= 0)
    found = range_today(
        (given[0][kept], given[1][kept]),
        (sold[0][counts], sold[1][counts], week.to_numpy(dtype=np.int64)[counts]),
        region_of_store,
        len(items.frame),
    )
    last_day = first_day + pd.Timedelta(days=7 * weeks - 1)
    late = (items.frame["available_from"] > first_day) | (items.frame["available_to"] < last_day)
    sold_there = [[not s or r in s for s in map(items.sold_in.get, items.frame.index)]
                  for r in regions]  # fmt: skip
    buyable = np.array(sold_there, dtype=bool) & ~late.to_numpy()[None, :]
    return set(items.frame.index[derived_core(found.listed, buyable, region_of_store)])
