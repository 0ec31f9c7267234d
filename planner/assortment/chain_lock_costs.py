"""What locks cost a chain whose stores share limits, or at most so many ranges.

The cost is the chain's: its objective without the locks less that with them. For every lock the
chain's bound at the prices of the shared limits says what it can cost at most, with one solve of
its store. Of a chain of few stores plans without the locks are found as well, by solving all of
it again; both within the stated gaps. docs/locks.md, "What a lock costs".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

from planner.assortment.chain_prices import Runner
from planner.assortment.chain_program import solve_chain
from planner.assortment.chain_ranges import with_few_ranges
from planner.assortment.chain_search import FEW_STORES, PAIRS_AT_FREE_STOCK
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    chain_coupling,
    forced_choices,
    no_prices,
    priced,
    value_of_limits,
)
from planner.assortment.jobs import solve_stores
from planner.assortment.joint_choice import MOST_PAIRS
from planner.assortment.limits import within_limits
from planner.assortment.lock_costs import NO_COST, Reach, cost_between, sum_of_costs, with_moves
from planner.assortment.locks import HeldLocks
from planner.assortment.moves import closed_problem
from planner.assortment.parameters import with_rules
from planner.assortment.problem import Flags, StoreProblem
from planner.assortment.result import (
    AIM_GAP,
    Assortment,
    ChainPlan,
    LockCost,
    LockCosts,
    StorePlan,
)
from planner.assortment.rules import PlanRules
from planner.assortment.score import Score
from planner.assortment.solve_settings import SolveSettings
from planner.demand.result import Demand
from planner.tables.inputs import Assumption, Inputs
from planner.workers import StoreExecutor, store_executor

MOST_PAIRS_SOLVED = 15_000
"""Store-item pairs of all the chains together that are solved again without some locks."""

Variants = Mapping[str, Sequence[StoreProblem]]
"""Of the stores with locks, the store without each of them, and where there are several without
all of them."""
Lifted = Mapping[str, int]
"""Store -> which of its variants takes its place; the others keep their locks."""


def lifted_stores(
    locks: HeldLocks, problem: StoreProblem, inputs: Inputs, rules: PlanRules, in_range: Flags
) -> tuple[StoreProblem, ...]:
    """The store without each of its locks, and where there are several without all of them."""
    stores = [locks.without(problem, k) for k in range(len(locks.locks))]
    if len(stores) > 1:
        stores.append(locks.opened(problem))
    return tuple(with_rules(store, inputs, rules, in_range) for store in stores)


def with_lock_costs(
    inputs: Inputs,
    demand: Demand,
    settings: SolveSettings,
    assortment: Assortment,
    *,
    executor: StoreExecutor | None = None,
    rules: PlanRules | None = None,
) -> Assortment:
    """The chain's plan with what its locks cost: each, those of a store, and all together.

    Where stores plan for themselves their costs were solved with their plans, and add up.
    """
    rules = rules or PlanRules()
    held = {s: h for s, h in assortment.parameters.held.items() if s in assortment.problems}
    if not held or not settings.exact_of(assortment.in_range.size):
        return assortment
    coupling = chain_coupling(inputs, assortment.parameters.core, rules)
    if not coupling.binds and rules.max_distinct_ranges is None:
        return dataclasses.replace(assortment, lock_costs=_of_stores(assortment, held))
    number = {store: s for s, store in enumerate(demand.store_ids)}
    lifted = {
        store: lifted_stores(
            locks, assortment.problems[store], inputs, rules, demand.in_range[number[store]]
        )
        for store, locks in held.items()
    }
    scores = {s: plan.score for s, plan in assortment.plans.items() if plan.score is not None}
    with (
        nullcontext(executor)
        if executor
        else store_executor(settings.workers, settings.dask) as workers
    ):
        costs = shared_lock_costs(
            assortment.problems,
            lifted,
            coupling,
            scores,
            assortment.chain,
            workers.map_stores,
            gap=settings.gap,
            time_limit_seconds=settings.time_limit_seconds,
            most_ranges=rules.max_distinct_ranges,
        )
    struck: tuple[Assumption, ...] = ()
    if costs.time_limits_struck:
        text = (
            "programs behind the costs of locks were ended by their time limit: the costs hold, "
            "but another run, on a busier or a quicker machine, may know them better or less well"
        )
        count = costs.time_limits_struck
        struck = (Assumption("assortment", "time limit", text, count, warning=True),)
    return dataclasses.replace(
        assortment, lock_costs=costs, assumptions=(*assortment.assumptions, *struck)
    )


def _of_stores(assortment: Assortment, held: Mapping[str, HeldLocks]) -> LockCosts:
    """The costs of stores that plan for themselves."""
    found = {store: assortment.outcomes[store].lock_costs for store in held}
    of_store = {store: costs[-1] for store, costs in found.items()}
    each = {store: costs[: len(held[store].locks)] for store, costs in found.items()}
    return LockCosts(each, of_store, sum_of_costs(of_store.values()))


def shared_lock_costs(
    problems: Mapping[str, StoreProblem],
    lifted: Variants,
    coupling: Coupling,
    plans: Mapping[str, Score],
    chain: ChainPlan | None,
    run: Runner,
    *,
    gap: float,
    time_limit_seconds: float,
    most_ranges: int | None = None,
) -> LockCosts:
    """Costs of locks in a chain whose stores are not on their own.

    ``plans``: those of the chain; ``chain``: the plan of its shared limits, None where it has
    none but ``most_ranges``.
    """
    prices = no_prices(coupling, len(problems)) if chain is None else chain.prices
    bounds = None if chain is None else chain.store_bounds
    at_prices = _AtPrices(problems, lifted, coupling, prices, bounds, run, time_limit_seconds)
    total = sum(plan.objective_week for plan in plans.values())
    bound = at_prices.bound_week({})
    if chain is not None:
        bound = min(bound, chain.bound_week)
    kept = Reach(total, max(bound, total))
    again = _Again(
        problems, lifted, coupling, plans, kept, prices, run, gap, time_limit_seconds, most_ranges
    )

    def cost_of(changed: Lifted) -> LockCost:
        return again.cost(changed, at_prices.bound_week(changed))

    # What many ask about comes first: the chain is solved again only so often.
    of_chain = cost_of({store: len(own) - 1 for store, own in lifted.items()})
    of_store = {
        store: of_chain if len(lifted) == 1 else cost_of({store: len(own) - 1})
        for store, own in lifted.items()
    }
    found = {(store, 0): of_store[store] for store, own in lifted.items() if len(own) == 1}
    single = [(store, k) for store, own in lifted.items() for k in range(len(own) - 1)]
    for store, k in sorted(single, key=lambda key: (-at_prices.bound_week(dict([key])), key)):
        found[store, k] = cost_of({store: k})
    each = {
        store: tuple(found[store, k] for k in range(max(1, len(own) - 1)))
        for store, own in lifted.items()
    }
    return LockCosts(each, of_store, of_chain, again.time_limits_struck)


class _AtPrices:
    """The chain's bound at the prices of its shared limits: a sum over stores, of which those
    without some locks have another part."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        lifted: Variants,
        coupling: Coupling,
        prices: ChainPrices,
        store_bounds: Mapping[str, float] | None,
        run: Runner,
        seconds: float,
    ) -> None:
        self._problems, self._lifted = problems, lifted
        self._coupling, self._prices = coupling, prices
        self._run, self._seconds = run, seconds
        too_few, opened = (
            self._of_chain(changed)[0]
            for changed in ({}, {store: len(own) - 1 for store, own in lifted.items()})
        )
        # Closed to all stores with locks, without, and with some of them.
        self._closed = too_few & opened
        keys = [(store, k) for store, own in lifted.items() for k in range(len(own))]
        found = self._solved([lifted[store][k] for store, k in keys])
        self._plans = dict(zip(keys, found, strict=True))
        if store_bounds is None or (too_few & ~opened).any():
            own = self._solved(list(problems.values()))
            store_bounds = {plan.store_id: plan.bound_week for plan in own}
        self._bounds = store_bounds

    def _of_chain(self, changed: Lifted) -> tuple[Flags, float]:
        """Items that too few stores could list, and the prices times what is available."""
        forced = forced_choices(with_lifted(self._problems, self._lifted, changed), self._coupling)
        too_few = (forced.possible_stores < self._coupling.min_stores) & ~forced.item
        return too_few, value_of_limits(self._coupling, forced, self._prices)

    def _solved(self, stores: Sequence[StoreProblem]) -> list[StorePlan]:
        number = {store: s for s, store in enumerate(self._problems)}
        at_prices = [
            priced(
                closed_problem(problem, self._closed),
                self._coupling,
                self._prices,
                number[problem.store_id],
            )
            for problem in stores
        ]
        return solve_stores(at_prices, self._run, gap=AIM_GAP, time_limit_seconds=self._seconds)

    def bound_week(self, changed: Lifted) -> float:
        """No plan of the chain with these stores in the place of their own is worth more."""
        without = [self._plans[key] for key in changed.items()]
        if any(plan.score is None and plan.plan != "infeasible" for plan in without):
            return math.inf
        rest = sum(bound for store, bound in self._bounds.items() if store not in changed)
        limits = self._of_chain(changed)[1]
        return rest + sum(plan.bound_week for plan in without) + limits


def with_lifted(
    problems: Mapping[str, StoreProblem], lifted: Variants, changed: Lifted
) -> dict[str, StoreProblem]:
    """The chain with some stores without some of their locks."""
    return {**problems, **{store: lifted[store][k] for store, k in changed.items()}}


@dataclass(frozen=True)
class _Found:
    """The chain as it was solved again."""

    reach: Reach
    listed: Mapping[str, Flags]
    infeasible: bool


class _Again:
    """A chain of few stores, solved again without some of its locks."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        lifted: Variants,
        coupling: Coupling,
        plans: Mapping[str, Score],
        kept: Reach,
        prices: ChainPrices,
        run: Runner,
        gap: float,
        seconds: float,
        most_ranges: int | None,
    ) -> None:
        self._problems, self._lifted = problems, lifted
        self._coupling, self._plans = coupling, plans
        self._first, self._prices, self._run = kept, prices, run
        self._seconds, self._most_ranges = seconds, most_ranges
        pairs = sum(len(problem.item_ids) for problem in problems.values())
        small = len(problems) <= FEW_STORES and pairs <= MOST_PAIRS
        self._left = MOST_PAIRS_SOLVED // max(1, pairs) if small else 0
        # So small a chain is proven as a whole in a moment.
        self._gap = min(gap, AIM_GAP) if pairs <= PAIRS_AT_FREE_STOCK else gap
        self.time_limits_struck = 0

    @cached_property
    def _kept(self) -> Reach:
        """The chain with its locks, in the room it has, as near to the best as without them."""
        again = self._solved({})
        objective = max(self._first.objective_week, again.reach.objective_week)
        bound = min(self._first.bound_week, again.reach.bound_week)
        return Reach(objective, max(objective, bound))

    def cost(self, changed: Lifted, bound_week: float) -> LockCost:
        """The cost of the locks that ``changed`` lifts; ``bound_week``: what the chain without them
        is worth at most."""
        alone = all(
            within_limits(self._lifted[store][k], self._plans[store].facings)
            for store, k in changed.items()
        )
        if bound_week == -math.inf and not alone:
            return NO_COST
        if self._left <= 0:
            return cost_between(self._first, Reach(-math.inf, bound_week), opens_alone=alone)
        self._left -= 1
        found = self._solved(changed)
        if found.infeasible and not alone:
            return NO_COST
        bound = min(bound_week, found.reach.bound_week)
        reach = Reach(found.reach.objective_week, max(bound, found.reach.objective_week))
        cost = cost_between(self._kept, reach, opens_alone=alone)
        if len(changed) != 1 or reach.objective_week <= self._kept.objective_week:
            return cost
        (store,) = changed
        return with_moves(cost, self._plans[store].listed, found.listed[store])

    def _solved(self, changed: Lifted) -> _Found:
        problems = with_lifted(self._problems, self._lifted, changed)
        chain = solve_chain(
            problems,
            self._coupling,
            self._run,
            gap=self._gap,
            time_limit_seconds=self._seconds,
            start=self._prices,
        )
        if self._most_ranges is not None and not chain.broken:
            chain = with_few_ranges(
                problems, self._coupling, chain, self._most_ranges, self._run,
                gap=self._gap, seconds=self._seconds,
            )  # fmt: skip
        self.time_limits_struck += chain.time_limits_struck
        listed = {s: plan.score.listed for s, plan in chain.plans.items() if plan.score is not None}
        if not chain.broken:
            reach = Reach(chain.objective_week, chain.bound_week)
            return _Found(reach, listed, infeasible=False)
        infeasible = any(plan.plan == "infeasible" for plan in chain.plans.values())
        proven = infeasible or chain.bound_week == -math.inf
        return _Found(Reach(-math.inf, chain.bound_week), listed, proven)
