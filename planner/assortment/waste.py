"""From the share of receipts that a store loses to the share of leftovers that spoil.

``store_loss_share`` L is a share of what is received, the program's waste share s a share of
what is left at the end of a delivery cycle: ``L = s (q - u) / (u + s (q - u))``. s is set so
that the current range, stocked at its best, loses L over all its stores; it is at least
``1 - exp(-cycle days / shelf life)``. Loss beyond what leftovers can explain (s would pass 1)
happens on the way to the shelf and raises the unit cost by ``1 / (1 - share)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.newsvendor import best_ratio, expected_sales
from planner.assortment.problem import Flags, Floats
from planner.tables.inputs import Inputs

GRID = np.linspace(0.0, 1.0, 41)


@dataclass(frozen=True)
class Waste:
    """``waste_share`` [store, item] of leftovers; ``cost_factor`` [item] on the unit cost."""

    waste_share: Floats
    cost_factor: Floats


def calibrate_waste(
    inputs: Inputs,
    demand_week: Floats,
    demand_cv: Floats,
    in_range: Flags,
    unit_cost: Floats,
    price: Floats,
) -> Waste:
    """Waste shares of every store and item.

    ``demand_week``, ``demand_cv`` of a cycle, ``in_range``: [store, item] at the current range;
    ``unit_cost``, ``price``: [item], money per unit.
    """
    items, stores = inputs.items, inputs.stores
    lost = items["store_loss_share"].to_numpy(dtype=np.float64)
    life = items["shelf_life_days"].to_numpy(dtype=np.float64)
    cycle_days = 7.0 / stores["deliveries_week"].to_numpy(dtype=np.float64)
    decay = np.divide(cycle_days[:, None], life[None, :], out=np.zeros((len(stores), len(items))),
                      where=np.isfinite(life)[None, :])  # fmt: skip
    floor = 1.0 - np.exp(-decay)
    share = np.array(floor)
    factor = np.ones(len(items))
    for item in np.flatnonzero((lost > 0) & in_range.any(axis=0)):
        where = in_range[:, item]
        mean = demand_week[where, item] * cycle_days[where] / 7.0
        curve = _loss_curve(
            inputs, int(item), mean, demand_cv[where, item], floor[where, item], unit_cost[item],
            price[item],
        )  # fmt: skip
        reached = np.flatnonzero(curve >= lost[item])
        if len(reached):
            k = int(reached[0])
            level = GRID[k]
            if k > 0 and curve[k] > curve[k - 1]:
                part = (lost[item] - curve[k - 1]) / (curve[k] - curve[k - 1])
                level = GRID[k - 1] + part * (GRID[k] - GRID[k - 1])
        else:
            k = int(np.argmax(curve))
            level = GRID[k]
            factor[item] = (1.0 - curve[k]) / (1.0 - lost[item])
        share[:, item] = np.maximum(floor[:, item], level)
    unseen = np.flatnonzero((lost > 0) & ~in_range.any(axis=0))
    share[:, unseen] = np.maximum(floor[:, unseen], lost[unseen])
    return Waste(share, factor)


def _loss_curve(
    inputs: Inputs,
    item: int,
    mean: Floats,
    cv: Floats,
    floor: Floats,
    cost: float,
    price: float,
) -> Floats:
    """Share of receipts lost over the stores of the range, for each waste share of GRID."""
    row = inputs.items.iloc[item]
    share = np.maximum(floor[None, :], GRID[:, None])
    ratio = best_ratio(price, cost, share, cv) if cost > 0 else np.ones_like(share)
    look = float(row["min_units_per_facing"]) * float(row["min_facings"])
    least = max(look, float(row["case_units"]))
    room = float(row["units_per_facing"]) * float(row["shelf_fills_per_cycle"])
    most = np.nan_to_num(room * float(row["max_facings"]), nan=np.inf)
    stock = np.maximum(np.minimum(ratio * mean[None, :], most), least)
    sold = expected_sales(np.broadcast_to(mean, stock.shape), stock, cv)
    wasted = (share * (stock - sold)).sum(axis=1)
    received = sold.sum(axis=1) + wasted
    curve: Floats = np.divide(wasted, received, out=np.zeros_like(wasted), where=received > 0)
    return curve
