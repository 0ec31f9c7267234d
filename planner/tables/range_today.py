"""What every store lists today, and the core that follows from it where none is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

RECENT_WEEKS = 4
COMMON_SHARE = 0.5
"""A store of which nothing is known starts with what at least this share of its region lists."""
CORE_SHARE = 0.6
"""A derived core item is listed in at least this share of the stores of every region."""


@dataclass(frozen=True)
class RangeToday:
    """Listed today, and how that is known."""

    listed: Flags
    """[store, item]"""
    from_sales: Flags
    """[store]: taken as what was sold last."""
    unknown: Flags
    """[store]: neither a range nor sales; as its region."""


def range_today(
    given: tuple[Ints, Ints], sold: tuple[Ints, Ints, Ints], region_of_store: Ints, items: int
) -> RangeToday:
    """A store's given range if it has any, else the items sold in its last 4 weeks with sales, else
    the items that at least half of its region's stores list.

    ``given``: store and item of each row of the current range; ``sold``: store, item and week of
    each row of the sales with units above 0; ``region_of_store``: a number for each region.
    """
    stores = len(region_of_store)
    listed: Flags = np.zeros((stores, items), dtype=np.bool_)
    listed[given] = True
    told: Flags = np.asarray(listed.any(axis=1))
    store, item, week = sold
    last = np.full(stores, -1, dtype=np.int64)
    np.maximum.at(last, store, week)
    recent = (week > last[store] - RECENT_WEEKS) & ~told[store]
    listed[store[recent], item[recent]] = True
    from_sales: Flags = ~told & listed.any(axis=1)
    unknown: Flags = ~(told | from_sales)
    for region in np.unique(region_of_store[unknown]):
        peers = ~unknown & (region_of_store == region)
        if not peers.any():
            peers = ~unknown
        if peers.any():
            common = listed[peers].mean(axis=0) >= COMMON_SHARE
            listed[unknown & (region_of_store == region)] = common
    return RangeToday(listed, from_sales, unknown)


def derived_core(listed: Flags, buyable: Flags, region_of_store: Ints) -> Flags:
    """[item]: listed in most stores of every region, and bought in every store.

    ``listed``, ``buyable``: [store, item].
    """
    core: Flags = np.asarray(buyable.all(axis=0))
    for region in np.unique(region_of_store):
        often: Flags = listed[region_of_store == region].mean(axis=0) >= CORE_SHARE
        core &= often
    return core
