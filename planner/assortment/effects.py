"""What one item does in a store: what it sells, takes from others and wastes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week, switched_demand
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.score import Score, fewest_facings
from planner.assortment.stock import stock_bounds, unlimited_stock


@dataclass(frozen=True)
class Effects:
    """Per item [item] and week: as planned where listed, else if added at its fewest facings.

    ``taken_units_week``: demand that it takes from the other listed items; money is at the
    purchase cost.
    """

    sold_units_week: Floats
    taken_units_week: Floats
    waste_units_week: Floats
    waste_cost_week: Floats


def item_effects(problem: StoreProblem, plan: Score) -> Effects:
    """Effects of every item on a plan; stock of those that are added is the best there is."""
    pairs = switched_demand(problem, plan.listed)
    now = plan.demand_units_week
    itself = pairs.item == pairs.switched
    own = pairs.sums(pairs.demand_units_week * itself)
    rest = pairs.sums(pairs.demand_units_week * ~itself)
    rest_now = pairs.sums(now[pairs.item] * ~itself)
    taken = np.where(plan.listed, rest - rest_now, rest_now - rest)
    sold, waste = plan.sold_units_week.copy(), plan.waste_units_week.copy()
    added = np.flatnonzero(~plan.listed)
    facings = np.where(plan.listed, 0, fewest_facings(problem, np.ones_like(plan.listed)))
    mean = np.where(plan.listed, 0.0, own) / problem.deliveries_week
    least, most = stock_bounds(problem, facings, mean)
    stock = np.clip(unlimited_stock(problem, mean, 0.0), least, most)
    sells = expected_sales(mean, stock, problem.demand_cv)
    sold[added] = problem.deliveries_week * sells[added]
    leftover = problem.waste_share * (stock - sells)
    waste[added] = problem.deliveries_week * leftover[added]
    return Effects(sold, np.maximum(taken, 0.0), waste, waste * problem.spend_cost)


def taken_from(problem: StoreProblem, plan: Score, item: int) -> dict[int, float]:
    """Units per week that an item takes (or would take) from each other, the most first."""
    other = np.array(plan.listed)
    other[item] = not other[item]
    now, then = plan.demand_units_week, demand_units_week(problem, other)
    lost = (then - now) if plan.listed[item] else (now - then)
    lost[item] = 0.0
    lost = np.where(plan.listed & (lost > 1e-9), lost, 0.0)
    order = np.argsort(-lost, kind="stable")
    return {int(i): float(lost[i]) for i in order if lost[i] > 0}
