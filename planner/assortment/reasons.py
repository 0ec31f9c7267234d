"""Why an item is in or out: what one item adds after what it takes from others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.score import fewest_facings
from planner.assortment.stock import stock_bounds, unlimited_stock


def marginal_values(problem: StoreProblem, facings: Integers, budget_price: float) -> Floats:
    """Objective per week that each item adds: listed ones against leaving them out, others
    against adding them at their fewest facings; stock of every item re-tuned at the price of
    the budget, shelf and counts left out.
    """
    listed = facings > 0
    count = len(listed)
    fewest = fewest_facings(problem, np.ones(count, dtype=bool))
    switched = np.tile(listed, (count, 1))
    np.fill_diagonal(switched, ~listed)
    with_item = np.where(listed[None, :], facings[None, :], np.where(switched, fewest[None, :], 0))
    changed = _priced_objective(problem, with_item * switched, switched, budget_price)
    now = _priced_objective(problem, facings[None, :], listed[None, :], budget_price)[0]
    values: Floats = np.where(listed, now - changed, changed - now)
    return values


def _priced_objective(
    problem: StoreProblem, facings: Integers, listed: Flags, budget_price: float
) -> Floats:
    """Objective less the price of the budget spent, per row of [plan, item] arrays."""
    mean = demand_units_week(problem, listed) / problem.deliveries_week
    columns = np.flatnonzero(listed.any(axis=0))
    least, most = stock_bounds(problem, facings)
    stock = np.clip(unlimited_stock(problem, mean, budget_price), least, most)[:, columns]
    mean, on = mean[:, columns], listed[:, columns]
    sold = expected_sales(mean, stock, problem.demand_cv[columns])
    wasted = problem.waste_share[columns] * (stock - sold)
    cost = problem.unit_cost[columns] + budget_price * problem.spend_cost[columns]
    money = problem.deliveries_week * (problem.price[columns] * sold - cost * (sold + wasted))
    fixed = (
        problem.listing_cost_week[columns] + problem.facing_cost_week[columns] * facings[:, columns]
    )
    total: Floats = ((money - fixed) * on).sum(axis=1)
    return total


def item_reasons(
    problem: StoreProblem, plan: StorePlan, not_candidate: np.ndarray, currency: str
) -> tuple[list[str], Floats]:
    """One sentence per item, why it is in or why not here, and its marginal value per week.

    ``currency``: "" means units.
    """
    if plan.score is None:
        raise ValueError(f"store {problem.store_id} has no plan to explain")
    prices = {limit.limit: limit.shadow_price for limit in plan.limits}
    values = marginal_values(problem, plan.score.facings, prices.get("budget_week", 0.0))
    fewest = fewest_facings(problem, np.ones_like(problem.core))
    reasons = []
    for i, listed in enumerate(plan.score.listed):
        if listed:
            reasons.append(_why_in(problem, i, values[i], currency))
        elif not_candidate[i]:
            reasons.append(str(not_candidate[i]))
        else:
            reasons.append(_why_out(problem, i, values[i], int(fewest[i]), prices, currency))
    return reasons, values


def _why_in(problem: StoreProblem, item: int, value: float, currency: str) -> str:
    if problem.core[item]:
        return "core range, in every store"
    locked = "locked in; " if problem.locked_in[item] else ""
    if value < 0:
        return f"{locked}costs {_amount(-value, currency)} a week, kept in by a limit"
    return f"{locked}adds {_amount(value, currency)} a week after what it takes from others"


def _why_out(
    problem: StoreProblem,
    item: int,
    value: float,
    facings: int,
    prices: Mapping[str, float],
    currency: str,
) -> str:
    if value <= 0:
        return (
            f"would lose {_amount(-value, currency)} a week: what it sells does not pay for its "
            "waste, its handling and what it takes from others"
        )
    would = f"would add {_amount(value, currency)} a week on its own"
    kind, width = problem.fixture_type[item], problem.facing_width_cm[item] * facings
    shelf = prices.get(f"shelf_cm:{kind}", 0.0) * width
    place = prices.get("max_local_items", 0.0)
    if value > shelf + place:
        return f"{would}: left out by a limit on the range, or within the plan's proven gap"
    if place <= shelf:
        return f"{would}, but its {width:g} cm of {kind} are worth about {_amount(shelf, currency)}"
    return f"{would}, but a place among the local items is worth about {_amount(place, currency)}"


def _amount(value: float, currency: str) -> str:
    return f"{currency} {value:,.2f}" if currency else f"{value:,.2f} units"
