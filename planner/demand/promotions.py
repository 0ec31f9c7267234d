"""What the promotions already planned for the horizon do to demand and to the price paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import log_price_ratio
from planner.demand.discounts import Discounts
from planner.tables.inputs import Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class HorizonPromotions:
    """Promotions already planned for the horizon.

    ``uplift`` [store, item]: mean over the weeks of their effect on demand.
    ``paid_price_share`` [store, item]: what a unit brings on average as a share of its price,
    weeks weighted by their demand.
    """

    uplift: Floats
    paid_price_share: Floats
    rows: int
    deeper: int
    """Rows with a discount deeper than any seen: their effect is that of the deepest seen."""
    outside: int
    """Rows before or after the horizon: not used."""


def horizon_promotions(
    inputs: Inputs,
    first_week: pd.Timestamp,
    weeks: int,
    discounts: Discounts,
    region_of_store: Ints,
    sold: Flags,
) -> HorizonPromotions:
    """Effect of the planned promotions on demand and on the price paid.

    A row without a store holds for every store, unless the store has a row of its own for that
    item and week. Rows outside the horizon are not used. sold: [store, item] with history: their
    mean discount is that of the region, which items respond to each in their own way.
    """
    shape = (len(inputs.stores), len(inputs.items))
    week = ((inputs.promotions["week"] - first_week) // pd.Timedelta(weeks=1)).to_numpy()
    inside = (week >= 0) & (week < weeks)
    planned = inputs.promotions[inside]
    store = pd.Index(inputs.stores["store_id"]).get_indexer(planned["store_id"])
    item = pd.Index(inputs.items["item_id"]).get_indexer(planned["item_id"])
    discount = planned["discount"].to_numpy(dtype=np.float64)
    offset, everywhere = week[inside], planned["store_id"].to_numpy() == ""
    demand, paid = np.full(shape, float(weeks)), np.full(shape, float(weeks))
    items = np.arange(shape[1])
    for number in np.unique(offset):
        weekly = np.zeros(shape)
        chain = (offset == number) & everywhere
        weekly[:, item[chain]] = discount[chain]
        own = (offset == number) & ~everywhere
        weekly[store[own], item[own]] = discount[own]
        log_price = np.maximum(log_price_ratio(weekly), discounts.deepest_log_price)
        regional = _region_mean(log_price, region_of_store, sold)
        crowding = discounts.crowding(regional.ravel()[:, None], discounts.lasting_share)
        effect = np.exp(discounts.ahead(items, log_price, regional, crowding.reshape(shape)))
        demand += effect - 1.0
        paid += effect * (1.0 - weekly) - 1.0
    deeper = log_price_ratio(discount) < discounts.deepest_log_price - 1e-9
    return HorizonPromotions(
        demand / weeks, paid / demand, int(inside.sum()), int(deeper.sum()), int((~inside).sum())
    )


def _region_mean(log_price: Floats, region_of_store: Ints, sold: Flags) -> Floats:
    """[store, item] mean over the region's stores that sell the item, else over all of them."""
    mean = np.empty_like(log_price)
    for region in np.unique(region_of_store):
        here = region_of_store == region
        weight = np.where(sold[here].any(axis=0), sold[here], 1.0)
        mean[here] = (weight * log_price[here]).sum(axis=0) / weight.sum(axis=0)
    return mean
