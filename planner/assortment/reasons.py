"""Why an item is in or out: what one item adds after what it takes from others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.score import fewest_facings, worth_week
from planner.assortment.stock import stock_bounds, unlimited_stock

WORTH_NAMING = 0.005
"""Money (or units) a week that rounds to nothing on paper."""


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
    demand = demand_units_week(problem, listed)
    columns = np.flatnonzero(listed.any(axis=0))
    mean = demand / problem.deliveries_week
    least, most = stock_bounds(problem, facings, mean)
    wanted = unlimited_stock(problem, mean, budget_price)
    stock = np.clip(wanted, least, most)
    total: Floats = worth_week(
        problem, columns, facings[:, columns], demand[:, columns], stock[:, columns], budget_price
    ).sum(axis=1)
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
    budget_price = prices.get("budget_week", 0.0)
    values = marginal_values(problem, plan.score.facings, budget_price)
    unpriced = marginal_values(problem, plan.score.facings, 0.0) if budget_price else values
    fewest = fewest_facings(problem, np.ones_like(problem.core))
    reasons = []
    for i, listed in enumerate(plan.score.listed):
        if listed:
            reason = _why_in(problem, i, values[i], currency)
            if plan.score.stock_units_cycle[i] <= 0:
                reason += "; no stock of it pays here"
            reasons.append(reason)
        elif not_candidate[i]:
            reasons.append(str(not_candidate[i]))
        elif values[i] <= 0 < unpriced[i]:
            reasons.append(
                f"would add {_amount(unpriced[i], currency)} a week on its own, but its purchases "
                "would take more from others within the budget"
            )
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
    if abs(value) < WORTH_NAMING:
        return "would add nothing: hardly any demand here"
    if value < 0:
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
