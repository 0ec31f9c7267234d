"""What each lock costs: the store solved again without it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence

import numpy as np

from planner.assortment.coupled import CoupledStore
from planner.assortment.group_program import StoreFamily
from planner.assortment.limits import within_limits
from planner.assortment.problem import StoreProblem
from planner.assortment.result import AIM_GAP, EXACT_GAP, Forcing, Known, StorePlan
from planner.assortment.store import at_least, solve_store


def lock_costs(
    problem: StoreProblem,
    plan: StorePlan,
    lifted: Sequence[StoreProblem],
    deadline: float,
    family: StoreFamily | None = None,
) -> tuple[Forcing, ...]:
    """What a store's objective loses by each of its locks, in their order.

    ``lifted``: the store without each lock, all else as it is; ``plan``: with all of them, within
    0.001 % of the best where the time allowed. ``deadline``: of ``time.perf_counter``. A cost can
    be negative where a rule does not count what a lock forces, as swaps do.
    """
    return tuple(_cost(plan, _without(problem, plan, other, deadline, family)) for other in lifted)


def lock_costs_at_prices(
    part: CoupledStore, lifted: Sequence[StoreProblem], seconds: float
) -> tuple[Forcing, ...]:
    """The same in a chain whose stores share limits: the store's own, purchases at the prices of
    those limits, so true as long as these prices stay."""
    if not lifted:
        return ()
    deadline = time.perf_counter() + seconds
    problem = part.at_prices
    plan = solve_store(problem, AIM_GAP, _left(deadline))
    unit = problem.unit_cost - part.problem.unit_cost
    listing = problem.listing_cost_week - part.problem.listing_cost_week
    priced = [
        dataclasses.replace(
            other,
            unit_cost=other.unit_cost + unit,
            listing_cost_week=other.listing_cost_week + listing,
        )
        for other in lifted
    ]
    costs = lock_costs(problem, plan, priced, deadline)
    return tuple(
        dataclasses.replace(cost, how=Known.AT_PRICES) if cost.how is Known.EXACT else cost
        for cost in costs
    )


def _without(
    problem: StoreProblem,
    plan: StorePlan,
    lifted: StoreProblem,
    deadline: float,
    family: StoreFamily | None,
) -> StorePlan:
    same_facings = np.array_equal(problem.min_facings, lifted.min_facings) and np.array_equal(
        problem.max_facings, lifted.max_facings
    )
    # Ranges and tables of a family are made for its facings.
    found = solve_store(lifted, AIM_GAP, _left(deadline), family=family if same_facings else None)
    if plan.score is None or found.score is None:
        return found
    kept = within_limits(lifted, plan.score.facings)
    return at_least(lifted, found, plan.score) if kept else found


def _cost(plan: StorePlan, without: StorePlan) -> Forcing:
    if without.plan == "infeasible":
        return Forcing(Known.IMPOSSIBLE, math.nan, math.nan, math.nan)
    if without.score is None or plan.score is None:
        return Forcing(Known.AT_LEAST, 0.0, 0.0, math.inf)
    least = without.objective_week - plan.bound_week
    most = without.bound_week - plan.objective_week
    exact = max(plan.gap, without.gap) <= EXACT_GAP * (1 + 1e-9)
    cost = without.objective_week - plan.objective_week
    leaves = np.flatnonzero(without.score.listed & ~plan.score.listed)
    enters = np.flatnonzero(plan.score.listed & ~without.score.listed)
    return Forcing(
        Known.EXACT if exact else Known.AT_LEAST,
        cost if exact else max(0.0, least),
        least,
        most,
        tuple(int(i) for i in leaves),
        tuple(int(i) for i in enters),
    )


def _left(deadline: float) -> float:
    return max(0.5, deadline - time.perf_counter())
