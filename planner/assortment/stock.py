"""The best stock of a given range with given facings: exact, in closed form up to one price.

With ``S = r c ((1 - s) u + s q)`` the money an item spends, expected sales are concave in S, so
one price on the budget finds the optimum: an item is stocked up to the chance of running out

    phi'(q / mu) = c' s / (p - c' (1 - s)),   c' = unit cost + price of budget x spend cost.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from planner.assortment.newsvendor import best_ratio, expected_sales
from planner.assortment.problem import Floats, Integers, StoreProblem

TOLERANCE = 1e-7
"""Relative excess of a limit that counts as numerical dust."""


def spend_week(problem: StoreProblem, stock: Floats, sold_cycle: Floats) -> Floats:
    """Money per week that each item's purchases take from the budget: sold and wasted units."""
    spend: Floats = (
        problem.deliveries_week
        * problem.spend_cost
        * (sold_cycle + problem.waste_share * (stock - sold_cycle))
    )
    return spend


def stock_bounds(problem: StoreProblem, facings: Integers) -> tuple[Floats, Floats]:
    """Least and most stock per cycle of each item for its facings; zero where there are none."""
    listed = facings > 0
    least = np.maximum(
        problem.min_units_per_facing * facings, np.where(listed, problem.min_stock_units, 0.0)
    )
    with np.errstate(invalid="ignore"):
        most = np.where(listed, problem.stock_capacity_per_facing * facings, 0.0)
    return least, np.maximum(most, least)


def unlimited_stock(problem: StoreProblem, mean: Floats, budget_price: float) -> Floats:
    """Stock per cycle of each item before its bounds, at a price per unit of budget."""
    cost = problem.unit_cost + budget_price * problem.spend_cost
    ratio = best_ratio(problem.price, cost, problem.waste_share, problem.demand_cv)
    stock: Floats = mean * ratio
    return stock


def best_stock(
    problem: StoreProblem, facings: Integers, mean: Floats, budget_week: float
) -> Floats | None:
    """Stock per cycle with the largest margin inside the facings' bounds and the budget.

    ``mean``: demand per cycle of each item. None where even the least stock overspends.
    """
    least, most = stock_bounds(problem, facings)

    def at(price: float) -> Floats:
        return np.clip(unlimited_stock(problem, mean, price), least, most)

    def spend(stock: Floats) -> float:
        sold = expected_sales(mean, stock, problem.demand_cv)
        return float(spend_week(problem, stock, sold).sum())

    stock = at(0.0)
    if not np.isfinite(budget_week) or spend(stock) <= budget_week:
        return stock
    if spend(least) > budget_week + TOLERANCE * max(1.0, budget_week):
        return None
    if spend(least) >= budget_week:
        return np.where(problem.spend_cost > 0, least, stock)
    low, high = 0.0, 1.0
    while spend(at(high)) > budget_week and high < 1e9:
        low, high = high, high * 4.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if spend(at(middle)) > budget_week:
            low = middle
        else:
            high = middle
    # Items whose stock jumps at the final price (certain demand) are filled one after another.
    stock, upper = at(high), at(low)
    for item in np.flatnonzero(upper > stock + 1e-12):
        lower_value, upper_value = stock[item], upper[item]

        def excess(value: float, item: int = int(item)) -> float:
            trial = stock.copy()
            trial[item] = value
            return spend(trial) - budget_week

        if excess(upper_value) <= 0:
            stock[item] = upper_value
        elif excess(lower_value) < 0:
            stock[item] = float(brentq(excess, lower_value, upper_value, xtol=1e-12))
            while excess(float(stock[item])) > 0 and stock[item] > lower_value:
                stock[item] = max(lower_value, stock[item] - 1e-9 * max(1.0, stock[item]))
            break
    return stock
