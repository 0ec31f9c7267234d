"""The current range of every store: what its demand is measured against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.tables.inputs import Assumption, Inputs

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

RECENT_WEEKS = 4
# A store of which nothing is known starts with what at least this share of its region lists.
COMMON_SHARE = 0.5


def current_range(
    inputs: Inputs, history: History, region_of_store: Ints
) -> tuple[Flags, tuple[Assumption, ...]]:
    """Listed today, [store, item], with the assumptions made.

    A store's rows of ``current_range`` if it has any, else the items sold in its last 4 weeks
    with sales, else the items that at least half of its region's stores list.
    """
    listed: Flags = np.zeros((history.stores, history.items), dtype=np.bool_)
    given = inputs.current_range
    store = inputs.stores["store_id"].to_numpy()
    row = {name: index for index, name in enumerate(store)}
    column = {name: index for index, name in enumerate(inputs.items["item_id"].to_numpy())}
    for store_id, item_id in zip(given["store_id"], given["item_id"], strict=True):
        listed[row[store_id], column[item_id]] = True
    told = np.asarray(listed.any(axis=1))

    sold = history.units > 0
    row_store = history.pair_store[history.pair]
    last = np.full(history.stores, -1, dtype=np.int64)
    np.maximum.at(last, row_store[sold], history.week[sold])
    recent = sold & (history.week > last[row_store] - RECENT_WEEKS) & ~told[row_store]
    listed[row_store[recent], history.pair_item[history.pair[recent]]] = True
    from_sales = ~told & listed.any(axis=1)

    unknown = ~(told | from_sales)
    known = ~unknown
    for region in np.unique(region_of_store[unknown]):
        peers = known & (region_of_store == region)
        if not peers.any():
            peers = known
        if peers.any():
            common = listed[peers].mean(axis=0) >= COMMON_SHARE
            listed[unknown & (region_of_store == region)] = common

    found = []
    if from_sales.any():
        text = f"Current range of a store taken as the items sold in its last {RECENT_WEEKS} weeks"
        found.append(Assumption("demand", "current_range", text, int(from_sales.sum())))
    if unknown.any():
        text = (
            "Store without sales or range: measured against the items that at least half of its "
            "region's stores list"
        )
        found.append(Assumption("demand", "current_range", text, int(unknown.sum())))
    return listed, tuple(found)
