"""The store program as a choice of one range per need group: the master over known ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pulp

from planner.assortment.group_pricing import Columns, joined
from planner.assortment.item_value import priced_economics
from planner.assortment.limits import LinearLimit
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.program import EQUAL, LESS, MORE, expression, row
from planner.assortment.solver import LiveModel

SHORTFALL_PRICE = 20.0
"""Price of breaking a limit in the master, times what the whole store could be worth over it."""


@dataclass(frozen=True)
class MasterSolution:
    """Weights of the columns, the prices of the limits, and the value of the mixture."""

    weights: Floats
    prices: Floats
    objective_week: float
    shortfall: float
    """How far the known columns are from keeping every limit, in price-weighted money."""


class GroupMaster:
    """Relaxed choice of one column per need group under the shared limits.

    ``sum over columns of a group of w = 1``; ``lower <= sum use w <= upper`` for every limit.
    Columns are added as prices call for them (Dantzig & Wolfe 1960, "Decomposition principle
    for linear programs", Operations Research 8(1)).
    """

    def __init__(
        self, problem: StoreProblem, limits: tuple[LinearLimit, ...], worth: float
    ) -> None:
        self.problem, self.limits = problem, limits
        self.economics = priced_economics(problem, limits, np.zeros(len(limits)))
        self.columns: list[Columns] = []
        self._known: set[tuple[object, ...]] = set()
        self._variables: list[pulp.LpVariable] = []
        self.model = pulp.LpProblem("ranges", pulp.LpMaximize)
        self._sides = limit_sides(limits)
        self._short = []
        for label, limit, sense, right in self._sides:
            scale = max(1.0, abs(right))
            short = self.model.add_variable(f"short_{label}", 0, None)
            self._short.append((short, SHORTFALL_PRICE * max(worth, 1.0) / scale))
            sign = -1.0 if sense == LESS else 1.0
            self.model.addConstraint(row([(short, sign)], sense, label, right))
            del limit
        self.model.setObjective(expression([(short, -price) for short, price in self._short]))
        for group in range(len(problem.need_groups)):
            chosen = self.model.add_variable(f"none_{group}", 0, 0)
            self.model.addConstraint(row([(chosen, 1.0)], EQUAL, f"group_{group}", 1.0))
        self._live = LiveModel(self.model)

    def add(self, found: Columns) -> int:
        """Add columns that are not known yet; how many were."""
        keys = self._keys(found)
        new = [k for k, key in enumerate(keys) if key not in self._known]
        if not new:
            return 0
        values = found.objective(self.economics)
        uses = [found.use(limit) for _, limit, _, _ in self._sides]
        for k in new:
            rows = {f"group_{found.group[k]}": 1.0}
            for (label, _, _, _), use in zip(self._sides, uses, strict=True):
                if use[k]:
                    rows[label] = float(use[k])
            name = f"range_{found.group[k]}_{len(self._variables)}"
            self._variables.append(self._live.add_column(name, float(values[k]), rows))
        self._known.update(keys[k] for k in new)
        self.columns.append(found.part(np.array(new, dtype=np.int64)))
        return len(new)

    def _keys(self, found: Columns) -> list[tuple[object, ...]]:
        stock = found.sums(found.stock)
        return [(*key, round(float(s), 6)) for key, s in zip(found.keys(), stock, strict=True)]

    def solve(self) -> MasterSolution:
        """The best mixture of the columns known so far."""
        solution, duals = self._live.solve_relaxation()
        if solution.values is None:
            raise RuntimeError(f"the master ended with {solution.status}")
        weights = solution.values[[self._live.column[v] for v in self._variables]]
        prices = np.zeros(len(self.limits))
        numbers = {id(limit): k for k, limit in enumerate(self.limits)}
        for label, limit, sense, _ in self._sides:
            dual = float(duals[self._live.row[label]])
            # Dust on the wrong side of zero would price a side that a limit may not have.
            prices[numbers[id(limit)]] += max(0.0, dual) if sense == LESS else min(0.0, dual)
        shortfall = sum(
            price * float(solution.values[self._live.column[short]]) for short, price in self._short
        )
        return MasterSolution(weights, prices, solution.objective, shortfall)

    def all_columns(self) -> Columns:
        """Every column, in the order of the weights."""
        return joined(self.columns)


def limit_sides(
    limits: tuple[LinearLimit, ...],
) -> list[tuple[str, LinearLimit, int, float]]:
    """Label, limit, sense and right-hand side of every finite side of the limits."""
    sides = []
    for k, limit in enumerate(limits):
        if np.isfinite(limit.upper):
            sides.append((f"most_{k}", limit, LESS, float(limit.upper)))
        if np.isfinite(limit.lower):
            sides.append((f"least_{k}", limit, MORE, float(limit.lower)))
    return sides
