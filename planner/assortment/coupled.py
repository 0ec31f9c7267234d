"""Local, common and current plan of a chain whose stores share limits.

The rivals keep the same limits as far as they can: a common plan that spent more than the
chain's budget would flatter the local one in one way, and be flattered in another.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.chain_program import (
    of_stores,
    solve_chain,
    solve_chain_again,
    with_plans,
)
from planner.assortment.chain_ranges import distinct_ranges, with_few_ranges
from planner.assortment.chain_stock import ChainStock, chain_use
from planner.assortment.common import common_plan
from planner.assortment.coupling import (
    Coupling,
    forced_choices,
    priced,
    value_of_limits,
    without_items,
)
from planner.assortment.moves import PlansAtPrices, closed_problem
from planner.assortment.problem import Integers, StoreProblem
from planner.assortment.repair import Repair, Repaired, shadow_prices_of
from planner.assortment.result import ChainPlan, StorePlan
from planner.assortment.score import Score, best_score, total_objective
from planner.assortment.stock_program import DUST
from planner.assortment.today import as_today
from planner.assortment.whole_program import Solver
from planner.cache import Keepable

COMMON_ROUNDS = 4
"""Rounds of repair for the common plan: what is broken after them is hardly ever mended later."""


NEARLY = 0.1
"""Share of a supplier's minimum that the common plan may lack and still be stocked up to it."""


@dataclass(frozen=True)
class CoupledStore:
    """One store's part of a coupled chain's plans."""

    plan: StorePlan
    common: Score | None
    """None where the common plan cannot keep the chain's limits."""
    current: Score
    overspends_today: bool
    problem: StoreProblem
    at_prices: StoreProblem
    """The store's problem with what it takes of budget and suppliers at its cost."""
    closed: np.ndarray
    """[item]: listed by no store because of the chain's limits."""
    behind_bound: StoreProblem
    """The store's problem at all prices of the chain, items too: the chain's bound is made so."""
    bound_week: float
    """Of that problem."""
    slack_week: float
    """What the chain's bound at these prices lies above its plan."""
    purchase_limits: tuple[str, ...]
    """[item]: the limits on its purchases that stores share, in words; "" without any."""


@dataclass(frozen=True)
class _CommonJob(Keepable):
    problem: StoreProblem
    ranking: Integers


def _common(job: _CommonJob) -> Score | None:
    return common_plan(job.problem, job.ranking, job.gap, job.time_limit_seconds).score


def chain_of(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    run: Runner,
    *,
    gap: float,
    time_limit_seconds: float,
    before: ChainPlan | None = None,
    again: Sequence[str] = (),
    solver: Solver = Solver.HIGHS,
    most_ranges: int | None = None,
) -> ChainPlan:
    """The chain's plan, without its rivals.

    ``before``, ``again``: an earlier plan, and the stores that have less room now;
    ``most_ranges``: different ranges that the chain may have.
    """
    if before is not None and len(before.plans) > len(problems):
        before = of_stores(before, problems, coupling)
    if before is not None and not again:
        return before
    if before is None:
        chain = solve_chain(
            problems,
            coupling,
            run,
            gap=gap,
            time_limit_seconds=time_limit_seconds,
            solver=solver,
        )
    elif most_ranges is not None:
        chain = before
    else:
        chain = solve_chain_again(
            problems,
            coupling,
            run,
            before,
            again,
            gap=gap,
            time_limit_seconds=time_limit_seconds,
            solver=solver,
        )
    if most_ranges is None or chain.broken:
        return chain
    return with_few_ranges(
        problems,
        coupling,
        chain,
        most_ranges,
        run,
        gap=gap,
        seconds=time_limit_seconds,
        again=before is not None,
    )


def beside_rivals(
    chain: ChainPlan,
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    ranking: Integers,
    facings_today: Mapping[str, Integers],
    run: Runner,
    *,
    gap: float,
    time_limit_seconds: float,
    most_ranges: int | None = None,
) -> tuple[ChainPlan, dict[str, CoupledStore]]:
    """A chain's plan that keeps every limit, and each store's part of it beside the rivals'.

    ``ranking``: the chain's, of the common plan; where that earns more it is the plan.
    """
    rival, missed = _common_plans(problems, coupling, chain, ranking, run, gap, time_limit_seconds)
    common = rival.plans
    few = most_ranges is None or (common and distinct_ranges(common) <= most_ranges)
    better = common and total_objective(common) > chain.objective_week
    if better and few and not missed:
        chain = with_plans(problems, coupling, chain, rival)
    chain = dataclasses.replace(chain, missed_by_common=missed)
    current, overspending = _current_plans(problems, coupling, facings_today)
    bare = without_items(chain.prices)
    limits = value_of_limits(coupling, forced_choices(problems, coupling), chain.prices)
    slack = sum(chain.store_bounds.values()) + limits - chain.objective_week
    return chain, {
        store: CoupledStore(
            chain.plans[store],
            common[store] if common else None,
            current[store],
            store in overspending,
            problem,
            priced(problem, coupling, bare, s),
            chain.closed,
            priced(problem, coupling, chain.prices, s),
            chain.store_bounds[store],
            slack,
            coupling.purchase_limits,
        )
        for s, (store, problem) in enumerate(problems.items())
    }


def _common_plans(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    chain: ChainPlan,
    ranking: Integers,
    run: Runner,
    gap: float,
    seconds: float,
) -> tuple[Repaired, tuple[str, ...]]:
    """The ranking's prefixes at the chain's prices, cut and stocked to keep the shared limits.

    Items that too few stores list are dropped: the common plan never fills up behind them, since
    it is one list. So the minimum of a supplier that has to be ordered from can be out of its
    reach: those suppliers are named, and it is valued without. Without plans where it keeps not
    every other limit.
    """
    forced = forced_choices(problems, coupling)
    too_few = (forced.possible_stores < coupling.min_stores) & ~forced.item
    bare = without_items(chain.prices)
    jobs = [
        _CommonJob(
            priced(closed_problem(problem, too_few), coupling, bare, s),
            ranking,
            gap=gap,
            time_limit_seconds=seconds,
        )
        for s, problem in enumerate(problems.values())
    ]
    found: dict[int, Score | None] = dict(run(_common, jobs))
    facings = {}
    for s, store in enumerate(problems):
        own, local = found[s], chain.plans[store].score
        assert local is not None  # a chain without a plan has no rivals
        facings[store] = own.facings if own is not None else local.facings
    shadow = shadow_prices_of(chain.plans)

    def repaired(limits: Coupling) -> Repaired:
        work = PlansAtPrices(problems, limits, chain.prices, facings)
        repair = Repair(
            problems,
            limits,
            forced,
            work,
            chain.prices,
            shadow,
            may_push=False,
            rounds=COMMON_ROUNDS,
        )
        plans = repair.run()
        return dataclasses.replace(plans, plans=None) if plans.broken else plans

    asked = np.where(forced.supplier, 0.0, coupling.min_order_week)
    easier = repaired(dataclasses.replace(coupling, min_order_week=asked))
    if easier.plans is None:
        return easier, ()
    ordered = chain_use(coupling, problems, easier.plans).order_week
    least = np.where(forced.supplier, coupling.min_order_week, 0.0)
    short = np.divide(least - ordered, least, out=np.zeros_like(least), where=least > 0)
    if short.max(initial=0.0) <= DUST:
        return easier, ()
    if short.max() <= NEARLY:
        stocked_up = repaired(coupling)
        if stocked_up.plans is not None:
            return stocked_up, ()
    return easier, tuple(np.array(coupling.supplier_ids)[short > DUST].tolist())


def _current_plans(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    facings: Mapping[str, Integers],
) -> tuple[dict[str, Score], set[str]]:
    """Today's range at its best stock within the budgets, and the stores that overspend.

    Suppliers' limits and fewest stores are not asked of it: its range is what it is. Where even
    the least stock is more than a store's or the chain's budget, it is valued without that one.
    """
    today = {store: as_today(problem) for store, problem in problems.items()}
    overspending = {s for s, p in today.items() if best_score(p, facings[s]) is None}
    payable = {
        store: dataclasses.replace(problem, budget_week=math.inf)
        if store in overspending
        else problem
        for store, problem in today.items()
    }
    suppliers = len(coupling.supplier_ids)
    budget_alone = dataclasses.replace(
        coupling,
        min_order_week=np.zeros(suppliers),
        max_units_week=np.full(suppliers, np.inf),
        min_stores=np.zeros_like(coupling.min_stores),
    )
    tuned = ChainStock(payable, facings, budget_alone).tuned()
    assert tuned is not None  # every store can pay its least stock now
    plans, _ = tuned
    use = chain_use(budget_alone, payable, plans)
    if any(resource.excess(use) > DUST for resource in budget_alone.resources):
        unlimited = dataclasses.replace(budget_alone, budget_week=math.inf)
        free = ChainStock(payable, facings, unlimited).tuned()
        assert free is not None
        return free[0], set(problems)
    return plans, overspending
