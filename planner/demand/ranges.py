"""The current range of every store: what its demand is measured against."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.tables.inputs import Assumption, Inputs
from planner.tables.range_today import RECENT_WEEKS, range_today

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def current_range(
    inputs: Inputs, history: History, region_of_store: Ints
) -> tuple[Flags, tuple[Assumption, ...]]:
    """Listed today, [store, item], with the assumptions made (``tables.range_today``)."""
    given = inputs.current_range
    sold = history.units > 0
    found_range = range_today(
        (
            pd.Index(inputs.stores["store_id"]).get_indexer(given["store_id"]),
            pd.Index(inputs.items["item_id"]).get_indexer(given["item_id"]),
        ),
        (history.pair_store[history.pair][sold], history.item[sold], history.week[sold]),
        region_of_store,
        history.items,
    )
    from_sales, unknown = found_range.from_sales, found_range.unknown
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
    return found_range.listed, tuple(found)
