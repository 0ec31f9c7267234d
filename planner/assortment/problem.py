"""One store program with its parameters given."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


BY_NEED_GROUP = ("potential_units_week", "no_purchase_attraction")
"""Arrays of a store problem that are by need group, not by item."""


@dataclass(frozen=True)
class RangeLimit:
    """``lower <= sum_i coefficients_i x_i <= upper`` over the listed items of a store.

    Counts per need group or category have coefficients 0 and 1; a minimum share s of a group in
    the listed items is ``sum_i (1[i in group] - s) x_i >= 0``.
    """

    name: str
    unit: str
    coefficients: Floats
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True)
class StoreProblem:
    """Parameters of the store program (docs/model.md), in arrays.

    Arrays over items have length I, over need groups N; ``attraction`` and
    ``shadow_attraction`` are [segment, item], ``potential_units_week`` and
    ``no_purchase_attraction`` are [segment, need group]. "No limit" is ``inf``.
    """

    store_id: str
    deliveries_week: float
    segments: tuple[str, ...]
    need_groups: tuple[str, ...]
    item_ids: tuple[str, ...]
    group_of_item: Integers
    potential_units_week: Floats
    no_purchase_attraction: Floats
    attraction: Floats
    shadow_attraction: Floats
    price: Floats
    """What a unit sold adds to the objective; money where that is the margin. In the same way
    ``unit_cost``, ``listing_cost_week`` and ``facing_cost_week`` are those of the objective."""
    unit_cost: Floats
    spend_cost: Floats
    """Money per unit bought; counts against the budget whatever the objective."""
    sales_price: Floats
    """Money per unit sold; counts towards the sales floor whatever the objective."""
    waste_share: Floats
    """Share of the stock left at the end of a delivery cycle that is lost."""
    demand_cv: Floats
    fixture_type: tuple[str, ...]
    facing_width_cm: Floats
    units_per_facing: Floats
    shelf_fills_per_cycle: Floats
    min_units_per_facing: Floats
    min_stock_units: Floats
    min_supply_cycles: Floats
    """Least stock in delivery cycles of mean demand: ``q >= k m``; 0 for no such limit, 1 for
    days of supply that reach to the next delivery."""
    min_facings: Integers
    max_facings: Integers
    listing_cost_week: Floats
    facing_cost_week: Floats
    listing_money_week: Floats
    """Money per week for listing an item, whatever the objective."""
    facing_money_week: Floats
    core: Flags
    locked_in: Flags
    locked_out: Flags
    shelf_cm: Mapping[str, float]
    budget_week: float
    max_local_items: float
    min_sales_week: float
    """Least expected sales (money per week) of the store; ``-inf`` for no such limit."""
    range_limits: tuple[RangeLimit, ...]

    @cached_property
    def must_list(self) -> Flags:
        """Items that every plan of this store lists: core and locked in."""
        return self.core | self.locked_in

    def only(self, items: Integers) -> StoreProblem:
        """The same store with some of its items (indices) and nothing else in its need groups."""
        count = len(self.item_ids)
        part: dict[str, object] = {}
        for name in (entry.name for entry in dataclasses.fields(self)):
            value = getattr(self, name)
            if name in BY_NEED_GROUP:
                continue
            if isinstance(value, np.ndarray) and value.shape[-1:] == (count,):
                part[name] = value[..., items]
        part["item_ids"] = tuple(self.item_ids[i] for i in items)
        part["fixture_type"] = tuple(self.fixture_type[i] for i in items)
        part["range_limits"] = tuple(
            dataclasses.replace(limit, coefficients=limit.coefficients[items])
            for limit in self.range_limits
        )
        return dataclasses.replace(self, **part)  # type: ignore[arg-type]

    def in_money(self) -> StoreProblem:
        """The same store with the margin as its objective."""
        return dataclasses.replace(
            self,
            price=self.sales_price,
            unit_cost=self.spend_cost,
            listing_cost_week=self.listing_money_week,
            facing_cost_week=self.facing_money_week,
        )

    def is_in_money(self) -> bool:
        """Whether the objective is the margin."""
        return bool(
            np.array_equal(self.price, self.sales_price)
            and np.array_equal(self.unit_cost, self.spend_cost)
        )

    @property
    def stock_capacity_per_facing(self) -> Floats:
        """Most stock per cycle that one facing carries: units per facing times refills."""
        some = (self.units_per_facing > 0) & (self.shelf_fills_per_cycle > 0)
        return np.where(some, self.units_per_facing, 0.0) * self.shelf_fills_per_cycle

    def shelf_members(self, fixture_type: str) -> Integers:
        """Indices of the items that stand on a fixture type."""
        return np.array(
            [i for i, kind in enumerate(self.fixture_type) if kind == fixture_type], dtype=np.int64
        )
