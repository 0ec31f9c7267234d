"""Simple rules that anybody could apply to the same history: what the planner must beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.backtest.holdout import pair_sums
from planner.demand.backtest.result import ITEM_MEAN, LAST_WEEK, OWN_AVERAGE
from planner.demand.clean import History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HALF_A_UNIT = 0.5
"""What a rule takes for "nothing sold": a forecast of zero has no logarithm."""


def simple_rules(
    history: History, region_of_store: Ints, origin: int, hidden: Flags
) -> dict[str, Floats]:
    """Forecast of every rule in units a week, [store, item]; NaN where it cannot answer.

    history: the whole one; only rows before week ``origin`` of pairs not in ``hidden`` are used.
    """
    shown = ~hidden[history.pair_store, history.pair_item][history.pair]
    past = shown & (history.week < origin)
    units, exposure = pair_sums(history, past)
    return {
        OWN_AVERAGE: _rate(units, exposure),
        LAST_WEEK: _rate(*pair_sums(history, past & (history.week == origin - 1))),
        ITEM_MEAN: _item_mean_by_store_index(units, exposure, region_of_store),
    }


def region_means(units: Floats, exposure: Floats, region_of_store: Ints) -> Floats:
    """Mean rate of each item in the store's region, [store, item].

    Where the region never had it: the chain's mean times what the region sells against it. NaN
    where nobody had it.
    """
    regions = int(region_of_store.max()) + 1
    sold, weeks = np.zeros((regions, units.shape[1])), np.zeros((regions, units.shape[1]))
    np.add.at(sold, region_of_store, units)
    np.add.at(weeks, region_of_store, exposure)
    chain = _rate(units.sum(axis=0), exposure.sum(axis=0))
    size = _ratio(sold.sum(axis=1), (weeks * np.nan_to_num(chain)).sum(axis=1))
    mean = _rate(sold, weeks)
    return np.where(np.isnan(mean), chain * size[:, None], mean)[region_of_store]


def _item_mean_by_store_index(units: Floats, exposure: Floats, region_of_store: Ints) -> Floats:
    """Item's mean rate in the region times the store's size against it (1 where unknown)."""
    mean = region_means(units, exposure, region_of_store)
    size = _ratio(units.sum(axis=1), (exposure * np.nan_to_num(mean)).sum(axis=1))
    return mean * size[:, None]


def _rate(units: Floats, exposure: Floats) -> Floats:
    rate = np.maximum(units, HALF_A_UNIT) / np.where(exposure > 0, exposure, 1.0)
    return np.where(exposure > 0, rate, np.nan)


def _ratio(sold: Floats, expected: Floats) -> Floats:
    known = (sold > 0) & (expected > 0)
    return np.where(known, sold / np.where(known, expected, 1.0), 1.0)
