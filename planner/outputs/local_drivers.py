"""What local means in each store: the cause that raises each local item's demand there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from planner.demand.local_drivers import REGION, SEGMENTS
from planner.demand.result import Demand
from planner.outputs.contents import LOCAL_DRIVERS

NOTHING = "nothing"
WORTH_NAMING = 0.01
"""A cause that raises demand by less names nothing."""


def local_drivers_table(
    demand: Demand, assortment: pd.DataFrame, regions: Mapping[str, str]
) -> pd.DataFrame:
    """Contents.local_drivers: a row per store and local item listed there.

    ``assortment``: Contents.assortment; ``regions``: store -> region. Kind is ``nothing`` where
    no cause raises the item above the mean of the stores: it pays here without being wanted more
    than elsewhere.
    """
    drivers = demand.drivers
    rows = assortment[assortment["listed"] & ~assortment["core"]].reset_index(drop=True)
    if drivers is None or rows.empty:
        return pd.DataFrame(columns=list(LOCAL_DRIVERS)).astype(_TYPES)
    store = pd.Index(demand.store_ids).get_indexer(pd.Index(rows["store_id"]))
    item = pd.Index(demand.item_ids).get_indexer(pd.Index(rows["item_id"]))
    effect = drivers.effect[:, store, item]
    best = effect.argmax(axis=0)
    change = np.expm1(effect[best, np.arange(len(rows))])
    raised = change >= WORTH_NAMING
    kind = np.where(raised, np.array(drivers.kinds, dtype=object)[best], NOTHING)
    name = np.select(
        [~raised, kind == SEGMENTS, kind == REGION],
        [
            np.full(len(rows), "", dtype=object),
            drivers.segment[store, item],
            rows["store_id"].map(regions).to_numpy(dtype=object),
        ],
        np.array(drivers.names, dtype=object)[best],
    )
    return pd.DataFrame(
        {
            "store_id": rows["store_id"],
            "item_id": rows["item_id"],
            "kind": kind,
            "name": name,
            "change": np.where(raised, change, 0.0),
            "total_change": np.expm1(effect.sum(axis=0)),
        }
    ).astype(_TYPES)


_TYPES = dict.fromkeys(LOCAL_DRIVERS[:4], "str") | dict.fromkeys(LOCAL_DRIVERS[4:], "float64")
