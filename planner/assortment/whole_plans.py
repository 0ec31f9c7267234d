"""The bound of a chain by whole plans of its stores, at prices of everything they share.

Need groups over all stores (``joint_prices.py``) know who lists an item, and mix ranges to fill a
store's shelves; whole plans fill shelves as they are, and need prices for the items. In a chain
of small stores the second says more. The prices come from a linear master over the plans met so
far (Dantzig & Wolfe 1960).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from planner.assortment.chain_stock import score_use
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    affordable,
    between,
    no_prices,
    priced,
    use_cost,
    value_of_limits,
)
from planner.assortment.joint_master import JointMaster
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.score import Score, score

ROUNDS = 24
SETTLED = 2e-4
"""Relative distance of the bound to the mixture of plans at which prices are settled."""
STEP = 0.4
"""How far from the best prices so far towards the master's a round looks."""

SolveAt = Callable[[Mapping[str, StoreProblem]], Mapping[str, StorePlan]]
"""Solves stores side by side."""


class WholePlans:
    """The plans of every store met so far, and the prices of their best mixture."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        solve: SolveAt,
    ) -> None:
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._solve = solve
        items = len(coupling.supplier_of_item)
        self._master = JointMaster(
            problems,
            coupling,
            forced,
            len(problems),
            [() for _ in problems],
            np.zeros(items, dtype=bool),
        )

    def add(self, plans: Mapping[str, Score]) -> int:
        """Add plans of all stores; how many were not known."""
        use: Floats = np.zeros((self._master.rows, len(plans)))
        cost = np.zeros(len(plans))
        nothing = no_prices(self._coupling, len(plans))
        for s, (store, problem) in enumerate(self._problems.items()):
            found = score(problem, plans[store].facings, plans[store].stock_units_cycle)
            taken = score_use(self._coupling, problem, found)
            cost[s] = found.objective_week - use_cost(self._coupling, nothing, s, taken)
            for row, resource in zip(
                self._master.resource_rows, self._coupling.resources, strict=True
            ):
                use[row, s] = resource.used_by(taken)
            for row_of_item in (self._master.open_row[s], self._master.fewest_row):
                rows = row_of_item[found.listed]
                use[rows[rows >= 0], s] = 1.0
        return self._master.add(np.arange(len(plans)), use, cost)

    def bound(
        self,
        start: ChainPrices,
        known: Mapping[str, Score],
        by_groups_week: float,
        wanted_week: float,
    ) -> float:
        """The least bound found from ``start`` on; inf without any.

        ``known``: plans that keep every limit; ``by_groups_week``: the bound by need groups,
        beside which further rounds are worth it only where the first is lower; ``wanted_week``:
        a bound that is low enough.
        """
        self.add(known)
        prices, best_prices, best = start, start, math.inf
        for _ in range(ROUNDS):
            problems = {
                store: priced(problem, self._coupling, prices, s)
                for s, (store, problem) in enumerate(self._problems.items())
            }
            plans = self._solve(problems)
            bound = sum(plan.bound_week for plan in plans.values())
            bound += value_of_limits(self._coupling, self._forced, prices)
            if bound < best:
                best, best_prices = bound, prices
            scores = {s: plan.score for s, plan in plans.items() if plan.score is not None}
            if best <= wanted_week or best >= by_groups_week or len(scores) < len(plans):
                break
            self.add(scores)
            value, towards = self._master.solve()
            if best - value <= SETTLED * max(1.0, abs(best)):
                break
            prices = between(best_prices, towards.chain, STEP)
            prices = affordable(self._problems, self._coupling, prices)
        return best
