"""The result of the demand stage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.local_drivers import LocalDrivers
from planner.tables.inputs import Assumption

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ChoiceModel:
    """The general attraction model of every store: arrays [segment, store, item] and
    [segment, store, need group]."""

    attraction: Array
    shadow_attraction: Array
    no_purchase_attraction: Array
    potential_units_week: Array

    def of_store(self, store: int) -> ChoiceModel:
        """The model of one store, by its number: the same arrays without their store axis."""
        return ChoiceModel(
            self.attraction[:, store],
            self.shadow_attraction[:, store],
            self.no_purchase_attraction[:, store],
            self.potential_units_week[:, store],
        )


@dataclass(frozen=True)
class Demand:
    """Weekly demand of every store-item pair and the choice model behind it.

    Arrays are in the order of the id tuples. Money is not known here; everything is in units
    per week.
    """

    store_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    need_groups: tuple[str, ...]
    segments: tuple[str, ...]
    group_of_item: NDArray[np.int64]
    """Index into ``need_groups`` of each item."""
    pairs: pd.DataFrame
    """tables/demand.parquet of the design's section 9: every store x item, in that order:
    store_id, item_id, demand_units_week, se_units_week, low_units_week, high_units_week, source."""
    choice: ChoiceModel
    choice_draws: tuple[ChoiceModel, ...]
    """Choice models that give back the same demand (of untried items: the same attraction) under
    other recaptures, all as likely: what
    is not known about substitution is spread over these."""
    paid_price_share: Array
    """[store, item]: what a unit brings on average over the horizon as a share of its price,
    planned promotions taken off."""
    in_range: NDArray[np.bool_]
    """[store, item]: the current range that ``pairs`` refers to."""
    demand_cv: Array
    """[store, item]: standard deviation over mean of the demand of one delivery cycle."""
    demand_cv_source: tuple[str, ...]
    """[item]: given (items.demand_cv), estimated or assumed."""
    recapture: pd.DataFrame
    """need_group, recapture_share, low_share and high_share (80 % interval), theta (shadow
    attraction over attraction at full price), source (assumption, estimated), items,
    missing_store_weeks (in which an item was missing while another one sold)."""
    weeks: int
    """Length of the horizon."""
    first_week: pd.Timestamp
    """First day of the horizon."""
    assumptions: tuple[Assumption, ...]
    signal_effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    """item_id, signal, effect (log demand per standard deviation of the signal), low and high
    (80 % interval), moves (yes, no)."""
    drivers: LocalDrivers | None = None
    """What raises each pair's demand above that of other stores."""

    def of_pairs(self, column: str) -> Array:
        """A number column of ``pairs`` as [store, item]."""
        shape = (len(self.store_ids), len(self.item_ids))
        return self.pairs[column].to_numpy(dtype=np.float64).reshape(shape)
