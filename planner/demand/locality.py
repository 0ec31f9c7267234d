"""What is known of a pair before it sells: signals, segments and the range around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.demand.crowding import Crowding, crowding, log_fullness, no_crowding
from planner.demand.factors import Grouping
from planner.demand.local_effects import LocalEffects, local_effects, no_effects
from planner.tables.range_today import RECENT_WEEKS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Which signals move anything is decided when levels are near, and once more with better ones.
SIGNAL_TURNS = (1, 3)
# Sold over expected minus one, as a step of the log: a single wild pair must not run away.
LARGEST_STEP = 2.0


@dataclass(frozen=True)
class Locality:
    """Both effects, of every store and item."""

    local: LocalEffects
    crowding: Crowding

    @property
    def log_effect(self) -> Floats:
        """[store, item] log effect of signals, segments and crowding."""
        return self.local.log_effect + self.crowding.log_effect

    def follow(
        self,
        history: History,
        grouping: Grouping,
        sold: Floats,
        expected: Floats,
        static: Floats,
        store_factor: Floats,
        pair_prior: float,
        log_popular: Floats,
        turn: int,
    ) -> Locality:
        """One turn of fitting, by a working response around the present fit.

        sold, expected: [pair] weighted units, and expected ones without any local factor; static:
        [pair] product of all present local factors, store_factor: [store] that of its size alone;
        log_popular: [store, item] log rate of the item in the region.
        """
        listed = recent_range(history)
        store, item = history.pair_store, history.pair_item
        y, weight = np.zeros(listed.shape), np.zeros(listed.shape)
        mu = np.maximum(expected * static, 1e-9)
        step = np.minimum(sold / mu - 1.0, LARGEST_STEP)
        y[store, item] = step + np.log(static / store_factor[store])
        weight[store, item] = np.where(expected > 0, mu / (1.0 + mu / pair_prior), 0.0)
        choose = turn in SIGNAL_TURNS
        rest = y - self.crowding.log_effect
        local = local_effects(rest, weight, grouping, self.local, choose=choose)
        if turn == 0:
            return Locality(local, self.crowding)
        crowded = crowding(
            y - local.log_effect,
            weight,
            np.exp(log_popular + local.log_effect),
            listed,
            grouping.group_of_item,
            grouping.region_of_store,
        )
        return Locality(local, crowded)

    def with_range(self, log_popular: Floats, listed: Flags, grouping: Grouping) -> Locality:
        """The same with crowding measured against this range, [store, item]."""
        if not self.crowding.slope:
            return self
        attraction = np.exp(log_popular + self.local.log_effect)
        full = log_fullness(attraction, listed, grouping.group_of_item)
        return Locality(self.local, replace(self.crowding, log_effect=-self.crowding.slope * full))


def nothing_known(stores: int, items: int) -> Locality:
    """Where fitting starts."""
    return Locality(no_effects(stores, items), no_crowding(stores, items))


def recent_range(history: History) -> Flags:
    """[store, item] on sale in the last weeks: the range that crowding is learned from."""
    listed = np.zeros((history.stores, history.items), dtype=np.bool_)
    pair = history.pair[history.week >= history.weeks - RECENT_WEEKS]
    listed[history.pair_store[pair], history.pair_item[pair]] = True
    return listed
