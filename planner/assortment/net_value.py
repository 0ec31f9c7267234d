"""What an item adds to a store after the shelf, the places and the budget that it takes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.result import Assortment, Known, StorePlan

COLUMNS = ("net_week", "net_known")


def net_values(problem: StoreProblem, plan: StorePlan, marginal_week: Floats) -> Floats:
    """Objective per week that each listed item adds less what its centimetres and its places in
    the counts of the store are worth to the others: [item]; NaN where it is not listed.

    ``marginal_week``: what it adds, money of the budget at its price. The prices are those of the
    plan's limits, so this is near the truth and not exact: below zero an item may still stand
    there because nothing narrower fits its place.
    """
    assert plan.score is not None  # a store without a plan has no items
    price = {limit.limit: limit.shadow_price for limit in plan.limits}
    shelf = np.array([price.get(f"shelf_cm:{kind}", 0.0) for kind in problem.fixture_type])
    takes = shelf * problem.facing_width_cm * plan.score.facings
    takes = takes + price.get("max_local_items", 0.0) * ~problem.core
    for limit in problem.range_limits:
        # What is asked for at least is helped by an item, not used up.
        sign = 1.0 if math.isfinite(limit.upper) else -1.0
        takes = takes + sign * price.get(limit.name, 0.0) * limit.coefficients
    net: Floats = np.where(plan.score.listed, marginal_week - takes, np.nan)
    return net


def with_net_values(changes: pd.DataFrame, assortment: Assortment) -> pd.DataFrame:
    """``changes`` with what each change is worth by itself, and how well that is known.

    ``net_week``: of an item that comes ``net_values``; of one that leaves what the plan would
    lose with it in. ``net_known``: ``at the plan's prices``, exact or at least; empty with NaN
    where a change has no such value: moves, items that cannot be bought any more, and plans that
    were not asked for the margin.
    """
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for store, outcome in assortment.outcomes.items():
        problem = assortment.problems[store]
        if not problem.is_in_money():
            continue
        net = net_values(problem, outcome.plan, outcome.marginal_week)
        for item, worth in zip(problem.item_ids, net.tolist(), strict=True):
            if math.isfinite(worth):
                found[store, item] = (worth, Known.AT_PLAN_PRICES.value)
        for i, cost in outcome.forcing.items():
            if cost.how is not Known.IMPOSSIBLE:
                found[store, problem.item_ids[i]] = (cost.cost_week, cost.how.value)
    keys = zip(changes["store_id"], changes["item_id"], changes["change"], strict=True)
    worths = [found.get((s, i), (math.nan, "")) if c != "MOVED" else (math.nan, "")
              for s, i, c in keys]  # fmt: skip
    return changes.assign(
        net_week=np.array([value for value, _ in worths], dtype=np.float64),
        net_known=pd.Series([known for _, known in worths], index=changes.index, dtype="str"),
    )
