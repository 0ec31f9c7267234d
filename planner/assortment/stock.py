"""The best stock of a given range with given facings: exact, in closed form up to two prices.

With ``S = r c ((1 - s) u + s q)`` the money an item spends, objective and sales are concave in S.
So a price on the budget and one on the sales floor find the optimum: an item is stocked up to
the chance of running out

    phi'(q / mu) = c' s / (p' - c' (1 - s)),   c' = unit cost + price of budget x spend cost,
                                               p' = price + price of the floor x sales price.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np

from planner.assortment.newsvendor import CERTAIN_CV, best_ratio, expected_sales
from planner.assortment.problem import Floats, Integers, StoreProblem

TOLERANCE = 1e-7
"""Relative excess of a limit that counts as numerical dust."""
SAME_WORTH = 1e-12
"""Relative difference of worth below which two stocks count as equally good."""
STEPS = 200
DEAREST = 1e12


def spend_week(problem: StoreProblem, stock: Floats, sold_cycle: Floats) -> Floats:
    """Money per week that each item's purchases take from the budget: sold and wasted units."""
    spend: Floats = (
        problem.deliveries_week
        * problem.spend_cost
        * (sold_cycle + problem.waste_share * (stock - sold_cycle))
    )
    return spend


def stock_bounds(problem: StoreProblem, facings: Integers, mean: Floats) -> tuple[Floats, Floats]:
    """Least and most stock per cycle of each item for its facings; zero where there are none.

    ``mean``: demand per cycle of each item under the range, of which ``min_supply_cycles`` asks
    a multiple. ``facings`` and ``mean`` are [..., item].
    """
    listed = facings > 0
    order = np.maximum(problem.min_stock_units, problem.min_supply_cycles * mean)
    least = np.maximum(problem.min_units_per_facing * facings, np.where(listed, order, 0.0))
    with np.errstate(invalid="ignore"):
        most = np.where(listed, problem.stock_capacity_per_facing * facings, 0.0)
    return least, np.maximum(most, least)


def prices_with(
    problem: StoreProblem, budget_price: float, floor_price: float
) -> tuple[Floats, Floats]:
    """Price and unit cost of each item with a price on the budget and one on the sales floor.

    Both are objective per unit of money.
    """
    price = problem.price + floor_price * problem.sales_price
    cost = problem.unit_cost + budget_price * problem.spend_cost
    return price, cost


def unlimited_stock(
    problem: StoreProblem, mean: Floats, budget_price: float, floor_price: float = 0.0
) -> Floats:
    """Stock per cycle of each item before its bounds, at the prices of ``prices_with``."""
    price, cost = prices_with(problem, budget_price, floor_price)
    stock: Floats = mean * best_ratio(price, cost, problem.waste_share, problem.demand_cv)
    return stock


def best_stock(
    problem: StoreProblem, facings: Integers, mean: Floats, budget_week: float
) -> Floats | None:
    """Stock per cycle with the largest objective inside the facings' bounds, the budget and the
    sales floor.

    ``mean``: demand per cycle of each item. None where even the least stock overspends, or where
    no stock within the budget sells enough.
    """
    listed = np.flatnonzero(facings > 0)
    found = _best_stock(problem.only(listed), facings[listed], mean[listed], budget_week)
    if found is None:
        return None
    stock = np.zeros(len(facings))
    stock[listed] = found
    return stock


def _best_stock(
    problem: StoreProblem, facings: Integers, mean: Floats, budget_week: float
) -> Floats | None:
    """The best stock where every item has facings."""
    stock = _within_budget(problem, facings, mean, budget_week, 0.0)
    floor = problem.min_sales_week
    if stock is None or not np.isfinite(floor):
        return stock

    def figures(found: Floats) -> tuple[float, float]:
        sold = expected_sales(mean, found, problem.demand_cv)
        sales = float(problem.deliveries_week * (problem.sales_price * sold).sum())
        return _worth(problem, found, sold, 0.0), floor - sales

    def short(found: Floats) -> float:
        return figures(found)[1]

    if short(stock) <= 0:
        return stock
    most = most_sales_stock(problem, facings, mean, budget_week)
    assert most is not None  # the least stock is within the budget
    if short(most) > TOLERANCE * max(1.0, abs(floor)):
        return None
    if short(most) >= 0:
        return most

    def at(price: float) -> Floats:
        found = _within_budget(problem, facings, mean, budget_week, price)
        assert found is not None  # as above
        return found

    enough, less = _around_least_price(at, figures)
    if short(enough) > 0:
        # Only at a price beyond all others does it sell enough: then sales alone count.
        enough = most
    return _towards(enough, less, short, partial(_mixed_in_sales, problem, mean))


def most_sales_stock(
    problem: StoreProblem, facings: Integers, mean: Floats, budget_week: float
) -> Floats | None:
    """Stock per cycle with the largest sales in money; None where the least stock overspends."""
    for_sales = dataclasses.replace(
        problem, price=problem.sales_price, unit_cost=np.zeros_like(problem.unit_cost)
    )
    return _within_budget(for_sales, facings, mean, budget_week, 0.0)


def _worth(problem: StoreProblem, stock: Floats, sold: Floats, floor_price: float) -> float:
    """Objective of a stock, without what listing and facings cost."""
    price, cost = prices_with(problem, 0.0, floor_price)
    received = sold + problem.waste_share * (stock - sold)
    return float(problem.deliveries_week * (price * sold - cost * received).sum())


def _within_budget(
    problem: StoreProblem,
    facings: Integers,
    mean: Floats,
    budget_week: float,
    floor_price: float,
) -> Floats | None:
    """The best stock within the budget at a price on the sales floor."""
    least, most = stock_bounds(problem, facings, mean)

    def at(price: float) -> Floats:
        return np.clip(unlimited_stock(problem, mean, price, floor_price), least, most)

    def figures(stock: Floats) -> tuple[float, float]:
        sold = expected_sales(mean, stock, problem.demand_cv)
        over = float(spend_week(problem, stock, sold).sum()) - budget_week
        return _worth(problem, stock, sold, floor_price), over

    def over(stock: Floats) -> float:
        return figures(stock)[1]

    stock = at(0.0)
    if not np.isfinite(budget_week) or over(stock) <= 0:
        return stock
    excess = over(least)
    if excess > TOLERANCE * max(1.0, budget_week):
        return None
    if excess >= 0:
        return np.where(problem.spend_cost > 0, least, stock)
    inside, outside = _around_least_price(at, figures)
    return _towards(inside, outside, over, _mixed)


def _around_least_price(
    at: Callable[[float], Floats], figures: Callable[[Floats], tuple[float, float]]
) -> tuple[Floats, Floats]:
    """Stock on either side of the least price at which a limit is kept.

    ``at``: the best stock at a price of the limit; ``figures``: its worth and its excess over
    the limit, which falls as the price rises and is positive at price 0. The search ends where
    both sides are worth the same at one price, so that the best lies between them. Two steps to
    the price at which the sides so far would be worth the same, then one bisection, in turn.
    """
    low, high = 0.0, 1.0
    outside, inside = at(low), at(high)
    worth_low, over_low = figures(outside)
    worth_high, over_high = figures(inside)
    while over_high > 0 and high < DEAREST:
        low, outside, worth_low, over_low = high, inside, worth_high, over_high
        high *= 4.0
        inside = at(high)
        worth_high, over_high = figures(inside)
    for step in range(STEPS):
        # Worth less price times excess: the dual, a line in the price for each stock.
        lost_at_high = (worth_high - high * over_high) - (worth_low - high * over_low)
        lost_at_low = (worth_low - low * over_low) - (worth_high - low * over_high)
        same = SAME_WORTH * max(1.0, abs(worth_high))
        if min(lost_at_high, lost_at_low) <= same or high - low <= 1e-15 * high:
            break
        middle = 0.5 * (low + high)
        if step % 3 < 2:
            crossing = (worth_low - worth_high) / (over_low - over_high)
            middle = crossing if low < crossing < high else middle
        found = at(middle)
        worth, over = figures(found)
        if over > 0:
            low, outside, worth_low, over_low = middle, found, worth, over
        else:
            high, inside, worth_high, over_high = middle, found, worth, over
    return inside, outside


def _towards(
    inside: Floats,
    outside: Floats,
    excess: Callable[[Floats], float],
    between: Callable[[Floats, Floats, float], Floats],
) -> Floats:
    """From a stock inside a limit as far towards one outside as the limit allows.

    Both are best at one price of the limit, so everything between them is.
    """
    if excess(inside) >= 0:
        return inside

    def at(share: float) -> Floats:
        return between(inside, outside, share)

    if excess(at(1.0)) <= 0:
        return at(1.0)
    # Seldom needed, and the slowest import of solving a store.
    from scipy.optimize import brentq

    share = float(brentq(lambda part: excess(at(part)), 0.0, 1.0, xtol=1e-15))
    step = 1e-16
    while share > 0 and excess(at(share)) > 0:
        share, step = max(0.0, share - step), step * 4.0
    return at(share)


def _mixed(first: Floats, second: Floats, share: float) -> Floats:
    stock: Floats = (1.0 - share) * first + share * second
    return stock


def _mixed_in_sales(
    problem: StoreProblem, mean: Floats, first: Floats, second: Floats, share: float
) -> Floats:
    """Stock between two, in equal steps of sales where no leftover is lost.

    There the money spent follows the sales, and what lies between in both objective and sales
    must do so in money as well.
    """
    stock = _mixed(first, second, share)
    lossless = (problem.waste_share <= 0) & (problem.demand_cv >= CERTAIN_CV)
    bent = np.flatnonzero(lossless & (np.abs(second - first) > 1e-6 * np.maximum(1.0, first)))
    if len(bent):
        cv, mu = problem.demand_cv[bent], mean[bent]
        start, end = first[bent], second[bent]
        wanted = _mixed(expected_sales(mu, start, cv), expected_sales(mu, end, cv), share)
        low, high = np.minimum(start, end), np.maximum(start, end)
        for _ in range(60):
            middle = 0.5 * (low + high)
            enough = expected_sales(mu, middle, cv) >= wanted
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        stock[bent] = high
    return stock
