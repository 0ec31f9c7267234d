"""The best choice for all stores of a small chain together, and the bound that it proves.

Prices of the shared limits leave ranges of every store near the best (``joint_program.py``);
the program over those gives prices in turn, until they prove no less, and then whole ranges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    affordable,
    priced,
    value_of_limits,
)
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.group_program import Relaxation, StoreFamily, breaks_a_limit, relax
from planner.assortment.joint_program import JointAnswer, JointProgram
from planner.assortment.near_best import NearBest, near_best
from planner.assortment.problem import StoreProblem

MOST_OPTIONS = 6_000
"""Ways to list an item in a range of a store, over all stores, up to which they are one program."""
FOR_PRICES = 2_000
"""The same where only prices are asked for."""
PRICE_ROUNDS = 6
PRICE_GAP = 1e-4
"""Relative gap of the stores' own prices at the chain's, and least step of the chain's bound."""
FIRST_WINDOW = 1e-3
GROWTH = 1.6
EVERY_RANGE = 1e12
"""A window that nothing possible is outside of."""


@dataclass(frozen=True)
class _AtPrices:
    """Every store at one set of the chain's prices, and the bound that they prove."""

    prices: ChainPrices
    pricings: Sequence[GroupPricing]
    relaxed: Sequence[Relaxation]
    bound_week: float


class JointChoice:
    """Chooses every store's ranges together; what does not depend on prices is made once."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        tables: Sequence[GroupPricing],
    ) -> None:
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._tables = tables
        self._best: _AtPrices | None = None

    @classmethod
    def of(
        cls, problems: Mapping[str, StoreProblem], coupling: Coupling, forced: Forced
    ) -> JointChoice | None:
        """None where the ranges of some need group are too many to be listed."""
        tables = [StoreFamily(problem).pricing(problem) for problem in problems.values()]
        known = [table for table in tables if table is not None]
        return cls(problems, coupling, forced, known) if len(known) == len(tables) else None

    def settle_prices(self, start: ChainPrices) -> float:
        """The least bound found, from prices of the shared limits on; inf without any."""
        prices = start
        for _ in range(PRICE_ROUNDS):
            found = self._at(prices)
            if found is None:
                break
            before = math.inf if self._best is None else self._best.bound_week
            if found.bound_week < before:
                self._best = found
            program = self._program(self._widest(found, EVERY_RANGE, FOR_PRICES)[0])
            answer = program.prices()
            if answer is None or found.bound_week >= before - PRICE_GAP * max(1.0, abs(before)):
                break
            prices = affordable(self._problems, self._coupling, answer)
        return math.inf if self._best is None else self._best.bound_week

    def solve(self, known_week: float, gap: float, seconds: float) -> JointAnswer | None:
        """The best choice, with a bound of the whole chain; None without prices.

        ``known_week``: objective of a plan that keeps every limit, -inf without one; what earns
        less is not looked for. ``gap``: relative, of the program.
        """
        at = self._best
        if at is None:
            return None
        wanted = min(EVERY_RANGE, at.bound_week - known_week)
        inside, window = self._widest(at, wanted, MOST_OPTIONS)
        answer = self._program(inside).solve(gap, seconds)
        bound = min(at.bound_week, max(at.bound_week - window, answer.bound_week))
        return JointAnswer(answer.facings, at.bound_week if self._endless() else bound)

    def _at(self, prices: ChainPrices) -> _AtPrices | None:
        """The stores at the chain's prices; None where one keeps not even its own limits."""
        pricings, relaxed = [], []
        for s, (problem, table) in enumerate(
            zip(self._problems.values(), self._tables, strict=True)
        ):
            at_cost = priced(problem, self._coupling, prices, s)
            pricing = GroupPricing(at_cost, table.ranges, table.limits, table)
            found = relax(pricing, PRICE_GAP, math.inf)
            if breaks_a_limit(found):
                return None
            pricings.append(pricing)
            relaxed.append(found)
        bound = sum(found.best.bound_week for found in relaxed)
        bound += value_of_limits(self._coupling, self._forced, prices)
        return _AtPrices(prices, pricings, relaxed, bound)

    def _widest(self, at: _AtPrices, wanted: float, most: int) -> tuple[list[NearBest], float]:
        """What is inside the window ``wanted``, or inside the widest with few enough options."""
        window = min(wanted, FIRST_WINDOW * max(1.0, abs(at.bound_week)))
        found = self._inside(at, window)
        while window < wanted:
            wider = min(wanted, GROWTH * window)
            if self._ranges_inside(at, wider) > most:
                break
            more = self._inside(at, wider)
            if sum(len(near.options.item) for near in more) > most:
                break
            found, window = more, wider
        return found, window

    def _inside(self, at: _AtPrices, window: float) -> list[NearBest]:
        return [
            near_best(pricing, found.best, window)
            for pricing, found in zip(at.pricings, at.relaxed, strict=True)
        ]

    def _ranges_inside(self, at: _AtPrices, window: float) -> int:
        """Most ranges that can be inside a window, by the tables alone."""
        return sum(
            int((r.best.most >= r.best.group_best[p.ranges.group] - window).sum())
            for p, r in zip(at.pricings, at.relaxed, strict=True)
        )

    def _program(self, inside: Sequence[NearBest]) -> JointProgram:
        return JointProgram(self._problems, self._coupling, self._forced, self._tables, inside)

    def _endless(self) -> bool:
        """Whether a supplier's minimum can be reached by stock that nothing holds back."""
        own = (self._coupling.member.T @ (self._coupling.min_order_week > 0)) > 0
        return any(
            bool(np.isinf(problem.stock_capacity_per_facing[own]).any())
            for problem in self._problems.values()
        )
