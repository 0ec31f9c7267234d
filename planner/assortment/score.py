"""Exact figures of a store's plan: what a range, its facings and its stock earn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.stock import best_stock, prices_with, spend_week


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
    """Money after purchase cost, waste, listing and facing cost, whatever the objective."""
    worth_week: Floats
    """What the item adds to the objective; the margin unless another objective was asked for."""
    spend_week: Floats

    @property
    def objective_week(self) -> float:
        """Objective of the whole store."""
        return float(self.worth_week.sum())


def total_objective(plans: Mapping[str, Score]) -> float:
    """Objective per week of several stores: the sum of their plans."""
    return sum(plan.objective_week for plan in plans.values())


def worth_week(
    problem: StoreProblem,
    items: Integers,
    facings: Integers,
    demand_week: Floats,
    stock: Floats,
    budget_price: float = 0.0,
    floor_price: float = 0.0,
) -> Floats:
    """What ``items`` (indices) add to the objective, by the exact formula.

    ``facings``, ``demand_week`` (units per week) and ``stock`` (units per cycle) are
    [..., item]; an item without facings costs nothing. With a ``budget_price`` each unit of
    money spent against the budget costs that much more, with a ``floor_price`` each unit of
    sales money is worth that much more.
    """
    cycles = problem.deliveries_week
    sold = expected_sales(demand_week / cycles, stock, problem.demand_cv[items])
    received = sold + problem.waste_share[items] * (stock - sold)
    price, cost = prices_with(problem, budget_price, floor_price)
    worth: Floats = (
        cycles * (price[items] * sold - cost[items] * received)
        - problem.listing_cost_week[items] * (facings > 0)
        - problem.facing_cost_week[items] * facings
    )
    return worth


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
        sales_week=problem.sales_price * sold,
        margin_week=worth_week(problem.in_money(), every, facings, demand, stock),
        worth_week=worth_week(problem, every, facings, demand, stock),
        spend_week=spend_week(problem, stock, sold_cycle),
    )


def best_score(
    problem: StoreProblem, facings: Integers, budget_week: float | None = None
) -> Score | None:
    """Score of a range with given facings under its best stock; None where it overspends or
    cannot reach the sales floor.

    ``budget_week``: the store's own budget unless given (``inf`` to leave it out).
    """
    budget = problem.budget_week if budget_week is None else budget_week
    mean = demand_units_week(problem, facings > 0) / problem.deliveries_week
    stock = best_stock(problem, facings, mean, budget)
    return None if stock is None else score(problem, facings, stock)


def fewest_facings(problem: StoreProblem, listed: Flags) -> Integers:
    """The fewest facings of each listed item that carry its smallest order and its supply."""
    smallest = problem.min_stock_units
    if problem.min_supply_cycles.any():
        mean = demand_units_week(problem, listed) / problem.deliveries_week
        smallest = np.maximum(smallest, problem.min_supply_cycles * mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        for_order = np.ceil(smallest / problem.stock_capacity_per_facing - 1e-9)
    fewest = np.maximum(problem.min_facings, np.nan_to_num(for_order, nan=0.0))
    counts: Integers = np.where(listed, fewest, 0).astype(np.int64)
    return counts
