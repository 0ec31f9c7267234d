"""The chain program: all stores under the limits they share, with a bound of the whole.

Prices on the shared limits (``chain_prices.py``), one store program per store at those prices,
then repair to a plan that keeps every limit (``repair.py``) and a last solve of the stores that
the repair has touched. docs/model.md, "The chain program".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from planner.assortment.chain_prices import PricedChain, Runner
from planner.assortment.chain_rest import repaired_in_rest
from planner.assortment.chain_sample import price_by_sample
from planner.assortment.chain_search import ChainSearch
from planner.assortment.chain_stock import chain_use, score_use
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    forced_choices,
    priced,
    use_cost,
    value_of_limits,
    without_items,
)
from planner.assortment.jobs import solve_stores
from planner.assortment.limits import limit_uses
from planner.assortment.moves import PlansAtPrices, closed_problem
from planner.assortment.problem import Flags, StoreProblem
from planner.assortment.repair import Repair, Repaired, repaired_plans, shadow_prices_of
from planner.assortment.result import ChainPlan, Limit, StorePlan, proof_words, relative_gap
from planner.assortment.score import Score, total_objective
from planner.assortment.whole_program import Solver

Key = TypeVar("Key")
SHARE_OF_PRICES = 0.25
"""Share of the gap asked for that may be left in the prices."""
UNUSED = 1e-3
"""Share of a limit that a plan leaves, above which one more unit of it is worth nothing."""
NEAR_THE_FEWEST = 2.0
"""Times the fewest stores of an item up to which the limit is shown."""
SHARE_OF_STORES = 0.4
"""Share of the gap asked for that the stores' own programs may leave."""


@dataclass(frozen=True)
class _Stores:
    """How stores are solved at any prices."""

    run: Runner
    gap: float
    time_limit_seconds: float
    solver: Solver

    def __call__(self, problems: Mapping[Key, StoreProblem]) -> dict[Key, StorePlan]:
        """Every store's plan, by the same key."""
        found = solve_stores(
            list(problems.values()),
            self.run,
            gap=self.gap,
            time_limit_seconds=self.time_limit_seconds,
            solver=self.solver,
        )
        return dict(zip(problems, found, strict=True))


def solve_chain(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    run: Runner,
    *,
    gap: float,
    time_limit_seconds: float,
    start: ChainPrices | None = None,
    solver: Solver = Solver.HIGHS,
) -> ChainPlan:
    """Plans of all stores that keep every shared limit, and the chain's bound.

    ``gap``: relative, of the chain; ``time_limit_seconds``: for one solve of one store;
    ``start``: prices to begin with. A store without any plan of its own is returned as such,
    and then no other has one.
    """
    forced = forced_choices(problems, coupling)
    too_few = (forced.possible_stores < coupling.min_stores) & ~forced.item
    problems = {store: closed_problem(problem, too_few) for store, problem in problems.items()}
    found = price_by_sample(problems, coupling, forced, run, gap=gap * SHARE_OF_PRICES, start=start)
    at_prices = {
        store: priced(problem, coupling, found.prices, s)
        for s, (store, problem) in enumerate(problems.items())
    }
    solve = _Stores(run, gap * SHARE_OF_STORES, time_limit_seconds, solver)
    first = solve(at_prices)
    without = [plan for plan in first.values() if plan.score is None]
    if without:
        words = tuple(f"store {plan.store_id} has no plan" for plan in without)
        nothing = np.zeros_like(too_few)
        prices = found.prices
        return ChainPlan(first, math.inf, (), prices, nothing, words, found.rounds, {}, prices)
    store_bounds = {s: min(found.store_bounds[s], plan.bound_week) for s, plan in first.items()}
    at_these = sum(store_bounds.values()) + value_of_limits(coupling, forced, found.prices)
    bound = min(found.bound_week, at_these)
    repaired = repaired_plans(problems, coupling, forced, found.prices, first)
    if not repaired.broken:
        repaired = _polished(problems, coupling, forced, found, first, repaired, solve)
    search = ChainSearch(problems, coupling, forced, found.prices, shadow_prices_of(first), solve)
    own = {s: plan.score.facings for s, plan in first.items() if plan.score is not None}
    repaired, bound = search.improved(repaired, [own], found.tried, bound, gap)
    chain = _chain_plan(
        problems,
        coupling,
        found.prices,
        first,
        store_bounds,
        bound,
        repaired,
        too_few | repaired.closed,
        found.rounds,
    )
    return dataclasses.replace(chain, time_limits_struck=search.time_limits_struck)


def solve_chain_again(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    run: Runner,
    before: ChainPlan,
    again: Sequence[str],
    *,
    gap: float,
    time_limit_seconds: float,
    solver: Solver = Solver.HIGHS,
) -> ChainPlan:
    """A chain of which some stores have less room than before: those alone are solved again.

    Prices and bound stay those of the chain with all its room; the limits are kept anew.
    """
    forced = forced_choices(problems, coupling)
    too_few = (forced.possible_stores < coupling.min_stores) & ~forced.item
    open_problems = {store: closed_problem(p, too_few) for store, p in problems.items()}
    problems = {
        store: closed_problem(problem, before.closed) for store, problem in problems.items()
    }
    at_prices = {
        store: priced(problem, coupling, before.prices, s)
        for s, (store, problem) in enumerate(problems.items())
        if store in again
    }
    solve = _Stores(run, gap * SHARE_OF_STORES, time_limit_seconds, solver)
    solved = solve(at_prices)
    plans = {store: solved.get(store, before.plans[store]) for store in problems}
    without = tuple(f"store {s} has no plan" for s, plan in plans.items() if plan.score is None)
    if without:
        return dataclasses.replace(before, plans=plans, broken=without)
    in_rest = repaired_in_rest(problems, coupling, forced, before.stock_prices, plans, again)
    if in_rest is not None:
        in_rest = dataclasses.replace(in_rest, prices=before.stock_prices)
    repaired = in_rest or repaired_plans(problems, coupling, forced, before.prices, plans)
    closed = before.closed | repaired.closed
    search = ChainSearch(
        open_problems, coupling, forced, before.prices, shadow_prices_of(plans), solve
    )
    own = {s: plan.score.facings for s, plan in plans.items() if plan.score is not None}
    # Less room costs what it costs: beside a broken limit only a loss is reason to search, and
    # only where few stores have jumped far.
    found, _ = search.improved(repaired, [own], [before.prices], before.bound_week, math.inf)
    kept = found.plans is not None and not found.broken
    total = total_objective(found.plans) if found.plans is not None else -math.inf
    if kept and relative_gap(total, before.objective_week) > SHARE_OF_STORES * gap:
        found = search.improved_together(found, gap)
    if found is not repaired:
        repaired, closed = found, too_few | found.closed
    chain = _chain_plan(
        problems,
        coupling,
        before.prices,
        plans,
        before.store_bounds,
        before.bound_week,
        repaired,
        closed,
        before.rounds,
    )
    struck = before.time_limits_struck + search.time_limits_struck
    return dataclasses.replace(chain, time_limits_struck=struck)


def of_stores(
    chain: ChainPlan, problems: Mapping[str, StoreProblem], coupling: Coupling
) -> ChainPlan:
    """A plan of a chain cut down to some of its stores, with the bound that its prices prove of
    those."""
    number = {store: s for s, store in enumerate(chain.plans)}
    rows = [number[store] for store in problems]
    prices = dataclasses.replace(chain.prices, charge=chain.prices.charge[rows])
    bounds = {store: chain.store_bounds[store] for store in problems}
    limits = value_of_limits(coupling, forced_choices(problems, coupling), prices)
    return dataclasses.replace(
        chain,
        plans={store: chain.plans[store] for store in problems},
        prices=prices,
        bound_week=sum(bounds.values()) + limits,
        store_bounds=bounds,
        stock_prices=dataclasses.replace(
            chain.stock_prices, charge=chain.stock_prices.charge[rows]
        ),
    )


def _polished(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    found: PricedChain,
    first: Mapping[str, StorePlan],
    repaired: Repaired,
    solve: _Stores,
) -> Repaired:
    """Stores that the repair has touched, solved again around what it has decided.

    Items whose count stands at its minimum stay where they are, items that no store lists stay
    closed. Kept only where the chain's plan keeps every limit and earns more.
    """
    assert repaired.plans is not None
    before = {s: plan.score.facings for s, plan in first.items() if plan.score is not None}
    touched = [s for s, p in repaired.plans.items() if (p.facings != before[s]).any()]
    if not touched:
        return repaired
    listed = {store: plan.listed for store, plan in repaired.plans.items()}
    count = np.sum(list(listed.values()), axis=0)
    leaving = np.sum([listed[store] for store in touched], axis=0)
    several = coupling.all_or_none
    needed = several & (count - leaving < coupling.min_stores)
    nowhere = several & (count == 0) & ~forced.item
    bare = without_items(found.prices)
    again = {}
    for s, (store, problem) in enumerate(problems.items()):
        if store in touched:
            fixed = dataclasses.replace(
                closed_problem(problem, nowhere),
                locked_in=problem.locked_in | (needed & listed[store]),
            )
            again[store] = priced(fixed, coupling, bare, s)
    plans = solve(again)
    facings = {store: plan.facings for store, plan in repaired.plans.items()}
    work = PlansAtPrices(problems, coupling, found.prices, facings)
    for store, plan in plans.items():
        if plan.score is not None and plan.objective_week > work.earned(store):
            facings[store] = plan.score.facings
    work = PlansAtPrices(problems, coupling, found.prices, facings)
    tried = Repair(
        problems, coupling, forced, work, found.prices, shadow_prices_of(first), may_push=False
    ).run()
    if tried.plans is None or tried.broken:
        return repaired
    gained = total_objective(tried.plans) - total_objective(repaired.plans)
    closed = tried.closed | (repaired.closed & (count == 0))
    return dataclasses.replace(tried, closed=closed) if gained > 0 else repaired


def _chain_plan(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    prices: ChainPrices,
    first: Mapping[str, StorePlan],
    store_bounds: Mapping[str, float],
    bound: float,
    repaired: Repaired,
    closed: Flags,
    rounds: int,
) -> ChainPlan:
    if repaired.plans is None:
        plans = {s: _no_plan(plan) for s, plan in first.items()}
        return ChainPlan(
            plans, bound, (), prices, closed, repaired.broken, rounds, store_bounds, prices
        )
    plans = {}
    for s, (store, problem) in enumerate(problems.items()):
        plan = repaired.plans[store]
        paid = use_cost(coupling, prices, s, score_use(coupling, problem, plan))
        left = store_bounds[store] - (plan.objective_week - paid)
        plans[store] = _with_score(problem, first[store], plan, max(0.0, left))
    bound = max(bound, total_objective(repaired.plans))
    for_stock = prices if repaired.prices is None else repaired.prices
    limits = chain_limits(problems, coupling, prices, for_stock, repaired.plans)
    return ChainPlan(
        plans, bound, limits, prices, closed, repaired.broken, rounds, store_bounds, for_stock
    )


def with_plans(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    chain: ChainPlan,
    other: Repaired,
) -> ChainPlan:
    """The chain with other plans that keep every limit; its bound and prices stay."""
    assert other.plans is not None
    listed = np.sum([plan.listed for plan in other.plans.values()], axis=0) > 0
    found = _chain_plan(
        problems,
        coupling,
        chain.prices,
        chain.plans,
        chain.store_bounds,
        chain.bound_week,
        other,
        chain.closed & ~listed,
        chain.rounds,
    )
    return dataclasses.replace(found, time_limits_struck=chain.time_limits_struck)


def _no_plan(plan: StorePlan) -> StorePlan:
    return dataclasses.replace(plan, plan="none", objective_week=-math.inf, score=None, limits=())


def _with_score(problem: StoreProblem, plan: StorePlan, score: Score, left: float) -> StorePlan:
    """The store's plan with another score, and a bound at the chain's prices.

    ``left``: how much better a plan of the store could be at those prices.
    """
    objective = score.objective_week
    shadow = {limit.limit: limit.shadow_price for limit in plan.limits}
    return dataclasses.replace(
        plan,
        objective_week=objective,
        bound_week=objective + left,
        proof=proof_words(
            relative_gap(objective, objective + left),
            time_limit_struck=plan.proof == "time limit",
        ),
        score=score,
        limits=tuple(Limit(*use, shadow[use[0]]) for use in limit_uses(problem, score)),
    )


def chain_limits(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    prices: ChainPrices,
    for_stock: ChainPrices,
    plans: Mapping[str, Score],
) -> tuple[Limit, ...]:
    """Every limit that the chain's plan could break, with its use and its shadow price.

    The price of budget and suppliers is that at which the plan's stock was tuned (``for_stock``):
    0 where the plan does not need the limit's last unit, whatever the bound's prices say, or
    those of a plan of which some stores were planned anew with less room.

    A supplier's minimum is not a limit of a chain that lists nothing of it, nor the fewest
    stores of an item that no store lists; items that far more stores list than have to are left
    out.
    """
    use = chain_use(coupling, problems, plans)
    limits = []
    for resource in coupling.resources:
        used, price = resource.used_by(use), for_stock.of(resource)
        if resource.excess(use) < -UNUSED:
            price = 0.0
        if resource.kind == "budget":
            name, unit = "budget_week", "money per week"
        else:
            supplier = coupling.supplier_ids[resource.supplier]
            unit = "money per week" if resource.at_least else "units per week"
            kind = "supplier_min_order" if resource.at_least else "supplier_max_units"
            name = f"{kind}:{supplier}"
            if resource.at_least and not coupling.member[resource.supplier] @ use.listed:
                continue
        limits.append(Limit(name, unit, used, resource.available, price))
    items = next(iter(problems.values())).item_ids
    near = (use.listed > 0) & (use.listed <= NEAR_THE_FEWEST * coupling.min_stores)
    for i in np.flatnonzero((coupling.min_stores > 1) & near):
        least = float(coupling.min_stores[i])
        price = float(prices.push[i])
        limits.append(Limit(f"min_stores:{items[i]}", "stores", float(use.listed[i]), least, price))
    return tuple(limits)
