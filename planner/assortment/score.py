"""Exact figures of a store's plan: what a range, its facings and its stock earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.stock import best_stock, spend_week


@dataclass(frozen=True)
class Score:
    """Figures per item and week, by the exact formulas; zero where an item is not listed."""

    listed: Flags
    facings: Integers
    stock_units_cycle: Floats
    demand_units_week: Floats
    sold_units_week: Floats
    waste_units_week: Floats
    sales_week: Floats
    margin_week: Floats
    """After purchase cost, waste, listing and facing cost."""
    spend_week: Floats

    @property
    def objective_week(self) -> float:
        """Margin after waste and handling of the whole store."""
        return float(self.margin_week.sum())


def margin_week(
    problem: StoreProblem,
    items: Integers,
    facings: Integers,
    demand_week: Floats,
    stock: Floats,
    budget_price: float = 0.0,
) -> Floats:
    """Margin after waste and handling of ``items`` (indices), by the exact formula.

    ``facings``, ``demand_week`` (units per week) and ``stock`` (units per cycle) are
    [..., item]; an item without facings costs nothing. With a ``budget_price`` each unit of
    money spent against the budget costs that much more.
    """
    cycles = problem.deliveries_week
    sold = expected_sales(demand_week / cycles, stock, problem.demand_cv[items])
    received = sold + problem.waste_share[items] * (stock - sold)
    cost = problem.unit_cost[items] + budget_price * problem.spend_cost[items]
    margin: Floats = (
        cycles * (problem.price[items] * sold - cost * received)
        - problem.listing_cost_week[items] * (facings > 0)
        - problem.facing_cost_week[items] * facings
    )
    return margin


def score(problem: StoreProblem, facings: Integers, stock: Floats) -> Score:
    """Score a plan; an item is listed where it has facings.

    ``stock``: units per delivery cycle. Formulas: docs/model.md, "Store program".
    """
    listed = facings > 0
    cycles = problem.deliveries_week
    demand = demand_units_week(problem, listed)
    sold_cycle = expected_sales(demand / cycles, stock, problem.demand_cv)
    waste_cycle = problem.waste_share * (stock - sold_cycle)
    sold, waste = cycles * sold_cycle, cycles * waste_cycle
    every = np.arange(len(listed))
    return Score(
        listed=listed,
        facings=facings,
        stock_units_cycle=stock,
        demand_units_week=demand,
        sold_units_week=sold,
        waste_units_week=waste,
        sales_week=problem.price * sold,
        margin_week=margin_week(problem, every, facings, demand, stock),
        spend_week=spend_week(problem, stock, sold_cycle),
    )


def best_score(
    problem: StoreProblem, facings: Integers, budget_week: float | None = None
) -> Score | None:
    """Score of a range with given facings under its best stock; None where it overspends.

    ``budget_week``: the store's own budget unless given (``inf`` to leave it out).
    """
    budget = problem.budget_week if budget_week is None else budget_week
    mean = demand_units_week(problem, facings > 0) / problem.deliveries_week
    stock = best_stock(problem, facings, mean, budget)
    return None if stock is None else score(problem, facings, stock)


def fewest_facings(problem: StoreProblem, listed: Flags) -> Integers:
    """The fewest facings of each listed item that carry its smallest order."""
    with np.errstate(divide="ignore", invalid="ignore"):
        for_order = np.ceil(problem.min_stock_units / problem.stock_capacity_per_facing - 1e-9)
    fewest = np.maximum(problem.min_facings, np.nan_to_num(for_order, nan=0.0))
    counts: Integers = np.where(listed, fewest, 0).astype(np.int64)
    return counts
