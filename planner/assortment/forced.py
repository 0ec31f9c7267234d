"""What it costs to force an item into a store's plan, and what one more of a limit is worth.

Exact: the store is solved again with the item locked in (the limit relaxed), both plans within
0.01 % of the best. Elsewhere a bound that no plan can beat (``listing_bounds``).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.group_program import StoreFamily
from planner.assortment.limits import within_limits
from planner.assortment.listing_bounds import ListingBounds, bound_of_whole, listing_bounds
from planner.assortment.lock_costs import lock_costs
from planner.assortment.problem import StoreProblem
from planner.assortment.range_limits import ENTERING, STAYING, counted, forced_item
from planner.assortment.result import (
    AIM_GAP,
    EXACT_GAP,
    Forcing,
    Known,
    LockCost,
    StorePlan,
    Worth,
    proof_words,
)
from planner.assortment.store import at_least, solve_store
from planner.assortment.ways_out import giving_limit

MORE_SHELF_CM = 60.0
MORE_MONEY = 100.0


@dataclass(frozen=True)
class Explained:
    """A plan within 0.01 % of the best, what forcing items in costs, what limits are worth."""

    plan: StorePlan
    forcing: Mapping[int, Forcing]
    """By item, for those that are not listed and may be."""
    worth: tuple[Worth, ...]
    lock_costs: tuple[LockCost, ...]


def explain_plan(
    problem: StoreProblem,
    plan: StorePlan,
    exact: int,
    seconds: float,
    lifted: Sequence[StoreProblem] = (),
) -> Explained:
    """The plan, improved to 0.01 %, with costs and worths.

    ``exact``: how many of the nearest items and of the dearest limits are solved again. A better
    plan that such a solve finds becomes the plan. Items and limits whose turn does not come
    within ``seconds`` keep their bounds. ``lifted``: the store without some of its locks.
    """
    deadline = time.perf_counter() + seconds
    family = StoreFamily(problem, settle_gap=EXACT_GAP)
    family.prices = {limit.limit: limit.shadow_price for limit in plan.limits}
    plan = improved(problem, plan, deadline, family)
    bounds = listing_bounds(problem, _left(deadline), family)
    rivals: dict[int, StorePlan] = {}
    for item in nearest(problem, plan, bounds)[:exact]:
        if time.perf_counter() > deadline:
            break
        forced = with_lock(problem, item, True)
        rivals[item] = solve_store(forced, AIM_GAP, _left(deadline), family=family)
        plan = better(problem, plan, rivals[item])
    relaxed = _worths(problem, plan, bounds, exact, deadline, family)
    forcing = {}
    for item in map(int, np.flatnonzero(_open(problem, plan))):
        if item in rivals:
            forcing[item] = forcing_of(plan, rivals[item], item, floor_of(problem, item))
        else:
            bound = float(bounds.with_item[item])
            forcing[item] = bounded(plan.objective_week, bound, floor_of(problem, item))
    return Explained(plan, forcing, relaxed, lock_costs(problem, plan, lifted, deadline, family))


def improved(
    problem: StoreProblem, plan: StorePlan, deadline: float, family: StoreFamily | None = None
) -> StorePlan:
    """The plan, or a better one, with a bound within 0.01 % where the time allows."""
    if plan.gap <= AIM_GAP:
        return plan
    again = solve_store(problem, AIM_GAP, _left(deadline), family=family)
    if again.score is None:
        return plan
    bound = min(plan.bound_week, again.bound_week)
    first = dataclasses.replace(plan, bound_week=max(bound, plan.objective_week))
    found = better(problem, dataclasses.replace(again, bound_week=bound), first)
    struck = again.proof == "time limit"
    return dataclasses.replace(found, proof=proof_words(found.gap, time_limit_struck=struck))


def better(problem: StoreProblem, plan: StorePlan, other: StorePlan) -> StorePlan:
    """The plan, or the other one where its range is worth more to the same store.

    A range with an item forced in may hold a swap more than the store allows.
    """
    if other.score is None or not within_limits(problem, other.score.facings):
        return plan
    return at_least(problem, plan, other.score)


def forced_plans(
    problem: StoreProblem, plan: StorePlan, item: int, inside: bool, seconds: float
) -> tuple[StorePlan, StorePlan, Forcing]:
    """The plan, improved where it was rough, its rival with the item forced in (or out), and
    the cost of that, both solved to 0.001 % where ``seconds`` allow."""
    deadline = time.perf_counter() + seconds
    plan = improved(problem, plan, deadline)
    rival = solve_store(with_lock(problem, item, inside), AIM_GAP, _left(deadline))
    return plan, rival, forcing_of(plan, rival, item, floor_of(problem, item))


def both_ways(
    problem: StoreProblem, item: int, listed: bool, seconds: float
) -> tuple[StorePlan, StorePlan, Forcing]:
    """The best plan with an item as it is (``listed`` or not), the best the other way, and the
    cost of that; for a store whose own plan is not its best, as stores share limits."""
    deadline = time.perf_counter() + seconds
    plan = solve_store(with_lock(problem, item, listed), AIM_GAP, _left(deadline))
    rival = solve_store(with_lock(problem, item, not listed), AIM_GAP, _left(deadline))
    return plan, rival, forcing_of(plan, rival, item, floor_of(problem, item))


def with_lock(problem: StoreProblem, item: int, inside: bool) -> StoreProblem:
    """The problem with one item locked in, or out, whatever was asked of it before.

    As with a lock of the chain's tables, swaps do not count it.
    """
    locked_in, locked_out = problem.locked_in.copy(), problem.locked_out.copy()
    core = problem.core.copy()
    locked_in[item], locked_out[item] = inside, not inside
    core[item] &= inside
    limits = forced_item(problem.range_limits, item)
    return dataclasses.replace(
        problem, core=core, locked_in=locked_in, locked_out=locked_out, range_limits=limits
    )


def nearest(problem: StoreProblem, plan: StorePlan, bounds: ListingBounds) -> list[int]:
    """Items that are not listed and may be, the one whose cost may be least first."""
    items = np.flatnonzero(_open(problem, plan) & np.isfinite(bounds.with_item))
    order = items[np.argsort(-bounds.with_item[items], kind="stable")]
    return [int(item) for item in order]


def _open(problem: StoreProblem, plan: StorePlan) -> np.ndarray:
    assert plan.score is not None  # only a plan is explained
    return np.asarray(~plan.score.listed & ~problem.locked_out)


def floor_of(problem: StoreProblem, item: int) -> float:
    """The least that forcing an item can cost: nothing, unless swaps count it. What is forced they
    do not, so it leaves room for a swap more, and may even gain."""
    return -math.inf if counted(problem, ENTERING, STAYING)[item] else 0.0


def forcing_of(plan: StorePlan, rival: StorePlan, item: int, floor: float) -> Forcing:
    """The cost that two solves say, no less than ``floor``; ``rival``: with the item forced."""
    if rival.plan == "infeasible":
        return Forcing(Known.IMPOSSIBLE, math.inf, math.inf, math.inf)
    least = max(floor, plan.objective_week - rival.bound_week)
    if rival.score is None or plan.score is None:
        return Forcing(Known.AT_LEAST, max(0.0, least), least, math.inf)
    leaves = np.flatnonzero(plan.score.listed & ~rival.score.listed)
    enters = np.flatnonzero(rival.score.listed & ~plan.score.listed)
    exact = plan.gap <= EXACT_GAP * (1 + 1e-9) and rival.gap <= EXACT_GAP * (1 + 1e-9)
    cost = max(floor, plan.objective_week - rival.objective_week)
    return Forcing(
        Known.EXACT if exact else Known.AT_LEAST,
        cost if exact else max(0.0, least),
        least,
        max(floor, plan.bound_week - rival.objective_week),
        tuple(int(i) for i in leaves if i != item),
        tuple(int(i) for i in enters if i != item),
    )


def bounded(best_week: float, bound_week: float, floor: float) -> Forcing:
    """The cost that a bound of the plans with the item forced says: no less than the rest."""
    if bound_week == -math.inf:
        return Forcing(Known.IMPOSSIBLE, math.inf, math.inf, math.inf)
    least = max(floor, best_week - bound_week)
    return Forcing(Known.AT_LEAST, max(0.0, least), least, math.inf)


# ---- limits


def _worths(
    problem: StoreProblem,
    plan: StorePlan,
    bounds: ListingBounds,
    exact: int,
    deadline: float,
    family: StoreFamily,
) -> tuple[Worth, ...]:
    """Every limit's worth, the first by shadow price times amount solved again."""
    found = []
    for limit in plan.limits:
        amount, unit = more_of(problem, limit.limit)
        if amount:
            price = bounds.shadow_prices.get(limit.limit, limit.shadow_price)
            if bounds.prices_hold:
                bound = bounds.bound_week + price * amount
            else:
                bound = bound_of_whole(giving_limit(problem, limit.limit).at(amount))
            most = max(0.0, bound - plan.objective_week)
            found.append((price * amount, limit.limit, unit, amount, most))
    found.sort(key=lambda one: (-one[0], one[1]))
    worths = []
    for place, (priced, name, unit, amount, most) in enumerate(found):
        worth = Worth(name, unit, amount, Known.AT_MOST, most, 0.0, most)
        if place < exact and priced > 0 and time.perf_counter() < deadline:
            wider = giving_limit(problem, name).at(amount)
            rival = solve_store(wider, AIM_GAP, _left(deadline), family=family)
            worth = _solved(plan, rival, worth)
        worths.append(worth)
    return tuple(worths)


def _solved(plan: StorePlan, rival: StorePlan, worth: Worth) -> Worth:
    most = min(worth.most_week, max(0.0, rival.bound_week - plan.objective_week))
    least = max(0.0, rival.objective_week - plan.bound_week)
    exact = rival.gap <= EXACT_GAP * (1 + 1e-9) and plan.gap <= EXACT_GAP * (1 + 1e-9)
    gain = max(0.0, rival.objective_week - plan.objective_week)
    return dataclasses.replace(
        worth,
        how=Known.EXACT if exact else Known.AT_MOST,
        worth_week=gain if exact else most,
        least_week=least,
        most_week=most,
    )


def more_of(problem: StoreProblem, limit: str) -> tuple[float, str]:
    """How much more of a limit is asked about, and its unit; 0 for shares, which have none."""
    giving = giving_limit(problem, limit)
    if limit.startswith("shelf_cm:"):
        return MORE_SHELF_CM, giving.unit
    if giving.unit == "money per week":
        return min(MORE_MONEY, giving.most), giving.unit
    return (1.0, giving.unit) if giving.unit == "items" else (0.0, giving.unit)


def _left(deadline: float) -> float:
    return max(0.5, deadline - time.perf_counter())
