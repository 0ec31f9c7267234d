"""What a plan makes as large as possible, in the prices and costs that the program knows.

One program serves every objective: with ``p u - c (u + s (q - u)) - l - h f`` the margin is its
prices and costs in money, sales ``p`` alone, units a price of 1; waste is a price equal to the
cost, of which ``-c s (q - u)`` is left, the purchase cost of what is lost.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from planner.assortment.problem import StoreProblem
from planner.assortment.rules import Objective


def with_objective(problem: StoreProblem, objective: Objective) -> StoreProblem:
    """The same store with another objective; what is in money stays as it is."""
    money = problem.in_money()
    if objective is Objective.MARGIN:
        return money
    nothing = np.zeros(len(problem.item_ids))
    price, cost = {
        Objective.SALES: (problem.sales_price, nothing),
        Objective.UNITS: (nothing + 1.0, nothing),
        Objective.WASTE: (problem.spend_cost, problem.spend_cost),
    }[objective]
    return dataclasses.replace(
        money,
        price=price,
        unit_cost=cost,
        listing_cost_week=nothing,
        facing_cost_week=nothing,
    )
