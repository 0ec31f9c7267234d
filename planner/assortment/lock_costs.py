"""What locks cost a store that plans for itself: the store solved again without them."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from planner.assortment.group_program import StoreFamily
from planner.assortment.limits import within_limits
from planner.assortment.problem import Flags, StoreProblem
from planner.assortment.result import AIM_GAP, Known, LockCost, StorePlan
from planner.assortment.store import solve_store

EXACT_SHARE = 0.05
"""Width of what was proven, as a share of the cost, up to which the cost is told as a number."""
EXACT_WEEK = 0.01
"""The same in money (or units) a week, for costs near nothing: a cent."""
ROUNDING = 1e-9


class Reach(NamedTuple):
    """What the best plan is worth: at least what one was found to be, at most what is proven."""

    objective_week: float
    bound_week: float


NO_COST = LockCost(Known.IMPOSSIBLE, math.nan, math.nan, math.nan)
"""There is no plan without the lock."""


def cost_between(kept: Reach, lifted: Reach, *, opens_alone: bool) -> LockCost:
    """The cost that two solves leave open: a number where they leave hardly any of it open.

    ``opens_alone``: whatever keeps to the locks is allowed without them too, so they cannot gain.
    """
    if opens_alone:
        best = max(lifted.objective_week, kept.objective_week)
        lifted = Reach(best, max(lifted.bound_week, best))
    floor = 0.0 if opens_alone else -math.inf
    least = max(floor, lifted.objective_week - kept.bound_week)
    most = max(least, lifted.bound_week - kept.objective_week)
    cost = lifted.objective_week - kept.objective_week
    return _told(min(max(cost, least), most), least, most)


def sum_of_costs(costs: Iterable[LockCost]) -> LockCost:
    """The cost of locks whose stores do not touch one another; a number where all have one and
    what is proven of their sum is narrow."""
    found = list(costs)
    if any(cost.how is Known.IMPOSSIBLE for cost in found):
        return NO_COST
    return _told(
        sum(cost.cost_week for cost in found),
        sum(cost.least_week for cost in found),
        sum(cost.most_week for cost in found),
    )


def _told(cost: float, least: float, most: float) -> LockCost:
    """``cost`` as exact where it is a number and ``most - least`` at most 5 % of it, or a cent."""
    width = max(EXACT_WEEK, EXACT_SHARE * abs(cost))
    if math.isfinite(cost) and most - least <= width * (1 + ROUNDING):
        return LockCost(Known.EXACT, cost, least, most)
    return LockCost(Known.BETWEEN, math.nan, least, most)


def with_moves(cost: LockCost, listed: Flags, without: Flags) -> LockCost:
    """The cost with the items ([item]: listed with the locks, listed without) that it moves."""
    leaves = tuple(int(i) for i in np.flatnonzero(without & ~listed))
    enters = tuple(int(i) for i in np.flatnonzero(listed & ~without))
    return dataclasses.replace(cost, leaves=leaves, enters=enters)


def lock_costs(
    problem: StoreProblem,
    plan: StorePlan,
    lifted: Sequence[StoreProblem],
    deadline: float,
    family: StoreFamily | None = None,
) -> tuple[LockCost, ...]:
    """What a store's objective loses by its locks, one cost for each of ``lifted``.

    ``lifted``: the store without some of its locks, all else as it is; ``plan``: with all of
    them, within 0.001 % of the best where the time allowed. ``deadline``: of
    ``time.perf_counter``. A cost can be negative where a rule does not count what a lock forces,
    as swaps do.
    """
    return tuple(_cost(problem, plan, other, deadline, family) for other in lifted)


def _cost(
    problem: StoreProblem,
    plan: StorePlan,
    lifted: StoreProblem,
    deadline: float,
    family: StoreFamily | None,
) -> LockCost:
    assert plan.score is not None  # a store without a plan has no costs
    same_facings = np.array_equal(problem.min_facings, lifted.min_facings) and np.array_equal(
        problem.max_facings, lifted.max_facings
    )
    # Ranges and tables of a family are made for its facings.
    left = max(0.5, deadline - time.perf_counter())
    found = solve_store(lifted, AIM_GAP, left, family=family if same_facings else None)
    if found.plan == "infeasible":
        return NO_COST
    bound = math.inf if found.score is None else found.bound_week
    cost = cost_between(
        Reach(plan.objective_week, plan.bound_week),
        Reach(found.objective_week, bound),
        opens_alone=within_limits(lifted, plan.score.facings),
    )
    if found.score is None or found.objective_week <= plan.objective_week:
        return cost
    return with_moves(cost, plan.score.listed, found.score.listed)
