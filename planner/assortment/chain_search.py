"""A better plan of a chain, or a first one, out of all the plans that its stores could take.

Where the repair of one set of plans leaves too wide a gap, or a broken limit, the stores of a
small chain are solved as one program (``joint_choice.py``). Where that cannot be, or finds
nothing, stores are solved at the prices of every round and at those of the master over whole
plans; an integer program chooses among them (``plan_pool.py``), and stock is tuned over all.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from planner.assortment.chain_stock import score_use
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    dearest_minimum,
    priced,
    without_items,
)
from planner.assortment.joint_choice import JointChoice
from planner.assortment.master import solve_master
from planner.assortment.moves import PlansAtPrices, closed_problem
from planner.assortment.plan_pool import PlanPool
from planner.assortment.problem import Flags, Integers, StoreProblem
from planner.assortment.repair import Repair, Repaired
from planner.assortment.result import StorePlan, relative_gap
from planner.assortment.score import total_objective
from planner.assortment.whole_plans import WholePlans

ROUNDS = 8
CHOICES = 3
OPTIONS_AT_FIXED_STOCK = ((2_500, 10.0), (7_000, 15.0), (20_000, 25.0))
"""Ways to list an item, over all stores, that are chosen among at once, and the seconds for it."""
OPTIONS_TOGETHER = ((800, 10.0), (6_000, 15.0))
"""The same with stock free, which proves a bound."""
PAIRS_AT_FREE_STOCK = 600
"""Store-item pairs up to which stock is free in one program of all stores."""
SHARE_OF_CHOICE = 0.25
"""Share of the gap asked for that the program over all stores may leave."""
FEW_STORES = 20
"""Up to so many stores are one program where the gap is wider than asked for."""
STORES_OF_CHOICE = 60
"""Up to so many stores plans are chosen whenever the gap is wider than asked for; in a larger
chain each store's jumps are small beside what is shared, and only a broken limit is reason."""
DRAWS = 4
"""Draws of need groups in which a plan is changed while the others stay."""
OPTIONS_AROUND = 300
"""Ways to list an item in the groups of one draw."""
SECONDS_AROUND = 5.0
PRICES_TRIED = 6
"""Rounds of prices of which every store's plan is taken."""

SUPPLIERS_LEFT = 4
TIMES_DEAREST = (1.2, 2.0, 5.0)
"""Prices of a supplier's minimum beyond the one at which stores fill its facings: they give it
more facings, then a range of little else."""

SolveStores = Callable[
    [Mapping[tuple[int, str], StoreProblem]], Mapping[tuple[int, str], StorePlan]
]
"""Solves stores side by side; the key is (number of the prices, store)."""


class ChainSearch:
    """Plans at many prices, and the best choice among them."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        prices: ChainPrices,
        shadow_prices: Mapping[str, Mapping[str, float]],
        solve: SolveStores,
    ) -> None:
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._prices, self._shadow_prices, self._solve = prices, shadow_prices, solve
        self.time_limits_struck = 0
        """Programs over all stores so far that their time limit ended."""

    @cached_property
    def _pool(self) -> PlanPool:
        """Made where plans are chosen among: its stock levels take time."""
        return PlanPool(self._problems, self._coupling, self._prices)

    def improved(
        self,
        repaired: Repaired,
        others: Sequence[Mapping[str, Integers]],
        tried: Sequence[ChainPrices],
        bound_week: float,
        gap: float,
    ) -> tuple[Repaired, float]:
        """The best plan found, never worse than ``repaired``, and the least bound of the chain.

        ``others``: plans of all stores met so far; ``tried``: prices met so far.
        """
        if not self._worth_searching(repaired, bound_week, gap):
            return repaired, bound_week
        joint = self._joint()
        best = repaired
        if joint is not None:
            best, together_week = self._together(joint, repaired, bound_week, gap)
            self.time_limits_struck += joint.time_limits_struck
            if math.isinf(together_week):
                return best, bound_week
            bound_week = together_week
        if joint is None or math.isinf(_worth(best)):
            best = self._among_plans(best, others, tried, bound_week, gap)
        return best, bound_week

    def improved_together(self, repaired: Repaired, gap: float) -> Repaired:
        """The plan of few stores within ``gap`` of the best in the room they have, or
        ``repaired``; a larger chain keeps that."""
        joint = self._joint()
        if joint is None:
            return repaired
        best, _ = self._together(joint, repaired, math.inf, gap)
        self.time_limits_struck += joint.time_limits_struck
        return best

    def _joint(self) -> JointChoice | None:
        if len(self._problems) > FEW_STORES:
            return None
        return JointChoice.of(self._problems, self._coupling, self._forced)

    def _together(
        self, joint: JointChoice, repaired: Repaired, bound_week: float, gap: float
    ) -> tuple[Repaired, float]:
        """All stores as one program: at fixed stock for a plan, then with stock free, first of
        few ranges and then of many, for a bound.

        The bound is -inf where no plan keeps every limit.
        """
        best = repaired
        by_groups = joint.settle_prices(self._prices)
        bound_week = min(bound_week, by_groups)
        few = sum(len(problem.item_ids) for problem in self._problems.values())
        few_pairs = few <= PAIRS_AT_FREE_STOCK
        for number, (most, seconds) in enumerate(OPTIONS_AT_FIXED_STOCK):
            if number == 1:
                by_stores = self._bound_of_stores(joint, best, by_groups, gap)
                bound_week = min(bound_week, by_stores)
            if (number and few_pairs) or not self._worth_searching(best, bound_week, gap):
                break
            found = joint.at_fixed_stock(gap * SHARE_OF_CHOICE, seconds, most)
            if found is not None:
                best = _better(best, self._kept(found))
        for most, seconds in OPTIONS_TOGETHER if few_pairs else ():
            if not self._worth_searching(best, bound_week, gap):
                break
            answer = joint.solve(
                None if best.broken else best.plans, gap * SHARE_OF_CHOICE, seconds, most
            )
            if answer is None:
                break
            bound_week = min(bound_week, answer.bound_week)
            if answer.facings is not None:
                best = _better(best, self._kept(answer.facings))
            best = self._around(joint, best, bound_week, gap)
        return best, bound_week

    def _bound_of_stores(
        self, joint: JointChoice, best: Repaired, by_groups: float, gap: float
    ) -> float:
        """The bound of whole plans of the stores, from the settled prices on; inf without any."""
        prices = joint.prices_of_stores(self._prices)
        if prices is None or best.plans is None or math.isinf(_worth(best)):
            return math.inf
        whole = WholePlans(self._problems, self._coupling, self._forced, self._solved_alone)
        total = total_objective(best.plans)
        wanted = total + gap * max(1.0, abs(total))
        return whole.bound(prices, best.plans, by_groups, wanted)

    def _solved_alone(self, problems: Mapping[str, StoreProblem]) -> dict[str, StorePlan]:
        found = self._solve({(0, store): problem for store, problem in problems.items()})
        return {store: plan for (_, store), plan in found.items()}

    def _around(
        self, joint: JointChoice, best: Repaired, bound_week: float, gap: float
    ) -> Repaired:
        """A plan that keeps every limit, changed in some need groups at a time."""
        for number in range(DRAWS):
            if best.plans is None or not self._worth_searching(best, bound_week, gap):
                break
            if best.broken:
                break
            found = joint.around(best.plans, number, 0.1 * gap, SECONDS_AROUND, OPTIONS_AROUND)
            if found is not None:
                best = _better(best, self._kept(found))
        return best

    def _among_plans(
        self,
        repaired: Repaired,
        others: Sequence[Mapping[str, Integers]],
        tried: Sequence[ChainPrices],
        bound_week: float,
        gap: float,
    ) -> Repaired:
        """Whole plans of the stores at many prices, and the best choice among them."""
        for plans in others:
            self._add(plans)
        if repaired.plans is not None:
            self._add({store: plan.facings for store, plan in repaired.plans.items()})
        self._at_prices(_spread(tried, PRICES_TRIED))
        if repaired.broken:
            self._at_prices(self._dear_minima())
        for without in self._choices_of_suppliers():
            self._by_master(without)
        best = repaired
        for _ in range(CHOICES):
            chosen = self._pool.best_choice(self._forced)
            if chosen is not None:
                best = _better(best, self._kept(chosen))
            if not self._worth_searching(best, bound_week, gap) or not self._answers(best):
                break
        self.time_limits_struck += self._pool.time_limits_struck
        return best

    def _worth_searching(self, plan: Repaired, bound_week: float, gap: float) -> bool:
        if plan.broken or plan.plans is None:
            return True
        few = len(self._problems) <= STORES_OF_CHOICE
        return few and relative_gap(total_objective(plan.plans), bound_week) > gap

    def _add(self, facings: Mapping[str, Integers]) -> None:
        for store, own in facings.items():
            self._pool.add(store, own)

    def _solved(self, jobs: Mapping[tuple[int, str], StoreProblem]) -> bool:
        """Solve stores and add their plans; True if any is new."""
        new = False
        for (_, store), plan in self._solve(jobs).items():
            if plan.score is not None:
                new |= self._pool.add(store, plan.score.facings)
        return new

    def _at_prices(self, prices: Sequence[ChainPrices], closed: Flags | None = None) -> bool:
        """Every store's plan at each of the prices, without closed items; True if any is new."""
        none = np.zeros(len(self._coupling.supplier_of_item), dtype=bool)
        shut = none if closed is None else closed
        jobs = {
            (n, store): priced(closed_problem(problem, shut), self._coupling, each, s)
            for n, each in enumerate(prices)
            for s, (store, problem) in enumerate(self._problems.items())
        }
        return self._solved(jobs)

    def _dear_minima(self) -> list[ChainPrices]:
        """Prices at which stores order ever more of suppliers that must be ordered from."""
        forced, coupling = self._forced.supplier, self._coupling
        found = []
        for times in TIMES_DEAREST:
            every = self._prices
            for resource in coupling.resources:
                if resource.at_least and forced[resource.supplier]:
                    price = times * self._dearest(every, resource.supplier)
                    every = every.with_price(resource, price)
                    found.append(without_items(self._prices.with_price(resource, price)))
            found.append(without_items(every))
        return found

    def _dearest(self, prices: ChainPrices, supplier: int) -> float:
        return dearest_minimum(self._problems, self._coupling, prices, supplier)

    def _choices_of_suppliers(self) -> list[Flags]:
        """[supplier] not ordered from: none of them, then each that has a minimum and may be."""
        few = np.flatnonzero((self._coupling.min_order_week > 0) & ~self._forced.supplier)
        left = [np.zeros(len(self._forced.supplier), dtype=bool)]
        for k in few[:SUPPLIERS_LEFT]:
            one = left[0].copy()
            one[k] = True
            left.append(one)
        return left

    def _by_master(self, without: Flags) -> None:
        """Plans at the prices of the best mixture of whole plans, until they are known.

        ``without``: suppliers that are not ordered from; their items are closed.
        """
        prices = self._prices
        closed: Flags = (self._coupling.member.T @ without) > 0
        for _ in range(ROUNDS):
            answer = solve_master(
                self._coupling, self._forced, self._pool.columns(), prices, ~without
            )
            prices = self._capped(answer.prices)
            new = self._at_prices([without_items(prices), prices], closed)
            if not new and not answer.held_back:
                return

    def _capped(self, prices: ChainPrices) -> ChainPrices:
        """Prices of minima no higher than where a supplier is nearly all that counts."""
        for resource in self._coupling.resources:
            if resource.at_least:
                most = TIMES_DEAREST[-1] * self._dearest(prices, resource.supplier)
                prices = prices.with_price(resource, min(prices.of(resource), most))
        return prices

    def _kept(self, facings: Mapping[str, Integers]) -> Repaired:
        """The plans with stock tuned over all stores, and what that leaves broken."""
        work = PlansAtPrices(self._problems, self._coupling, self._prices, facings)
        # The choice has weighed what a supplier's minimum costs: it is ordered from.
        ordered = self._coupling.member @ work.counts() > 0
        forced = dataclasses.replace(self._forced, supplier=self._forced.supplier | ordered)
        return Repair(
            self._problems,
            self._coupling,
            forced,
            work,
            self._prices,
            self._shadow_prices,
            may_push=False,
        ).run()

    def _answers(self, best: Repaired) -> bool:
        """Each store's best answers to what the others leave of the budget; True if any is new.

        What the others take of suppliers stands in the prices at which stock was tuned.
        """
        plans, prices = best.plans, best.prices
        if plans is None or prices is None:
            return False
        spent = {
            store: score_use(self._coupling, problem, plans[store]).spend_week
            for store, problem in self._problems.items()
        }
        left = self._coupling.budget_week - sum(spent.values())
        free = dataclasses.replace(without_items(prices), budget=0.0)
        jobs = {}
        for n, each in enumerate((free, without_items(self._prices))):
            for s, (store, problem) in enumerate(self._problems.items()):
                budget = min(problem.budget_week, spent[store] + max(0.0, left))
                own = dataclasses.replace(problem, budget_week=budget)
                at = dataclasses.replace(each, budget=0.0)
                jobs[n, store] = priced(own, self._coupling, at, s)
        return self._solved(jobs)


def _spread(prices: Sequence[ChainPrices], count: int) -> list[ChainPrices]:
    """So many of the prices, evenly over the rounds, the last among them."""
    if len(prices) <= count:
        return list(prices)
    places = np.unique(np.linspace(0, len(prices) - 1, count).round().astype(int))
    return [prices[int(p)] for p in places]


def _better(one: Repaired, other: Repaired) -> Repaired:
    """The plan that keeps every limit; of two the one that earns more."""
    return other if _worth(other) > _worth(one) else one


def _worth(plan: Repaired) -> float:
    """Objective of a plan that keeps every limit; -inf of another."""
    return -math.inf if plan.plans is None or plan.broken else total_objective(plan.plans)
