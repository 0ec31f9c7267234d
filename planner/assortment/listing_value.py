"""What listing one item is worth to a store, at given prices of its shelf and its places.

Used where many items of many stores are compared: a need group is valued with and without the
item, every facing and every unit of stock at its best, all other need groups as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.newsvendor import best_ratio
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import fewest_facings, worth_week


@dataclass(frozen=True)
class ListingJob:
    """The listings of one store to be valued: what ``listing_values`` takes."""

    problem: StoreProblem
    listed: Flags
    items: Integers
    shadow_prices: Mapping[str, float]


def value_listings(job: ListingJob) -> Floats:
    """``listing_values`` of a store, for a worker."""
    return listing_values(job.problem, job.listed, job.items, job.shadow_prices)


def listing_values(
    problem: StoreProblem, listed: Flags, items: Integers, shadow_prices: Mapping[str, float]
) -> Floats:
    """Objective per week of listing each of ``items`` (indices), less the worth of its place.

    ``listed`` [item]: the range it joins (or is part of); ``shadow_prices``: of the store's
    limits, by name. An estimate: facings are the fewest that hold the best stock.
    """
    rows = np.tile(listed, (2 * len(items), 1))
    number = np.arange(len(items))
    rows[number, items] = True
    rows[number + len(items), items] = False
    values = np.zeros(2 * len(items))
    for group in np.unique(problem.group_of_item[items]):
        concerned = np.flatnonzero(problem.group_of_item[items] == group)
        both = np.concatenate([concerned, concerned + len(items)])
        values[both] = _group_value(problem, rows[both], int(group), shadow_prices)
    places = shadow_prices.get("max_local_items", 0.0) * ~problem.core[items]
    worth: Floats = values[: len(items)] - values[len(items) :] - places
    return worth


def _group_value(
    problem: StoreProblem, listed: Flags, group: int, shadow_prices: Mapping[str, float]
) -> Floats:
    """Objective per row of ``listed`` [row, item] of one need group, shelf paid for."""
    members = np.flatnonzero((problem.group_of_item == group) & listed.any(axis=0))
    if not len(members):
        return np.zeros(len(listed))
    chosen = listed[:, members]
    demand = demand_units_week(problem, listed)[:, members]
    budget = shadow_prices.get("budget_week", 0.0)
    cost = problem.unit_cost[members] + budget * problem.spend_cost[members]
    ratio = best_ratio(
        problem.price[members], cost, problem.waste_share[members], problem.demand_cv[members]
    )
    wanted = demand / problem.deliveries_week * ratio
    holds = problem.stock_capacity_per_facing[members]
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.nan_to_num(np.ceil(wanted / holds - 1e-9), nan=0.0, posinf=0.0)
    fewest = fewest_facings(problem, np.ones_like(problem.core))[members]
    facings = np.clip(needed, fewest, np.maximum(problem.max_facings[members], fewest))
    least = np.maximum(
        problem.min_units_per_facing[members] * facings, problem.min_stock_units[members]
    )
    stock = np.clip(wanted, least, np.maximum(holds * facings, least))
    facings = np.where(chosen, facings, 0).astype(np.int64)
    shelf = np.array([shadow_prices.get(f"shelf_cm:{problem.fixture_type[i]}", 0.0)
                      for i in members]) * problem.facing_width_cm[members]  # fmt: skip
    worth = worth_week(problem, members, facings, demand, stock * chosen, budget)
    total: Floats = (worth - shelf * facings).sum(axis=1)
    return total
