"""What the promotions already planned for the horizon do to mean demand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import log_price_ratio
from planner.tables.inputs import Inputs

Floats = NDArray[np.float64]


def uplift(
    inputs: Inputs, first_week: pd.Timestamp, weeks: int, elasticity: float
) -> tuple[Floats, int]:
    """Mean over the horizon of (1 - discount)**elasticity, [store, item], and the rows used.

    A row without a store holds for every store, unless the store has a row of its own for that
    item and week. Rows outside the horizon are not used.
    """
    stores, items = len(inputs.stores), len(inputs.items)
    effect = np.ones((stores, items))
    week = ((inputs.promotions["week"] - first_week) // pd.Timedelta(weeks=1)).to_numpy()
    inside = (week >= 0) & (week < weeks)
    planned = inputs.promotions[inside]
    if planned.empty:
        return effect, 0
    store = pd.Index(inputs.stores["store_id"]).get_indexer(planned["store_id"])
    item = pd.Index(inputs.items["item_id"]).get_indexer(planned["item_id"])
    factor = np.exp(elasticity * log_price_ratio(planned["discount"].to_numpy(dtype=np.float64)))
    total = np.zeros((stores, items))
    for offset in np.unique(week[inside]):
        now = week[inside] == offset
        weekly = np.ones((stores, items))
        everywhere = now & (planned["store_id"].to_numpy() == "")
        weekly[:, item[everywhere]] = factor[everywhere]
        own = now & ~everywhere
        weekly[store[own], item[own]] = factor[own]
        total += weekly - 1.0
    return effect + total / weeks, int(inside.sum())
